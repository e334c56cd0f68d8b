/** Form actions stand outside the form, where every task has them in the same place. */
const OWN_ACTIONS = ["submit", "reset"];

/**
 * A copy of a form schema in one language. Its own texts are Chinese; a component says others in its properties as
 * `laneway:<path>:<locale>`, where the path names the text: `laneway:label:en`, `laneway:description:en`,
 * `laneway:validate.patternErrorMessage:en`. An option carries `laneway:label:<locale>` itself.
 * Buttons that submit or reset are left out.
 */
export function localiseSchema(schema, locale) {
  const copy = structuredClone(schema);
  copy.components = localiseAll(copy.components ?? [], locale);
  return copy;
}

function localiseAll(components, locale) {
  const kept = components.filter(({ type, action = "submit" }) => type !== "button" || !OWN_ACTIONS.includes(action));
  for (const component of kept) {
    takeTexts(component, component.properties ?? {}, locale);
    for (const option of component.values ?? []) takeTexts(option, option, locale);
    if (component.components) component.components = localiseAll(component.components, locale);
  }
  return kept;
}

function takeTexts(target, texts, locale) {
  for (const [name, text] of Object.entries(texts)) {
    const [prefix, path, language] = name.split(":");
    if (prefix === "laneway" && language === locale && text) setAt(target, path.split("."), text);
  }
}

function setAt(target, path, value) {
  const last = path.at(-1);
  let inner = target;
  for (const step of path.slice(0, -1)) inner = inner[step] ??= {};
  inner[last] = value;
}
