import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "./diagram.css";

import { h } from "../shared/dom.js";
import { getJson, getText, isRequestError } from "../shared/http.js";
import { localeOf, wordsIn } from "../shared/words.js";
import { showState, stepsToShow } from "./marks.js";
import { hideFromScreenReaders, makeViewer } from "./viewer.js";
import { around, fitAll, fitSteps } from "./viewport.js";

const WORDS = {
  here: ["你在这里", "You are here"],
  failed: ["步骤失败", "Step failed"],
  broken: ["图没有显示出来", "The diagram could not be shown"],
  again: ["再试一次", "Try again"],
  closer: ["放大", "Zoom in"],
  farther: ["缩小", "Zoom out"],
  whole: ["看全图", "Fit"],
  screen: ["全屏", "Full screen"],
};

/** In less room than this, a whole diagram could not be read: show the current step instead. */
const READABLE_WIDTH = 600;

/**
 * A read-only diagram in `element`: data-xml-url (BPMN XML), data-state-url (optional; where a case stands),
 * data-mode "full" or "mini", data-locale. Sets data-ready when drawn, data-failed when it could not be.
 * A click on a step leads to its address in `links` of the state, such as how a decision was taken.
 * The event laneway:refresh, on the document or bubbling up to it, reads the state again.
 */
export async function mount(element) {
  element.classList.add("dg");
  const locale = localeOf(element);
  const words = wordsIn(locale, WORDS);
  const mini = element.dataset.mode === "mini";
  const viewer = makeViewer(element, locale);
  let state = {};

  const fit = () => {
    const canvas = viewer.get("canvas");
    const size = canvas.getSize();
    if (size.width === 0 || size.height === 0) return;
    const registry = viewer.get("elementRegistry");
    const near = mini || size.width < READABLE_WIDTH;
    const steps = stepsToShow(state).map((id) => registry.get(id)).filter(Boolean);
    const whole = canvas.viewbox().inner;
    canvas.viewbox(near && steps.length ? around(steps[0], size) : fitSteps(whole, size, steps));
  };
  const refresh = async () => {
    if (!element.dataset.stateUrl) return;
    state = await getJson(element.dataset.stateUrl);
    showState(viewer, state, words, mini);
  };
  const draw = async () => {
    await viewer.importXML(await getText(element.dataset.xmlUrl));
    await refresh();
    hideFromScreenReaders(element);
    if (mini) viewer.get("zoomScroll").toggle(false);
    fit();
  };
  viewer.on("element.click", ({ element: { id, labelTarget } }) => {
    const address = state.links?.[labelTarget?.id ?? id];
    if (address && !mini) location.assign(address);
  });

  if (!mini) element.append(tools(element, viewer, words));
  const resized = new ResizeObserver(() => element.dataset.ready && viewer.get("canvas").resized());
  resized.observe(element);
  const onScreen = () => {
    viewer.get("canvas").resized();
    fit();
  };
  element.addEventListener("fullscreenchange", onScreen);
  const onRefresh = async () => {
    if (!element.dataset.ready) return;
    try {
      await refresh();
      if (mini) fit();
    } catch (error) {
      // The last known state stays; the next refresh tries again.
      if (!isRequestError(error)) throw error;
    }
  };
  document.addEventListener("laneway:refresh", onRefresh);
  await tryTo(draw, element, words);
  return {
    destroy() {
      resized.disconnect();
      document.removeEventListener("laneway:refresh", onRefresh);
      viewer.destroy();
    },
  };
}

/** Draws, or says in place of the drawing that it failed and offers to try again. */
async function tryTo(draw, element, words) {
  element.querySelector(".island-error")?.remove();
  try {
    await draw();
    delete element.dataset.failed;
    element.dataset.ready = "1";
  } catch (error) {
    const again = h("button", { class: "btn sm", type: "button", onclick: () => tryTo(draw, element, words) }, words("again"));
    const why = h("p", { class: "sm muted" }, error.message);
    element.append(h("div", { class: "island-error", role: "alert" }, h("p", {}, words("broken")), why, again));
    element.dataset.failed = "1";
  }
}

function tools(element, viewer, words) {
  const step = (by) => () => viewer.get("zoomScroll").stepZoom(by);
  const button = (label, sign, run) =>
    h("button", { class: "btn sm icon", type: "button", "aria-label": label, title: label, onclick: run }, sign);
  const whole = () => {
    const canvas = viewer.get("canvas");
    canvas.viewbox(fitAll(canvas.viewbox().inner, canvas.getSize()));
  };
  const screen = () => (document.fullscreenElement ? document.exitFullscreen() : element.requestFullscreen());
  return h(
    "div",
    { class: "dgtools" },
    button(words("closer"), "+", step(1)),
    button(words("farther"), "−", step(-1)),
    h("button", { class: "btn sm", type: "button", onclick: whole }, words("whole")),
    document.fullscreenEnabled ? h("button", { class: "btn sm", type: "button", onclick: screen }, words("screen")) : null,
  );
}
