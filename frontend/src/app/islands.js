import { allMatching, h } from "../shared/dom.js";
import { localeOf, wordsIn } from "../shared/words.js";

const WORDS = {
  broken: ["这一部分没有加载出来，可能是网络断了", "This part could not be loaded; the network may be down"],
  again: ["重新加载", "Load again"],
};

const LOADERS = {
  diagram: () => import("../diagram/index.js"),
  form: () => import("../form/index.js"),
  modeler: () => import("../modeler/index.js"),
};

/** Far enough below the fold to be loaded before it is scrolled to. */
const NEAR = { rootMargin: "300px" };

/**
 * Islands are the parts of a page drawn by a library: `<div data-island="diagram|form|modeler">`. Their code is
 * loaded when one is near the visible part, also after htmx has swapped one in, and let go when it leaves the page.
 * data-preload="form" on a link fetches the code when the pointer comes near.
 */
export function startIslands() {
  const mounted = new Map();
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting || mounted.has(target)) continue;
      seen.unobserve(target);
      mounted.set(target, mountIsland(target));
    }
  }, NEAR);
  const find = (root) => allMatching(root, "[data-island]").forEach((element) => seen.observe(element));
  find(document);
  document.addEventListener("htmx:load", (event) => find(event.detail.elt));
  document.addEventListener("htmx:afterSettle", () => letGo(mounted));
  document.addEventListener("pointerover", (event) => {
    const wanted = event.target.closest?.("[data-preload]");
    // Only a head start: whoever needs the code loads it again, and says so if that fails.
    if (wanted) LOADERS[wanted.dataset.preload]?.().catch(() => {});
  });
}

async function mountIsland(element) {
  const code = await LOADERS[element.dataset.island]().catch(() => null);
  if (code) return code.mount(element);
  const words = wordsIn(localeOf(element), WORDS);
  const again = h("button", { class: "btn sm", type: "button", onclick: () => location.reload() }, words("again"));
  element.append(h("div", { class: "island-error", role: "alert" }, h("p", {}, words("broken")), again));
  element.dataset.failed = "1";
  return null;
}

async function letGo(mounted) {
  for (const [element, island] of mounted) {
    if (element.isConnected) continue;
    mounted.delete(element);
    (await island)?.destroy?.();
  }
}
