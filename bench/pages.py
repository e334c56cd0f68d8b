"""What the queries of the pages cost when there are a million cases, beside the plain queries that they replace.

Every query runs through the functions that the pages call, as several people. The filled databases are kept under
`.cache/bench` for the next run. `python -m bench.pages [--json] [--cases N] [--history N] [--rounds N] [--kind KIND]`
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import and_, exists, func, not_, or_, select

from bench.filling import NOW, Size, filled_database
from bench.ground import kinds, show
from laneway.engine import clock, database, search
from laneway.engine.database import Session
from laneway.engine.model import OPEN_STATES, Person
from laneway.engine.queries import board, case_detail, cases, inbox, processes
from laneway.engine.queries.board import BoardFilter, Lanes
from laneway.engine.queries.cases import CaseFilter
from laneway.engine.queries.inbox import Moment, View
from laneway.engine.search import Query
from laneway.engine.tables import case_file, process_instance, user_task, user_task_candidate
from laneway.words import Text

FOLDER = Path(__file__).parent.parent / ".cache" / "bench"
AT = Moment(NOW, NOW + timedelta(hours=15))


def _person(username: str, *groups: str) -> Person:
    return Person(username, Text(username, username), frozenset(groups), locale="en")


MEMBER = _person("person7", "team7")
BUSY = _person("person11", "team11", "team12", "team13", "team14", "quality")
LEAD = _person("person3", "team3", "complaint_lead")
AUDITOR = _person("person5", "auditor")


@dataclass(frozen=True)
class Timed:
    """A query of a page. A peer is the plain form of the one of the same name."""

    page: str
    name: str
    run: Callable[[Session], object]
    is_peer: bool = False


def _inbox() -> Iterator[Timed]:
    for who, person in (("member", MEMBER), ("five groups", BUSY), ("lead", LEAD), ("auditor", AUDITOR)):
        yield Timed("inbox", f"counts, {who}", partial(_counts, person))
        for view in View:
            yield Timed("inbox", f"{view}, {who}", partial(_items, person, view))
    for who, person in (("member", MEMBER), ("lead", LEAD)):
        for view in (View.OPEN, View.TEAM):
            yield Timed("inbox", f"{view}, {who}", partial(_plain_inbox, person, view), is_peer=True)


def _counts(person: Person, session: Session) -> object:
    return inbox.counts(session, person, at=AT)


def _items(person: Person, view: View, session: Session) -> object:
    return inbox.items(session, person, view, at=AT, limit=100)


def _listed(wanted: CaseFilter, offset: int, session: Session) -> object:
    return cases.search(session, MEMBER, wanted, limit=50, offset=offset)


def _cases() -> Iterator[Timed]:
    wanted = {
        "open": CaseFilter(),
        "open, page 100": CaseFilter(),
        "failed": CaseFilter(state="failed"),
        "open, process and severity": CaseFilter(process_id="c110_complaint", severity="S1"),
        "open, group": CaseFilter(owner_group="team9"),
        "open, a word": CaseFilter(text="grade 77"),
        "open, a word that nothing has": CaseFilter(text="nowhere"),
        "closed": CaseFilter(state="closed"),
        "closed, group and severity": CaseFilter(state="closed", owner_group="team9", severity="S2"),
        "closed, process": CaseFilter(state="closed", process_id="c110_complaint"),
        "all": CaseFilter(state="all"),
        "all, page 100": CaseFilter(state="all"),
        "all, a number": CaseFilter(state="all", text="1017017"),
        "all, a customer": CaseFilter(state="all", text="Customer 77"),
        "all, a word that nothing has": CaseFilter(state="all", text="nowhere"),
    }
    for name, one in wanted.items():
        yield Timed("cases", name, partial(_listed, one, 5000 if name.endswith("page 100") else 0))
    yield Timed("cases", "choices", cases.choices)
    yield Timed("cases", "one by its number", lambda session: cases.find(session, MEMBER, "CP-2026-1000017"))
    yield Timed("cases", "what is around one", lambda session: case_detail.surroundings(session, 17_000))
    yield Timed(
        "cases",
        "a typed word",
        lambda session: search.cases_and_processes(session, "customer 77", by=MEMBER),
    )


def _board() -> Iterator[Timed]:
    since = NOW - timedelta(days=30)
    for by in Lanes:
        yield Timed("board", f"lanes by {by}", partial(_tallies, by, BoardFilter()))
    narrow = BoardFilter(severity="S1", owner_group="team9")
    yield Timed("board", "lanes by clock, narrowed", partial(_tallies, Lanes.CLOCK, narrow))
    for lane in ("breach", "incident", "wait", "risk", "ok"):
        yield Timed("board", f"cards of {lane}", partial(_cards, (lane, "")))
    yield Timed("board", "workload", lambda session: board.workload(session, now=NOW, limit=8))
    yield Timed("board", "punctuality", lambda session: board.punctuality(session, since=since))
    yield Timed("board", "in and out", lambda session: board.in_and_out(session, since=since))
    yield Timed("board", "bottlenecks", lambda session: board.bottlenecks(session, since=since, limit=5))
    yield Timed("board", "failed steps", board.failed_steps)
    yield Timed("board", "lanes by clock", _plain_board, is_peer=True)


def _others() -> Iterator[Timed]:
    yield Timed("processes", "all of them", lambda session: processes.newest(session, LEAD))
    yield Timed("api", "user tasks", lambda session: search.user_tasks(session, Query(limit=100), by=LEAD))
    yield Timed(
        "api",
        "user tasks of a member",
        lambda session: search.user_tasks(session, Query(filters={"state": "CREATED"}, limit=100), by=MEMBER),
    )
    yield Timed(
        "api",
        "process instances",
        lambda session: search.process_instances(session, Query(limit=100), by=LEAD),
    )
    yield Timed("api", "incidents", lambda session: search.incidents(session, Query(limit=100), by=LEAD))


def _tallies(by: Lanes, wanted: BoardFilter, session: Session) -> object:
    return board.tallies(session, LEAD, wanted, by, now=NOW)


def _cards(lane: tuple[str, str], session: Session) -> object:
    keys = board.most_urgent(session, BoardFilter(), Lanes.CLOCK, lane, now=NOW, limit=6)
    return cases.by_key(session, keys), board.waits(session, keys)


# -- the plain form of two of them


def _plain_inbox(person: Person, view: View, session: Session) -> object:
    """All open user tasks, each asked whether this person may see it, then sorted."""
    of_task = (user_task_candidate.c.instance_key == user_task.c.instance_key) & (
        user_task_candidate.c.user_task_key == user_task.c.key
    )
    named = exists().where(
        of_task,
        or_(
            and_(
                user_task_candidate.c.kind == "group",
                user_task_candidate.c.candidate.in_(sorted(person.groups)),
            ),
            and_(user_task_candidate.c.kind == "user", user_task_candidate.c.candidate == person.username),
        ),
    )
    visible = or_(named, not_(exists().where(of_task)))
    query = select(user_task).where(user_task.c.state == "CREATED", visible)
    if view is View.OPEN:
        query = query.where(user_task.c.assignee.is_(None))
    order = (user_task.c.due_at.nulls_last(), user_task.c.priority.desc(), user_task.c.key)
    return session.execute(query.order_by(*order).limit(100)).all()


def _plain_board(session: Session) -> object:
    """Every open case with its most urgent user task; the lanes are made of them afterwards."""
    rank = func.row_number().over(
        partition_by=user_task.c.root_key,
        order_by=(user_task.c.due_at.nulls_last(), user_task.c.priority.desc(), user_task.c.key),
    )
    ranked = (
        select(user_task.c.root_key, user_task.c.due_at, rank.label("rank"))
        .where(user_task.c.state == "CREATED")
        .subquery()
    )
    return session.execute(
        select(process_instance.c.key, case_file.c.title, case_file.c.customer, ranked.c.due_at)
        .outerjoin(case_file, case_file.c.instance_key == process_instance.c.key)
        .outerjoin(ranked, and_(ranked.c.root_key == process_instance.c.key, ranked.c.rank == 1))
        .where(process_instance.c.parent_key.is_(None), process_instance.c.state.in_(OPEN_STATES))
        .order_by(ranked.c.due_at.nulls_last(), process_instance.c.key)
    ).all()


# -- measuring


def measure(kind: str, timed: list[Timed], rounds: int) -> list[Mapping[str, Any]]:
    """One row for each query: milliseconds within which half, and 95 of 100, of its rounds were done."""
    plain = {(one.page, one.name): _times(one, max(3, rounds // 5)) for one in timed if one.is_peer}
    rows: list[Mapping[str, Any]] = []
    for one in timed:
        if one.is_peer:
            continue
        took = _times(one, rounds)
        peer = plain.get((one.page, one.name))
        rows.append(
            {
                "database": kind,
                "page": one.page,
                "query": one.name,
                "p50 ms": round(took[len(took) // 2], 1),
                "p95 ms": round(took[min(len(took) - 1, int(len(took) * 0.95))], 1),
                "plain p50 ms": round(peer[len(peer) // 2], 1) if peer else "",
            }
        )
    return rows


def _times(one: Timed, rounds: int) -> list[float]:
    took = []
    for number in range(rounds + 2):
        with database.reading() as session:
            begun = time.perf_counter()
            one.run(session)
            if number > 1:  # the first two fill caches and prepare the statement
                took.append((time.perf_counter() - begun) * 1000)
    return sorted(took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cases", type=int, default=0, help="100,000 on SQLite, 1,000,000 on PostgreSQL")
    parser.add_argument("--history", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--kind", choices=kinds(), action="append")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--only", default="", help="pages or queries whose name holds this")
    asked = parser.parse_args()
    timed = [*_inbox(), *_cases(), *_board(), *_others()]
    timed = [one for one in timed if asked.only in f"{one.page} {one.name}"]
    clock.set_source(lambda: NOW)
    rows: list[Mapping[str, Any]] = []
    for kind in asked.kind or kinds():
        size = Size(asked.cases or (100_000 if kind == "sqlite" else 1_000_000), asked.history)
        with filled_database(kind, size, asked.folder):
            rows += measure(kind, timed, asked.rounds)
    show("Queries of the pages", rows, as_json=asked.json)
    clock.set_source(None)


if __name__ == "__main__":
    main()
