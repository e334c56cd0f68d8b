import { h, icon } from "../shared/dom.js";
import { showElement } from "./editor.js";

const LOOKS = {
  error: { pill: "pill bad", mark: "alert", colour: "var(--breach-mark)" },
  warning: { pill: "pill warn", mark: "info", colour: "var(--risk-mark)" },
};
const BADGE_AT = { top: -25, left: 0 };

/**
 * The list of findings below the canvas and their badges on the elements.
 * `show(findings)` takes what the server answered: [{severity, code, message, element_id, element_name, file}].
 */
export function makeFindings(editor, words) {
  const counts = h("span", { class: "row" });
  const rows = h("tbody");
  const body = h("div", { class: "find-body" }, h("table", { class: "tb" }, rows));
  const fold = () => body.toggleAttribute("hidden");
  const folder = h("button", { class: "btn ghost sm end icon", type: "button", "aria-label": words("collapse"), onclick: fold }, icon("down", "s"));
  const panel = h(
    "section",
    { class: "find", "aria-label": words("findings"), "aria-live": "polite" },
    h("div", { class: "row find-head" }, h("h2", {}, words("findings")), counts, folder),
    body,
  );
  return {
    panel,
    show(findings) {
      const errors = findings.filter((finding) => lookOf(finding) === LOOKS.error);
      const pills = [
        errors.length > 0 && pill(LOOKS.error, words("errors", { count: errors.length })),
        errors.length < findings.length && pill(LOOKS.warning, words("warnings", { count: findings.length - errors.length })),
      ].filter(Boolean);
      counts.replaceChildren(...(pills.length > 0 ? pills : [h("span", { class: "sm muted" }, words("nothing"))]));
      rows.replaceChildren(...findings.map((finding) => row(editor, finding)));
      showBadges(editor, findings, words);
    },
  };
}

/** How many findings keep the diagram from being published. */
export function countErrors(findings) {
  return findings.filter((finding) => lookOf(finding) === LOOKS.error).length;
}

function lookOf({ severity }) {
  return severity.toLowerCase() === "error" ? LOOKS.error : LOOKS.warning;
}

function pill(look, text) {
  return h("span", { class: look.pill }, icon(look.mark), text);
}

function row(editor, finding) {
  const look = lookOf(finding);
  const name = finding.element_name || finding.element_id || finding.file || "";
  const go = () => showElement(editor, finding.element_id);
  const target = finding.element_id ? h("button", { class: "link", type: "button", onclick: go }, name) : name;
  return h(
    "tr",
    {},
    h("td", { class: "find-mark", style: `color: ${look.colour}` }, icon(look.mark)),
    h("td", { class: "m find-name" }, target),
    h("td", {}, finding.message),
    h("td", { class: "sm muted num" }, finding.file && finding.element_id ? finding.file : ""),
  );
}

function showBadges(editor, findings, words) {
  const overlays = editor.get("overlays");
  const registry = editor.get("elementRegistry");
  overlays.remove({ type: "laneway-finding" });
  const perElement = Map.groupBy(findings.filter(({ element_id: id }) => registry.get(id)?.parent), ({ element_id: id }) => id);
  for (const [elementId, group] of perElement) {
    const look = countErrors(group) > 0 ? LOOKS.error : LOOKS.warning;
    const title = group.map(({ message }) => message).join("\n");
    const badge = h("span", { class: `${look.pill} finding`, title }, words("count", { count: group.length }));
    overlays.add(elementId, "laneway-finding", { position: BADGE_AT, html: badge });
  }
}
