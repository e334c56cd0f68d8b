/**
 * Shows a diagram in the reader's language: where an element carries `laneway:name:<locale>` among its zeebe
 * properties, that becomes its name. Call it between parsing and drawing; the XML itself is not changed.
 */
export function localiseNames(elementsById, locale) {
  for (const element of Object.values(elementsById)) {
    const name = zeebeProperty(element, `laneway:name:${locale}`);
    if (name) element.name = name;
  }
}

/** The value of a zeebe:property of a moddle element, or undefined. */
export function zeebeProperty(element, wanted) {
  for (const extension of element.extensionElements?.values ?? []) {
    if (extension.$type !== "zeebe:Properties") continue;
    const found = (extension.properties ?? []).find(({ name }) => name === wanted);
    if (found) return found.value;
  }
  return undefined;
}
