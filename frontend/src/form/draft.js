import { debounce } from "../shared/dom.js";
import { isRequestError, Problem, sendJson } from "../shared/http.js";
import { timeOfDay } from "../shared/words.js";

const PAUSE_MS = 800;
const RETRY_MS = 10_000;

/**
 * Keeps a draft on the server: PUT {"values"} to `url` → {"saved_at"}, 800 ms after the last change. While the
 * server is away the values are kept on this machine and the draft is tried again. `say(text)` shows how it stands.
 * Without a `url` only the copy on this machine is kept.
 */
export function makeDraft({ url, kept, words, say }) {
  let waiting = null;
  let stopped = false;
  const soon = debounce(save, PAUSE_MS);
  const retry = debounce(save, RETRY_MS);

  async function save({ leaving = false } = {}) {
    if (waiting === null || stopped || !url) return;
    const values = waiting;
    try {
      const { saved_at } = await sendJson("PUT", url, { values }, { keepalive: leaving });
      if (waiting === values) waiting = null;
      kept.drop();
      say(words("draftSaved", { time: timeOfDay(saved_at ?? Date.now()) }));
    } catch (error) {
      if (!isRequestError(error)) throw error;
      kept.write(values);
      const refused = error instanceof Problem && error.status < 500;
      say(refused ? error.title || words("draftRefused") : words("draftFailed"));
      if (!refused) retry();
    }
  }

  const leave = () => {
    if (waiting === null || stopped) return;
    // With a connection the server gets it; a copy left here could later hide a newer draft made elsewhere.
    if (!url || !navigator.onLine) kept.write(waiting);
    save({ leaving: true });
  };
  addEventListener("pagehide", leave);
  return {
    changed(values) {
      waiting = values;
      soon();
    },
    saveNow: () => save(),
    stop() {
      stopped = true;
      soon.cancel();
      retry.cancel();
      removeEventListener("pagehide", leave);
    },
  };
}
