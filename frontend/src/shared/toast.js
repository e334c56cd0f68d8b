import { h } from "./dom.js";

const SHOWN_MS = 10_000;

/**
 * Says something at the bottom left for ten seconds, read out politely.
 * `kind` is "info" or "bad"; `action` is {label, run}; `more` is a second, quieter line.
 */
export function showToast(text, { kind = "info", more = "", action = null } = {}) {
  const toast = h("div", { class: `toast ${kind}` }, h("span", {}, text, more ? h("span", { class: "more" }, more) : null));
  if (action) {
    const run = () => {
      toast.remove();
      action.run();
    };
    toast.append(h("button", { type: "button", onclick: run }, action.label));
  }
  region(kind).append(toast);
  setTimeout(() => toast.remove(), SHOWN_MS);
  return toast;
}

function region(kind) {
  const found = document.querySelector(".toasts") ?? document.body.appendChild(h("div", { class: "toasts" }));
  // An error interrupts what a screen reader is saying; anything else waits its turn.
  found.setAttribute("role", kind === "bad" ? "alert" : "status");
  return found;
}
