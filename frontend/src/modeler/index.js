import "./modeler.css";

import { ask } from "../shared/dialogs.js";
import { h, icon } from "../shared/dom.js";
import { getJson, isRequestError, sendJson } from "../shared/http.js";
import { showToast } from "../shared/toast.js";
import { localeOf, timeOfDay, wordsIn } from "../shared/words.js";
import { makeViewer } from "../diagram/viewer.js";
import { fitAll } from "../diagram/viewport.js";
import { makeDraft } from "./draft.js";
import { fitDiagram, loadDiagram, makeEditor } from "./editor.js";
import { countErrors, makeFindings } from "./findings.js";
import { WORDS } from "./texts.js";
import { makeToolbar } from "./toolbar.js";
import { translateFor } from "./translate.js";

const NARROW = "(max-width: 720px)";

/**
 * The modeler in `element`: data-process-id, data-draft-url, data-check-url, data-publish-url, data-locale.
 * GET draft-url → {"xml", "revision", "base_version", "saved_by", "saved_at", "findings"}; saving, checking and
 * publishing as told in draft.js and below. On a narrow screen the diagram is only shown.
 * Sets data-ready when the diagram is open, data-failed when it could not be opened, and keeps the sentences that
 * have no Chinese in data-untranslated.
 */
export async function mount(element) {
  const locale = localeOf(element);
  const words = wordsIn(locale, WORDS);
  element.classList.add("modeler");
  try {
    const draft = await getJson(element.dataset.draftUrl);
    const open = matchMedia(NARROW).matches ? openNarrow : openEditor;
    const island = await open(element, draft, locale, words);
    element.dataset.ready = "1";
    return island;
  } catch (error) {
    const reason = h("p", { class: "sm muted" }, error.message);
    element.replaceChildren(h("div", { class: "empty", role: "alert" }, h("h2", {}, words("broken")), reason));
    element.dataset.failed = "1";
    if (!isRequestError(error)) throw error;
    return { destroy: () => undefined };
  }
}

async function openNarrow(element, draft, locale, words) {
  const canvas = h("div", { class: "dg grow" });
  const hint = h("div", { class: "banner info" }, icon("info"), h("p", {}, words("narrow"), " ", words("narrowText")));
  element.replaceChildren(hint, canvas);
  const viewer = makeViewer(canvas, locale);
  await viewer.importXML(draft.xml);
  viewer.get("canvas").viewbox(fitAll(viewer.get("canvas").viewbox().inner, viewer.get("canvas").getSize()));
  return { destroy: () => viewer.destroy() };
}

async function openEditor(element, stored, locale, words) {
  const canvas = h("div", { class: "dg grow" });
  const panel = h("aside", { class: "props", "aria-label": words("properties") });
  const missing = new Set();
  const editor = makeEditor({ canvas, panel, locale, translate: translateFor(locale, missing), words });
  const findings = makeFindings(editor, words);
  const toolbar = makeToolbar({
    editor,
    words,
    name: element.dataset.processId,
    read: () => diagram.read(),
    onCheck: () => attempt(actions.check, show, words),
    onPublish: () => attempt(actions.publish, show, words),
  });
  const show = (found) => {
    findings.show(found);
    toolbar.setErrors(countErrors(found));
  };
  element.replaceChildren(toolbar.bar, h("div", { class: "mod" }, h("div", { class: "canvas" }, canvas, findings.panel), panel));
  const diagram = await loadDiagram(editor, stored.xml);
  fitDiagram(editor);
  show(stored.findings ?? []);
  const say = (text) => (toolbar.status.textContent = text);
  say(describe(stored, words));
  const draft = makeDraft({ diagram, url: element.dataset.draftUrl, revision: stored.revision, locale, words, say, onFindings: show });
  const actions = makeActions({ element, diagram, draft, show, locale, words });
  editor.on("commandStack.changed", () => {
    draft.changed();
    element.dataset.untranslated = [...missing].join("\n");
  });

  const onKey = (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    draft.save();
  };
  document.addEventListener("keydown", onKey);
  return {
    destroy() {
      document.removeEventListener("keydown", onKey);
      draft.stop();
      editor.destroy();
    },
  };
}

/** What the two buttons at the right do; both throw Problem or Unreachable. */
function makeActions({ element, diagram, draft, show, locale, words }) {
  return {
    /** POST {"xml"} to data-check-url → {"findings"}. */
    async check() {
      const xml = await diagram.read();
      const { findings } = await sendJson("POST", element.dataset.checkUrl, { xml });
      show(findings);
      if (findings.length === 0) showToast(words("checked"));
    },

    /** POST {"xml", "revision"} to data-publish-url → {"version", "location"}, or 422 with findings. */
    async publish() {
      const answers = [{ value: "publish", label: words("publishNow") }];
      if (!(await ask({ title: words("publishTitle"), text: words("publishText"), answers, locale }))) return;
      if (!(await draft.save())) return;
      const xml = await diagram.read();
      const answer = await sendJson("POST", element.dataset.publishUrl, { xml, revision: draft.revision() });
      draft.stop();
      showToast(words("published", { version: answer.version }));
      if (answer.location) location.assign(answer.location);
    },
  };
}

/** Runs an action of the bar; a refusal is said, and its findings are shown. */
async function attempt(action, show, words) {
  try {
    await action();
  } catch (error) {
    if (!isRequestError(error)) throw error;
    const findings = error.body?.findings;
    if (findings) show(findings);
    const text = error.title || words(findings ? "refused" : "requestFailed");
    showToast(text, { kind: "bad", more: error.detail });
  }
}

function describe({ base_version: version, saved_by: who, saved_at: at }, words) {
  const parts = [version && words("base", { version }), at && words("saved", { time: timeOfDay(at) }), who];
  return parts.filter(Boolean).join(" · ");
}
