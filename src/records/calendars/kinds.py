"""Calendars as records: weekly hours with breaks, holidays and make-up working days, with source, owner and review."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import update
from sqlalchemy.orm import Session

from laneway.engine import clock, tables
from laneway.engine.calendars.hours import Calendar, NeverOpen, next_opening
from laneway.engine.calendars.targets import ROUND_THE_CLOCK
from laneway.engine.waits import queue_effect
from laneway.engine.working_calendars import built, seconds
from laneway.records.kinds import changes, known
from laneway.records.kinds.declared import Field, Kind, Problem, Type, Values
from laneway.words import Text

WEEKDAYS = {
    "mon": Text("星期一", "Monday"),
    "tue": Text("星期二", "Tuesday"),
    "wed": Text("星期三", "Wednesday"),
    "thu": Text("星期四", "Thursday"),
    "fri": Text("星期五", "Friday"),
    "sat": Text("星期六", "Saturday"),
    "sun": Text("星期日", "Sunday"),
}
_OPENS, _CLOSES = Text("开始", "From"), Text("结束", "To")
_CLOCK_TIME = Text("24 小时制，如 08:30；午夜为 24:00", "By the 24-hour clock, as 08:30; midnight is 24:00")


def _check(found: Values) -> list[Problem]:
    """What keeps a calendar from being counted by."""
    problems: list[Problem] = []
    if found.get("zone") and found["zone"] not in available_timezones():
        problems.append(("zone", "not_a_zone", {}))
    for name in ("hours", "days"):
        for at, row in enumerate(found.get(name) or []):
            problems += _times(f"{name}.{at}", row)
    for at, row in enumerate(found.get("days") or []):
        if row.get("last_on") and row["last_on"] < row["first_on"]:
            problems.append((f"days.{at}.last_on", "ends_before_it_begins", {}))
        elif row.get("last_on") and (row["last_on"] - row["first_on"]).days > 366:
            problems.append((f"days.{at}.last_on", "longer_than_a_year", {}))
        elif row.get("opens") and not row.get("is_open"):
            problems.append((f"days.{at}.opens", "closed_has_no_hours", {}))
    if not problems and not _can_open(found):
        problems.append(("hours", "hours_overlap", {}))
    return problems


def _times(path: str, row: Mapping[str, Any]) -> list[Problem]:
    told: dict[str, int] = {}
    problems: list[Problem] = []
    for name in ("opens", "closes"):
        if row.get(name):
            try:
                told[name] = seconds(str(row[name]))
            except ValueError:
                problems.append((f"{path}.{name}", "not_a_time", {}))
        elif row.get("opens") or row.get("closes"):
            problems.append((f"{path}.{name}", "required", {}))
    if len(told) == 2 and told["closes"] <= told["opens"]:
        problems.append((f"{path}.closes", "ends_before_it_begins", {}))
    return problems


def _can_open(found: Values) -> bool:
    try:
        next_opening(calendar_of(found), clock.now())
    except (ValueError, NeverOpen):
        return False
    return True


def calendar_of(found: Values) -> Calendar:
    """The calendar that values of a record make. Raises ValueError where hours overlap."""
    empty = {"opens": "", "closes": "", "is_open": False, "last_on": None}
    rows = [
        [
            SimpleNamespace(**empty | {name: value for name, value in row.items() if value is not None})
            for row in found.get(part) or []
        ]
        for part in ("hours", "days")
    ]
    return built(str(found["zone"]), *rows)


def _look(_session: Session, before: Values, after: Values) -> list[Problem]:
    """The organisation always has a calendar of its own, and round the clock stays what it is."""
    if before.get("is_default") and not after.get("is_default"):
        return [("is_default", "one_is_ours", {})]
    if before.get("code") and before["code"] != after.get("code"):
        return [("code", "code_is_in_use", {})]
    if before.get("code") == ROUND_THE_CLOCK:
        return [("code", "never_closes", {})]
    return []


def _keep(session: Session, batch: Mapping[int, Values]) -> None:
    """Only one calendar is our own; clocks that run by what has changed are counted anew."""
    columns = tables.calendar.c
    for key, found in batch.items():
        if found.get("is_default"):
            others = (columns.key != key) & columns.is_default
            given_up = update(tables.calendar).where(others).values(is_default=False).returning(columns.key)
            for other in session.scalars(given_up).all():
                told = {"is_default": (True, False)}
                changes.add(session, CALENDAR.id, other, told, event=changes.Event.CHANGED, by=None)
                queue_effect(session, "recount_calendar", code="")
        queue_effect(session, "recount_calendar", code=found["code"])


CALENDAR = known.add(
    Kind(
        id="calendar",
        name=Text("工作日历", "Working calendar"),
        plural=Text("工作日历", "Working calendars"),
        icon="clock",
        table=tables.calendar,
        code="code",
        title=("name_zh", "name_en"),
        listed=("zone", "is_default", "owner", "review_on"),
        searched=("code", "name_zh", "name_en", "zone"),
        sorted_by=("code",),
        edited_by=frozenset({"cs_manager", "complaint_lead", "process_owner"}),
        check=_check,
        look=_look,
        keep=_keep,
        fields=(
            Field("code", Text("代码", "Code"), is_required=True, longest=40),
            Field("name_zh", Text("中文名称", "Chinese name"), is_required=True, longest=200),
            Field("name_en", Text("英文名称", "English name"), is_required=True, longest=200),
            Field(
                "zone",
                Text("时区", "Time zone"),
                is_required=True,
                longest=60,
                help=Text("如 Asia/Shanghai", "Such as Asia/Shanghai"),
            ),
            Field(
                "is_default",
                Text("本单位日历", "Our own"),
                Type.YES_NO,
                help=Text(
                    "没有另外指定时使用；只有一个", "Used where no other one is named; there is one of them"
                ),
            ),
            Field("source", Text("出处", "Source"), is_required=True),
            Field("owner", Text("负责组", "Owner"), is_required=True, longest=120),
            Field("review_on", Text("复核日", "Review on"), Type.DATE),
            Field(
                "hours",
                Text("每周工作时间", "Weekly hours"),
                Type.ROWS,
                is_required=True,
                table=tables.calendar_hours,
                parent="calendar_key",
                help=Text("有午休时一天写两行", "A day with a break has two lines"),
                fields=(
                    Field("weekday", Text("星期", "Day"), Type.CHOICE, is_required=True, options=WEEKDAYS),
                    Field("opens", _OPENS, is_required=True, longest=5, help=_CLOCK_TIME),
                    Field("closes", _CLOSES, is_required=True, longest=5, help=_CLOCK_TIME),
                ),
            ),
            Field(
                "days",
                Text("节假日与调休", "Holidays and make-up days"),
                Type.ROWS,
                table=tables.calendar_day,
                parent="calendar_key",
                help=Text(
                    "调休上班日不写时间则按平常的工作时间", "A make-up day without hours has the usual ones"
                ),
                fields=(
                    Field("first_on", Text("自", "From"), Type.DATE, is_required=True),
                    Field("last_on", Text("至", "To"), Type.DATE),
                    Field("is_open", Text("上班", "Working day"), Type.YES_NO),
                    Field("opens", _OPENS, longest=5),
                    Field("closes", _CLOSES, longest=5),
                    Field("note", Text("说明", "Note"), longest=200),
                ),
            ),
        ),
    )
)
