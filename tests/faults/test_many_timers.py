"""T11: very many timers are due in the same second. Each fires once and not too early, and pages answer meanwhile."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import func, select

from laneway.engine import database
from laneway.engine.tables import history_line, timer

from ..conftest import PASSWORD  # noqa: TID252  # a conftest has no absolute name
from . import oracle
from .crew import Crew, percentile, wait_until
from .ledger import Ledger
from .models import written
from .oracle import Tally

TIMERS_OF_A_CASE = 10


def timers(draw: Any) -> str:
    """A sub-process in many instances, each with a timer for the same moment."""
    wait = draw.node("intermediateCatchEvent", "wait", draw.timer("=date and time(due)", "timeDate"))
    inner = draw.start("inner") + wait + draw.end("done") + draw.way("inner", "wait", "done")
    many = draw.many(f"=for i in 1..{TIMERS_OF_A_CASE} return i")
    return str(draw.sub("all", inner, many))


class Reader:
    """Someone who looks at pages all the time."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self.seconds: list[float] = []
        self.statuses: Counter[int] = Counter()

    def __enter__(self) -> Reader:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _read(self) -> None:
        with httpx.Client(base_url=self._address, auth=("mei", PASSWORD), timeout=60) as client:
            while not self._over.wait(0.05):
                began = time.perf_counter()
                for path in ("/v2/user-tasks/search", "/v2/process-instances/search"):
                    self.statuses[client.post(path, json={"page": {"limit": 20}}).status_code] += 1
                self.seconds.append((time.perf_counter() - began) / 2)


def test_timers_that_are_due_in_one_second_fire_once_while_pages_answer(
    new_crew: Callable[..., Crew],
    connected: Callable[[], Any],
    kind: str,
    seed: int,
    scale: Any,
    ledger: Ledger,
) -> None:
    number = scale(100, 2000)
    model = written("Timers", timers)
    crew = new_crew()
    connected()
    oracle.deploy([model])
    (web, *_) = crew.start("web", *["worker"] * (2 if kind == "postgresql" else 1))
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=5 + number / 20)
    keys = [oracle.start(model, f"case{n}", due=due.isoformat()) for n in range(number)]
    assert datetime.now(UTC) < due, "the machine was too slow to start the cases before their timers are due"
    with Reader(web.address) as reader:
        time.sleep(max((due - datetime.now(UTC)).total_seconds() - 0.5, 0))
        before = waiting_timers()
        wait_until(oracle.is_quiet, seconds=60 + number)
        seconds = (datetime.now(UTC) - due).total_seconds()
    tally = Tally()
    if before != number * TIMERS_OF_A_CASE:
        tally.problems.append(f"{before} timers waited half a second before they were due")
    for key in keys:
        fired = Counter(fired_at(key, due))
        if fired != {"in time": TIMERS_OF_A_CASE}:
            tally += Tally(duplicated=max(fired.total() - TIMERS_OF_A_CASE, 0), problems=[f"{key}: {fired}"])
    tally += oracle.left_over()
    if set(reader.statuses) != {200}:
        tally.problems.append(f"pages answered {dict(reader.statuses)}")
    p95 = percentile(reader.seconds, 0.95) or 0
    note = f"all fired {seconds:.0f} s after they were due; pages meanwhile p95 {1000 * p95:.0f} ms"
    timers_in_all = number * TIMERS_OF_A_CASE
    ledger.enter("T11 many timers", kind, seed, tally, cases=number, faults=timers_in_all, note=note)


def waiting_timers() -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(timer)) or 0


def fired_at(key: int, due: datetime) -> list[str]:
    columns = history_line.c
    query = select(columns.at).where(columns.instance_key == key, columns.event == "timer_fired")
    with database.reading() as session:
        return ["in time" if at >= due else "too early" for at in session.scalars(query)]
