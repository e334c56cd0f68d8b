"""Does now, in this thread, what workers would do in the background."""

from __future__ import annotations

from laneway.tasks import chores, worker

_LIMIT = 10_000


def drain() -> int:
    """Run everything that is due: effects, timers, clocks, jobs that an installed handler serves. How many pieces.

    Raises RuntimeError when there is no end to it.
    """
    for done in range(_LIMIT):
        if not (worker.do_effect() or worker.fire_timer() or worker.tell_clocks() or worker.run_job("drain")):
            while chores.keep_statistics():
                pass
            return done
    raise RuntimeError(f"more than {_LIMIT} pieces of work without an end")
