import "@bpmn-io/form-js-viewer/dist/assets/form-js.css";
import "./form.css";

import { Form } from "@bpmn-io/form-js-viewer";
import flatpickr from "flatpickr";
import { Mandarin } from "flatpickr/dist/l10n/zh.js";

import { h } from "../shared/dom.js";
import { localeOf, wordsIn } from "../shared/words.js";
import { makeDraft } from "./draft.js";
import { localCopy } from "./local-copy.js";
import { makeNotices } from "./notices.js";
import { localiseSchema } from "./schema.js";
import { makeSubmission } from "./submission.js";
import { translateFor, WORDS } from "./texts.js";
import { editableValues } from "./values.js";

/**
 * A form in `element`: data-submit-url, data-draft-url (optional), data-next-url (where to go when the answer names
 * no place), data-revision (optional), data-locale, data-mode "edit" or "read"; the schema and the values in
 * `<script type="application/json" data-part="schema|values">`. Buttons stand in the surrounding [data-form-host]:
 * data-action "submit", "submit-next", "save-draft"; [data-draft-status] says how the draft stands.
 * Sets data-ready when the form can be filled in, data-failed when the schema cannot be shown.
 */
export async function mount(element) {
  const locale = localeOf(element);
  const words = wordsIn(locale, WORDS);
  const notices = makeNotices(element);
  const editable = element.dataset.mode !== "read";
  const kept = localCopy(element.dataset.submitUrl ?? "");
  const left = editable ? kept.read() : null;
  const form = makeForm(element, locale, editable);
  try {
    await form.importSchema(localiseSchema(readPart(element, "schema"), locale), { ...readPart(element, "values"), ...left });
  } catch (error) {
    notices.say("bad", words("brokenForm"), { more: error.message });
    element.dataset.failed = "1";
    return { destroy: () => form.destroy() };
  }
  if (left) notices.say("info", words("restored"));
  const stop = editable ? makeEditable(element, form, { kept, notices, words }) : () => undefined;
  element.dataset.ready = "1";
  return {
    destroy() {
      stop();
      form.destroy();
    },
  };
}

function makeForm(element, locale, editable) {
  flatpickr.localize(locale === "zh" ? Mandarin : flatpickr.l10ns.default);
  return new Form({
    container: element.appendChild(h("div", {})),
    // With the library's default pause, a value typed just before a click elsewhere in the form can be lost.
    debounce: false,
    properties: { readOnly: !editable },
    additionalModules: [{ translate: ["value", translateFor(locale)] }],
  });
}

function readPart(element, part) {
  return JSON.parse(element.querySelector(`script[data-part="${part}"]`)?.textContent || "{}");
}

/** Wires the buttons, the draft and the submission; returns what undoes it. */
function makeEditable(element, form, { kept, notices, words }) {
  const host = element.closest("[data-form-host]") ?? document.body;
  const status = host.querySelector("[data-draft-status]");
  const say = (text) => status && (status.textContent = text);
  const draft = makeDraft({ url: element.dataset.draftUrl, kept, words, say });
  const submission = makeSubmission({ element, host, form, draft, kept, notices, words });
  let before = JSON.stringify(editableValues(form, form._getState().data));
  form.on("changed", ({ data }) => {
    const values = editableValues(form, data);
    const now = JSON.stringify(values);
    if (now === before) return;
    before = now;
    draft.changed(values);
  });
  const actions = {
    submit: () => submission.submit(false),
    "submit-next": () => submission.submit(true),
    "save-draft": () => draft.saveNow(),
  };
  const onClick = (event) => {
    const button = event.target.closest?.("[data-action]");
    if (!button || !(button.dataset.action in actions)) return;
    event.preventDefault();
    actions[button.dataset.action]();
  };
  host.addEventListener("click", onClick);
  return () => {
    host.removeEventListener("click", onClick);
    submission.stop();
    draft.stop();
  };
}
