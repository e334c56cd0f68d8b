/**
 * The language of a piece of the page: `zh` or `en`.
 * An island may say its own with data-locale; otherwise the page's `lang` counts.
 */
export function localeOf(element) {
  const own = element?.dataset?.locale ?? element?.ownerDocument?.documentElement.lang ?? "";
  return own.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** The language of the page. */
export function pageLocale() {
  return localeOf(document.documentElement);
}

/**
 * A look-up in a table `{key: [Chinese, English]}`, with `{name}` filled in from the second argument.
 */
export function wordsIn(locale, table) {
  const column = locale === "zh" ? 0 : 1;
  return (key, values = {}) => fill(table[key][column], values);
}

/** `template` with every `{name}` that `values` knows replaced by its value. */
export function fill(template, values = {}) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** An instant as the time of day, `14:31`. */
export function timeOfDay(instant) {
  const date = new Date(instant);
  return `${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}`;
}
