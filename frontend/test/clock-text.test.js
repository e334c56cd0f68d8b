import assert from "node:assert/strict";
import { test } from "node:test";

import { clockAt, lengthText } from "../src/app/clock-text.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const now = new Date("2026-11-23T12:00:00+08:00");
const clock = (rest, whole, locale = "en") =>
  clockAt({ now, due: new Date(now.getTime() + rest), start: whole && new Date(now.getTime() + rest - whole), locale });

test("a length has two units at most and is rounded down", () => {
  assert.equal(lengthText(20 * HOUR + 48.9 * MINUTE, "zh"), "20 小时 48 分");
  assert.equal(lengthText(27 * HOUR + 59 * MINUTE, "en"), "1d 3h");
  assert.equal(lengthText(4 * HOUR, "en"), "4h");
  assert.equal(lengthText(30_000, "zh"), "不到 1 分");
});

test("a clock is at risk from three quarters of its time on", () => {
  assert.equal(clock(26 * MINUTE, 100 * MINUTE).state, "ok");
  assert.equal(clock(25 * MINUTE, 100 * MINUTE).state, "risk");
  assert.equal(clock(25 * MINUTE, 100 * MINUTE).left, 0.25);
});

test("working time says itself when three quarters of it are gone", () => {
  const due = new Date(now.getTime() + 60 * HOUR);
  const start = new Date(now.getTime() - 2 * HOUR);
  const at = (risk) => clockAt({ due, start, risk, now, locale: "en" }).state;
  assert.equal(at(new Date(now.getTime() + 1)), "ok");
  assert.equal(at(now), "risk");
});

test("a clock past its time says by how much", () => {
  assert.deepEqual(clock(-130 * MINUTE, 4 * HOUR), { state: "breach", text: "2h 10m over", left: 0 });
  assert.equal(clock(-130 * MINUTE, 4 * HOUR, "zh").text, "超 2 小时 10 分");
});

test("from two days on a clock shows the day", () => {
  assert.match(clock(14 * 24 * HOUR, null).text, /^7 Dec$/);
  assert.match(clock(14 * 24 * HOUR, null, "zh").text, /^12 月 7 日$/);
  assert.match(clock(60 * 24 * HOUR, null, "zh").text, /^2027 年 1 月 22 日$/);
});

test("a clock without a start is never at risk before its time is up", () => {
  assert.equal(clock(MINUTE, null).state, "ok");
});
