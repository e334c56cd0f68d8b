"""The background work of one process by hand, piece by piece, in the thread of whoever calls it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from laneway.tasks import worker
from laneway.testing import drain

_ROUNDS = 40


def work_off(senders: Sequence[Callable[[], bool]] = ()) -> int:
    """Do everything that is due now: effects, timers, jobs, leases that ran out, the outbox. How many pieces."""
    total = 0
    while pieces := drain() + sum(1 for one in (worker.expire_lease, *senders) if one()):
        total += pieces
    return total


def do_effects_and_timers() -> int:
    """Everything that is due but jobs. How many pieces."""
    done = 0
    while worker.do_effect() or worker.fire_timer():
        done += 1
    return done


def live(
    do_more: Callable[[], int],
    move_clock: Callable[..., Any],
    *,
    senders: Sequence[Callable[[], bool]] = (),
    is_over: Callable[[], bool],
) -> None:
    """Let time pass, and do what is due and what `do_more` finds, until it is over."""
    for _ in range(_ROUNDS):
        while work_off(senders) + do_more():
            pass
        if is_over():
            return
        move_clock(seconds=61)


def expire_leases() -> int:
    """Take back every job whose lease has run out. How many."""
    done = 0
    while worker.expire_lease():
        done += 1
    return done
