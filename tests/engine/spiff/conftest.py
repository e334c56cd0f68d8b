"""One process instance in memory, with real FEEL, a clock that the test moves, and waits that the test ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from laneway.engine import clock, expressions, feel
from laneway.engine.bpmn.checks import Known, check
from laneway.engine.bpmn.model import Called, Event
from laneway.engine.bpmn.reader import read_processes
from laneway.engine.spiff import instance as executor
from laneway.engine.spiff import state
from laneway.engine.spiff.build import specs_of
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.requests import Due, Evaluated, Note, Request, SignalThrown, StepFailed, WaitsClosed
from laneway.words import Resource, Severity


class FeelHost:
    """FEEL and timers are the product's own; no decision is deployed."""

    def evaluate(self, expression: str, variables: Mapping[str, Any]) -> Evaluated:
        return expressions.evaluate(expression, variables)

    def ask(self, condition: str, variables: Mapping[str, Any]) -> Evaluated:
        return expressions.evaluate(condition, variables, budget=feel.GATEWAY)

    def decide(
        self, called: Called, variables: Mapping[str, Any], *, element_id: str, token: int
    ) -> tuple[Any, list[dict[str, Any]]]:
        raise StepFailed("CALLED_DECISION_ERROR", f"no decision {called.id}")

    def due(self, event: Event, variables: Mapping[str, Any]) -> Due:
        return expressions.due(event, variables)


class Bench:
    """Runs the first process of a file; `is_saved` stores and loads it before every single step."""

    def __init__(self, file: Resource, *, is_saved: bool, frozen: Any, **variables: Any) -> None:
        diagram = read_processes(file)
        found = [*diagram.findings, *(f for p in diagram.processes for f in check(p, Known()))]
        errors = [finding for finding in found if finding.severity is Severity.ERROR]
        assert not errors, errors
        self.process = diagram.processes[0]
        self.specs = specs_of(self.process)
        self.is_saved = is_saved
        self.frozen = frozen
        self.notes: list[Note] = []
        self.opened: list[Any] = []
        self.asked: list[Request] = []
        self.signals: deque[str] = deque()
        self.instance = Instance(FeelHost(), self.process.id, self.specs)
        self.change(lambda instance: instance.start(variables))

    def change(self, apply: Callable[[Instance], object]) -> None:
        """Apply a change and step until every branch waits, signals included."""
        self._store_and_load()
        apply(self.instance)
        if self.is_saved:
            steps = 0
            while not self.instance.completed and self.instance._step(
                within_limit=steps < executor.STEP_LIMIT
            ):
                self._store_and_load()
                steps += 1
        else:
            self.instance.run()
        self._collect()
        while self.signals:
            self._broadcast(self.signals.popleft())

    def _store_and_load(self) -> None:
        self._collect()
        if self.is_saved and self.instance.last_token:
            ended = self.instance.completed
            self.instance = state.load(FeelHost(), self.process.id, self.specs, state.dump(self.instance))
            self.instance.completed = ended

    def _collect(self) -> None:
        for request in self.instance.requests:
            self.asked.append(request)
            if isinstance(request, WaitsClosed):
                self.opened = [
                    other
                    for other in self.opened
                    if other.token != request.token or other.opens not in request.kinds
                ]
            elif request.opens:
                self.opened.append(request)
            elif isinstance(request, SignalThrown):
                self.signals.append(request.name)
        self.notes += self.instance.notes
        self.instance.requests, self.instance.notes = [], []

    # -- what the outside does

    def waiting(self, kind: str = "user_task") -> list[str]:
        """Elements that wait, oldest first."""
        return [request.node.id for request in self.opened if request.opens == kind]

    def token_at(self, element_id: str, *, last: bool = False) -> int:
        tokens = [
            request.token
            for request in self.opened
            if request.opens in ("user_task", "job") and request.node.id == element_id
        ]
        return int(tokens[-1 if last else 0])

    def do(self, element_id: str, *, last: bool = False, **values: Any) -> None:
        """Complete a user task or job."""
        self.complete(self.token_at(element_id, last=last), values)

    def complete(self, token: int, values: Mapping[str, Any]) -> None:
        """Someone ends the user task or job of a token, and then tells the instance."""
        self.opened = [e for e in self.opened if e.token != token or e.opens not in ("user_task", "job")]
        self.change(lambda instance: instance.complete(token, values))

    def throw(self, element_id: str, code: str, **values: Any) -> None:
        """A handler throws a BPMN error."""
        token = self.token_at(element_id)
        self.change(lambda instance: instance.throw_error(token, code, "from the test", values))

    def retry(self) -> None:
        """Resolve the one incident there is."""
        (incident,) = [request for request in self.opened if request.opens == "incident"]
        self.change(lambda instance: instance.retry(incident.token))

    @property
    def incidents(self) -> list[tuple[str, str]]:
        return [(request.type, request.element_id) for request in self.opened if request.opens == "incident"]

    def message(self, **variables: Any) -> None:
        """Trigger the oldest message subscription, if there is one."""
        request = next((request for request in self.opened if request.opens == "message"), None)
        if request is not None:
            self.change(lambda instance: instance.trigger(request.token, request.wait, variables))

    def signal(self, name: str = "S") -> None:
        self._broadcast(name)

    def _broadcast(self, name: str) -> None:
        heard = [(e.token, e.wait) for e in self.opened if e.opens == "signal" and e.signal_name == name]
        for token, wait in heard:
            if any(request.opens == "signal" and request.token == token for request in self.opened):
                self.change(lambda instance, token=token, wait=wait: instance.trigger(token, wait, {}))

    def wait(self, seconds: float) -> None:
        """Let time pass; timers fire in the order in which they come due."""
        until = self.frozen.now + timedelta(seconds=seconds)
        while True:
            due = [request for request in self.opened if request.opens == "timer" and request.due.at <= until]
            if not due:
                break
            timer = min(due, key=lambda request: request.due.at)
            self.frozen.now = max(self.frozen.now, timer.due.at)
            self.opened.remove(timer)
            self.change(lambda instance, timer=timer: instance.trigger(timer.token, timer.wait, {}))
        self.frozen.now = until

    # -- what has happened

    @property
    def trace(self) -> list[str]:
        """Script tasks that have run, in order."""
        kinds = {node.id: node.type for node in self.process.level.everything()}
        return [
            note.element_id
            for note in self.notes
            if note.event == "element_completed"
            and note.element_id is not None
            and kinds[note.element_id] == "scriptTask"
        ]

    @property
    def variables(self) -> dict[str, Any]:
        """The instance's variables, without the null results of tracing scripts."""
        return {name: value for name, value in self.instance.data.items() if not name.startswith("_")}

    @property
    def is_completed(self) -> bool:
        return bool(self.instance.completed)

    @property
    def size(self) -> int:
        """Bytes of the stored live state."""
        return len(state.dump(self.instance))


Run = Callable[..., Bench]


@pytest.fixture(params=[False, True], ids=["plain", "saved before every step"])
def run(request: pytest.FixtureRequest, frozen_clock: Any) -> Iterator[Run]:
    """Starts the first process of a file with variables."""

    def starting(file: Resource, **variables: Any) -> Bench:
        return Bench(file, is_saved=request.param, frozen=frozen_clock, **variables)

    yield starting
    clock.set_source(None)
