"""The process is killed at every single commit, just before and just after it; then a new one goes on.

Handlers may run again, but what they report, and everything else, happens exactly once.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from laneway.engine import messages, tables
from laneway.engine.database import storage
from laneway.tasks import handler, worker
from laneway.tasks.registry import Job

ELEMENTS = ("start", "j", "c", "t", "s", "r", "wait", "end")


def diagram(draw: Any) -> Any:
    """A job with a mail, a child, a signal to itself, a message and a timer."""
    body = (
        draw.start()
        + draw.job("j", "crash.work")
        + draw.call("c", "Child")
        + draw.gateway("parallel", "fork")
        + draw.node("intermediateThrowEvent", "t", draw.signal)
        + draw.node("intermediateCatchEvent", "s", draw.signal)
        + draw.gateway("parallel", "join")
        + draw.node("receiveTask", "r", messageRef="M")
        + draw.node("intermediateCatchEvent", "wait", draw.timer("PT5S"))
        + draw.end()
        + draw.way("start", "j", "c", "fork", "t", "join", "r", "wait", "end")
        + draw.way("fork", "s", "join")
    )
    child = draw.start("cs") + draw.script("double", "=worked * 2", "doubled") + draw.end("ce")
    child += draw.way("cs", "double", "ce")
    return draw.file(draw.process(body), draw.process(child, id="Child"))


def die_at(moment: str, commit: int) -> None:
    """Let this process die at its n-th commit: before anything of it is sent, or when the database has answered."""
    seen, send = count(1), storage.commit

    def die(_session: Session) -> None:
        if next(seen) == commit:
            os.kill(os.getpid(), signal.SIGKILL)

    def die_or_send(session: Session) -> None:
        die(session)
        send(session)

    if moment == "before":
        storage.commit = die_or_send
    else:
        event.listen(Session, "after_commit", die)


def live_until_killed(
    engine: Any, url: str, move_clock: Callable[..., Any], *, commit: int, moment: str
) -> bool:
    """Work in a process of its own until nothing is due; whether it was killed at its n-th commit."""
    engine.database.disconnect()
    process = os.fork()
    if process == 0:
        try:
            engine.database.connect(url)
            die_at(moment, commit)
            for _ in range(4):
                while (
                    worker.do_effect()
                    or worker.fire_timer()
                    or worker.run_job("the worker")
                    or worker.expire_lease()
                ):
                    pass
                move_clock(seconds=6)
        finally:
            os._exit(0)
    _, status = os.waitpid(process, 0)
    engine.database.connect(url)
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_case_happens_once_and_whole_wherever_the_process_dies(
    engine: Any, draw: Any, mei: Any, database_url: str, frozen_clock: Any, tmp_path: Path, moment: str
) -> None:
    effects = tmp_path / "effects"

    @handler("crash.work")
    def work(job: Job) -> dict[str, Any]:
        with effects.open("a") as file:
            file.write(f"{job.key}\n")
        job.send_mail(to="a@example.com", subject="Worked", body="text")
        return {"worked": 21}

    engine.deploy(diagram(draw))
    for commit in count(1):
        key = engine.start(key=f"k{commit}")
        asked = {"name": "M", "correlation_key": f"k{commit}", "variables": {"answer": commit}}
        engine.call(messages.publish, by=mei, **asked)
        was_killed = live_until_killed(
            engine, database_url, frozen_clock.advance, commit=commit, moment=moment
        )
        frozen_clock.advance(seconds=60)
        live_until_killed(engine, database_url, frozen_clock.advance, commit=0, moment=moment)
        frozen_clock.advance(seconds=60)
        assert_happened_once(engine, key, commit)
        if not was_killed:
            break
    assert commit > 15
    ran = Counter(effects.read_text().split())
    assert len(ran) == commit
    assert ran.total() - len(ran) <= 3


def assert_happened_once(engine: Any, key: int, number: int) -> None:
    assert engine.instance(key).state == "COMPLETED", (number, engine.events(key))
    happened = Counter(engine.events(key))
    for element in ELEMENTS:
        assert happened[f"element_entered {element}"] == 1, (number, element)
        assert happened[f"element_completed {element}"] == 1, (number, element)
    assert engine.variables(key)["doubled"] == 42
    assert engine.variables(key)["answer"] == number
    (child,) = engine.rows(tables.process_instance, parent_key=key)
    assert child.state == "COMPLETED"
    assert len(engine.rows(tables.outgoing, instance_key=key)) == 1
    assert [row.state for row in engine.rows(tables.job, instance_key=key)] == ["COMPLETED"]
    assert engine.incidents(key) == []
    assert engine.has_no_waits()
