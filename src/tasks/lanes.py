"""Where handlers run: threads for `def`, one event loop for `async def`. Both replace what a handler has blocked."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from laneway.tasks.runs import Run

logger = logging.getLogger(__name__)
T = TypeVar("T")

_MOST_REPLACED = 16
"""Threads that handlers may block for ever before they are no longer replaced: each keeps its memory."""
_AHEAD_SECONDS = 0.1
"""As much work may be leased before there is a thread for it."""
_MOST_AHEAD = 8
_REPORTERS = 4


class ThreadLane:
    """Runs handlers in a fixed number of threads. `work` carries one out and reports it; `on_free` is told then."""

    def __init__(self, threads: int, work: Callable[[Run], None], on_free: Callable[[], None]) -> None:
        self._work = work
        self._on_free = on_free
        self._size = threads
        self._waiting: deque[Run] = deque()
        self._change = threading.Condition()
        self._running = 0
        self._replaced = 0
        self._is_stopping = False
        self._usual_seconds = 1.0

    def start(self) -> None:
        """Begin to work."""
        for _number in range(self._size):
            self._start_thread()

    def _start_thread(self) -> None:
        threading.Thread(target=self._loop, name="laneway-job", daemon=True).start()

    def free(self) -> int:
        """How many more jobs to lease now: one for each idle thread, and while handlers are quick some for later.

        Leasing ahead of a slow handler would keep the job from other processes that could do it.
        """
        with self._change:
            ahead = min(int(_AHEAD_SECONDS / self._usual_seconds), _MOST_AHEAD) * self._size
            if len(self._waiting) > ahead // 2:  # many with one lease, rather than one whenever one has ended
                return 0
            return max(0, self._size + ahead - self._running - len(self._waiting))

    def submit(self, run: Run) -> None:
        """Carry it out as soon as a thread is idle."""
        with self._change:
            self._waiting.append(run)
            self._change.notify()

    def take_back(self, run: Run) -> None:
        """Not to be carried out any more, if it has not begun."""
        with self._change:
            if run in self._waiting:
                self._waiting.remove(run)

    def write_off(self, run: Run) -> None:
        """Its handler blocks its thread: count that as lost, and start another unless too many are."""
        with self._change:
            run.is_written_off = True
            self._running -= 1
            self._replaced += 1
            is_replaced = self._replaced <= _MOST_REPLACED
            if not is_replaced:
                self._size -= 1
        logger.error("thread_lost_to_handler", extra={"type": run.leased.type, "is_replaced": is_replaced})
        if is_replaced:
            self._start_thread()

    def stop(self) -> None:
        """Take nothing new; threads end when their handler does."""
        with self._change:
            self._is_stopping = True
            self._change.notify_all()

    def _loop(self) -> None:
        while (run := self._next()) is not None:
            began = time.monotonic()
            self._work(run)
            with self._change:
                if run.is_written_off:  # another thread has taken this one's place
                    return
                self._running -= 1
                self._usual_seconds = max(0.8 * self._usual_seconds + 0.2 * (time.monotonic() - began), 0.001)
            self._on_free()

    def _next(self) -> Run | None:
        with self._change:
            while not self._waiting:
                if self._is_stopping:
                    return None
                self._change.wait()
            self._running += 1
            return self._waiting.popleft()


class AsyncLane:
    """Runs coroutines, many at once, on the event loop of one thread. `report` is called in another one."""

    def __init__(
        self,
        most: int,
        work: Callable[[Run], Coroutine[Any, Any, Any]],
        report: Callable[[Run, Any], None],
        on_free: Callable[[], None],
    ) -> None:
        self._most = most
        self._work = work
        self._report = report
        self._on_free = on_free
        self._lock = threading.Lock()
        self._running: dict[Run, asyncio.AbstractEventLoop] = {}
        self._reporters = ThreadPoolExecutor(_REPORTERS, thread_name_prefix="laneway-report")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._replaced = 0

    def start(self) -> None:
        """Begin to work."""
        self._loop = self._start_loop()

    def _start_loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()

        def serve() -> None:
            asyncio.set_event_loop(loop)
            loop.run_forever()
            loop.close()

        threading.Thread(target=serve, name="laneway-async", daemon=True).start()
        return loop

    def free(self) -> int:
        """How many more jobs to lease now."""
        with self._lock:
            return max(0, self._most - len(self._running)) if self._loop is not None else 0

    def submit(self, run: Run) -> None:
        """Carry it out now, beside the others."""
        assert self._loop is not None
        with self._lock:
            self._running[run] = self._loop
        asyncio.run_coroutine_threadsafe(self._carry_out(run), self._loop)

    async def _carry_out(self, run: Run) -> None:
        try:
            report = await self._work(run)
            await asyncio.get_running_loop().run_in_executor(self._reporters, self._report, run, report)
        finally:
            self._end(run)

    def _end(self, run: Run) -> None:
        with self._lock:
            self._running.pop(run, None)
        self._on_free()

    def write_off(self, run: Run) -> None:
        """A handler blocks the event loop: go on with another one, unless too many are lost."""
        with self._lock:
            blocked = self._running.pop(run, None)
            is_news = blocked is not None and blocked is self._loop
            if is_news:
                self._replaced += 1
                self._loop = self._start_loop() if self._replaced <= _MOST_REPLACED else None
        if is_news:
            is_replaced = self._loop is not None
            logger.error(
                "event_loop_lost_to_handler", extra={"type": run.leased.type, "is_replaced": is_replaced}
            )
        self._on_free()

    def stop(self) -> None:
        """Cancel what still runs, and end the event loop."""
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(_halt(), self._loop)
        self._reporters.shutdown()


async def _halt() -> None:
    loop = asyncio.get_running_loop()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    loop.call_soon(loop.stop)


def alone(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives, on an event loop and in a thread of its own: the caller may be on a loop itself."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()
