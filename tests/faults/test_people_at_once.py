"""T5 and T7: people act on the same task, and on the same case, at the same moment, through HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from laneway.engine import database
from laneway.engine.tables import user_task

from ..conftest import PASSWORD  # noqa: TID252  # a conftest has no absolute name
from . import oracle
from .crew import Crew, percentile, wait_until
from .ledger import Ledger
from .models import Model, written
from .oracle import Tally

BOTH = "complaint_desk, complaint_lead"
NAMES = {"mei": ("梅", "Mei"), "chen": ("陈", "Chen")}
CLIENTS = 8


def complete(client: httpx.Client, address: str, task: int) -> httpx.Response:
    return client.post(f"{address}/v2/user-tasks/{task}/completion", json={"variables": {}})


def open_tasks() -> list[int]:
    columns = user_task.c
    with database.reading() as session:
        return list(session.scalars(select(columns.key).where(columns.state == "CREATED")))


def race(task: int, clients: dict[str, httpx.Client], addresses: list[str]) -> dict[str, httpx.Response]:
    """Everyone completes a task at the same moment, each at another server where there are several."""
    barrier = threading.Barrier(len(clients))
    answers = {}

    def run(number: int, username: str) -> None:
        barrier.wait(timeout=60)
        answers[username] = complete(clients[username], addresses[number % len(addresses)], task)

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def judge_race(answers: dict[str, httpx.Response], tally: Tally) -> None:
    """One is told that it is done, the other who was first, and when."""
    winners = [name for name, answer in answers.items() if answer.is_success]
    if len(winners) != 1 or len(answers) != 2:
        tally.problems.append(f"{winners} of {list(answers)} were told that they had done it")
        tally.duplicated += max(len(winners) - 1, 0)
        return
    for name, answer in answers.items():
        if name in winners:
            continue
        told = answer.json().get("detail", "") if answer.status_code == 409 else ""
        is_named = any(word in told for word in NAMES[winners[0]])
        if not (is_named and any(letter.isdigit() for letter in told)):
            tally.problems.append(f"{name} was told {answer.status_code} {answer.text[:200]}")


def test_of_two_who_complete_a_task_at_once_one_does_and_the_other_is_told_who_did(
    new_crew: Callable[..., Crew],
    connected: Callable[[], Any],
    kind: str,
    seed: int,
    scale: Any,
    ledger: Ledger,
) -> None:
    number = scale(100, 1000)
    model = written("Two", lambda draw: draw.user("u", groups=BOTH))
    crew = new_crew()
    connected()
    oracle.deploy([model])
    servers = crew.start(*["web"] * (2 if kind == "postgresql" else 1))
    keys = [oracle.start(model, f"case{n}") for n in range(number)]
    tally = Tally()
    clients = {name: httpx.Client(auth=(name, PASSWORD), timeout=60) for name in NAMES}
    for task in open_tasks():
        judge_race(race(task, clients, [one.address for one in servers]), tally)
    for client in clients.values():
        client.close()
    for key in keys:
        tally += oracle.completed_once(key, ("start", "u", "end"))
    tally += oracle.left_over()
    ledger.enter("T5 two people", kind, seed, tally, cases=number, faults=number)


@pytest.fixture
def hot() -> Model:
    """A case with as many tasks at once as its number says, each of which adds one to `total`."""

    def body(draw: Any) -> str:
        adds = draw.mapping(outputs={"total": "=total + 1"})
        return str(draw.user("u", draw.many("=for i in 1..tasks return i"), adds, groups=BOTH))

    return written("Hot", body, total=0)


def test_a_case_in_which_eight_people_work_at_once_counts_every_step(
    new_crew: Callable[..., Crew],
    connected: Callable[[], Any],
    kind: str,
    seed: int,
    scale: Any,
    ledger: Ledger,
    hot: Model,
) -> None:
    number = scale(80, 800)
    crew = new_crew()
    connected()
    oracle.deploy([hot])
    (web,) = crew.start("web")
    key = oracle.start(hot, "case", tasks=number)
    tasks, seconds, statuses, tally = open_tasks(), list[float](), list[int](), Tally()

    def work(mine: list[int]) -> None:
        with httpx.Client(auth=("mei", PASSWORD), timeout=60) as client:
            for task in mine:
                began = time.perf_counter()
                statuses.append(complete(client, web.address, task).status_code)
                seconds.append(time.perf_counter() - began)

    threads = [threading.Thread(target=work, args=(tasks[n::CLIENTS],)) for n in range(CLIENTS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = number / (time.perf_counter() - began)
    wait_until(lambda: not oracle.is_open(key))
    done = sum(status in (200, 204) for status in statuses)
    total = oracle.variables(key)["total"]
    if not len(tasks) == number == done == total:
        tally.problems.append(f"{len(tasks)} tasks, {done} acknowledged of {statuses}, counted {total}")
    tally += oracle.left_over()
    p95 = percentile(seconds, 0.95)
    note = f"{rate:.0f} steps/s through HTTP, p95 {1000 * (p95 or 0):.0f} ms"
    ledger.enter("T7 hot case", kind, seed, tally, cases=1, faults=number, note=note)
