"""T13: the same messages many times, in the wrong order, before anyone waits for them. Each is delivered once."""

from __future__ import annotations

import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from sqlalchemy import func, select

from laneway.engine import database
from laneway.engine.tables import message_correlation

from ..conftest import PASSWORD  # noqa: TID252  # a conftest has no absolute name
from . import oracle
from .crew import Crew, wait_until
from .ledger import Ledger
from .models import Draw, Model
from .oracle import Tally

TIMES = 10
NAMES = ("first", "second", "third")


def in_order(draw: Any) -> Model:
    """A case that waits for three messages, one after the other."""
    subscription = '<extensionElements><zeebe:subscription correlationKey="=case"/></extensionElements>'
    messages = [f'<message id="to_{name}" name="{name}">{subscription}</message>' for name in NAMES]
    waits = [draw.node("receiveTask", name, messageRef=f"to_{name}") for name in NAMES]
    process = draw.process(draw.start(), *waits, draw.end(), draw.way("start", *NAMES, "end"), id="Messages")
    return Model("Messages", 0, draw.file(*messages, process), {}, NAMES, True)


class Post:
    """Publishes a message several times at the same moment, and keeps what was answered."""

    def __init__(self, addresses: list[str]) -> None:
        self._clients = [
            httpx.Client(base_url=addresses[n % len(addresses)], auth=("mei", PASSWORD), timeout=60)
            for n in range(TIMES // 2)
        ]
        self._pool = ThreadPoolExecutor(len(self._clients))
        self.answers: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)

    def publish_at_once(self, case: str, name: str, times: int) -> None:
        body = {
            "name": name,
            "correlationKey": case,
            "messageId": f"{case}-{name}",
            "timeToLive": 3_600_000,
            "variables": {f"told_{name}": case},
        }
        barrier = threading.Barrier(times)

        def send(client: httpx.Client) -> int:
            barrier.wait(timeout=60)
            return client.post("/v2/messages/publication", json=body).status_code

        self.answers[case, name].update(self._pool.map(send, self._clients[:times]))

    def close(self) -> None:
        self._pool.shutdown()
        for client in self._clients:
            client.close()


def test_a_message_that_comes_ten_times_and_too_early_is_delivered_once(
    new_crew: Callable[..., Crew],
    connected: Callable[[], Any],
    kind: str,
    seed: int,
    scale: Any,
    ledger: Ledger,
) -> None:
    model, number = in_order(Draw()), scale(6, 100)
    crew = new_crew()
    connected()
    oracle.deploy([model])
    servers = crew.start(*["web"] * (2 if kind == "postgresql" else 1), "worker")
    addresses = [one.address for one in servers if one.command == "web"]
    wanted = [(f"case{case}", name) for case in range(number) for name in NAMES]
    chance = random.Random(seed)
    post, tally, keys = Post(addresses), Tally(), list[int]()
    for _ in range(2):  # once before the cases wait, once while they run
        chance.shuffle(wanted)
        for case, name in wanted:
            post.publish_at_once(case, name, TIMES // 2)
        keys = keys or [oracle.start(model, f"case{case}") for case in range(number)]
    post.close()
    wait_until(oracle.is_quiet)
    for (case, name), answered in post.answers.items():
        if answered != {200: 1, 409: TIMES - 1}:
            tally.problems.append(f"{name} of {case} was answered {dict(answered)}")
    for case, key in enumerate(keys):
        tally += oracle.completed_once(key, ("start", *NAMES, "end"))
        told = oracle.variables(key)
        if any(told.get(f"told_{name}") != f"case{case}" for name in NAMES):
            tally.problems.append(f"case {key} was told {told}")
    tally += oracle.left_over() + _delivered_once(number * len(NAMES))
    ledger.enter("T13 messages", kind, seed, tally, cases=number, faults=len(wanted) * TIMES)


def _delivered_once(number: int) -> Tally:
    with database.reading() as session:
        delivered = session.scalar(select(func.count()).select_from(message_correlation)) or 0
    if delivered != number:
        return Tally(duplicated=max(delivered - number, 0), problems=[f"{delivered} deliveries of {number}"])
    return Tally()
