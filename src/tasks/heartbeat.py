"""A worker's signs of life, from a thread of its own: they go on while handlers work, and end with the process."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Sequence

from laneway import __version__
from laneway.engine.monitoring import workers
from laneway.errors import Unavailable

logger = logging.getLogger(__name__)


class Heartbeat:
    """Tells the database every few seconds that the worker `name` lives; `kinds` is what its process does."""

    def __init__(self, name: str, kinds: Sequence[str]) -> None:
        self._name = name
        self._kinds = tuple(kinds)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="laneway-heartbeat", daemon=True)

    def start(self) -> None:
        """Begin, with a first sign before this returns unless the database does not answer."""
        self._is_told = self._beat(is_first=True)
        self._thread.start()

    def stop(self) -> None:
        """End, and take the worker off the list."""
        self._stopping.set()
        self._thread.join(timeout=workers.BEAT_SECONDS)
        try:
            workers.leave(self._name)
        except Unavailable:
            logger.info("heartbeat_not_taken_back")  # it counts as dead in a moment, which is true

    def _run(self) -> None:
        while not self._stopping.wait(workers.BEAT_SECONDS):
            was_told = self._is_told
            self._is_told = self._beat(is_first=False)
            if self._is_told and not was_told:
                logger.info("heartbeat_goes_on")

    def _beat(self, *, is_first: bool) -> bool:
        try:
            workers.beat(
                self._name,
                host=socket.gethostname(),
                pid=os.getpid(),
                version=__version__,
                kinds=self._kinds,
                is_first=is_first,
            )
        except Unavailable:
            if is_first or self._is_told:  # one line for each time that the database is away
                logger.warning("heartbeat_failed")
            return False
        return True
