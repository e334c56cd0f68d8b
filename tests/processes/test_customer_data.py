"""C080, C085, C090: what the steps do with records: prospects, duplicates, merges, weekly reviews, complaints."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select

from laneway.engine import deployments, instances, user_tasks
from laneway.engine.deployments import process_folder
from laneway.engine.model import Person
from laneway.engine.tables import case_file, process_instance
from laneway.engine.tables.department.records import record_change
from laneway.records import organisation, sample_records
from laneway.records.kinds import changes, store
from laneway.records.kinds.changes import Event
from laneway.records.parties.kinds import PARTY
from laneway.tasks.loader import load_handlers
from laneway.testing import drain

PROCESSES = Path(__file__).parents[2] / "processes"
PEOPLE = {person.username: person for person in organisation.demo_people()}
JING, DING = PEOPLE["li.jing"], PEOPLE["ding.lei"]
QUESTION = {
    "customer": "Nordic Insulation AB",
    "contact_name": "Per Lund",
    "language": "en",
    "country": "SE",
    "channel": "web",
    "topic": "storage",
    "concern": "Storage of MDI",
    "question_text": "How warm may polymeric MDI be stored?",
    "is_complaint": "no",
}


@pytest.fixture(name="department")
def _department(database: ModuleType, frozen_clock: Any) -> ModuleType:
    load_handlers(PROCESSES)
    with database.unit_of_work() as session:
        organisation.load_demo(session)
        sample_records.load(session)
        deployments.deploy(session, process_folder.read_files([PROCESSES]), by=None)
    return database


def start(database: ModuleType, process: str, by: Person = JING, **values: Any) -> int:
    with database.unit_of_work() as session:
        started = instances.start_from_form(session, process, values=values, by=by)
    drain()
    return started.instance_key


def variables(database: ModuleType, key: int) -> dict[str, Any]:
    with database.reading() as session:
        return instances.variables(session, key)


def do(database: ModuleType, key: int, element: str, by: Person, **values: Any) -> None:
    with database.unit_of_work() as session:
        [task] = [one for one in user_tasks.open_under(session, key) if one.element_id == element]
        user_tasks.claim(session, task.key, by=by)
        filled = user_tasks.open_task(session, task.key, by=by).values
        user_tasks.complete(session, task.key, by=by, values=filled | values)
    drain()


def opened(database: ModuleType, key: int) -> list[str]:
    with database.reading() as session:
        return [task.element_id for task in user_tasks.open_under(session, key)]


def cases(database: ModuleType) -> list[str]:
    with database.reading() as session:
        return sorted(session.scalars(select(case_file.c.number)))


def has_incident(database: ModuleType) -> bool:
    with database.reading() as session:
        held = process_instance.c.has_incident.is_(True)
        return session.scalar(select(process_instance.c.key).where(held)) is not None


def test_who_is_unknown_becomes_a_prospect_and_is_known_the_next_time(department: ModuleType) -> None:
    asked = QUESTION | {"contact_email": "per.lund@nordic.example"}
    first = variables(department, start(department, "c090_enquiry", **asked))
    assert (first["party_is_new"], first["tier"]) == (True, "prospect")
    with department.reading() as session:
        record = store.find(session, PARTY, first["party"])
        assert (record.values["type"], record.values["contacts"][0]["name"]) == ("prospect", "Per Lund")
        assert changes.listed(session, PARTY.id, [record.key])[0].by == "li.jing"
    again = variables(department, start(department, "c090_enquiry", **asked, customer_note="x"))
    assert (again["party_is_new"], again["party"]) == (False, first["party"])


def test_nobody_is_turned_away_for_what_is_not_known_yet(department: ModuleType) -> None:
    key = start(department, "c090_enquiry", **QUESTION)
    assert variables(department, key)["party"] is None
    assert opened(department, key) == ["answer"]
    assert not has_incident(department)


def test_an_article_is_suggested(department: ModuleType) -> None:
    key = start(department, "c090_enquiry", **QUESTION)
    [first, *_more] = variables(department, key)["suggestions"]
    assert first["title_en"] == "Storage temperature and shelf life of polymeric MDI"
    assert 0 < first["score"] <= 1


def test_danger_opens_a_complaint_that_the_desk_finds_filled_in(department: ModuleType) -> None:
    asked = QUESTION | {
        "question_text": "有两只鼓桶，一名工人受伤。",
        "contact_email": "per.lund@nordic.example",
    }
    start(department, "c090_enquiry", **asked)
    assert [number[:2] for number in cases(department)] == ["CP", "EN"]
    with department.reading() as session:
        key = session.scalar(
            select(process_instance.c.key).where(process_instance.c.process_id == "c110_complaint")
        )
        told = instances.variables(session, key)
    assert (told["bulging"], told["exposure"], told["reporter"]) == ("yes", "yes", "Per Lund")
    assert told["enquiry"].startswith("EN-2026-")
    assert opened(department, key) == ["log"]


def test_two_records_of_one_customer_are_merged_by_the_steward(department: ModuleType) -> None:
    with department.unit_of_work() as session:
        raw = {"name": "Gulf Panel", "type": "prospect", "country": "US", "language": "en"}
        other = store.create(session, PARTY, raw | {"email": "info@gulfpanel.example"}, by="li.jing")
        code = store.get(session, PARTY, other).code
    key = start(
        department,
        "c080_customer",
        party="P-2026-000003",
        name="Gulf Panel",
        office="Dock 4",
        change_reason="电话",
    )
    assert opened(department, key) == ["choose"]
    assert code in [one["value"] for one in variables(department, key)["duplicate_options"]]
    do(
        department,
        key,
        "choose",
        DING,
        duplicate_decision="merge",
        same_as=code,
        duplicate_reason="同一邮箱域",
    )
    with department.reading() as session:
        kept = store.find(session, PARTY, "P-2026-000003")
        assert (kept.values["office"], kept.values["name"]) == ("Dock 4", "Gulf Panel")
        assert not store.get(session, PARTY, other).is_listed
        events = {one.event: one.by for one in changes.listed(session, PARTY.id, [kept.key, other])}
    assert (events[Event.MERGED], events[Event.CHANGED]) == ("ding.lei", "li.jing")
    assert not has_incident(department)


def test_contacts_are_added_and_changed_but_never_dropped(department: ModuleType) -> None:
    rows = [
        {"name": "宋凯", "role": "质量总监", "phone": "+8653283882120", "is_recall_contact": True},
        {"name": "新人", "email": "new@qdfoam.example"},
    ]
    start(department, "c080_customer", party="P-2026-000001", contacts=rows, change_reason="人事变动")
    with department.reading() as session:
        found = store.find(session, PARTY, "P-2026-000001").values["contacts"]
    assert {(one["name"], one["role"]) for one in found} == {
        ("刘颖", "采购经理"),
        ("宋凯", "质量总监"),
        ("新人", None),
    }


def test_each_monday_opens_a_review_for_every_customer_that_is_due_and_none_twice(
    department: ModuleType, frozen_clock: Any
) -> None:
    for _week in range(2):
        frozen_clock.advance(days=7)
        drain()
        drain()
    with department.reading() as session:
        rows = session.execute(
            select(process_instance.c.key).where(
                process_instance.c.process_id == "c080_customer", process_instance.c.state == "ACTIVE"
            )
        ).all()
        parties = sorted(str(instances.variables(session, row.key)["party"]) for row in rows)
    assert parties == ["P-2026-000001", "P-2026-000002", "P-2026-000004"]
    assert not has_incident(department)


def test_a_step_that_is_done_again_writes_nothing_twice(department: ModuleType) -> None:
    start(department, "c080_customer", party="P-2026-000002", fax="+492115550110", change_reason="x")
    with department.reading() as session:
        key = store.key_of(session, PARTY, "P-2026-000002")
        by_job = select(record_change.c.source_key).where(
            record_change.c.record_key == key, record_change.c.source_key.is_not(None)
        )
        assert len(session.scalars(by_job).all()) == 1


def test_the_branch_has_five_working_days_of_our_calendar(department: ModuleType, frozen_clock: Any) -> None:
    values = {"country": "BR", "source_branch": "Houston", "request_reason": "询价"}
    key = start(department, "c085_country_file", PEOPLE["ma.li"], **values)
    silent_at = variables(department, key)["branch_silent_at"]
    assert silent_at == (frozen_clock.now + timedelta(days=7)).isoformat(timespec="seconds")
