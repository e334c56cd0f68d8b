"""Searching on both databases: rows without a value, cursors over them, cases and processes by a typed word."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from laneway.engine import search, tables
from laneway.engine.model import Person
from laneway.engine.search import Query
from laneway.engine.user_task_changes import Changes, change
from laneway.engine.waits import candidate_rows
from laneway.errors import Conflict, Invalid, NotAllowed

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def instances(database: ModuleType) -> ModuleType:
    """Five instances of one process; the second and fourth have no business key, the third has ended."""
    with database.unit_of_work() as session:
        session.execute(insert(tables.deployment).values(key=1, deployed_at=AT))
        definition = {
            "key": 2,
            "deployment_key": 1,
            "process_id": "c110_complaint",
            "version": 1,
            "name_zh": "投诉处理",
            "name_en": "Handle a complaint",
            "resource_name": "c110.bpmn",
            "xml": b"<x/>",
            "sha256": "",
            "warnings": [],
            "start_groups": [],
            "has_none_start": True,
        }
        session.execute(insert(tables.process_definition).values(definition))
        for number in range(1, 6):
            _instance(session, number)
            _case(session, number)
    return database


def _instance(session: Session, number: int) -> None:
    session.execute(
        insert(tables.process_instance).values(
            key=number,
            process_definition_key=2,
            process_id="c110_complaint",
            version=1,
            state="COMPLETED" if number == 3 else "ACTIVE",
            business_key=None if number in (2, 4) else f"K{number % 4}",
            root_key=number,
            revision=1,
            waiting_at=[],
            has_incident=number == 5,
            started_at=AT + timedelta(days=number),
            ended_at=AT + timedelta(days=9) if number == 3 else None,
            last_seq=0,
        )
    )


def _case(session: Session, number: int) -> None:
    session.execute(
        insert(tables.case_file).values(
            number=f"CP-2026-00000{number}",
            instance_key=number,
            process_id="c110_complaint",
            state="ACTIVE",
            title=f"Drums leak 100% {number}",
            customer="华新材料" if number == 2 else "Borealis_Paints",
            severity="high",
            owner_group="complaint_desk",
            opened_at=AT + timedelta(days=number),
        )
    )


def _user_task(session: Session, key: int, **values: Any) -> None:
    row = {
        "key": key,
        "instance_key": 1,
        "token": key,
        "element_id": "assess",
        "name_zh": "评估",
        "name_en": "Assess",
        "process_definition_key": 2,
        "process_id": "c110_complaint",
        "root_key": 1,
        "state": "CREATED",
        "candidate_groups": [],
        "candidate_users": [],
        "separate_from": [],
        "priority": 50,
        "revision": 1,
        "created_at": AT,
    }
    row |= values
    session.execute(insert(tables.user_task).values(row))
    candidates = candidate_rows(
        1, key, row["candidate_groups"], row["candidate_users"], due_at=None, priority=50
    )
    session.execute(insert(tables.user_task_candidate), candidates)


@contextmanager
def _found(database: ModuleType, by: Person, **query: Any) -> Iterator[search.Page]:
    with database.reading() as session:
        yield search.process_instances(session, Query(**query), by=by)


def keys(database: ModuleType, by: Person, **query: Any) -> list[int]:
    with _found(database, by, **query) as page:
        return [row.key for row in page.items]


def test_rows_without_a_value_come_last_in_either_direction(instances: ModuleType, mei: Person) -> None:
    assert keys(instances, mei, sort=[("businessId", False)]) == [1, 5, 3, 2, 4]
    assert keys(instances, mei, sort=[("businessId", True)]) == [3, 1, 5, 2, 4]


@pytest.mark.parametrize("sort", [[], [("businessId", True)], [("endDate", False)], [("startDate", True)]])
def test_cursors_pass_every_row_once(instances: ModuleType, mei: Person, sort: list[Any]) -> None:
    everything = keys(instances, mei, sort=sort)
    forward: list[int] = []
    cursor = None
    while True:
        with _found(instances, mei, sort=sort, limit=2, after=cursor) as page:
            forward += [row.key for row in page.items]
            cursor = page.end_cursor
        if cursor is None:
            break
    assert forward == everything
    with _found(instances, mei, sort=sort) as page:
        last = page.end_cursor
    assert keys(instances, mei, sort=sort, before=last) == everything[:-1]
    assert keys(instances, mei, sort=sort, before=last, limit=2) == everything[2:-1]


def test_a_row_without_a_value_is_not_equal_to_any(instances: ModuleType, mei: Person) -> None:
    assert keys(instances, mei, filters={"businessId": {"$neq": "K1"}}) == [2, 3, 4]
    assert keys(instances, mei, filters={"businessId": {"$notIn": ["K1", "K3"]}}) == [2, 4]
    assert keys(instances, mei, filters={"businessId": {"$exists": False}}) == [2, 4]
    assert keys(instances, mei, filters={"hasIncident": False}) == [1, 2, 3, 4]
    assert keys(instances, mei, filters={"processDefinitionName": "投诉处理", "state": "COMPLETED"}) == [3]


def test_who_sees_no_cases_gets_none(instances: ModuleType, admin: Person, stranger: Person) -> None:
    for person in (admin, stranger):
        with pytest.raises(NotAllowed), _found(instances, person):
            pass


def test_a_search_that_cannot_be_read_names_the_place(instances: ModuleType, mei: Person) -> None:
    unreadable: list[tuple[dict[str, Any], str]] = [
        ({"filters": {"colour": "red"}}, "filter.colour"),
        ({"filters": {"hasIncident": "yes"}}, "filter.hasIncident"),
        ({"filters": {"processDefinitionVersion": "1"}}, "filter.processDefinitionVersion"),
        ({"filters": {"processInstanceKey": {"$in": "1"}}}, "filter.processInstanceKey"),
        ({"filters": {"state": "OPEN"}}, "filter.state"),
        ({"filters": {"businessId": {"$gt": "K"}}}, "filter.businessId.$gt"),
        ({"sort": [("colour", False)]}, "sort[0].field"),
        ({"after": "bm90aGluZw=="}, "page"),
    ]
    for query, place in unreadable:
        with pytest.raises(Invalid) as refused, _found(instances, mei, **query):
            pass
        assert [field for field, _code, _params in refused.value.problems] == [place]


def test_a_typed_word_finds_cases_and_processes(instances: ModuleType, mei: Person, admin: Person) -> None:
    def found(word: str, by: Person) -> list[str]:
        with instances.reading() as session:
            return [one.key for one in search.cases_and_processes(session, word, by=by, limit=2)]

    assert found("华新", mei) == ["CP-2026-000002"]
    assert found("borealis_", mei) == ["CP-2026-000005", "CP-2026-000004"]
    assert found("100%", mei) == ["CP-2026-000005", "CP-2026-000004"]
    assert found("100_", mei) == []
    assert found("complaint", mei) == ["c110_complaint"]
    assert found("华新", admin) == []


def test_user_tasks_are_seen_by_the_same_rule_as_access_decides(
    instances: ModuleType, mei: Person, bob: Person, chen: Person, stranger: Person
) -> None:
    with instances.unit_of_work() as session:
        _user_task(session, 11)
        _user_task(session, 12, assignee="bob", candidate_groups=["complaint_desk"])
        _user_task(session, 13, candidate_users=["stranger"])
    seen = {}
    for person in (mei, bob, chen, stranger):
        with instances.reading() as session:
            page = search.user_tasks(session, Query(), by=person)
            seen[person.username] = [row.key for row in page.items]
    assert seen == {"mei": [11, 12], "bob": [11, 12], "chen": [11, 12, 13], "stranger": [13]}


def test_candidates_are_found_and_excluded(instances: ModuleType, chen: Person) -> None:
    with instances.unit_of_work() as session:
        _user_task(session, 11)
        _user_task(session, 12)
        change(session, 12, Changes(candidate_groups=["quality", "quality", "legal"]), by=chen)

    def found(**filters: Any) -> list[int]:
        with instances.reading() as session:
            return [row.key for row in search.user_tasks(session, Query(filters), by=chen).items]

    assert found(candidateGroup="quality") == [12]
    assert found(candidateGroup={"$neq": "quality"}) == [11]
    assert found(candidateGroup={"$exists": False}) == [11]
    with instances.reading() as session:
        [row] = search.user_tasks(session, Query({"userTaskKey": "12"}), by=chen).items
    assert row.candidate_groups == ["quality", "legal"]


def test_only_managers_change_a_task_and_only_while_it_is_open(
    instances: ModuleType, mei: Person, chen: Person
) -> None:
    with instances.unit_of_work() as session:
        _user_task(session, 11, due_at=AT)
        _user_task(session, 12, state="COMPLETED", completed_by="mei", completed_at=AT)
        with pytest.raises(NotAllowed):
            change(session, 11, Changes(priority=1), by=mei)
        with pytest.raises(Conflict):
            change(session, 12, Changes(priority=1), by=chen)
        change(session, 11, Changes(cleared=frozenset({"due_at"}), follow_up_at=AT), by=chen)
    with instances.reading() as session:
        [row] = search.user_tasks(session, Query({"dueDate": {"$exists": False}}, limit=1), by=chen).items
        assert (row.key, row.due_at, row.follow_up_at, row.revision) == (11, None, AT, 2)
