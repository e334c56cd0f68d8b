import { allMatching } from "../shared/dom.js";
import { openDialog } from "../shared/dialogs.js";

/**
 * Dialogs of the page: data-dialog-open="#id" opens a <dialog> that is there, data-dialog-close closes the one
 * around it, and a <dialog data-open> that arrives by htmx opens at once.
 */
export function startDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-dialog-open]");
    if (opener) openDialog(document.querySelector(opener.dataset.dialogOpen));
    else event.target.closest?.("[data-dialog-close]")?.closest("dialog")?.close("");
  });
  document.addEventListener("htmx:load", (event) => {
    const [dialog] = allMatching(event.detail.elt, "dialog[data-open]");
    if (dialog && !dialog.open) openDialog(dialog);
  });
}
