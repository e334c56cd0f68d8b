import { makeDialog, openDialog } from "../shared/dialogs.js";
import { h } from "../shared/dom.js";
import { pageLocale, wordsIn } from "../shared/words.js";
import { moveInList, toggleRow } from "./list.js";
import { openPalette } from "./palette.js";

/** Key pressed alone → what it does to the page: the control with this data-key is pressed. */
const ACTIONS = {
  c: ["认领", "Claim"],
  r: ["转办", "Reassign"],
  b: ["驳回", "Send back"],
  a: ["加签", "Add signer"],
  u: ["催办", "Nudge"],
  s: ["推迟", "Snooze"],
  m: ["评论", "Comment"],
  z: ["撤销", "Undo"],
};
const PLACES = { i: "/inbox", c: "/cases", b: "/board", p: "/processes" };
const GO_MS = 1500;
const SWITCH = "laneway:single-keys";

const WORDS = {
  title: ["键盘", "Keyboard"],
  move: ["下一条、上一条", "Next, previous"],
  open: ["打开", "Open"],
  next: ["完成，下一条", "Complete, next"],
  select: ["选中，连选", "Select, select a range"],
  search: ["搜索", "Search"],
  command: ["搜索或执行命令", "Search or run a command"],
  go: ["去待办、案件、看板、流程", "Go to inbox, cases, board, processes"],
  close: ["关闭", "Close"],
  help: ["这张表", "This list"],
  single: ["启用单键", "Single keys on"],
};

/** The keys of UI.md. Single keys rest while typing and can be switched off (WCAG 2.1.4). */
export function startKeyboard() {
  let goingUntil = 0;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if (event.ctrlKey || event.metaKey) return withControl(event);
    if (event.altKey || isTyping(event.target) || document.querySelector("dialog[open]") || !singleKeysOn()) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (Date.now() < goingUntil) {
      goingUntil = 0;
      if (go(key)) event.preventDefault();
      return;
    }
    if (key === "g") goingUntil = Date.now() + GO_MS;
    else if (alone(key, event.shiftKey)) event.preventDefault();
  });
}

function withControl(event) {
  if (event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
  } else if (event.key === "Enter") {
    const button = document.querySelector('[data-action="submit-next"]') ?? document.querySelector('[data-action="submit"]');
    if (!button || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    button.click();
  }
}

function alone(key, shift) {
  if (key === "j" || key === "k") return moveInList(key === "j" ? 1 : -1);
  if (key === "x") return toggleRow(shift);
  if (key === "?") return showHelp();
  if (key === "/") return focusSearch();
  if (!(key in ACTIONS || key === "Escape")) return false;
  const controls = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]:not([disabled])`)];
  const control = controls.find((candidate) => candidate.checkVisibility());
  if (!control) return false;
  control.click();
  return true;
}

function go(key) {
  if (!(key in PLACES)) return false;
  location.assign(document.querySelector(`[data-go="${key}"]`)?.href ?? PLACES[key]);
  return true;
}

function focusSearch() {
  const field = document.querySelector("input[type=search]");
  if (field) field.focus();
  else openPalette();
  return true;
}

/** Inside a diagram the library's own keys count, so it is treated like a field. */
function isTyping(target) {
  return Boolean(target.closest?.("input, textarea, select, [contenteditable=true], [role=textbox], .djs-container"));
}

function singleKeysOn() {
  return localStorage.getItem(SWITCH) !== "off";
}

function showHelp() {
  const locale = pageLocale();
  const words = wordsIn(locale, WORDS);
  const rows = [
    ["J K", words("move")], ["Enter", words("open")], ["Ctrl Enter", words("next")], ["X Shift+X", words("select")],
    ...Object.entries(ACTIONS).map(([key, names]) => [key.toUpperCase(), names[locale === "zh" ? 0 : 1]]),
    ["/", words("search")], ["Ctrl K", words("command")], ["G I·C·B·P", words("go")], ["Esc", words("close")], ["?", words("help")],
  ];
  const keys = h("dl", { class: "keys" });
  for (const [key, meaning] of rows) keys.append(h("dt", {}, ...key.split(" ").map((part) => h("kbd", {}, part))), h("dd", {}, meaning));
  const box = h("input", { type: "checkbox", checked: singleKeysOn() });
  box.addEventListener("change", () => localStorage.setItem(SWITCH, box.checked ? "on" : "off"));
  openDialog(makeDialog(words("title"), h("div", { class: "in-body" }, keys, h("label", { class: "chk" }, box, words("single")))));
  return true;
}
