const PREFIX = "laneway:form:";

/** A copy of a form's values on this machine, for the time in which the server does not have them. */
export function localCopy(key) {
  const name = PREFIX + key;
  return {
    read() {
      try {
        return JSON.parse(localStorage.getItem(name));
      } catch (error) {
        if (error instanceof SyntaxError) return null;
        throw error;
      }
    },
    write: (values) => localStorage.setItem(name, JSON.stringify(values)),
    drop: () => localStorage.removeItem(name),
  };
}
