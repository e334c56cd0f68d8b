"""Clocks of cases: counted by calendars, held up, met, counted anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from laneway.engine import database, messages, runtime, tables
from laneway.engine.database import new_key
from laneway.engine.tables.department.parties import party
from laneway.errors import Refused
from laneway.testing import drain

SHANGHAI, HOUSTON = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/Chicago")
CLOCKS = (
    '=[{name: "acknowledge", target: sla.ack, calendar: if sla.clock = "24x7" then "24x7" else null},'
    ' {name: "contain", target: sla.contain, calendar: if sla.clock = "24x7" then "24x7" else null},'
    ' {name: "reply", target: sla.reply, calendar: if sla.clock = "24x7" then "24x7" else null},'
    ' {name: "statutory", target: sla.statutory}]'
)
S1 = {"clock": "24x7", "ack": "1 h", "contain": "4 h", "reply": "24 h"}
S3 = {"clock": "business", "ack": "8 bh", "reply": "5 wd"}


def at(*moment: int, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime(*moment, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type]  # year to second


def add_calendar(
    code: str, *, zone: str = "Asia/Shanghai", is_default: bool = False, open_on: Sequence[date] = ()
) -> int:
    """Monday to Friday from 8:30 to 17:30, closed from 1 to 7 October 2026."""
    key = new_key()
    with database.unit_of_work() as session:
        session.execute(
            insert(tables.calendar).values(
                key=key,
                code=code,
                name_zh=code,
                name_en=code,
                zone=zone,
                is_default=is_default,
                owner="",
                source="",
            )
        )
        for position, weekday in enumerate(("mon", "tue", "wed", "thu", "fri")):
            hours = {"weekday": weekday, "opens": "08:30", "closes": "17:30", "position": position}
            session.execute(insert(tables.calendar_hours).values(key=new_key(), calendar_key=key, **hours))
        add_days(session, key, (date(2026, 10, 1), date(2026, 10, 7), False))
        add_days(session, key, *[(day, day, True) for day in open_on])
    return key


def add_days(session: Any, key: int, *days: tuple[date, date, bool]) -> None:
    for first, last, is_open in days:
        row = {"first_on": first, "last_on": last, "is_open": is_open, "opens": "", "closes": "", "note": ""}
        session.execute(
            insert(tables.calendar_day).values(key=new_key(), calendar_key=key, position=0, **row)
        )


@pytest.fixture
def calendar(engine: Any) -> int:
    return add_calendar("CN-TEST", is_default=True)


def case(draw: Any, *more: str, **properties: str) -> Any:
    """A case: it is acknowledged, waits for its customer, is answered."""
    waits = prop("laneway:clock:pauses", "customer")
    steps = (
        draw.start()
        + draw.user("ack", extra=prop("laneway:clock:meets", "acknowledge"))
        + draw.node("receiveTask", "ask", extra=waits, messageRef="M")
        + draw.user("answer", extra=prop("laneway:clock:meets", "reply") + prop("laneway:due", "clock:reply"))
        + draw.end()
        + draw.way("start", "ack", "ask", "answer", "end")
    )
    told = {"laneway__case__series": "CP", "laneway__case__clocks": CLOCKS, **properties}
    return draw.file(draw.process(steps, *more, **told))


def prop(name: str, value: str) -> str:
    return f'<zeebe:properties><zeebe:property name="{name}" value="{value}"/></zeebe:properties>'


def clocks(engine: Any, key: int) -> dict[str, Any]:
    """The last round of each clock of a case."""
    return {row.name: row for row in engine.rows(tables.case_clock, instance_key=key)}


def local(moment: datetime, zone: ZoneInfo = SHANGHAI) -> str:
    return moment.astimezone(zone).strftime("%m-%d %H:%M")


def test_a_holiday_puts_acknowledgement_and_reply_off(
    engine: Any, draw: Any, frozen_clock: Any, calendar: int
) -> None:
    """Acceptance scenario 3."""
    frozen_clock.now = at(2026, 9, 30, 16, 30)
    engine.deploy(case(draw))
    found = clocks(engine, engine.start(key="a", sla=S3))
    assert {name: local(one.due_at) for name, one in found.items()} == {
        "acknowledge": "10-08 15:30",
        "reply": "10-14 16:30",
    }
    assert found["acknowledge"].calendar == "CN-TEST"


def test_a_make_up_saturday_that_is_entered_later_brings_the_reply_forward(
    engine: Any, draw: Any, frozen_clock: Any, calendar: int
) -> None:
    """Acceptance scenario 3, with Saturday 10 October."""
    frozen_clock.now = at(2026, 9, 30, 16, 30)
    engine.deploy(case(draw))
    key = engine.start(key="a", sla=S3)
    with database.unit_of_work() as session:
        add_days(session, calendar, (date(2026, 10, 10), date(2026, 10, 10), True))
    engine.call(runtime.recount_clocks, key)
    assert local(clocks(engine, key)["reply"].due_at) == "10-13 16:30"
    assert local(clocks(engine, key)["acknowledge"].due_at) == "10-08 15:30"
    assert engine.events(key).count("clock_recomputed") == 1
    assert engine.rows(tables.history_line, event="clock_recomputed")[0].details["clock"] == "reply"


def test_round_the_clock_counts_on_a_sunday_night(
    engine: Any, draw: Any, frozen_clock: Any, calendar: int
) -> None:
    """Acceptance scenario 11."""
    frozen_clock.now = at(2026, 10, 4, 3, 10, zone=HOUSTON)
    engine.deploy(case(draw))
    found = clocks(engine, engine.start(key="a", sla=S1))
    assert local(found["acknowledge"].due_at, HOUSTON) == "10-04 04:10"
    assert local(found["contain"].due_at, HOUSTON) == "10-04 07:10"
    assert found["acknowledge"].call_at == frozen_clock.now
    assert found["contain"].call_at is None


def test_a_change_of_severity_counts_from_the_start_of_the_clock(
    engine: Any, draw: Any, mei: Any, frozen_clock: Any, calendar: int
) -> None:
    frozen_clock.now = at(2026, 9, 28, 10, 0)
    engine.deploy(case(draw))
    key = engine.start(key="a", sla=S3)
    frozen_clock.advance(hours=1)
    engine.do(mei, "ack", sla=S1)
    found = clocks(engine, key)
    assert found["acknowledge"].met_at == frozen_clock.now
    assert (
        local(found["acknowledge"].due_at) == "09-28 11:00"
    )  # the first step of the same transaction counts
    assert local(found["reply"].due_at) == "09-29 10:00"
    assert local(found["contain"].due_at) == "09-28 14:00"
    told = engine.rows(tables.history_line, event="clock_recomputed")
    assert [row.details["clock"] for row in told] == ["acknowledge", "reply"]
    assert told[1].details["before"]["target"] == "5 wd"


def test_waiting_for_the_customer_stops_all_but_the_statutory_clock(
    engine: Any, draw: Any, mei: Any, frozen_clock: Any, calendar: int
) -> None:
    frozen_clock.now = at(2026, 9, 28, 10, 0)
    engine.deploy(case(draw))
    key = engine.start(key="a", sla=S3 | {"statutory": "2 d"})
    engine.do(mei, "ack")
    frozen_clock.now = at(2026, 9, 28, 15, 30)
    assert clocks(engine, key)["reply"].next_at is None
    assert clocks(engine, key)["reply"].pauses[0][2] == "customer"
    assert clocks(engine, key)["statutory"].next_at is not None
    frozen_clock.now = at(2026, 9, 29, 9, 30)
    resume(engine, mei)
    found = clocks(engine, key)
    assert (
        local(found["reply"].due_at) == "10-13 09:30"
    )  # 9 + 8.5 hours later than 12 Oct 10:00... counted below
    assert local(found["statutory"].due_at) == "09-30 10:00"
    assert engine.task("answer").due_at == found["reply"].due_at
    told = [event for event in engine.events(key) if event.startswith("clock_")]
    assert told[-2:] == ["clock_paused", "clock_resumed"]


def resume(engine: Any, mei: Any) -> None:
    """The customer answers."""
    engine.call(messages.publish, name="M", correlation_key="a", variables={}, by=mei)
    drain()


def test_a_met_clock_stays_met(engine: Any, draw: Any, mei: Any, frozen_clock: Any, calendar: int) -> None:
    frozen_clock.now = at(2026, 9, 28, 10, 0)
    engine.deploy(case(draw))
    key = engine.start(key="a", sla=S3)
    engine.do(mei, "ack", sla=S3)
    met = clocks(engine, key)["acknowledge"]
    frozen_clock.advance(days=30)
    resume(engine, mei)
    engine.do(mei, "answer", sla=S1)
    assert clocks(engine, key)["acknowledge"] == met
    late = engine.rows(tables.history_line, event="clock_met")[-1]
    assert late.details["clock"] == "reply"
    assert late.details["on_time"] is True  # it stood still for thirty days


def test_a_case_without_clocks_has_no_rows(engine: Any, draw: Any, calendar: int) -> None:
    steps = draw.start() + draw.user("u") + draw.way("start", "u")
    engine.deploy(draw.file(draw.process(steps, laneway__case__series="CP")))
    assert clocks(engine, engine.start(sla=S3)) == {}


def test_the_customers_calendar_goes_before_our_own(
    engine: Any, draw: Any, frozen_clock: Any, calendar: int
) -> None:
    add_calendar("US", zone="America/Chicago")
    add_party("P-1", "US")
    frozen_clock.now = at(2026, 9, 28, 10, 0)  # 21:00 on Sunday in Houston
    engine.deploy(case(draw))
    found = clocks(engine, engine.start(key="a", sla=S3, party="P-1"))
    assert found["acknowledge"].calendar == "US"
    assert local(found["acknowledge"].due_at, HOUSTON) == "09-28 16:30"


def add_party(code: str, calendar: str) -> None:
    row: dict[str, Any] = {column.name: "" for column in party.c if not column.nullable}
    today = date(2026, 1, 1)
    row |= {"key": new_key(), "code": code, "calendar": calendar, "document_requirements": []}
    row |= {
        "is_key": False,
        "is_listed": True,
        "completeness": 0,
        "reviewed_on": today,
        "review_due_on": today,
    }
    with database.unit_of_work() as session:
        session.execute(insert(party).values(row))


def test_a_user_task_is_due_by_the_calendar_of_its_case(
    engine: Any, draw: Any, frozen_clock: Any, calendar: int
) -> None:
    frozen_clock.now = at(2026, 9, 30, 16, 30)
    steps = draw.start() + draw.user("u", extra=prop("laneway:due", "2 wd")) + draw.way("start", "u")
    engine.deploy(draw.file(draw.process(steps)))
    engine.start()
    assert local(engine.task("u").due_at) == "10-09 16:30"


@pytest.mark.parametrize(
    ("where", "name", "value", "code"),
    [
        ("process", "laneway:case:clocks", '=[{name: "answer", target: "5 wd"}]', "clock_unknown"),
        ("process", "laneway:case:clocks", '=[{name: "reply", target: "5 weeks"}]', "clock_target"),
        ("process", "laneway:case:clocks", "reply", "not_feel"),
        ("process", "laneway:case:clocks", '="reply"', "feel_result"),
        ("u", "laneway:clock:meets", "reply, answer", "clock_unknown"),
        ("u", "laneway:clock:meets", "", "clock_met_nowhere"),
        ("u", "laneway:clock:pauses", "supplier", "clock_pause"),
        ("u", "laneway:due", "soon", "due_rule"),
        ("u", "laneway:due", "0 wd", "due_rule"),
        ("u", "laneway:due", "clock:answer", "due_rule"),
    ],
)
def test_what_cannot_be_counted_is_refused(
    engine: Any, draw: Any, where: str, name: str, value: str, code: str
) -> None:
    value = value.replace('"', "&quot;")
    task = draw.user("u", extra=prop(name, value) if where == "u" else "")
    process = draw.process(draw.start() + task + draw.way("start", "u"), laneway__name__en="P")
    if where == "process":
        process = process.replace('name="laneway:name:en" value="P"', f'name="{name}" value="{value}"')
    with pytest.raises(Refused) as refused:
        engine.deploy(draw.file(process))
    assert [(one.code, one.element_id) for one in refused.value.findings] == [
        (code, "u" if where == "u" else "P")
    ]


def test_a_senseless_target_is_told_and_stops_nothing(
    engine: Any, draw: Any, frozen_clock: Any, calendar: int
) -> None:
    engine.deploy(case(draw))
    key = engine.start(key="a", sla={"clock": "business", "ack": "soon", "reply": "5 wd"})
    assert set(clocks(engine, key)) == {"reply"}
    (told,) = engine.rows(tables.history_line, event="clock_refused")
    assert told.details["clock"] == "acknowledge"
    assert engine.task("ack")


def test_two_deadlines_that_differ_by_the_change_of_the_clock(
    engine: Any, draw: Any, frozen_clock: Any, calendar: int
) -> None:
    """24 hours are 24 hours, a calendar day ends at the same time by the wall clock."""
    berlin = ZoneInfo("Europe/Berlin")
    add_calendar("DE", zone="Europe/Berlin")
    frozen_clock.now = at(2026, 10, 24, 18, 0, zone=berlin)
    listed = (
        '=[{name: "contain", target: "24 h", calendar: "DE"}, {name: "reply", target: "1 d", calendar: "DE"}]'
    )
    engine.deploy(case(draw, laneway__case__clocks=listed))
    found = clocks(engine, engine.start(key="a"))
    assert local(found["contain"].due_at, berlin) == "10-25 17:00"
    assert local(found["reply"].due_at, berlin) == "10-25 18:00"
    assert found["reply"].due_at - found["contain"].due_at == timedelta(hours=1)


def test_a_case_that_ends_meets_its_resolution_and_drops_the_rest(
    engine: Any, draw: Any, mei: Any, frozen_clock: Any, calendar: int
) -> None:
    listed = '=[{name: "resolve", target: "5 wd"}, {name: "contain", target: "4 h"}]'
    steps = draw.start() + draw.user("u") + draw.end() + draw.way("start", "u", "end")
    engine.deploy(draw.file(draw.process(steps, laneway__case__clocks=listed)))
    key = engine.start()
    engine.do(mei)
    found = clocks(engine, key)
    assert found["resolve"].met_at is not None
    assert found["contain"].met_at is None
    assert found["contain"].ended_at is not None
    assert found["contain"].next_at is None
