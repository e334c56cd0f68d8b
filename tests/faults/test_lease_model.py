"""The lease in a model of its own, in every order of its moves: no job is committed twice, none is stuck.

Two workers, two jobs. A run is a worker's belief that it holds a job: it stays when the lease has gone to another.
The rules can be broken on purpose, to see that the search finds what follows. Random walks of the model are also made
with the real engine, which must refuse and accept what the model does.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import select

from laneway.engine import jobs
from laneway.engine import tables as t
from laneway.errors import Conflict

from . import oracle
from .models import written
from .steps import expire_leases

WORKERS, JOBS = ("a", "b"), (0, 1)
RUNS_OF_A_WORKER = 2
"""Handlers that one worker may be running at once; both may be for the same job, one of them out of date."""


@dataclass(frozen=True)
class Job:
    """One job as the database has it."""

    holder: str | None = None
    is_done: bool = False
    commits: int = 0


@dataclass(frozen=True, order=True)
class Run:
    """What a worker believes that it does. `has_looked`: its report has looked at the job and is about to commit."""

    worker: str
    number: int
    has_looked: bool = False


@dataclass(frozen=True)
class World:
    """Everything there is."""

    jobs: tuple[Job, ...] = (Job(),) * len(JOBS)
    runs: tuple[Run, ...] = ()


@dataclass(frozen=True)
class Rules:
    """What keeps a job from being committed twice."""

    has_fence: bool = True
    """A report is accepted only from the holder of the lease."""
    has_lock: bool = True
    """Nothing happens to a job between a report's look at it and its commit."""


Move = tuple[str, World]


def with_job(world: World, number: int, **changes: Any) -> World:
    changed = list(world.jobs)
    changed[number] = replace(changed[number], **changes)
    return replace(world, jobs=tuple(changed))


def instead(world: World, run: Run, *others: Run) -> World:
    left = list(world.runs)
    left.remove(run)
    return replace(world, runs=tuple(sorted([*left, *others])))


def is_locked(world: World, number: int, rules: Rules) -> bool:
    return rules.has_lock and any(run.has_looked for run in world.runs if run.number == number)


def moves(world: World, rules: Rules) -> Iterator[Move]:
    """Everything that can happen next."""
    for number, job in enumerate(world.jobs):
        if job.is_done or is_locked(world, number, rules):
            continue
        if job.holder is not None:
            yield f"expire {number}", with_job(world, number, holder=None)
            continue
        for worker in WORKERS:
            if sum(run.worker == worker for run in world.runs) < RUNS_OF_A_WORKER:
                runs = tuple(sorted((*world.runs, Run(worker, number))))
                acquired = with_job(world, number, holder=worker)
                yield f"acquire {worker} {number}", replace(acquired, runs=runs)
    for run in sorted(set(world.runs)):
        yield from reports(world, run, rules)
    for worker in sorted({run.worker for run in world.runs}):
        # What it was about to commit is rolled back; its leases stay until they run out.
        yield f"crash {worker}", replace(world, runs=tuple(r for r in world.runs if r.worker != worker))


def reports(world: World, run: Run, rules: Rules) -> Iterator[Move]:
    """A run reports in two moves, as a transaction looks first and commits then."""
    job, words = world.jobs[run.number], f"{run.worker} {run.number}"
    if run.has_looked:
        done = with_job(world, run.number, is_done=True, commits=job.commits + 1, holder=None)
        yield f"commit {words}", instead(done, run)
    elif is_locked(world, run.number, rules):
        return
    elif rules.has_fence and (job.is_done or job.holder != run.worker):
        yield f"refuse {words}", instead(world, run)
    else:
        yield f"report {words}", instead(world, run, replace(run, has_looked=True))


def explore(rules: Rules) -> dict[World, list[World]]:
    """Every world that can come to be, with those that can follow. A third commit is not looked for."""
    following: dict[World, list[World]] = {}
    ahead = [World()]
    while ahead:
        world = ahead.pop()
        if world in following:
            continue
        is_bad = any(job.commits > 1 for job in world.jobs)
        following[world] = [] if is_bad else [after for _name, after in moves(world, rules)]
        ahead += following[world]
    return following


def test_no_job_is_committed_twice_and_none_is_stuck_in_any_order_of_events() -> None:
    following = explore(Rules())
    assert len(following) > 100
    for world in following:
        assert all(job.commits == job.is_done <= 1 for job in world.jobs), world
    before: dict[World, list[World]] = {}
    for world, nexts in following.items():
        for after in nexts:
            before.setdefault(after, []).append(world)
    ahead = [world for world in following if all(job.is_done for job in world.jobs)]
    can_end = set(ahead)
    while ahead:
        new = set(before.get(ahead.pop(), [])) - can_end
        can_end |= new
        ahead += new
    assert can_end == set(following)


@pytest.mark.parametrize("rules", [Rules(has_fence=False), Rules(has_lock=False)], ids=["fence", "lock"])
def test_without_its_rules_the_search_finds_a_job_that_is_committed_twice(rules: Rules) -> None:
    assert any(job.commits > 1 for world in explore(rules) for job in world.jobs)


class Walk:
    """Makes the moves of the model with the real engine."""

    def __init__(self, database: Any, clock: Any, key: int) -> None:
        self._database, self._clock = database, clock
        columns = t.job.c
        with database.reading() as session:
            query = select(columns.key).where(columns.instance_key == key).order_by(columns.element_id)
            self._keys = list(session.scalars(query))

    def make(self, name: str) -> None:
        """Make one move; AssertionError where the engine takes another turn than the model."""
        kind, *what = name.split()
        move: Callable[..., None] = getattr(self, kind)
        move(*what)

    def acquire(self, worker: str, number: str) -> None:
        with self._database.unit_of_work() as session:
            kinds = [f"faults.model{number}"]
            leased = jobs.activate(session, types=kinds, worker=worker, lease_seconds=600, limit=1)
        assert [one.key for one in leased] == [self._keys[int(number)]]

    def expire(self, number: str) -> None:
        columns = t.job.c
        with self._database.unit_of_work() as session:
            this = columns.key == self._keys[int(number)]
            session.execute(t.job.update().where(this).values(leased_until=self._clock.now))
        self._clock.advance(seconds=1)
        assert expire_leases() == 1

    def report(self, _worker: str, _number: str) -> None:
        """The look at the job; the engine makes it one with the commit."""

    def commit(self, worker: str, number: str) -> None:
        with self._database.unit_of_work() as session:
            jobs.complete(session, self._keys[int(number)], variables={"by": worker}, worker=worker)

    def refuse(self, worker: str, number: str) -> None:
        with pytest.raises(Conflict), self._database.unit_of_work() as session:
            jobs.complete(session, self._keys[int(number)], variables={"by": worker}, worker=worker)

    def crash(self, _worker: str) -> None:
        """Nothing that a database would notice."""


def two_jobs(draw: Any) -> str:
    parts = [draw.gateway("parallel", "fork"), draw.gateway("parallel", "join")]
    for number in JOBS:
        parts += [draw.job(f"j{number}", f"faults.model{number}", retries="1000")]
        parts += [draw.way("fork", f"j{number}", "join")]
    return "".join(parts)


def test_the_engine_accepts_and_refuses_what_the_model_does(
    database: Any, seed: int, scale: Any, frozen_clock: Any
) -> None:
    chance = random.Random(seed)
    oracle.deploy([written("Walk", two_jobs, first="fork", last="join")])
    for number in range(scale(10, 300)):
        key = oracle.start(written("Walk", two_jobs, first="fork", last="join"), f"case{number}")
        walk, world, trace = Walk(database, frozen_clock, key), World(), list[str]()
        while not all(job.is_done for job in world.jobs):
            # A look that is not followed by its commit at once is no move of the engine's.
            names = dict(moves(world, Rules()))
            pending = [name for name in names if name.startswith("commit")]
            name = pending[0] if pending else chance.choice(sorted(names))
            trace.append(name)
            walk.make(name)
            world = names[name]
        assert (oracle.completed_once(key, ("j0", "j1", "join", "end"))).is_clean, trace
