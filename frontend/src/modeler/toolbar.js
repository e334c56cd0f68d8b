import { h, icon } from "../shared/dom.js";
import { fitDiagram } from "./editor.js";

/**
 * The bar above the canvas: how the draft stands at the left, tools and the two server actions at the right.
 * `status` is the element for the draft's state; `setErrors(count)` shows a count on the check button.
 */
export function makeToolbar({ editor, read, name, words, onCheck, onPublish }) {
  const status = h("span", { class: "sm muted nw", role: "status" });
  const errors = h("span", { class: "pill bad", hidden: true });
  const tool = (label, sign, run) =>
    h("button", { class: "btn sm ghost icon", type: "button", "aria-label": label, title: label, onclick: run }, sign);
  const stack = (command) => () => editor.get("commandStack")[command]();
  const undo = tool(words("undo"), icon("undo", "s"), stack("undo"));
  const redo = tool(words("redo"), h("span", { class: "mirrored" }, icon("undo", "s")), stack("redo"));
  const bar = h(
    "div",
    { class: "head modeler-bar", role: "toolbar" },
    h("span", { class: "m ell" }, words("draft")),
    status,
    h(
      "span",
      { class: "end row" },
      undo,
      redo,
      tool(words("farther"), "−", () => editor.get("zoomScroll").stepZoom(-1)),
      tool(words("closer"), "+", () => editor.get("zoomScroll").stepZoom(1)),
      tool(words("fit"), icon("fit", "s"), () => fitDiagram(editor)),
      tool(words("search"), icon("search", "s"), () => editor.get("searchPad").toggle()),
      downloads(editor, read, name, words),
      h("button", { class: "btn sm", type: "button", onclick: onCheck }, icon("check", "s"), words("check"), errors),
      h("button", { class: "btn sm pri", type: "button", onclick: onPublish }, icon("up", "s"), words("publish")),
    ),
  );
  const showStack = () => {
    undo.disabled = !editor.get("commandStack").canUndo();
    redo.disabled = !editor.get("commandStack").canRedo();
  };
  editor.on(["commandStack.changed", "import.done"], showStack);
  return {
    bar,
    status,
    setErrors(count) {
      errors.textContent = String(count);
      errors.hidden = count === 0;
    },
  };
}

function downloads(editor, read, name, words) {
  const save = async (extension, type, read) => {
    const link = h("a", { href: URL.createObjectURL(new Blob([await read()], { type })), download: `${name}.${extension}` });
    link.click();
    URL.revokeObjectURL(link.href);
  };
  const bpmn = () => save("bpmn", "application/xml", () => read());
  const svg = () => save("svg", "image/svg+xml", async () => (await editor.saveSVG()).svg);
  const item = (label, run) => h("button", { class: "btn sm ghost", type: "button", onclick: run }, label);
  return h(
    "details",
    { class: "menu" },
    h("summary", { class: "btn sm ghost icon", "aria-label": words("download"), title: words("download") }, icon("dl", "s")),
    h("div", {}, item(".bpmn", bpmn), item(".svg", svg)),
  );
}
