import PUBLIC from "bpmn-js-i18n/translations/zn.js";

import { fill } from "../shared/words.js";
import { CANVAS } from "./chinese-canvas.js";
import { PANEL } from "./chinese-panel.js";

/**
 * The translate function of the diagram libraries in one language. Their own language is English; sentences that
 * the Chinese dictionaries lack are added to `missing`, so that a test can name them.
 */
export function translateFor(locale, missing = new Set()) {
  if (locale !== "zh") return (template, values) => fill(template, values ?? {});
  const dictionary = { ...PUBLIC, ...CANVAS, ...PANEL };
  return (template, values) => {
    if (template && !Object.hasOwn(dictionary, template)) missing.add(template);
    return fill(dictionary[template] ?? template, values ?? {});
  };
}
