"""T13: the same messages many times, in the wrong order, before anyone waits for them. Each is delivered once."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
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
    wanted = [(f"case{case}", name) for case in range(number) for name in NAMES] * TIMES
    random.Random(seed).shuffle(wanted)
    statuses: dict[tuple[str, str], Counter[int]] = {pair: Counter() for pair in wanted}
    lock = threading.Lock()

    def publish(mine: list[tuple[str, str]], address: str) -> None:
        with httpx.Client(auth=("mei", PASSWORD), timeout=60) as client:
            for case, name in mine:
                body = {
                    "name": name,
                    "correlationKey": case,
                    "messageId": f"{case}-{name}",
                    "timeToLive": 3_600_000,
                    "variables": {f"told_{name}": case},
                }
                answer = client.post(f"{address}/v2/messages/publication", json=body)
                with lock:
                    statuses[case, name][answer.status_code] += 1

    half = len(wanted) // 2  # the second half comes while the cases already run
    tally = Tally()
    keys: list[int] = []
    for part in (wanted[:half], wanted[half:]):
        senders = [
            threading.Thread(target=publish, args=(part[n::4], addresses[n % len(addresses)]))
            for n in range(4)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        keys = keys or [oracle.start(model, f"case{case}") for case in range(number)]
    wait_until(oracle.is_quiet)
    for (case, name), answered in statuses.items():
        if answered != {200: 1, 409: TIMES - 1}:
            tally.problems.append(f"{name} of {case} was answered {dict(answered)}")
    for case, key in enumerate(keys):
        tally += oracle.completed_once(key, ("start", *NAMES, "end"))
        told = oracle.variables(key)
        if any(told.get(f"told_{name}") != f"case{case}" for name in NAMES):
            tally.problems.append(f"case {key} was told {told}")
    tally += oracle.left_over() + _delivered_once(number * len(NAMES))
    ledger.enter("T13 messages", kind, seed, tally, cases=number, faults=len(wanted))


def _delivered_once(number: int) -> Tally:
    with database.reading() as session:
        delivered = session.scalar(select(func.count()).select_from(message_correlation)) or 0
    if delivered != number:
        return Tally(duplicated=max(delivered - number, 0), problems=[f"{delivered} deliveries of {number}"])
    return Tally()
