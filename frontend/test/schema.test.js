import assert from "node:assert/strict";
import { test } from "node:test";

import { localiseSchema } from "../src/form/schema.js";

const schema = {
  type: "default",
  components: [
    {
      type: "textfield",
      key: "subject",
      label: "主题",
      description: "一句话",
      validate: { required: true },
      properties: {
        "laneway:label:en": "Subject",
        "laneway:description:en": "One sentence",
        "laneway:validate.patternErrorMessage:en": "Letters only",
      },
    },
    { type: "radio", key: "stop", label: "停用", values: [{ value: "yes", label: "是", "laneway:label:en": "Yes" }] },
    { type: "group", label: "联系人", components: [{ type: "textfield", label: "邮箱", properties: { "laneway:label:en": "E-mail" } }] },
    { type: "button", action: "submit", label: "提交" },
  ],
};

test("a reader of English gets the English texts, wherever they stand in a component", () => {
  const [subject, stop, group] = localiseSchema(schema, "en").components;
  assert.equal(subject.label, "Subject");
  assert.equal(subject.description, "One sentence");
  assert.deepEqual(subject.validate, { required: true, patternErrorMessage: "Letters only" });
  assert.equal(stop.values[0].label, "Yes");
  assert.equal(group.components[0].label, "E-mail");
});

test("a text without a translation stays as it is", () => {
  assert.equal(localiseSchema(schema, "en").components[1].label, "停用");
  assert.equal(localiseSchema(schema, "zh").components[0].label, "主题");
});

test("the form's own submit button is left out, and the schema given is not changed", () => {
  const before = structuredClone(schema);
  assert.equal(localiseSchema(schema, "en").components.length, 3);
  assert.deepEqual(schema, before);
});
