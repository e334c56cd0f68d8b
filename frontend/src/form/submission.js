import { isRequestError, sendJson, Unreachable } from "../shared/http.js";
import { editableValues, listErrors, placeErrors } from "./values.js";

const RETRY_MS = 5000;

/**
 * Sends a form: checks it here, then POST {"values", "revision", "next"} to data-submit-url.
 * 200 {"location"} goes there; 422 shows {"errors": [{"field", "message"}]} at the fields; 409 says that someone
 * else was faster; without a connection the values stay on this machine and are sent when it is back.
 */
export function makeSubmission({ element, host, form, draft, kept, notices, words }) {
  const { submitUrl, nextUrl, revision } = element.dataset;
  let busy = false;
  let retryTimer;

  async function submit(next) {
    clearTimeout(retryTimer);
    if (busy) return;
    const { data, errors } = form.submit();
    if (Object.keys(errors).length > 0) return showErrors(errors, []);
    const body = { values: editableValues(form, data), next };
    if (revision) body.revision = Number(revision);
    await send(body);
  }

  async function send(body) {
    busy = true;
    showBusy(host, busy);
    try {
      const answer = await sendJson("POST", submitUrl, body);
      draft.stop();
      kept.drop();
      location.assign(answer.location ?? nextUrl ?? location.href);
    } catch (error) {
      busy = false;
      showBusy(host, busy);
      if (!isRequestError(error)) throw error;
      kept.write(body.values);
      refuse(error, body);
    }
  }

  function refuse(error, body) {
    const reload = { label: words("reload"), run: () => location.reload() };
    if (error instanceof Unreachable) {
      notices.say("warn", words("offline"), { action: { label: words("retry"), run: () => submit(body.next) } });
      retryTimer = setTimeout(() => submit(body.next), RETRY_MS);
    } else if (error.status === 409) {
      notices.say("bad", error.title || words("conflict"), { more: error.detail || words("conflictMore"), action: reload });
    } else if (error.status === 422 && error.body.errors) {
      const { placed, others } = placeErrors(form, error.body.errors);
      // The library has no public way to show errors that come from elsewhere.
      form._setState({ errors: placed });
      showErrors(placed, others);
    } else {
      notices.say("bad", error.title || words("failed"), { more: error.detail || words("failedMore") });
    }
  }

  function showErrors(errors, others) {
    const items = listErrors(form, errors);
    notices.listErrors(words("fix", { count: items.length + others.length }), items, others, (id) => goTo(element, id));
  }

  return { submit, stop: () => clearTimeout(retryTimer) };
}

/** Brings a field into view and puts the cursor into it; the library ends its ids in the field's, then the option's. */
function goTo(element, id) {
  const name = CSS.escape(id);
  const control = element.querySelector(`:is(input, textarea, select):is([id$="-${name}"], [id*="-${name}-"])`);
  control?.closest(".fjs-form-field").scrollIntoView({ block: "center" });
  control?.focus({ preventScroll: true });
}

function showBusy(host, busy) {
  host.querySelectorAll('[data-action^="submit"]').forEach((button) => {
    button.setAttribute("aria-busy", String(busy));
    button.disabled = busy;
  });
}
