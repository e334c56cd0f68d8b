import { h, icon } from "../shared/dom.js";

const CLASSES = ["st-done", "fl-done", "st-here", "st-fail", "st-link"];
/** Top left, clear of boundary events, which sit on the lower edges. */
const LABEL_AT = { top: -15, left: -8 };
const COUNT_AT = { top: -10, right: 12 };
const KEEP_READABLE = { min: 0.75, max: 1 };

/**
 * Draws where a case stands: `state` is {visited, flows, current, counts, links} as the state URL answers it.
 * Replaces what an earlier state drew.
 */
export function showState(viewer, state, words, mini) {
  const canvas = viewer.get("canvas");
  const registry = viewer.get("elementRegistry");
  const overlays = viewer.get("overlays");
  overlays.remove({ type: "laneway" });
  registry.forEach((element) => CLASSES.forEach((name) => canvas.removeMarker(element, name)));
  const mark = (id, name) => registry.get(id) && canvas.addMarker(id, name);
  const current = (state.current ?? []).filter(({ element_id }) => registry.get(element_id));
  const here = new Set(current.map(({ element_id }) => element_id));
  for (const id of state.visited ?? []) if (!here.has(id)) mark(id, "st-done");
  for (const id of state.flows ?? []) mark(id, "fl-done");
  for (const step of current) {
    const failed = step.kind === "failed";
    mark(step.element_id, failed ? "st-fail" : "st-here");
    const label = failed ? step.label || words("failed") : mini ? words("here") : step.label || words("here");
    const token = h("span", { class: failed ? "tok fail" : "tok" }, failed ? icon("bolt") : null, label);
    overlays.add(step.element_id, "laneway", { position: LABEL_AT, html: token, scale: KEEP_READABLE });
  }
  if (mini) return;
  Object.keys(state.links ?? {}).forEach((id) => mark(id, "st-link"));
  showCounts(overlays, registry, state.counts ?? {});
}

function showCounts(overlays, registry, counts) {
  for (const [id, count] of Object.entries(counts)) {
    if (!registry.get(id) || !count) continue;
    const badge = h("span", { class: "badge-h" }, String(count));
    overlays.add(id, "laneway", { position: COUNT_AT, html: badge, scale: KEEP_READABLE });
  }
}

/** Elements that a mini view may be centred on, the most telling first. */
export function stepsToShow(state) {
  const current = state.current ?? [];
  const failed = current.filter(({ kind }) => kind === "failed");
  return [...failed, ...current].map(({ element_id }) => element_id).concat((state.visited ?? []).slice(-1));
}
