"""The executor and the token game side by side: the same actions from outside, and then they must agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from SpiffWorkflow.util.task import TaskState

from laneway.engine import clock
from laneway.engine.bpmn.reader import read_processes
from laneway.words import Resource

from .game import Game
from .joins import everywhere
from .parts import Token, Wait


class StillClock:
    """Stands still until something moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Twins:
    """One diagram in the executor (plain and saved before every step) and in the token game."""

    def __init__(self, bench: Any, file: Resource, variables: dict[str, Any]) -> None:
        self.clock = StillClock()
        clock.set_source(lambda: self.clock.now)
        self.game = Game(read_processes(file).processes[0], variables, lambda: self.clock.now)
        self.tell_signals()
        self.benches = [
            bench(file, is_saved=is_saved, frozen=self.clock, **variables) for is_saved in (False, True)
        ]
        self.log: list[str] = []
        self.compare()

    # -- what can be done

    @property
    def possible(self) -> list[Wait]:
        """What the outside can bring now."""
        return [] if self.game.is_over else [w for w in self.game.waits if w.kind != "conditional"]

    def may_throw(self, wait: Wait) -> str:
        """How willing the one who does this work should be to throw an error: `often`, `seldom` or not at all."""
        if wait.kind not in ("user_task", "job") or wait.token is None:
            return ""
        caught = any(event.kind == "error" for node in wait.token.boundaries for event in node.events)
        return "often" if caught or wait.token.scope.owner is not None else "seldom"

    def act(self, wait: Wait, values: dict[str, Any], error: str = "") -> None:
        """Bring one thing to both."""
        index = [other for other in self.possible if key_of(other) == key_of(wait)].index(wait)
        self.log.append(f"{wait.kind} {wait.id} [{index}] {values} {error}")
        began, on_the_way = self.clock.now, self._both(wait, index, values, error)
        for bring in on_the_way:
            self.clock.now = began
            bring()
        self.compare()

    def _both(self, wait: Wait, index: int, values: dict[str, Any], error: str) -> list[Callable[[], None]]:
        due = wait.due
        seconds = (due - self.clock.now).total_seconds() if due is not None else 0.0
        listed: list[Callable[[], None]] = [lambda: self.play(wait, values, error, seconds)]
        for bench in self.benches:
            request = [e for e in bench.opened if key_of_request(e) == key_of(wait)][index]
            listed.append(lambda bench=bench, request=request: run(bench, request, values, error, seconds))
        return listed

    def play(self, wait: Wait, values: dict[str, Any], error: str, seconds: float) -> None:
        """Bring it to the game."""
        game, token = self.game, wait.token
        if wait.kind == "timer":
            self.let_time_pass(seconds)
        elif wait.kind == "signal":
            game.signals.append(wait.name)
        elif wait.kind == "message":
            game.happen(wait, values)
            game.settle()
        else:
            assert token is not None
            if wait.kind == "incident":
                game.retry(token)
            elif error:
                game.throw_error(token, error, values)
            else:
                game.complete(token, values)
        self.tell_signals()

    def let_time_pass(self, seconds: float) -> None:
        """Timers fire in the order in which they come due."""
        until = self.clock.now + timedelta(seconds=seconds)
        while True:
            due = [w for w in self.game.waits if w.due is not None and w.due <= until]
            if not due or self.game.is_over:
                break
            first = min(due, key=lambda wait: wait.due or until)
            self.clock.now = max(self.clock.now, first.due or until)
            self.game.happen(first, {})
            self.game.settle()
            self.tell_signals()
        self.clock.now = until

    def tell_signals(self) -> None:
        """Everyone who waits for a signal when it is thrown hears it."""
        game = self.game
        while game.signals:
            name = game.signals.pop(0)
            for wait in [w for w in game.waits if w.kind == "signal" and w.name == name]:
                if wait in game.waits:
                    game.happen(wait, {})
                    game.settle()
                    self.tell_signals()

    # -- what must be equal

    def compare(self) -> None:
        """Completed elements, waiting elements and variables are the same."""
        game, expected = self.game, self.expected()
        for bench in self.benches:
            found = seen(bench)
            for what, value in expected.items():
                assert found[what] == value, (what, found[what], "is not", value, self.log)
            if game.is_over:
                assert bench.opened == [], self.log
                assert list(bench.instance.live) == [bench.instance.task_tree.id], self.log

    def expected(self) -> dict[str, Any]:
        """What the game says."""
        game = self.game
        working = [w for w in game.waits if w.kind in ("user_task", "job") and w.token is not None]
        return {
            "completed": game.done,
            "waiting": Counter(key_of(wait) for wait in self.possible),
            "joins": Counter(token.node.id for token in everywhere(game.top) if token.is_at_join),
            "variables": game.variables,
            "seen": [(w.id, dict(game.see(w.token))) for w in working if isinstance(w.token, Token)],
            "is over": game.is_over,
        }


def key_of(wait: Wait) -> tuple[str, str]:
    """What tells waits apart, but for several tokens at one element."""
    return wait.kind, wait.id


def key_of_request(request: Any) -> tuple[str, str]:
    """The same of what the executor asked for."""
    if request.opens in ("user_task", "job"):
        return request.opens, request.node.id
    return request.opens, request.element_id if request.opens == "incident" else request.wait


def run(bench: Any, request: Any, values: dict[str, Any], error: str, seconds: float) -> None:
    """Bring it to the executor."""
    if request.opens == "timer":
        bench.wait(seconds)
    elif request.opens == "signal":
        bench.signal(request.signal_name)
    elif request.opens == "message":
        bench.change(lambda instance: instance.trigger(request.token, request.wait, values))
    elif request.opens == "incident":
        bench.change(lambda instance: instance.retry(request.token))
    elif error:
        bench.change(lambda instance: instance.throw_error(request.token, error, "", values))
    else:
        bench.complete(request.token, values)


def seen(bench: Any) -> dict[str, Any]:
    """What the executor says."""
    instance = bench.instance
    working = [request for request in bench.opened if request.opens in ("user_task", "job")]
    live = instance.live.values()
    return {
        "completed": [note.element_id for note in bench.notes if note.event.endswith("_completed")],
        "waiting": Counter(key_of_request(request) for request in bench.opened),
        "joins": Counter(token.task_spec.name for token in live if token._state == TaskState.WAITING),
        "variables": dict(instance.data),
        "seen": [(e.node.id, dict(instance.visible(instance.live[e.token]))) for e in working],
        "is over": bench.is_completed,
    }
