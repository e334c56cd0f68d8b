import { allMatching } from "../shared/dom.js";
import { showToast } from "../shared/toast.js";
import { pageLocale, wordsIn } from "../shared/words.js";

const WORDS = { offline: ["网络已断开。你的输入留在本机，恢复后再发送。", "You are offline. Your input stays on this machine until the connection is back."] };

/**
 * Messages of the server: `<div data-toast data-kind="info|bad">text</div>` in a page or a swapped piece becomes
 * a toast, and so does the event laneway:toast ({text, more, kind}; from the server as an HX-Trigger header).
 * A banner stands at the top while the browser is offline.
 */
export function startToasts() {
  takeOver(document);
  document.addEventListener("htmx:load", (event) => takeOver(event.detail.elt));
  document.addEventListener("laneway:toast", ({ detail }) => showToast(detail.text, detail));
  addEventListener("offline", showOffline);
  addEventListener("online", () => document.getElementById("offline")?.remove());
  if (!navigator.onLine) showOffline();
}

function takeOver(root) {
  allMatching(root, "[data-toast]").forEach((message) => {
    message.remove();
    showToast(message.textContent.trim(), { kind: message.dataset.kind ?? "info" });
  });
}

function showOffline() {
  if (document.getElementById("offline")) return;
  const banner = document.createElement("div");
  banner.id = "offline";
  banner.className = "banner warn";
  banner.setAttribute("role", "status");
  banner.textContent = wordsIn(pageLocale(), WORDS)("offline");
  document.body.append(banner);
}
