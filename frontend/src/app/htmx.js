import htmx from "htmx.org";

import { ask } from "../shared/dialogs.js";
import { csrfToken, readProblem } from "../shared/http.js";
import { showToast } from "../shared/toast.js";
import { pageLocale, wordsIn } from "../shared/words.js";

const WORDS = {
  failed: ["没有完成", "This did not work"],
  failedMore: ["你的输入还在。请稍后再试。", "Your input is still here. Try again in a moment."],
  unreachable: ["连不上服务器", "The server cannot be reached"],
};

/** htmx under our rules: no eval, no inline style, our token on every change, errors said in words. */
export function startHtmx() {
  Object.assign(htmx.config, {
    allowEval: false,
    // Forms bring their schema as JSON in script tags; the content policy keeps any other script from running.
    allowScriptTags: true,
    includeIndicatorStyles: false,
    scrollBehavior: "auto",
    selfRequestsOnly: true,
  });
  const words = wordsIn(pageLocale(), WORDS);
  const on = (name, listener) => document.addEventListener(`htmx:${name}`, listener);
  on("configRequest", (event) => {
    if (event.detail.verb !== "get") event.detail.headers["X-CSRF-Token"] = csrfToken();
  });
  on("beforeRequest", skipPollingInBackground);
  on("confirm", confirmInOurDialog);
  on("responseError", (event) => {
    const { responseText, status } = event.detail.xhr;
    const problem = readProblem(responseText, status);
    showToast(problem.title || words("failed"), { kind: "bad", more: problem.detail || words("failedMore") });
  });
  on("sendError", (event) => {
    if (!isPolling(event.detail.elt)) showToast(words("unreachable"), { kind: "bad", more: words("failedMore") });
  });
  on("afterSettle", focusHeading);
}

function isPolling(element) {
  return (element.getAttribute("hx-trigger") ?? "").includes("every ");
}

function skipPollingInBackground(event) {
  if (document.hidden && isPolling(event.detail.elt)) event.preventDefault();
}

/** hx-confirm="question" asks in a dialog of the page's own look and language. */
async function confirmInOurDialog(event) {
  if (!event.detail.question) return;
  event.preventDefault();
  if (await ask({ title: event.detail.question })) event.detail.issueRequest(true);
}

/** After a pane is swapped in, reading goes on at its heading: mark it with data-focus. */
function focusHeading(event) {
  const heading = event.detail.elt.querySelector?.("[data-focus]");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}
