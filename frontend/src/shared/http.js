/** An answer of the server that is not a success, read from problem+json. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `HTTP ${status}`);
    this.status = status;
    this.title = body.title || "";
    this.detail = body.detail || "";
    this.body = body;
  }
}

/** The server could not be reached; nothing is known about what it did. */
export class Unreachable extends Error {}

/** Whether `error` is the server's refusal or its absence, as against a mistake of ours. */
export function isRequestError(error) {
  return error instanceof Problem || error instanceof Unreachable;
}

/** The token that proves that a request comes from our own page. */
export function csrfToken() {
  return document.querySelector('meta[name="csrf"]')?.content ?? "";
}

/** The JSON at `url`. Throws Problem or Unreachable. */
export async function getJson(url) {
  return (await request(url, { headers: { Accept: "application/json" } })).json();
}

/** The text at `url`. Throws Problem or Unreachable. */
export async function getText(url) {
  return (await request(url, {})).text();
}

/**
 * Sends `body` as JSON and reads the answer's JSON, `{}` for an empty one. With `keepalive` the
 * request goes on when the page is left. Throws Problem or Unreachable.
 */
export async function sendJson(method, url, body, { keepalive = false } = {}) {
  const response = await request(url, {
    method,
    keepalive,
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRF-Token": csrfToken() },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return text ? JSON.parse(text) : {};
}

/** What problem+json says, or the status alone when the answer is something else. */
export function readProblem(text, status) {
  try {
    const body = JSON.parse(text);
    return new Problem(status, body !== null && typeof body === "object" ? body : {});
  } catch {
    return new Problem(status, {});
  }
}

async function request(url, options) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...options });
  } catch (error) {
    throw new Unreachable(String(error));
  }
  if (!response.ok) throw readProblem(await response.text(), response.status);
  return response;
}
