import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import zeebeModdle from "zeebe-bpmn-moddle/resources/zeebe.json";

import { localiseNames } from "./names.js";

/** Colours by name, so that a change of theme repaints without drawing again. */
export const DRAWING_COLOURS = {
  defaultStrokeColor: "var(--dg-stroke)",
  defaultFillColor: "var(--dg-fill)",
  defaultLabelColor: "var(--text)",
};

/** Chinese needs a little more size than Latin to be read in the same box. */
export function textStyle(locale) {
  const fontFamily = getComputedStyle(document.documentElement).getPropertyValue("--font").trim();
  return {
    defaultStyle: { fontFamily, fontSize: locale === "zh" ? 13 : 12, lineHeight: 1.3 },
    externalStyle: { fontFamily, fontSize: 12, lineHeight: 1.25 },
  };
}

/** A read-only viewer in `container` that shows names in the reader's language. */
export function makeViewer(container, locale) {
  const viewer = new NavigatedViewer({
    container,
    moddleExtensions: { zeebe: zeebeModdle },
    bpmnRenderer: DRAWING_COLOURS,
    textRenderer: textStyle(locale),
  });
  viewer.on("import.parse.complete", ({ elementsById }) => {
    if (elementsById) localiseNames(elementsById, locale);
  });
  return viewer;
}

/** A text list beside the drawing says the same: screen readers skip the drawing, but not the link of the mark. */
export function hideFromScreenReaders(container) {
  container.querySelectorAll("svg").forEach((svg) => {
    svg.setAttribute("aria-hidden", "true");
    // What screen readers skip must not take the focus; a click still gives it to the drawing.
    if (svg.hasAttribute("tabindex")) svg.setAttribute("tabindex", "-1");
  });
  container.querySelectorAll(".bjs-powered-by").forEach((mark) => mark.setAttribute("aria-label", "bpmn.io"));
  container.querySelectorAll(".djs-container").forEach((inner) => (inner.tabIndex = -1));
}
