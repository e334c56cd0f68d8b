import assert from "node:assert/strict";
import { test } from "node:test";

import { around, fitAll, MARK_HEIGHT } from "../src/diagram/viewport.js";

const lowestPixel = (bounds, box, size) => ((bounds.y + bounds.height - box.y) * size.width) / box.width;

test("a whole diagram ends above the bpmn.io mark", () => {
  for (const size of [{ width: 1200, height: 360 }, { width: 300, height: 210 }]) {
    for (const bounds of [{ x: -50, y: 80, width: 2600, height: 700 }, { x: 0, y: 0, width: 300, height: 1200 }]) {
      const box = fitAll(bounds, size);
      assert.ok(lowestPixel(bounds, box, size) <= size.height - MARK_HEIGHT + 0.01);
      assert.ok(box.x <= bounds.x && box.x + box.width >= bounds.x + bounds.width);
    }
  }
});

test("a mini view centres the current step above the mark", () => {
  const step = { x: 700, y: 200, width: 100, height: 80 };
  const box = around(step, { width: 306, height: 210 });
  assert.equal(box.x + box.width / 2, 750);
  const scale = 306 / box.width;
  assert.ok(Math.abs((240 - box.y) * scale - (210 - MARK_HEIGHT) / 2) < 0.01);
});
