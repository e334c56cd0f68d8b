import assert from "node:assert/strict";
import { test } from "node:test";

import { around, fitAll, fitSteps, MARK_HEIGHT } from "../src/diagram/viewport.js";

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

test("a large diagram is shown in its whole width, at the height of the current steps", () => {
  const bounds = { x: 0, y: 0, width: 2600, height: 1400 };
  const size = { width: 1300, height: 460 };
  const step = { x: 500, y: 900, width: 100, height: 80 };
  const view = fitSteps(bounds, size, [step]);
  assert.ok(view.x <= 0 && view.x + view.width >= 2600);
  assert.ok(view.y < step.y && view.y + view.height > step.y + step.height);
  assert.deepEqual(fitSteps(bounds, size, []), fitAll(bounds, size));
});
