/**
 * When htmx has opened a row, the row is shown as the current one and, where list and task do not fit side by side,
 * the task takes the list's place.
 */
export function startList() {
  document.addEventListener("htmx:afterRequest", (event) => {
    const row = event.detail.elt.closest?.(".it-row");
    if (!row || !event.detail.successful) return;
    rows().forEach((other) => other.removeAttribute("aria-current"));
    row.setAttribute("aria-current", "true");
    row.classList.remove("new");
    row.closest(".inbox")?.classList.add("show-detail");
  });
}

/** The rows that J and K walk through: links of the list, in the order of the page. */
function rows() {
  return [...document.querySelectorAll(".it-row, [data-row]")].filter((row) => row.offsetParent !== null);
}

function currentIndex(all) {
  const focused = all.indexOf(document.activeElement?.closest(".it-row, [data-row]"));
  return focused >= 0 ? focused : all.findIndex((row) => row.matches('[aria-current="true"], [aria-current="page"]'));
}

/** Moves the focus `step` rows on from the focused or the open row; Enter then opens it. False without a list. */
export function moveInList(step) {
  const all = rows();
  if (all.length === 0) return false;
  const from = currentIndex(all);
  const to = from < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, from + step));
  all[to].focus();
  all[to].scrollIntoView({ block: "nearest" });
  return true;
}

/** Ticks the row's check box; with `range`, also every row between it and the one ticked before. */
export function toggleRow(range) {
  const all = rows();
  const at = currentIndex(all);
  const box = all[at]?.querySelector("input[type=checkbox]");
  if (!box) return false;
  const before = all.findIndex((row) => row.hasAttribute("data-last-ticked"));
  const [low, high] = range && before >= 0 ? [Math.min(at, before), Math.max(at, before)] : [at, at];
  const ticked = range ? true : !box.checked;
  all.slice(low, high + 1).forEach((row) => tick(row.querySelector("input[type=checkbox]"), ticked));
  all[before]?.removeAttribute("data-last-ticked");
  all[at].setAttribute("data-last-ticked", "");
  return true;
}

function tick(box, ticked) {
  if (!box || box.checked === ticked) return;
  box.checked = ticked;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}
