"""Who hears of clocks, when, and that each hears it once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from laneway.engine import accounts, deployments, instances, tables, user_tasks
from laneway.errors import Invalid
from laneway.records import organisation
from laneway.records.calendars import delivered as calendars
from laneway.records.calendars.kinds import CALENDAR
from laneway.records.duties import delivered as duties
from laneway.records.duties import telling
from laneway.records.duties.kinds import DUTY
from laneway.records.kinds import store
from laneway.records.parties.kinds import PARTY
from laneway.tasks import worker
from laneway.testing import drain
from laneway.words import Resource

SHANGHAI = ZoneInfo("Asia/Shanghai")
HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="defs" targetNamespace="http://example.com/tests">'
    '<message id="over" name="clock.breached"><extensionElements>'
    '<zeebe:subscription correlationKey="=case_number"/></extensionElements></message>'
)
PROPERTIES = {
    "laneway:case:series": "CP",
    "laneway:case:title": "=subject",
    "laneway:case:severity": "=severity",
    "laneway:case:owner": "=owner",
    "laneway:case:clocks": "=[{name: &quot;reply&quot;, target: target, calendar: calendar}]",
}


def at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=SHANGHAI).astimezone(UTC)  # type: ignore[arg-type]  # year to second


def diagram() -> Resource:
    listed = "".join(f'<zeebe:property name="{name}" value="{value}"/>' for name, value in PROPERTIES.items())
    body = (
        f'<process id="P" name="P" isExecutable="true"><extensionElements><zeebe:properties>{listed}'
        "</zeebe:properties></extensionElements>"
        '<startEvent id="start"/><userTask id="work" name="work"><extensionElements><zeebe:userTask/>'
        '<zeebe:assignmentDefinition candidateGroups="complaint_desk"/></extensionElements></userTask>'
        '<boundaryEvent id="late" attachedToRef="work" cancelActivity="false">'
        '<messageEventDefinition messageRef="over"/></boundaryEvent>'
        '<userTask id="help" name="help"><extensionElements><zeebe:userTask/></extensionElements></userTask>'
        '<sequenceFlow id="a" sourceRef="start" targetRef="work"/>'
        '<sequenceFlow id="b" sourceRef="late" targetRef="help"/></process></definitions>'
    )
    return Resource("p.bpmn", (HEAD + body).encode())


@pytest.fixture
def department(database: Any, owner: Any) -> Any:
    """The demonstration organisation with its calendars and duties, and a process with one clock."""
    with database.unit_of_work() as session:
        organisation.load_demo(session)
        calendars.load(session)
        duties.load_demo(session)
        deployments.deploy(session, [diagram()], by=owner)
    drain()
    return database


def start(database: Any, **variables: Any) -> int:
    told = {"subject": "Drum", "severity": "S3", "owner": "tech_service", "target": "8 bh", "calendar": None}
    with database.unit_of_work() as session:
        return instances.start(session, process_id="P", variables=told | variables, by=None).instance_key


def told(database: Any, key: int) -> list[str]:
    """The events of clocks, in order."""
    columns = tables.history_line.c
    with database.reading() as session:
        query = select(columns.event).where(columns.instance_key == key).order_by(columns.seq)
        found = session.scalars(query).all()
    return [one for one in found if one.startswith("clock_") or one == "on_call_alerted"]


def mails(database: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.execute(select(tables.outgoing).order_by(tables.outgoing.c.key)))


def recipients(database: Any) -> list[str]:
    return [row.recipient.partition("@")[0] for row in mails(database)]


def test_deputy_lead_and_manager_hear_in_turn_and_once(department: Any, frozen_clock: Any) -> None:
    """Acceptance scenario 12: the owner is away."""
    frozen_clock.now = at(2026, 9, 28, 8, 30)
    key = start(department)
    with department.unit_of_work() as session:
        (task,) = user_tasks.open_under(session, key)
        person = next(one for one in organisation.demo_people() if one.username == "wang.lei")
        user_tasks.claim(session, task.key, by=person)
    frozen_clock.now = at(2026, 9, 28, 14, 29)
    drain()
    assert told(department, key) == ["clock_started"]
    frozen_clock.now = at(2026, 9, 28, 14, 30)  # six of eight hours, and 8.5 to 14.5 without a break
    drain()
    assert told(department, key)[-1] == "clock_warned"
    assert recipients(department) == ["li.jing"]
    frozen_clock.now = at(2026, 9, 28, 16, 30)
    drain()
    assert told(department, key)[-1] == "clock_breached"
    assert recipients(department) == ["li.jing", "luo.jie"]
    with department.reading() as session:
        assert {task.element_id for task in user_tasks.open_under(session, key)} == {"work", "help"}
    frozen_clock.now = at(2026, 9, 29, 11, 29)
    drain()
    assert recipients(department) == ["li.jing", "luo.jie"]
    frozen_clock.now = at(2026, 9, 29, 11, 30)  # twelve hours of working time
    drain()
    assert told(department, key)[1:] == ["clock_warned", "clock_breached", "clock_escalated"]
    assert recipients(department) == ["li.jing", "luo.jie", "guo.liang"]
    frozen_clock.advance(days=10)
    drain()
    assert len(mails(department)) == 3


def test_two_workers_and_a_restart_tell_once(department: Any, frozen_clock: Any) -> None:
    """Acceptance scenario 12: whoever looks at the same moment, each thing is told once."""
    frozen_clock.now = at(2026, 9, 28, 8, 30)
    keys = [start(department) for _ in range(8)]
    frozen_clock.now = at(2026, 9, 30, 17, 0)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(12):
                worker.tell_clocks()
        except BaseException as error:
            failures.append(error)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert failures == []
    drain()
    for key in keys:
        assert told(department, key)[1:] == ["clock_warned", "clock_breached", "clock_escalated"]
    assert len(mails(department)) == 3 * len(keys)
    with department.reading() as session:
        published = session.scalars(select(tables.message.c.name)).all()
    assert sorted(set(published)) == ["clock.breached", "clock.escalated", "clock.warned"]
    assert len(published) == 3 * len(keys)


def die_while_telling(database: Any) -> None:
    with database.unit_of_work() as session:
        assert telling.tell_due(session)
        raise KeyboardInterrupt


def test_a_worker_that_dies_before_its_commit_has_told_nothing(department: Any, frozen_clock: Any) -> None:
    frozen_clock.now = at(2026, 9, 28, 8, 30)
    key = start(department)
    frozen_clock.now = at(2026, 9, 28, 16, 30)
    with pytest.raises(KeyboardInterrupt):
        die_while_telling(department)
    assert told(department, key) == ["clock_started"]
    assert mails(department) == []
    drain()
    assert told(department, key)[1:] == ["clock_warned", "clock_breached"]
    assert len(mails(department)) == 2


def test_round_the_clock_calls_whoever_is_on_duty_at_once(department: Any, frozen_clock: Any) -> None:
    """Acceptance scenario 11: a Sunday night."""
    frozen_clock.now = at(2026, 10, 4, 3, 10)
    key = start(department, severity="S1", owner="hse", target="1 h", calendar="24x7")
    drain()
    assert told(department, key) == ["clock_started", "on_call_alerted"]
    (mail,) = mails(department)
    assert mail.recipient == "wu.gang@haiyuan.example"
    assert mail.not_before == frozen_clock.now
    assert "CP-2026-000001" in mail.subject


def test_mail_waits_for_the_working_day_of_its_recipient(department: Any, frozen_clock: Any) -> None:
    frozen_clock.now = at(2026, 9, 30, 8, 30)
    start(department, target="24 h")
    frozen_clock.now = at(2026, 10, 1, 3, 0)  # three quarters, in the night before the holiday
    drain()
    (mail,) = mails(department)
    assert mail.recipient == "li.jing@haiyuan.example"
    assert mail.not_before.astimezone(SHANGHAI) == datetime(2026, 10, 8, 8, 30, tzinfo=SHANGHAI)


def test_a_person_abroad_is_written_to_in_their_own_hours(department: Any, frozen_clock: Any) -> None:
    with department.unit_of_work() as session:
        accounts.set_calendar(session, "li.jing", calendar="US")
        with pytest.raises(Invalid):
            accounts.set_calendar(session, "li.jing", calendar="MARS")
    frozen_clock.now = at(2026, 9, 28, 8, 30)
    start(department)
    frozen_clock.now = at(2026, 9, 28, 14, 30)
    drain()
    (mail,) = mails(department)
    houston = ZoneInfo("America/Chicago")
    assert mail.not_before.astimezone(houston) == datetime(2026, 9, 28, 8, 0, tzinfo=houston)
    assert "America/Chicago" in mail.body


def test_a_met_clock_is_not_told_of(department: Any, frozen_clock: Any) -> None:
    frozen_clock.now = at(2026, 9, 28, 8, 30)
    key = start(department)
    with department.unit_of_work() as session:
        (task,) = user_tasks.open_under(session, key)
        person = next(one for one in organisation.demo_people() if one.username == "wang.lei")
        user_tasks.claim(session, task.key, by=person)
        user_tasks.complete(session, task.key, by=person, values={})
    frozen_clock.advance(days=60)
    drain()
    assert told(department, key) == ["clock_started"]
    assert mails(department) == []


def test_a_calendar_that_changes_counts_open_clocks_anew(department: Any, frozen_clock: Any) -> None:
    frozen_clock.now = at(2026, 9, 28, 8, 30)
    key = start(department, target="1 wd")
    with department.unit_of_work() as session:
        record = store.find(session, CALENDAR, "CN")
        days = [*record.values["days"], {"first_on": "2026-09-29", "note": "台风 · typhoon"}]
        store.change(session, CALENDAR, record.key, {"days": days}, by="guo.liang")
    drain()
    assert told(department, key) == ["clock_started", "clock_recomputed"]
    assert due(department, key) == at(2026, 9, 30, 8, 30)


def test_a_customer_with_another_calendar_counts_its_cases_anew(department: Any, frozen_clock: Any) -> None:
    frozen_clock.now = at(2026, 9, 28, 8, 30)
    with department.unit_of_work() as session:
        prospect = {
            "name": "Foam",
            "type": "prospect",
            "country": "NL",
            "language": "en",
            "email": "a@b.example",
        }
        party_key = store.create(session, PARTY, prospect, by=None)
        code = store.get(session, PARTY, party_key).code
    key = start(department, party=code)
    with department.unit_of_work() as session:
        store.change(session, PARTY, party_key, {"calendar": "EU"}, by="ding.lei")
    drain()
    assert told(department, key) == ["clock_started", "clock_recomputed"]
    assert (
        due(department, key).astimezone(ZoneInfo("Europe/Amsterdam")).isoformat()[:16] == "2026-09-28T17:00"
    )


def due(database: Any, key: int) -> datetime:
    with database.reading() as session:
        return session.scalars(
            select(tables.case_clock.c.due_at).where(tables.case_clock.c.instance_key == key)
        ).one()


def test_delivered_calendars_are_there_once_and_ours_is_china(department: Any) -> None:
    with department.unit_of_work() as session:
        calendars.load(session)
        rows = session.execute(select(tables.calendar.c.code, tables.calendar.c.is_default)).all()
    assert sorted((row.code, row.is_default) for row in rows) == [
        ("24x7", False),
        ("CN", True),
        ("EU", False),
        ("US", False),
    ]


def test_only_one_calendar_is_our_own(department: Any) -> None:
    with department.unit_of_work() as session:
        key = store.key_of(session, CALENDAR, "EU")
        store.change(session, CALENDAR, key, {"is_default": True}, by="guo.liang")
    with department.unit_of_work() as session:
        assert store.find(session, CALENDAR, "CN").values["is_default"] is False
        with pytest.raises(Invalid):
            store.change(session, CALENDAR, key, {"is_default": False}, by="guo.liang")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"zone": "Mars/Olympus"}, ("zone", "not_a_zone")),
        (
            {"hours": [{"weekday": "mon", "opens": "8:30", "closes": "17:30"}]},
            ("hours.0.opens", "not_a_time"),
        ),
        (
            {"hours": [{"weekday": "mon", "opens": "08:30", "closes": "25:00"}]},
            ("hours.0.closes", "not_a_time"),
        ),
        (
            {"hours": [{"weekday": "mon", "opens": "18:00", "closes": "08:00"}]},
            ("hours.0.closes", "ends_before_it_begins"),
        ),
        (
            {
                "hours": [
                    {"weekday": "mon", "opens": "08:00", "closes": "12:00"},
                    {"weekday": "mon", "opens": "11:00", "closes": "17:00"},
                ]
            },
            ("hours", "hours_overlap"),
        ),
        (
            {"days": [{"first_on": "2026-10-07", "last_on": "2026-10-01"}]},
            ("days.0.last_on", "ends_before_it_begins"),
        ),
        (
            {"days": [{"first_on": "2026-10-01", "last_on": "9999-12-31"}]},
            ("days.0.last_on", "longer_than_a_year"),
        ),
        ({"days": [{"first_on": "2026-10-01", "opens": "08:30"}]}, ("days.0.closes", "required")),
        ({"code": "CHINA"}, ("code", "code_is_in_use")),
    ],
)
def test_a_calendar_that_cannot_be_counted_by_is_refused(
    department: Any, change: dict[str, Any], problem: tuple[str, str]
) -> None:
    with department.unit_of_work() as session, pytest.raises(Invalid) as refused:
        store.change(session, CALENDAR, store.key_of(session, CALENDAR, "CN"), change, by="guo.liang")
    assert problem in [one[:2] for one in refused.value.problems]


def test_nobody_is_named_who_is_not_there(department: Any) -> None:
    with department.reading() as session:
        key = store.key_of(session, DUTY, "quality")
    with department.unit_of_work() as session, pytest.raises(Invalid) as refused:
        store.change(session, DUTY, key, {"lead": "nobody", "deputy_group": "nowhere"}, by="guo.liang")
    assert [one[:2] for one in refused.value.problems] == [
        ("lead", "no_such_record"),
        ("deputy_group", "no_such_record"),
    ]
