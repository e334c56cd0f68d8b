/**
 * What the drawing tool does not understand, it drops when it writes a diagram: elements of other makers in unusual
 * places, lists it reads one entry of, values that are the default anyway. A keeper knows a diagram as it came
 * (`original`) and as the tool writes it back untouched (`baseline`), and puts what lies between into every later text.
 */
export function makeKeeper(original, baseline, { Parser = DOMParser, Serializer = XMLSerializer } = {}) {
  const parse = (xml) => new Parser().parseFromString(xml.replace(/^\uFEFF/, ""), "application/xml");
  const lost = findLost(index(parse(original)), index(parse(baseline)));

  return {
    /** The XML that the tool has written, with what it dropped; the original itself where nothing was changed. */
    restore(xml) {
      if (xml === baseline) return original;
      const saved = parse(xml);
      const places = index(saved);
      const known = namespaces(saved.documentElement);
      for (const [key, { attributes, texts, children }] of lost) {
        const element = places.get(key);
        if (!element) continue;
        for (const { name, namespace, before, value } of attributes) {
          const now = element.getAttributeNode(name)?.value;
          if (now === before && fits(name, value, known)) element.setAttributeNS(namespace, name, value);
        }
        for (const { before, value } of texts) if (text(element) === before) element.textContent = value;
        for (const { child, behind } of children) {
          const next = behind.map((other) => places.get(other)).find((other) => other?.parentNode === element);
          element.insertBefore(saved.importNode(child, true), next ?? null);
        }
      }
      return new Serializer().serializeToString(saved);
    },
  };
}

const elementsOf = (node) => [...node.childNodes].filter((child) => child.nodeType === 1);
const text = (element) =>
  [...element.childNodes]
    .filter((child) => child.nodeType === 3 || child.nodeType === 4)
    .map((child) => child.nodeValue)
    .join("")
    .trim();

/** Elements by a key that edits leave alone: the id, or the place below the next element that has one. */
function index(xml) {
  const found = new Map();
  const visit = (element, key) => {
    found.set(key, element);
    const counts = new Map();
    for (const child of elementsOf(element)) {
      const tag = `${child.namespaceURI}|${child.localName}`;
      const number = counts.get(tag) ?? 0;
      counts.set(tag, number + 1);
      visit(child, child.getAttribute("id") ? `#${child.getAttribute("id")}` : `${key}/${tag}[${number}]`);
    }
  };
  visit(xml.documentElement, "");
  return found;
}

/** By key: attributes and texts that the tool changed, and child elements that it dropped. */
function findLost(before, after) {
  const lost = new Map();
  const keys = new Map([...before].map(([key, element]) => [element, key]));
  for (const [key, element] of before) {
    const counterpart = after.get(key);
    if (!counterpart) continue;
    const attributes = [...element.attributes]
      .filter(({ name, value }) => !isNamespace(name) && differs(value, counterpart.getAttributeNode(name)?.value))
      .map(({ name, namespaceURI: namespace, value }) => ({
        name,
        namespace,
        value,
        before: counterpart.getAttributeNode(name)?.value,
      }));
    const now = text(counterpart);
    const texts = text(element) && differs(text(element), now) ? [{ before: now, value: text(element) }] : [];
    const inside = elementsOf(element);
    const children = inside
      .map((child, place) => ({ child, behind: inside.slice(place + 1).map((other) => keys.get(other)) }))
      .filter(({ child }) => !after.has(keys.get(child)));
    if (attributes.length || texts.length || children.length) lost.set(key, { attributes, texts, children });
  }
  return lost;
}

/** A reference with another prefix for the same namespace is the same reference. */
const differs = (value, now) => now !== value && (now === undefined || withoutPrefix(now) !== withoutPrefix(value));
const withoutPrefix = (value) => value.slice(value.indexOf(":") + 1);
const isNamespace = (name) => name === "xmlns" || name.startsWith("xmlns:");

/** Whether a prefixed attribute can stand in a text that declares these prefixes. */
const fits = (name, value, known) => !name.includes(":") || known.has(name.split(":")[0]) || name.startsWith("xml:");

function namespaces(root) {
  return new Set([...root.attributes].filter(({ name }) => isNamespace(name)).map(({ name }) => name.slice("xmlns:".length)));
}
