import { h } from "./dom.js";
import { pageLocale, wordsIn } from "./words.js";

const WORDS = { confirm: ["确定", "Confirm"], cancel: ["取消", "Cancel"], close: ["关闭", "Close"] };

/**
 * Asks before something happens. Resolves to the chosen answer's value, or null when cancelled.
 * `answers` is [{value, label, danger}] from quiet to primary; the default is one "Confirm".
 */
export function ask({ title, text = "", content = null, answers = null, locale = pageLocale() }) {
  const words = wordsIn(locale, WORDS);
  const choices = answers ?? [{ value: "yes", label: words("confirm") }];
  const body = h("div", { class: "in-body" }, text ? h("p", {}, text) : null, content);
  const footer = h("footer", {}, h("button", { class: "btn", value: "" }, words("cancel")));
  choices.forEach((choice, index) => {
    const last = index === choices.length - 1;
    const look = choice.danger ? "btn danger" : last ? "btn pri" : "btn";
    footer.append(h("button", { class: look, value: choice.value, autofocus: last }, choice.label));
  });
  const dialog = makeDialog(title, h("form", { method: "dialog" }, body, footer));
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue || null));
    openDialog(dialog);
  });
}

/** A dialog of ours with a heading; it leaves the page when it closes. */
export function makeDialog(title, ...content) {
  const heading = h("h2", { class: "grow" }, title);
  const close = () => dialog.close("");
  const label = wordsIn(pageLocale(), WORDS)("close");
  const cross = h("button", { class: "btn ghost sm icon", type: "button", "aria-label": label, onclick: close }, "×");
  const dialog = h("dialog", { class: "dlg", "aria-label": title }, h("header", {}, heading, cross), ...content);
  dialog.addEventListener("close", () => dialog.remove());
  return dialog;
}

/** Shows a dialog modally: the browser keeps the focus inside and gives it back to where it was on closing. */
export function openDialog(dialog) {
  if (!dialog.isConnected) document.body.append(dialog);
  dialog.showModal();
  dialog.onclick = (event) => {
    if (event.target === dialog) dialog.close("");
  };
}
