"""What this process knows of instances that it has changed: their rows, their open user tasks, their live objects.

Another process may have changed an instance since, so what is known is never more than a guess. With a lock it is used
where the locked row's revision proves it. Without one (`storage.Guess`), a unit of work may act on it all the same:
every change of an instance is written only if its revision is still the one that was known, so a wrong guess fails as a
whole, and the work is done again behind a lock. Each change gives the row a revision that no other change has ever had,
so that a database which has lost its last commits, such as a standby that took over, cannot be mistaken.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import Session

from laneway import metrics
from laneway.engine.database import storage, when_committed
from laneway.engine.model import OPEN_STATES, UserTaskState
from laneway.engine.spiff.instance import Instance
from laneway.engine.tables import process_instance, user_task

_MOST = 500
_LARGEST_BYTES = 100_000
_WARY_SECONDS = 10.0
"""How long an instance is not guessed at after a guess about it was wrong: others are working on it."""
_KNOWN = "known_instances"
_HIT, _MISS = (metrics.CACHE_LOOKUPS.labels("instance", result) for result in ("hit", "miss"))


@dataclass
class Known:
    """An instance as a unit of work of this process left it. `user_tasks` are rows of open ones, not always all."""

    row: Any
    instance: Instance | None = None
    user_tasks: dict[int, Any] = field(default_factory=dict)


class _Memory:
    """The instances changed last. Whoever takes one has it alone, and brings it back once its change is committed."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, Known] = OrderedDict()
        self._of_task: dict[int, int] = {}
        self._wary_until: dict[int, float] = {}
        self._lock = threading.Lock()

    def bring(self, known: Known) -> None:
        with self._lock:
            self._forget(known.row.key)
            self._known[known.row.key] = known
            self._of_task |= dict.fromkeys(known.user_tasks, known.row.key)
            while len(self._known) > _MOST:
                self._forget(next(iter(self._known)))

    def take(self, instance_key: int) -> Known | None:
        with self._lock:
            return self._forget(instance_key)

    def take_by_task(self, user_task_key: int) -> Known | None:
        with self._lock:
            instance_key = self._of_task.get(user_task_key)
            if instance_key is None or self._wary_until.get(instance_key, 0.0) > time.monotonic():
                return None
            return self._forget(instance_key)

    def beware(self, instance_key: int) -> None:
        with self._lock:
            if len(self._wary_until) > _MOST:
                self._wary_until.clear()
            self._wary_until[instance_key] = time.monotonic() + _WARY_SECONDS

    def _forget(self, instance_key: int) -> Known | None:
        known = self._known.pop(instance_key, None)
        if known is not None:
            for key in known.user_tasks:
                self._of_task.pop(key, None)
        return known


_memory = _Memory()


def locked(session: Session, row: Any) -> None:
    """A unit of work has locked an instance: what is known of it and still true is at hand from here on."""
    if storage.held(session, process_instance, row.key) is not None:
        return  # it had done so before
    known = _memory.take(row.key)
    if known is None or known.row.revision != row.revision:
        known = Known(row)
    _use(session, known, row)


def guess_by_task(session: Session, user_task_key: int) -> Any:
    """The row of an open user task as this process knows it, with its instance; None where nothing may be guessed."""
    guess = storage.guess(session)
    known = _memory.take_by_task(user_task_key) if guess is not None else None
    if guess is None or known is None:
        return None
    instance_key = known.row.key
    guess.made = lambda: _memory.beware(instance_key)
    _use(session, known, known.row)
    return known.user_tasks[user_task_key]


def _use(session: Session, known: Known, row: Any) -> None:
    (_MISS if known.instance is None else _HIT).inc()
    known.row = row
    storage.hold(session, process_instance, row)
    for task in known.user_tasks.values():
        storage.hold(session, user_task, task)
    in_use = session.info.setdefault(_KNOWN, {})
    in_use[row.key] = known
    held = storage.held_rows(session)
    when_committed(session, lambda: _remember(known, held) if in_use[row.key] is known else None)


def _remember(known: Known, held: Mapping[Table, Mapping[int, Any]]) -> None:
    """The unit of work has committed: the rows that it held are what is known now."""
    row = held.get(process_instance, {}).get(known.row.key)
    if row is None or row.state not in OPEN_STATES or len(row.live_state or b"") > _LARGEST_BYTES:
        return
    known.row = row
    known.user_tasks = {
        key: task
        for key, task in held.get(user_task, {}).items()
        if task.instance_key == row.key and task.state == UserTaskState.CREATED
    }
    _memory.bring(known)


def of(session: Session, row: Any) -> Known:
    """What this unit of work knows of an instance that it has locked or guessed at."""
    known: dict[int, Known] = session.info.get(_KNOWN, {})
    if row.key not in known:
        _use(session, Known(row), row)
        known = session.info[_KNOWN]
    return known[row.key]
