"""What a peer written in Python runs: it reads one request a line, answers each with one JSON line; see README.md."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

Values = dict[str, Any]


class Open(NamedTuple):
    """A user task that waits."""

    key: str
    element: str


@dataclass
class Flow:
    """A deployed diagram; its fields are those of `bench.peers.flows.Compared.request`."""

    process: str
    diagram: str
    kind: str
    variables: Values
    forms: dict[str, Values]

    def start_values(self, number: int) -> Values:
        """What an instance starts with; the number makes each a little different."""
        return _numbered(self.variables, number)

    def form(self, element: str, number: int) -> Values:
        """What is filled in."""
        return _numbered(self.forms.get(element) or self.forms[""], number)


def _numbered(values: Values, number: int) -> Values:
    return values | {"round": number} if "round" in values else dict(values)


class Peer(ABC):
    """An engine; each call is one command of it."""

    @abstractmethod
    def deploy(self, name: str, diagram: str) -> None: ...

    @abstractmethod
    def start(self, process: str, variables: Values) -> str: ...

    @abstractmethod
    def open_tasks(self, instance: str) -> list[Open]: ...

    @abstractmethod
    def complete(self, task: str, values: Values) -> None: ...

    @abstractmethod
    def about(self) -> dict[str, str]:
        """Version and what its history holds."""

    def run_jobs(self, instance: str) -> bool:
        """Run jobs one by one; whether the instance may have more of them."""
        raise NotImplementedError

    def conflicts(self) -> tuple[type[Exception], ...]:
        """What it raises when someone else has changed the instance."""
        return ()

    def start_with_past(self, flow: Flow, number: int, past: int) -> str:
        """Start an instance whose user task has been completed `past` times."""
        instance = self.start(flow.process, flow.start_values(number))
        for done in range(past):
            task = self.open_tasks(instance)[0]
            self.complete(task.key, flow.form(task.element, done))
        return instance


@dataclass
class Client:
    """One of the people who work at the same time; times are in milliseconds."""

    peer: Peer
    flow: Flow
    prepared: list[str]
    steps: int
    seconds: float
    branch: int
    starts: list[float] = field(default_factory=list)
    completions: list[float] = field(default_factory=list)
    conflicts: int = 0

    def work(self) -> None:
        """Until the time is over, or the steps are done."""
        until = time.perf_counter() + self.seconds
        if self.flow.kind == "steps":
            for instance in self.prepared:
                for _ in range(self.steps):
                    self._complete_next(instance)
            return
        while time.perf_counter() < until:
            if self.flow.kind == "shared":
                self._complete_own(self.prepared[0])
            else:
                self._run_case()

    def _run_case(self) -> None:
        variables = self.flow.start_values(len(self.starts))
        began = time.perf_counter()
        instance = self.peer.start(self.flow.process, variables)
        if self.flow.kind == "jobs":
            while self.peer.run_jobs(instance):
                pass
        self.starts.append(_since(began))
        while self.flow.forms and self._complete_next(instance):
            pass

    def _complete_next(self, instance: str) -> bool:
        tasks = self.peer.open_tasks(instance)
        if tasks:
            self._complete(tasks[0])
        return bool(tasks)

    def _complete_own(self, instance: str) -> None:
        for task in self.peer.open_tasks(instance):
            if task.element == f"work_{self.branch}":
                self._complete(task)

    def _complete(self, task: Open) -> None:
        values = self.flow.form(task.element, len(self.completions))
        began = time.perf_counter()
        while True:
            try:
                self.peer.complete(task.key, values)
                break
            except self.peer.conflicts():
                self.conflicts += 1
        self.completions.append(_since(began))


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 3)


class Harness:
    """Answers requests for one peer."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.flows: dict[str, Flow] = {}
        self.prepared: list[str] = []

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked: deploy, prepare or run."""
        answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "deploy": self._deploy,
            "prepare": self._prepare,
            "run": self._run,
        }
        return answers[request["do"]](request)

    def _deploy(self, request: dict[str, Any]) -> dict[str, Any]:
        for name, told in request["flows"].items():
            self.flows[name] = Flow(**told)
            self.peer.deploy(name, told["diagram"])
        return self.peer.about()

    def _prepare(self, request: dict[str, Any]) -> dict[str, Any]:
        flow = self.flows[request["flow"]]
        if "instance" in request:
            self.prepared = [request["instance"]]
        else:
            self.prepared = [
                self.peer.start_with_past(flow, number, request["past"]) for number in range(request["cases"])
            ]
        return {"instance": self.prepared[0] if self.prepared else ""}

    def _run(self, request: dict[str, Any]) -> dict[str, Any]:
        flow = self.flows[request["flow"]]
        clients = [
            Client(
                self.peer,
                flow,
                self.prepared,
                request["steps"],
                request["seconds"],
                request["first"] + number,
            )
            for number in range(request["clients"])
        ]
        cpu, began = time.process_time(), time.perf_counter()
        if len(clients) == 1:
            clients[0].work()
        else:
            _work_together(clients)
        return {
            "seconds": time.perf_counter() - began,
            "cpu": time.process_time() - cpu,
            "peak_kb": _peak_kb(),
            "starts": [ms for client in clients for ms in client.starts],
            "completions": [ms for client in clients for ms in client.completions],
            "conflicts": sum(client.conflicts for client in clients),
        }


def _work_together(clients: list[Client]) -> None:
    problems: list[BaseException] = []

    def work(client: Client) -> None:
        try:
            client.work()
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for problem in problems:
        raise problem


def _peak_kb() -> int:
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1])


def serve(peer: Peer) -> None:
    """Answer requests until standard input ends."""
    harness, out = Harness(peer), sys.stdout
    with redirect_stdout(sys.stderr):  # what an engine prints is no answer
        for line in sys.stdin:
            print(json.dumps(harness.answer(json.loads(line))), file=out, flush=True)
