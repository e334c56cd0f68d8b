import { h } from "../shared/dom.js";

/** The one place above a form where it says what stands in the way. A new notice replaces the last one. */
export function makeNotices(element) {
  const place = h("div", { class: "form-notice" });
  element.prepend(place);
  const show = (look, role, ...content) => {
    const banner = h("div", { class: `banner ${look}`, role, tabindex: "-1" }, ...content);
    place.replaceChildren(banner);
    return banner;
  };
  return {
    clear: () => place.replaceChildren(),

    /** A sentence, a quieter second one, and perhaps a button {label, run}. `look` is info, warn or bad. */
    say(look, text, { more = "", action = null } = {}) {
      const words = h("div", {}, h("p", { class: "m" }, text), more ? h("p", {}, more) : null);
      const button = action && h("button", { class: "btn sm", type: "button", onclick: action.run }, action.label);
      show(look, look === "bad" ? "alert" : "status", words, button);
    },

    /** The error summary: every field with an error as a link to it. Takes the focus. */
    listErrors(title, items, others, goTo) {
      const list = h("ul", {});
      for (const { id, label, message } of items) {
        const link = h("a", { href: `#${id}` }, label);
        link.addEventListener("click", (event) => {
          event.preventDefault();
          goTo(id);
        });
        list.append(h("li", {}, link, " ", message));
      }
      list.append(...others.map((message) => h("li", {}, message)));
      show("bad", "alert", h("div", {}, h("p", { class: "m" }, title), list)).focus();
    },
  };
}
