import { ZeebeVariableResolverModule } from "@bpmn-io/variable-resolver";
import colorPickerModule from "bpmn-js-color-picker";
import { CreateAppendAnythingModule } from "bpmn-js-create-append-anything";
import { ZeebePropertiesProviderModule } from "bpmn-js-properties-panel";
import BaseModeler from "camunda-bpmn-js/lib/base/Modeler";
import createAppendGroupsModule from "camunda-bpmn-js/lib/base/features/create-append-groups";
import elementDescriptionsModule from "camunda-bpmn-js/lib/base/features/element-descriptions";
import cloudBehaviorsModule from "camunda-bpmn-js-behaviors/lib/camunda-cloud";
import zeebeModdle from "zeebe-bpmn-moddle/resources/zeebe.json";

import { DRAWING_COLOURS, textStyle } from "../diagram/viewer.js";
import { fitAll } from "../diagram/viewport.js";
import { englishNameModule } from "./english-name.js";
import { makeKeeper } from "./keep.js";

/** Room for the palette at the left of the canvas, in pixels. */
const PALETTE_WIDTH = 116;

/** Camunda 8 diagrams without element templates: their editor would add a third to what the page loads. */
const CAMUNDA_8 = [
  cloudBehaviorsModule,
  ZeebePropertiesProviderModule,
  ZeebeVariableResolverModule,
  CreateAppendAnythingModule,
  createAppendGroupsModule,
  elementDescriptionsModule,
  colorPickerModule,
];

/** What an owner changes most stands open; the rest is one click away. */
const OPEN_GROUPS = Object.fromEntries(
  ["general", "assignmentDefinition", "form", "calledDecision", "taskDefinition", "timer", "condition"].map((id) => [id, { open: true }]),
);

/** A Camunda 8 modeler on `canvas` with its properties panel in `panel`. */
export function makeEditor({ canvas, panel, locale, translate, words }) {
  return new BaseModeler({
    container: canvas,
    // The library's tips lead to another product's manual.
    propertiesPanel: { parent: panel, tooltip: {}, getFeelPopupLinks: () => undefined, layout: { groups: OPEN_GROUPS } },
    moddleExtensions: { zeebe: zeebeModdle },
    additionalModules: [...CAMUNDA_8, { translate: ["value", translate] }, englishNameModule(words)],
    bpmnRenderer: DRAWING_COLOURS,
    textRenderer: textStyle(locale),
  });
}

/** Shows a diagram; `read()` then gives it as it is drawn, with all that the tool itself would not keep. */
export async function loadDiagram(editor, xml) {
  await editor.importXML(xml);
  const write = async () => (await editor.saveXML({ format: true })).xml;
  const keeper = makeKeeper(xml, await write());
  return { read: async () => keeper.restore(await write()) };
}

/** Shows the whole diagram beside the palette and above the bpmn.io mark. */
export function fitDiagram(editor) {
  const canvas = editor.get("canvas");
  const size = canvas.getSize();
  if (size.width <= PALETTE_WIDTH) return;
  const box = fitAll(canvas.viewbox().inner, { width: size.width - PALETTE_WIDTH, height: size.height });
  const left = (PALETTE_WIDTH * box.width) / (size.width - PALETTE_WIDTH);
  canvas.viewbox({ ...box, x: box.x - left, width: box.width + left });
}

/** Selects an element and brings it into view; one inside a collapsed sub-process opens that first. */
export function showElement(editor, elementId) {
  const element = editor.get("elementRegistry").get(elementId);
  if (!element) return;
  const canvas = editor.get("canvas");
  canvas.setRootElement(canvas.findRoot(element));
  if (element.parent) {
    canvas.scrollToElement(element, 80);
    editor.get("selection").select(element);
  }
}
