import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

test("the dark theme is the same whether the system or the person chooses it", () => {
  const css = readFileSync(new URL("../src/styles/tokens.css", import.meta.url), "utf8");
  const block = (start) => {
    const from = css.indexOf("{", css.indexOf(start)) + 1;
    return css.slice(from, css.indexOf("}", from)).replace(/\s+/g, " ").trim();
  };
  const chosen = block('\nhtml[data-theme="dark"]');
  assert.ok(chosen.includes("--surface"));
  assert.equal(block('html:not([data-theme="light"])'), chosen);
});
