import { debounce } from "../shared/dom.js";
import { ask } from "../shared/dialogs.js";
import { isRequestError, sendJson, Unreachable } from "../shared/http.js";
import { timeOfDay } from "../shared/words.js";

const PAUSE_MS = 1500;
const RETRY_MS = 10_000;

/**
 * Saves the diagram as a draft 1.5 s after the last change: PUT {"xml", "revision"} to `url` →
 * {"revision", "saved_at", "findings"}; 409 when someone else saved in between, whose draft may be loaded or
 * overwritten ("force"). `say(text)` shows how it stands, `onFindings` takes the answer's findings.
 */
export function makeDraft({ diagram, url, revision, locale, words, say, onFindings }) {
  let dirty = false;
  let current = revision;
  let running = null;
  const soon = debounce(() => save(), PAUSE_MS);
  const retry = debounce(() => save(), RETRY_MS);

  /** Saves what is not saved yet. Resolves to whether the server now has the diagram as it is shown. */
  async function save(force = false) {
    await running;
    if (!dirty && !force) return true;
    running = put(force);
    const saved = await running;
    running = null;
    return saved;
  }

  async function put(force) {
    soon.cancel();
    dirty = false;
    say(words("saving"));
    try {
      const xml = await diagram.read();
      const answer = await sendJson("PUT", url, force ? { xml, revision: current, force } : { xml, revision: current });
      current = answer.revision;
      say(dirty ? words("unsaved") : words("saved", { time: timeOfDay(answer.saved_at) }));
      onFindings(answer.findings ?? []);
      return true;
    } catch (error) {
      dirty = true;
      if (!isRequestError(error)) throw error;
      return refuse(error);
    }
  }

  async function refuse(error) {
    if (error instanceof Unreachable) retry();
    say(error instanceof Unreachable ? words("unreachable") : error.title || words("requestFailed"));
    const choice = error.status === 409 ? await askWhoseDraft(error.body, words, locale) : null;
    if (choice === "load") {
      dirty = false;
      location.reload();
    }
    return choice === "overwrite" ? put(true) : false;
  }

  const warn = (event) => dirty && event.preventDefault();
  addEventListener("beforeunload", warn);
  return {
    changed() {
      dirty = true;
      say(words("unsaved"));
      soon();
    },
    save: () => save(),
    revision: () => current,
    stop() {
      soon.cancel();
      retry.cancel();
      removeEventListener("beforeunload", warn);
    },
  };
}

/** Two people drew at once. Resolves to "load", "overwrite" or null for neither yet. */
function askWhoseDraft({ saved_by: who, saved_at: at }, words, locale) {
  const answers = [
    { value: "overwrite", label: words("overwrite"), danger: true },
    { value: "load", label: words("load") },
  ];
  const title = words("conflict", { who: who ?? "?", time: at ? timeOfDay(at) : "?" });
  return ask({ title, text: words("conflictText"), answers, locale });
}
