"""Clocks and targets as people say them, in both languages."""

from __future__ import annotations

from laneway.words import Text

CLOCK_NAMES = {
    "acknowledge": Text("确认", "Acknowledge"),
    "contain": Text("遏制", "Contain"),
    "reply": Text("答复", "Reply"),
    "resolve": Text("解决", "Resolve"),
    "statutory": Text("法定时限", "Statutory"),
}
_UNITS = {
    "bh": Text("工作小时", "business hours"),
    "wd": Text("个工作日", "working days"),
    "h": Text("小时", "hours"),
    "d": Text("天", "days"),
}


def target_in_words(target: str) -> Text:
    """A target as people say it: 5 wd is 5 个工作日, 5 working days."""
    number = target.rstrip("bhwd ")
    unit = target.removeprefix(number).strip()
    words = _UNITS.get(unit, Text(unit, unit))
    english = words.en.removesuffix("s") if number == "1" else words.en
    return Text(f"{number} {words.zh}", f"{number} {english}")
