"""Transactions and background work as operators see them: log lines with ids, times, spans; all from one place."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from laneway import logs, metrics, traces
from laneway.errors import Conflict

Info = dict[Any, Any]
"""What a session carries along: `step` is what moves an instance here, such as `complete_user_task`."""


def step(info: Info, kind: str, **ids: Any) -> None:
    """This transaction moves an instance, and `kind` is why. The first to say so is right."""
    info.setdefault("step", kind)
    if ids:
        logs.also(**ids)


def instance(info: Info, instance_key: int, process_id: str) -> None:
    """This transaction is about that instance."""
    info.setdefault("instance", (instance_key, process_id))
    logs.also(instance_key=instance_key, process_id=process_id)


@contextmanager
def transaction(info: Info) -> Iterator[None]:
    """Around a transaction, its commit included: its time by `step`, a span, and the conflicts it ran into."""
    began = time.perf_counter()
    began_ns = time.time_ns() if traces.is_on() else 0
    has_failed = True
    try:
        yield
        has_failed = False
    except Conflict as conflict:
        metrics.CONFLICTS.labels(conflict.code).inc()
        raise
    finally:
        failed = type(sys.exc_info()[1]).__name__ if has_failed else ""
        kind = info.get("step", "other" if "instance" in info else None)
        if kind is not None:
            metrics.STEP_SECONDS.labels(kind).observe(time.perf_counter() - began)
            if began_ns:
                key, process_id = info.get("instance", (None, None))
                traces.record(kind, began_ns, failed=failed, instance_key=key, process_id=process_id)


@contextmanager
def work(name: str, *, instance_key: int, process_id: str | None = None, **ids: Any) -> Iterator[None]:
    """Around work for an instance that is done outside a transaction: a handler, a mail, a webhook.

    Every log line inside carries the ids; the span belongs to the instance's trace.
    """
    ids = {"process_id": process_id} | ids if process_id is not None else ids
    with (
        logs.bound(instance_key=instance_key, **ids),
        traces.span(name, instance_key=instance_key, **ids),
    ):
        yield
