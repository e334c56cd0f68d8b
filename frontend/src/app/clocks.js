import { localeOf } from "../shared/words.js";
import { clockAt } from "./clock-text.js";

const TICK_MS = 10_000;
const RUNNING = ["ok", "risk", "breach"];
/** Circumference of the ring that shows the share of time left, radius 5.6 in a 16 px box. */
const RING = 35.2;

/**
 * Clocks of the page tick from the server's instants. Markup, on any element:
 * data-clock, data-due (ISO instant), data-start and data-risk (ISO instants, optional), and inside it, optionally,
 * [data-clock-text] for the words; without it the element's own text is replaced.
 * A surrounding or own `.clk` changes its state class and icon with the time; the states wait, incident and done
 * stand still. `<meta name="server-time" content="ISO instant">` corrects the clock of the reader's machine.
 */
export function startClocks() {
  const said = Date.parse(document.querySelector('meta[name="server-time"]')?.content ?? "");
  const offset = Number.isNaN(said) ? 0 : said - Date.now();
  const tick = () => document.querySelectorAll("[data-clock][data-due]").forEach((clock) => show(clock, offset));
  tick();
  setInterval(tick, TICK_MS);
  document.addEventListener("htmx:load", tick);
  document.addEventListener("visibilitychange", tick);
}

function show(clock, offset) {
  const chip = clock.closest(".clk");
  const before = chip && [...chip.classList].find((name) => name !== "clk");
  if (chip && !RUNNING.includes(before)) return;
  const due = new Date(clock.dataset.due);
  if (Number.isNaN(due.getTime())) return;
  const start = clock.dataset.start ? new Date(clock.dataset.start) : null;
  const risk = clock.dataset.risk ? new Date(clock.dataset.risk) : null;
  const now = new Date(Date.now() + offset);
  const { state, text, left } = clockAt({ due, start, risk, now, locale: localeOf(clock) });
  const words = clock.querySelector("[data-clock-text]") ?? clock;
  if (words.textContent !== text) words.textContent = text;
  if (!chip) return;
  if (before !== state) chip.classList.replace(before, state);
  showRing(chip, state, left);
}

function showRing(chip, state, left) {
  const ring = chip.querySelector(".fg");
  if (ring && state !== "breach") ring.setAttribute("stroke-dasharray", `${(RING * left).toFixed(1)} 40`);
  else if (ring) ring.closest("svg").replaceWith(alertIcon());
}

function alertIcon() {
  const box = document.createElement("template");
  box.innerHTML = '<svg class="i" aria-hidden="true"><use href="#i-alert"/></svg>';
  return box.content.firstElementChild;
}
