import { TextFieldEntry } from "@bpmn-io/properties-panel";
import { h } from "@bpmn-io/properties-panel/preact";
import { useService } from "bpmn-js-properties-panel";
import { getBusinessObject, is } from "bpmn-js/lib/util/ModelUtil";

import { zeebeProperty } from "../diagram/names.js";

const NAME = "laneway:name:en";
const AFTER_LIBRARY = 500;

/**
 * A field "English name" under the name of every element that has one. It is kept as the zeebe property
 * laneway:name:en, beside the diagram's own (Chinese) name.
 */
export function englishNameModule(words) {
  class EnglishNameProvider {
    constructor(propertiesPanel) {
      propertiesPanel.registerProvider(AFTER_LIBRARY, this);
    }

    getGroups(element) {
      return (groups) => {
        const entries = groups.find(({ id }) => id === "general")?.entries;
        const at = entries?.findIndex(({ id }) => id === "name") ?? -1;
        if (at >= 0 && is(element, "bpmn:BaseElement")) {
          entries.splice(at + 1, 0, { id: "laneway-name-en", component: EnglishName, words, isEdited: () => false });
        }
        return groups;
      };
    }
  }
  EnglishNameProvider.$inject = ["propertiesPanel"];
  return { __init__: ["englishNameProvider"], englishNameProvider: ["type", EnglishNameProvider] };
}

function EnglishName({ element, id, words }) {
  const debounce = useService("debounceInput");
  const commandStack = useService("commandStack");
  const bpmnFactory = useService("bpmnFactory");
  const owner = getBusinessObject(element);
  return h(TextFieldEntry, {
    id,
    element,
    debounce,
    label: words("english"),
    description: words("englishHint"),
    getValue: () => zeebeProperty(owner, NAME) ?? "",
    setValue: (value) => {
      const changes = nameChanges(element, owner, value ?? "", bpmnFactory);
      commandStack.execute("properties-panel.multi-command-executor", changes);
    },
  });
}

/** The commands that set or, for an empty value, remove the name, creating what must surround it. */
function nameChanges(element, owner, value, bpmnFactory) {
  const commands = [];
  const change = (moddleElement, properties) =>
    commands.push({ cmd: "element.updateModdleProperties", context: { element, moddleElement, properties } });
  const make = (type, parent, properties) => Object.assign(bpmnFactory.create(type, properties), { $parent: parent });

  let extensions = owner.extensionElements;
  if (!extensions) {
    extensions = make("bpmn:ExtensionElements", owner, { values: [] });
    change(owner, { extensionElements: extensions });
  }
  let holder = extensions.get("values").find(({ $type }) => $type === "zeebe:Properties");
  if (!holder) {
    holder = make("zeebe:Properties", extensions, { properties: [] });
    change(extensions, { values: [...extensions.get("values"), holder] });
  }
  const others = holder.get("properties").filter(({ name }) => name !== NAME);
  const added = value ? [make("zeebe:Property", holder, { name: NAME, value })] : [];
  change(holder, { properties: [...others, ...added] });
  return commands;
}
