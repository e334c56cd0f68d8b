"""Does now, in this thread, what workers would do in the background."""

from __future__ import annotations

from laneway.tasks import worker

_LIMIT = 10_000


def drain() -> int:
    """Run everything that is due: effects, timers, jobs that an installed handler serves. How many pieces.

    Raises RuntimeError when there is no end to it.
    """
    for done in range(_LIMIT):
        if not (worker.do_effect() or worker.fire_timer() or worker.run_job("drain")):
            while worker.keep_statistics():
                pass
            return done
    raise RuntimeError(f"more than {_LIMIT} pieces of work without an end")
