"""Writes are gathered and go out together; what SQLAlchemy reads in between sees them; a wrong guess changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from laneway.engine import history, memory, runtime, user_tasks
from laneway.engine.database import storage
from laneway.engine.database.storage import Command, Query
from laneway.engine.spiff.requests import Note
from laneway.engine.tables import history as history_table
from laneway.engine.tables import person_group, process_instance, user_task
from laneway.errors import Conflict

GROUP = person_group.c
RENAME = Command(
    person_group,
    lambda _pg: (
        update(person_group).where(GROUP.group_id == bindparam("which")).values(name_en=bindparam("new"))
    ),
)
MUST_RENAME = Command(
    person_group,
    lambda _pg: (
        update(person_group).where(GROUP.group_id == bindparam("which")).values(name_en=bindparam("new"))
    ),
    must_hit=True,
)
FIND = Query(lambda _pg: select(person_group).where(GROUP.group_id == bindparam("which")), person_group)


def group(number: int, name: str = "some") -> dict[str, Any]:
    return {"group_id": f"g{number}", "name_zh": name, "name_en": name}


def names(database: Any) -> dict[str, str]:
    with database.reading() as session:
        rows = session.execute(select(GROUP.group_id, GROUP.name_en).where(GROUP.group_id.like("g%"))).all()
    return {row.group_id: row.name_en for row in rows}


def test_gathered_writes_go_out_in_their_order(database: Any) -> None:
    with database.unit_of_work() as session:
        storage.insert_later(session, person_group, [group(1), group(2)])
        RENAME.later(session, which="g1", new="first")
        storage.insert_later(session, person_group, [group(3)])
        RENAME.later(session, which="g1", new="second")
        RENAME.later(session, which="g3", new="third")
    assert names(database) == {"g1": "second", "g2": "some", "g3": "third"}


def test_what_is_read_in_between_sees_the_gathered_writes(database: Any) -> None:
    with database.unit_of_work() as session:
        storage.insert_later(session, person_group, [group(1)])
        assert session.scalar(select(GROUP.name_en).where(GROUP.group_id == "g1")) == "some"
        RENAME.later(session, which="g1", new="second")
        (row,) = FIND.first(session, which="g1")
        assert row.name_en == "second"
        session.execute(update(person_group).where(GROUP.group_id == "g1").values(name_zh="中"))
        assert FIND.first(session, which="g1")[0].name_zh == "中"
        assert FIND.first(session, which="g2") is None


def test_nothing_stays_of_a_unit_of_work_that_fails(database: Any) -> None:
    def fail(after: int) -> None:
        with database.unit_of_work() as session:
            storage.insert_later(session, person_group, [group(1)])
            if after > 0:
                assert FIND.first(session, which="g1") is not None
            if after > 1:
                session.execute(insert(person_group).values(group(2)))
            raise LookupError

    for after in range(3):
        with pytest.raises(LookupError):
            fail(after)
    assert names(database) == {}


def test_the_database_refuses_a_gathered_write_like_any_other(database: Any) -> None:
    def insert_twice(*, reads_first: bool) -> None:
        with database.unit_of_work() as session:
            if reads_first:
                assert FIND.first(session, which="g1") is None
            storage.insert_later(session, person_group, [group(1), group(1)])

    for reads_first in (False, True):
        with pytest.raises(IntegrityError):
            insert_twice(reads_first=reads_first)
    assert names(database) == {}
    with database.unit_of_work() as session:  # the connection is as good as before
        storage.insert_later(session, person_group, [group(1)])
    assert names(database) == {"g1": "some"}


def test_a_write_that_must_hit_fails_with_everything_beside_it(database: Any) -> None:
    def rename_nobody(*, reads_first: bool) -> None:
        with database.unit_of_work() as session:
            if reads_first:
                FIND.first(session, which="g1")
            storage.insert_later(session, person_group, [group(1)])
            MUST_RENAME.later(session, which="g9", new="x")

    for reads_first in (False, True):
        with pytest.raises(Conflict):
            rename_nobody(reads_first=reads_first)
        assert names(database) == {}


def test_values_of_every_kind_come_back_as_they_went(database: Any, engine: Any, draw: Any) -> None:
    engine.deploy(
        draw.file(draw.process(draw.start(), draw.user("u"), draw.end(), draw.way("start", "u", "end")))
    )
    key = engine.start()
    details = {"null": None, "text": '"\\ü中\n', "list": [1, 2.5, True, None], "empty": {}}
    at = datetime(2026, 2, 28, 23, 59, 59, 123456, tzinfo=UTC)
    row = {
        "instance_key": key,
        "seq": 1000,
        "at": at,
        "person": 'O\'Neil "中"',
        "lines": [details],
    }
    with database.unit_of_work() as session:
        storage.insert_later(session, history_table, [row])
    with database.reading() as session:
        stored = session.execute(select(history_table).where(history_table.c.seq == 1000)).one()
        (again,) = Query(
            lambda _pg: select(history_table).where(history_table.c.seq == bindparam("seq")), history_table
        ).first(session, seq=1000)
    assert dict(stored._mapping) == row
    assert vars(again) == row


# -- guesses


@pytest.fixture
def task_key(engine: Any, draw: Any) -> int:
    steps = draw.user("u", groups="complaint_desk") + draw.user("v", groups="complaint_desk")
    way = draw.way("start", "u", "v", "end")
    engine.deploy(draw.file(draw.process(draw.start(), steps, draw.end(), way)))
    engine.start()
    return int(engine.task("u").key)


def claim_elsewhere(database: Any, task_key: int, person: Any) -> None:
    """What another process does, of which this one knows nothing."""
    with database.unit_of_work() as session:
        row = session.execute(select(user_task).where(user_task.c.key == task_key)).one()
        session.execute(update(user_task).where(user_task.c.key == task_key).values(assignee=person.username))
        session.execute(
            update(process_instance)
            .where(process_instance.c.key == row.instance_key)
            .values(last_seq=process_instance.c.last_seq + 1, revision=7)
        )
        last = session.scalar(
            select(process_instance.c.last_seq).where(process_instance.c.key == row.instance_key)
        )
        history.append(session, row.instance_key, last - 1, [Note("user_task_claimed", "u", row.token)])


def test_a_step_that_this_process_knows_about_reads_nothing_first(
    database: Any, engine: Any, task_key: int, mei: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    monkeypatch.setattr(storage._Unit, "read", lambda self, text, _values: read.append(text))
    database.transact(lambda session: user_tasks.claim(session, task_key, by=mei))
    database.transact(lambda session: user_tasks.complete(session, task_key, by=mei, values={"a": 1}))
    assert read == []
    monkeypatch.undo()
    assert engine.task("v").state == "CREATED"
    assert engine.events(engine.task("v").instance_key)[-2:] == ["element_entered v", "user_task_created v"]


def test_a_wrong_guess_changes_nothing_and_is_done_again_behind_a_lock(
    database: Any, engine: Any, task_key: int, mei: Any, chen: Any
) -> None:
    claim_elsewhere(database, task_key, chen)
    with pytest.raises(Conflict) as refused:
        database.transact(lambda session: user_tasks.claim(session, task_key, by=mei))
    assert refused.value.params["holder"] == "chen"
    assert engine.task("u").assignee == "chen"


def test_a_step_upon_a_wrong_guess_is_made_again_behind_a_lock(
    database: Any, engine: Any, task_key: int, mei: Any, chen: Any
) -> None:
    claim_elsewhere(database, task_key, mei)
    database.transact(lambda session: user_tasks.complete_via_api(session, task_key, by=mei, variables={}))
    assert engine.task("v").state == "CREATED"
    told = engine.events(engine.task("v").instance_key)
    assert [event for event in told if event.startswith("user_task")] == [
        "user_task_created u",
        "user_task_claimed u",
        "user_task_completed u",
        "user_task_created v",
    ]


def test_a_refusal_from_a_wrong_guess_is_asked_again(
    database: Any, engine: Any, task_key: int, mei: Any, chen: Any
) -> None:
    database.transact(lambda session: user_tasks.assign(session, task_key, assignee="chen", by=chen))
    claim_elsewhere(database, task_key, mei)
    database.transact(lambda session: user_tasks.complete(session, task_key, by=mei, values={}))
    assert engine.rows(user_task, key=task_key)[0].completed_by == "mei"


def test_doing_nothing_upon_a_wrong_guess_is_no_success(
    database: Any, engine: Any, task_key: int, mei: Any, chen: Any
) -> None:
    database.transact(lambda session: user_tasks.claim(session, task_key, by=mei))
    claim_elsewhere(database, task_key, chen)
    with pytest.raises(Conflict):  # mei believes that it is hers already, and nothing is written
        database.transact(lambda session: user_tasks.claim(session, task_key, by=mei))


def test_a_unit_of_work_that_fails_leaves_no_knowledge_behind(
    database: Any, engine: Any, task_key: int, mei: Any
) -> None:
    def complete_and_fail(session: Any) -> None:
        user_tasks.claim(session, task_key, by=mei)
        user_tasks.complete(session, task_key, by=mei, values={"a": 1})
        raise LookupError

    with pytest.raises(LookupError):
        database.transact(complete_and_fail)
    assert engine.task("u").assignee is None
    engine.do(mei, "u", b=2)
    assert engine.variables(engine.task("v").instance_key) == {"b": 2}


def test_a_kept_instance_is_used_only_at_its_revision(
    database: Any, engine: Any, task_key: int, mei: Any
) -> None:
    instance_key = engine.task("u").instance_key
    with database.unit_of_work() as session:
        row = runtime.lock(session, instance_key)
        assert memory.of(session, row).instance is not None
    with database.unit_of_work() as session:
        columns = process_instance.c
        session.execute(update(process_instance).where(columns.key == instance_key).values(revision=7))
    with database.unit_of_work() as session:
        row = runtime.lock(session, instance_key)
        assert memory.of(session, row).instance is None
    engine.do(mei, "u")
    assert engine.task("v").instance_key == instance_key
