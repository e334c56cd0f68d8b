import { openDialog } from "../shared/dialogs.js";
import { debounce, h } from "../shared/dom.js";
import { getJson, isRequestError } from "../shared/http.js";
import { pageLocale, wordsIn } from "../shared/words.js";

const WORDS = {
  label: ["搜索或执行命令", "Search or run a command"],
  none: ["没有找到", "Nothing found"],
  failed: ["现在搜不了，页面仍可跳转", "Search does not answer; the pages below still work"],
};

/** Ctrl+K, and every search button (`button.search`, `[data-palette-open]`) open the command palette. */
export function startPalette() {
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-palette-open], button.search")) openPalette();
  });
}

/**
 * A dialog that finds pages (links of the rail and `[data-command]` controls of this page) and, when
 * `<body data-search-url>` names an end point, records: GET url?q=… → {"results": [{"label", "url", "kind"}]}.
 */
export function openPalette() {
  if (document.querySelector("dialog[open]")) return;
  const words = wordsIn(pageLocale(), WORDS);
  const list = h("ul", { role: "listbox", id: "palette-list", "aria-label": words("label") });
  const field = h("input", {
    type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", placeholder: words("label"),
    "aria-label": words("label"), "aria-controls": "palette-list", "aria-expanded": "true",
  });
  const dialog = h("dialog", { class: "dlg palette", "aria-label": words("label") }, field, list);
  dialog.addEventListener("close", () => dialog.remove());
  const commands = commandsOfPage();
  const search = debounce(async (text) => {
    const found = await findRecords(text);
    if (text === field.value.trim()) fillList(list, withoutDoubles([...found.items, ...matching(commands, text)]), words, found.failed);
  }, 150);
  field.addEventListener("input", () => {
    const text = field.value.trim();
    fillList(list, matching(commands, text), words);
    search(text);
  });
  field.addEventListener("keydown", (event) => moveOrRun(event, list));
  list.addEventListener("click", () => dialog.close());
  openDialog(dialog);
  fillList(list, commands, words);
}

function commandsOfPage() {
  const controls = [...document.querySelectorAll("nav.rail a.it, [data-command]")];
  return controls.map((control) => ({ label: nameOf(control), control })).filter(({ label }) => label);
}

/** What a control is called, without its counters and marks. */
function nameOf(control) {
  if (control.dataset.command) return control.dataset.command;
  const copy = control.cloneNode(true);
  copy.querySelectorAll("[aria-hidden], .dot, .count, kbd").forEach((extra) => extra.remove());
  return copy.textContent.trim();
}

function matching(commands, text) {
  return commands.filter(({ label }) => label.toLowerCase().includes(text.toLowerCase()));
}

/** The server finds the pages of the rail as well. */
function withoutDoubles(items) {
  return [...new Map(items.map((item) => [item.label, item])).values()];
}

async function findRecords(text) {
  const url = document.body.dataset.searchUrl;
  if (!url || !text) return { items: [], failed: false };
  try {
    const { results } = await getJson(`${url}?q=${encodeURIComponent(text)}`);
    return { items: results, failed: false };
  } catch (error) {
    if (isRequestError(error)) return { items: [], failed: true };
    throw error;
  }
}

function fillList(list, items, words, failed = false) {
  list.replaceChildren(...items.map(option));
  if (failed) list.prepend(h("li", { class: "none", role: "presentation" }, words("failed")));
  else if (items.length === 0) list.append(h("li", { class: "none", role: "presentation" }, words("none")));
  select(list, 0);
}

function option({ label, url, control }) {
  const run = () => (url ? location.assign(url) : control.click());
  return h("li", { role: "option", class: "ell", onclick: run }, label);
}

function moveOrRun(event, list) {
  const options = [...list.querySelectorAll("[role=option]")];
  const at = options.findIndex((item) => item.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") select(list, Math.min(options.length - 1, at + 1));
  else if (event.key === "ArrowUp") select(list, Math.max(0, at - 1));
  else if (event.key === "Enter") options[at]?.click();
  else return;
  event.preventDefault();
}

function select(list, index) {
  list.querySelectorAll("[role=option]").forEach((item, at) => item.setAttribute("aria-selected", String(at === index)));
  list.querySelectorAll("[role=option]")[index]?.scrollIntoView({ block: "nearest" });
}
