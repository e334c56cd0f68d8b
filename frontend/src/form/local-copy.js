const PREFIX = "laneway:form:";
const DAY_MS = 86_400_000;

/** A copy of a form's values on this machine, for the time in which the server does not have them: a day at most. */
export function localCopy(key) {
  const name = PREFIX + key;
  return {
    read() {
      const { at, values } = parse(localStorage.getItem(name));
      return Date.now() - at < DAY_MS ? values : null;
    },
    write: (values) => localStorage.setItem(name, JSON.stringify({ at: Date.now(), values })),
    drop: () => localStorage.removeItem(name),
  };
}

function parse(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
