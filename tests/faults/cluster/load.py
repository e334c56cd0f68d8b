"""People and programs at work through HTTP while a cluster is being broken, and the book of what they were told.

What has been acknowledged is written down. An answer that leaves the outcome open is followed by a look, as a careful
client would; only what is known not to have happened is asked for again.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

_CSRF = re.compile(r'<meta name="csrf" content="([^"]+)">')
_SECONDS = 40.0
_PAUSE = 0.2
_UNKNOWN = (500, 504)


class Over(Exception):  # no error: the time is up
    """The work is to end, and this request was not answered in time."""


@dataclass
class Book:
    """What was acknowledged, and how long each request took until it was."""

    started: dict[str, str] = field(default_factory=dict)
    """Key of the case by its business id."""
    completed: dict[str, str] = field(default_factory=dict)
    """Case by key of the user task."""
    waits: list[tuple[float, float, str]] = field(default_factory=list)
    """(when it was first asked, seconds until it was acknowledged, what)."""
    answers: Counter[int] = field(default_factory=Counter)
    """How often each status came; 0: no answer."""
    wrong: list[str] = field(default_factory=list)
    """Answers that must not be."""

    def longest(self, since: float, until: float) -> tuple[float, str]:
        """The longest wait for an acknowledgement among what was asked in a span of `time.monotonic`, in seconds."""
        found = [(seconds, what) for at, seconds, what in self.waits if since <= at < until]
        return max(found, default=(0.0, "nothing"))


class Client:
    """A browser that has signed in."""

    def __init__(self, address: str, username: str, password: str, book: Book, over: threading.Event) -> None:
        self._http = httpx.Client(base_url=address, timeout=_SECONDS)
        self._book, self._over = book, over
        self._http.post("/login", data={"username": username, "password": password})
        found = _CSRF.search(self._http.get("/account").text)
        assert found is not None, "signing in failed"
        self._http.headers["X-CSRF-Token"] = found[1]

    def close(self) -> None:
        """Close the browser."""
        self._http.close()

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """One try: status (0: no answer) and the document that came."""
        try:
            answer = self._http.request(method, path, json=body)
        except httpx.TransportError:
            self._book.answers[0] += 1
            return 0, {}
        self._book.answers[answer.status_code] += 1
        if answer.status_code == 500:
            self._book.wrong.append(f"{method} {path}: {answer.text[:200]}")
        is_json = "json" in answer.headers.get("Content-Type", "")
        return answer.status_code, answer.json() if is_json and answer.content else {}

    def look(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask until there is an answer. Raises Over."""
        began = time.monotonic()
        while True:
            status, document = self.ask("POST" if body is not None else "GET", path, body)
            if status == 200:
                self._book.waits.append((began, time.monotonic() - began, path))
                return document
            self._rest()

    def start(self, business_id: str) -> str:
        """Start a case, once; its key. Raises Over."""
        began = time.monotonic()
        body = {"processDefinitionId": "paper", "businessId": business_id}
        while True:
            status, document = self.ask("POST", "/v2/process-instances", body)
            key = document.get("processInstanceKey") if status == 200 else None
            if status == 0 or status in _UNKNOWN:
                time.sleep(2)  # whatever was under way has come or gone by then
                items = self.look(
                    "/v2/process-instances/search", {"filter": {"businessId": business_id}}
                ).get("items")
                key = items[0]["processInstanceKey"] if items else None
            elif status not in (200, 503):
                self._book.wrong.append(f"start {business_id}: {status} {document}")
            if key is not None:
                self._book.started[business_id] = key
                self._book.waits.append((began, time.monotonic() - began, "start"))
                return str(key)
            self._rest()

    def complete(self, task_key: str, case: str) -> None:
        """Complete a user task, once. Raises Over."""
        began, is_open = time.monotonic(), False
        while True:
            status, document = self.ask(
                "POST", f"/v2/user-tasks/{task_key}/completion", {"variables": {"read": task_key}}
            )
            if status == 204 or (is_open and document.get("code") == "user_task_already_completed"):
                self._book.completed[task_key] = case
                self._book.waits.append((began, time.monotonic() - began, "complete"))
                return
            is_open = is_open or status == 0 or status in _UNKNOWN
            if status not in (0, 503, *_UNKNOWN):
                self._book.wrong.append(f"complete {task_key}: {status} {document}")
            self._rest()

    def task_of(self, case: str) -> str:
        """The open user task of a case, once it has come to it. Raises Over."""
        wanted = {"filter": {"processInstanceKey": case, "state": "CREATED"}}
        while True:
            items = self.look("/v2/user-tasks/search", wanted)["items"]
            if items:
                return str(items[0]["userTaskKey"])
            self._rest()

    def _rest(self) -> None:
        if self._over.is_set():
            raise Over
        time.sleep(_PAUSE)


class Load:
    """Several people who start cases and complete their tasks, and one who looks at the board."""

    def __init__(self, address: str, username: str, password: str, *, people: int) -> None:
        self.book = Book()
        self._enough, self._over = threading.Event(), threading.Event()
        self._clients = clients = [
            Client(address, username, password, self.book, self._over) for _ in range(people + 1)
        ]
        self._threads = [threading.Thread(target=self._watch, args=(clients[0],))]
        self._threads += [
            threading.Thread(target=self._work, args=(client, f"person{number}"))
            for number, client in enumerate(clients[1:])
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, *, seconds: float = 120) -> None:
        """Begin nothing new, and end what is begun."""
        self._enough.set()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.1, until - time.monotonic()))
        self._over.set()
        for thread in self._threads:
            thread.join(_SECONDS + 5)
        for client in self._clients:
            client.close()

    def _work(self, client: Client, name: str) -> None:
        number = 0
        try:
            while not self._enough.is_set():
                number += 1
                business_id = f"{name}-{number}"
                case = client.start(business_id)
                client.complete(client.task_of(case), case)
        except Over:
            self.book.wrong.append(f"{name}: the work was not done in time")

    def _watch(self, client: Client) -> None:
        try:
            while not self._enough.is_set():
                client.look("/board")
                time.sleep(0.5)
        except Over:
            self.book.wrong.append("the board did not come in time")
