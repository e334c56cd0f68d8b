import { fill } from "../shared/words.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** From this share of the time on, a clock counts as at risk. */
const RISK_SHARE = 0.75;

const WORDS = {
  zh: {
    days: "{days} 天 {hours} 小时",
    wholeDays: "{days} 天",
    hours: "{hours} 小时 {minutes} 分",
    wholeHours: "{hours} 小时",
    minutes: "{minutes} 分",
    moment: "不到 1 分",
    over: "超 {length}",
  },
  en: {
    days: "{days}d {hours}h",
    wholeDays: "{days}d",
    hours: "{hours}h {minutes}m",
    wholeHours: "{hours}h",
    minutes: "{minutes}m",
    moment: "under 1m",
    over: "{length} over",
  },
};

/** A length of time in milliseconds as two units at most, rounded down: `20 小时 48 分`, `20h 48m`. */
export function lengthText(milliseconds, locale) {
  const words = WORDS[locale];
  const days = Math.floor(milliseconds / DAY);
  const hours = Math.floor((milliseconds % DAY) / HOUR);
  const minutes = Math.floor((milliseconds % HOUR) / MINUTE);
  if (days > 0) return fill(hours > 0 ? words.days : words.wholeDays, { days, hours });
  if (hours > 0) return fill(minutes > 0 ? words.hours : words.wholeHours, { hours, minutes });
  return minutes > 0 ? fill(words.minutes, { minutes }) : words.moment;
}

/** A day, with the year only when it is not this one: `12 月 7 日`, `7 Dec`. */
export function dayText(date, now, locale) {
  const otherYear = date.getFullYear() !== now.getFullYear();
  if (locale === "zh") {
    const day = `${date.getMonth() + 1} 月 ${date.getDate()} 日`;
    return otherYear ? `${date.getFullYear()} 年 ${day}` : day;
  }
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "short", ...(otherYear && { year: "numeric" }) });
}

/**
 * What a running clock shows. `due`, `start`, `risk` and `now` are Dates; `start` and `risk` may be null. `risk` is when
 * three quarters of the time are gone, where that is not counted by the wall clock.
 * Returns {state: "ok" | "risk" | "breach", text, left}, where `left` is the share of the time still left, 0 to 1.
 */
export function clockAt({ due, start, risk = null, now, locale }) {
  const rest = due - now;
  if (rest < 0) {
    return { state: "breach", text: fill(WORDS[locale].over, { length: lengthText(-rest, locale) }), left: 0 };
  }
  const text = rest >= 2 * DAY ? dayText(due, now, locale) : lengthText(rest, locale);
  const whole = start ? due - start : 0;
  const left = whole > 0 ? Math.min(1, rest / whole) : 1;
  const isAtRisk = risk ? now >= risk : whole > 0 && 1 - left >= RISK_SHARE;
  return { state: isAtRisk ? "risk" : "ok", text, left };
}
