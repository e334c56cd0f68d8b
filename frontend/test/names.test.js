import assert from "node:assert/strict";
import { test } from "node:test";

import { localiseNames } from "../src/diagram/names.js";

const element = (name, properties) => ({
  name,
  extensionElements: { values: [{ $type: "zeebe:TaskHeaders" }, { $type: "zeebe:Properties", properties }] },
});

test("an element takes its name in the reader's language and keeps its own where there is none", () => {
  const elements = {
    approve: element("审批", [{ name: "laneway:name:en", value: "Approve" }]),
    close: element("结案", []),
    start: { name: "收到" },
  };
  localiseNames(elements, "en");
  assert.deepEqual(Object.values(elements).map(({ name }) => name), ["Approve", "结案", "收到"]);
});
