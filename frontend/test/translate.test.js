import assert from "node:assert/strict";
import { test } from "node:test";

import { CHINESE, translateFor as formTranslate } from "../src/form/texts.js";
import { translateFor } from "../src/modeler/translate.js";

test("the modeler finds a term in whichever case it is asked for", () => {
  const translate = translateFor("zh");
  assert.equal(translate("User Task"), translate("User task"));
  assert.equal(translate("Message Boundary Event (Non Interrupting)"), translate("Message boundary event (non-interrupting)"));
});

test("what has no Chinese is shown in English and remembered", () => {
  const missing = new Set();
  assert.equal(translateFor("zh", missing)("Quantum task {n}", { n: 3 }), "Quantum task 3");
  assert.deepEqual([...missing], ["Quantum task {n}"]);
});

test("English is left alone", () => {
  assert.equal(translateFor("en")("User task"), "User task");
  assert.equal(formTranslate("en")("Field is required."), "Field is required.");
});

test("a form's sentences keep their values in Chinese", () => {
  for (const [english, chinese] of Object.entries(CHINESE)) {
    const names = (text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    assert.deepEqual(names(chinese), names(english), english);
  }
});
