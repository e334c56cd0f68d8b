"""People who work through HTTP whatever happens to the servers.

Each says what they want until it is acknowledged or refused as already done: only then do they go on to the next.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx

from ..conftest import PASSWORD  # noqa: TID252  # a conftest has no absolute name

_DONE = (200, 204)
_ALREADY_DONE = (404, 409)
_SECONDS = 40.0


class People:
    """Complete every user task there is, and publish what cases wait for, until told to stop."""

    def __init__(self, addresses: Callable[[], list[str]], seed: int, *, number: int = 2) -> None:
        self._addresses = addresses
        self._chance = random.Random(seed)
        self._threads = [threading.Thread(target=self._work) for _ in range(number)]
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._publish: list[dict[str, Any]] = []
        self.answers: Counter[int] = Counter()
        """How often each status was answered; 0: no answer at all."""
        self.failures: list[str] = []
        """Answers that must not be: 500 and the like."""

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def publish(self, names: tuple[str, ...], case: str) -> None:
        """Let these messages be published for a case, each with an id of its own."""
        with self._lock:
            self._publish += [
                {
                    "name": name,
                    "correlationKey": case,
                    "messageId": f"{case}-{name}",
                    "timeToLive": 86_400_000,
                    "variables": {f"told_{name}": 1},
                }
                for name in names
            ]

    def _work(self) -> None:
        with httpx.Client(auth=("mei", PASSWORD), timeout=_SECONDS) as client:
            while not self._over.is_set():
                if not (self._publish_one(client) or self._complete_some(client)):
                    self._over.wait(0.1)

    def _publish_one(self, client: httpx.Client) -> bool:
        with self._lock:
            if not self._publish:
                return False
            wanted = self._publish.pop(0)
        self._insist(client, "/v2/messages/publication", wanted)
        return True

    def _complete_some(self, client: httpx.Client) -> bool:
        asked = {"filter": {"state": "CREATED"}, "page": {"limit": 50}}
        answer = self.ask(client, "/v2/user-tasks/search", asked)
        tasks = answer.json()["items"] if answer is not None and answer.status_code == 200 else []
        self._chance.shuffle(tasks)
        for task in tasks:
            wanted = {"variables": {f"by_{task['elementId']}": 1}}
            self._insist(client, f"/v2/user-tasks/{task['userTaskKey']}/completion", wanted)
        return bool(tasks)

    def _insist(self, client: httpx.Client, path: str, body: dict[str, Any]) -> None:
        while not self._over.is_set():
            answer = self.ask(client, path, body)
            if answer is not None and answer.status_code in _DONE + _ALREADY_DONE:
                return
            self._over.wait(0.1)

    def ask(self, client: httpx.Client, path: str, body: dict[str, Any]) -> httpx.Response | None:
        """One request to one of the servers; None when there was no answer."""
        addresses = self._addresses()
        answer = None
        if addresses:
            try:
                answer = client.post(f"{self._chance.choice(addresses)}{path}", json=body)
            except httpx.HTTPError:
                answer = None
        status = answer.status_code if answer is not None else 0
        with self._lock:
            self.answers[status] += 1
            if answer is not None and (status >= 500 and status != 503):
                self.failures.append(f"{path}: {status} {answer.text[:300]}")
        return answer
