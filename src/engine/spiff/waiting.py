"""What tokens wait for besides people and jobs: timers, messages, signals, conditions; and when it comes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from laneway.engine.bpmn.clock_settings import DUE
from laneway.engine.bpmn.model import Event, Node
from laneway.engine.calendars.targets import is_target
from laneway.engine.spiff import events
from laneway.engine.spiff.elements import Token
from laneway.engine.spiff.requests import MessageOpened, Request, SignalOpened, StepFailed, TimerOpened
from laneway.engine.spiff.variables import VariableScopes

if TYPE_CHECKING:
    from laneway.engine.spiff.instance import Instance


class Waiting(VariableScopes):
    """Opens and ends the waits of an instance. Mixed into `Instance`."""

    live: dict[int, Token]
    requests: list[Request]
    conditions: dict[int, bool]
    """Tokens that wait for a condition to become true."""

    def wait_for(self, token: Token, request: Request) -> None:
        """Ask the outside for something on behalf of this token."""
        kinds = token.internal_data.setdefault("waits", [])
        if request.opens not in kinds:
            kinds.append(request.opens)
        self.requests.append(request)

    def open_waits(self, token: Token) -> None:
        """Begin to wait for the token's own event, its boundary events and those behind an event gateway."""
        for node in token.task_spec.awaited:
            self._open_events(token, node)

    def open_wait(self, token: Token, node: Node, wait: str) -> None:
        """Begin to wait for one event of a node on behalf of this token."""
        self._open_event(token, node, wait, node.triggers[wait])

    def _open_events(self, token: Token, node: Node) -> None:
        for wait, event in node.triggers.items():
            self._open_event(token, node, wait, event)

    def _open_event(self, token: Token, node: Node, wait: str, event: Event) -> None:
        # What only watches a step or a level, and is not where the instance stands.
        aside = node.type == "boundaryEvent" or node.is_event_subprocess
        if event.kind == "timer":
            due = self.host.due(event, self.visible(token))
            self.warn(token, event.expression or "", due.warnings)
            rule = self._due_rule(token, node.properties.get(DUE))
            self.wait_for(token, TimerOpened(token.id, wait, node.id, due, aside, rule))
        elif event.kind == "message":
            name, key = self._text(token, event.ref), self._text(token, event.correlation_key)
            self.wait_for(token, MessageOpened(token.id, wait, node, name, key, aside))
        elif event.kind == "signal":
            name = self._text(token, event.ref)
            self.wait_for(token, SignalOpened(token.id, wait, node.id, name, aside))
        elif event.kind == "conditional":
            token.internal_data.setdefault("conditions", {})[wait] = None  # not looked at yet
            self.conditions[token.id] = self.conditions_due = True

    def _due_rule(self, token: Token, text: str | None) -> str | None:
        if text is None:
            return None
        rule = self._text(token, text.strip()).strip()
        if not is_target(rule):
            raise StepFailed(
                "EXTRACT_VALUE_ERROR", f"'{text}' should give a length such as 5 wd, not {rule!r}."
            )
        return rule

    def _text(self, token: Token, text: str | None) -> str:
        value = self.evaluate(token, text) if text is not None and text.startswith("=") else text
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise StepFailed(
                "EXTRACT_VALUE_ERROR", f"'{text}' should give a text or a whole number, not {value!r}."
            )
        return str(value)

    def instant(self, token: Token, text: str | None) -> datetime | None:
        """The instant that an attribute such as a due date gives, or None."""
        if not text:
            return None
        due = self.host.due(Event("timer", expression=text, timer="timeDate"), self.visible(token))
        self.warn(token, text, due.warnings)
        return due.at

    def trigger(self, number: int, wait: str, variables: Mapping[str, Any]) -> bool:
        """A timer, message or signal that this token waits for has come; False when it no longer waits."""
        token = self.live.get(number)
        if token is None:
            return False
        scope, waiting = token.workflow, self._waiting_node(token, wait)
        of_level = token is scope.task_tree
        if scope.book.get("interrupted") if of_level else token._state != TaskState.STARTED:
            return False
        top: Instance = token.workflow.top_workflow
        payload = self._all_come(token, waiting, wait, variables)
        if payload is None:
            return True
        if of_level:
            events.start_event_subprocess(scope, waiting, payload)
        elif waiting.type == "boundaryEvent":
            events.fire_boundary(token, waiting, payload)
        elif waiting.id == token.task_spec.name:
            top.complete(number, payload)
        else:
            scope.spawn(waiting.id, fired=payload)
            top.finish(token)
        return True

    @staticmethod
    def _all_come(
        token: Token, waiting: Node, wait: str, variables: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        """What came with the trigger; None while others that a parallel multiple event needs are missing."""
        inner = waiting.body.of("startEvent")[0] if waiting.body is not None else waiting
        if not inner.needs_all_events or len(inner.events) < 2:
            return dict(variables)
        come = token.internal_data.setdefault("come", {}).setdefault(waiting.id, {})
        come[wait] = dict(variables)
        if len(come) < len(inner.events):
            return None
        del token.internal_data["come"][waiting.id]
        return {name: value for payload in come.values() for name, value in payload.items()}

    def _forget_conditions(self, token: Token) -> None:
        if token.internal_data.pop("conditions", None) is not None:
            del self.conditions[token.id]

    def _check_conditions(self) -> None:
        """Let conditional events happen whose condition has become true (BPMN 2.0 section 10.5.5)."""
        self.conditions_due = False
        for number in list(self.conditions):
            token = self.live.get(number)
            for wait in list(token.internal_data.get("conditions", ())) if token is not None else ():
                self._check_condition(number, wait)

    def _check_condition(self, number: int, wait: str) -> None:
        token = self.live.get(number)
        seen = token.internal_data.get("conditions", {}) if token is not None else {}
        if token is None or wait not in seen:  # another one has ended this wait
            return
        event = self._waiting_node(token, wait).triggers[wait]
        try:
            # It may well be null for long: only the first look warns of it.
            look = self.holds if seen[wait] is None else self.holds_quietly
            holds = look(token, event.expression or "")
        except StepFailed as failure:
            if "stuck" not in token.internal_data:
                top: Instance = token.workflow.top_workflow
                top.park(token, "watch", failure)
            return
        was, seen[wait] = seen[wait], holds
        if holds and not was:
            self.trigger(number, wait, {})

    def _waiting_node(self, token: Token, wait: str) -> Node:
        """The node that a wait of this token belongs to."""
        node: Node = token.workflow.spec.level.nodes[wait.partition("#")[0]]
        return node
