import PUBLIC from "bpmn-js-i18n/translations/zn.js";

import { fill } from "../shared/words.js";
import { CANVAS } from "./chinese-canvas.js";
import { MENU } from "./chinese-menu.js";
import { PANEL } from "./chinese-panel.js";

/**
 * The translate function of the diagram libraries in one language. Their own language is English; sentences that
 * the Chinese dictionaries lack are added to `missing`, so that a test can name them.
 */
export function translateFor(locale, missing = new Set()) {
  if (locale !== "zh") return (template, values) => fill(template, values ?? {});
  const dictionary = { ...PUBLIC, ...CANVAS, ...MENU, ...PANEL };
  const anyCase = new Map(Object.entries(dictionary).map(([english, chinese]) => [plain(english), chinese]));
  return (template, values) => {
    if (!template) return template;
    const found = Object.hasOwn(dictionary, template) ? dictionary[template] : anyCase.get(plain(template));
    if (found === undefined) missing.add(template);
    return fill(found ?? template, values ?? {});
  };
}

/** The panel says "User Task" and "Sub Process" where the menus say "User task" and "Sub-process". */
function plain(english) {
  return english.toLowerCase().replaceAll("-", " ");
}
