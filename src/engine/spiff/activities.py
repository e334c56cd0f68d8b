"""What waits for the outside, what computes, what throws."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from laneway.engine.bpmn.job_settings import MAX_JOB_PRIORITY
from laneway.engine.bpmn.model import Assignment, Called
from laneway.engine.spiff import events
from laneway.engine.spiff.elements import Element, Token
from laneway.engine.spiff.requests import (
    ChildCalled,
    JobOpened,
    SignalThrown,
    StepFailed,
    UserTaskOpened,
)

if TYPE_CHECKING:
    from laneway.engine.bpmn.model import Event, Flow
    from laneway.engine.spiff.instance import Instance


class Wait(Element):
    """Receive task or catching event: stays until the runtime completes it."""

    def enter(self, token: Token) -> bool | None:
        passes = self.node.type == "intermediateCatchEvent" and self.node.event.kind in ("none", "link")
        return True if passes else None


class EventGateway(Wait):
    """Stays until one of the events behind it happens; the runtime places the token there."""

    def select(self, token: Token) -> list[Flow]:
        return []


class UserTask(Element):
    """Work for a person."""

    def enter(self, token: Token) -> bool | None:
        top: Instance = token.workflow.top_workflow
        who = self.node.assignment or Assignment()
        text = _Texts(top, token)
        names_somebody = who.assignee or who.candidate_groups or who.candidate_users
        top.wait_for(
            token,
            UserTaskOpened(
                token=token.id,
                node=self.node,
                assignee=text.one(who.assignee),
                candidate_groups=text.many(who.candidate_groups) if names_somebody else self.node.lane_groups,
                candidate_users=text.many(who.candidate_users),
                due_at=text.instant(who.due_date),
                follow_up_at=text.instant(who.follow_up_date),
                priority=text.whole(who.priority, default=50),
                form_id=text.one(who.form_id),
                external_form=text.one(who.external_form),
                kept_away=text.many(who.kept_away),
            ),
        )
        return None


class Job(Element):
    """Work for a handler, in this process or outside."""

    def enter(self, token: Token) -> bool | None:
        top: Instance = token.workflow.top_workflow
        text = _Texts(top, token)
        job_type = text.one(self.node.job_type)
        if not job_type:
            raise StepFailed("EXTRACT_VALUE_ERROR", f"The job type of {self.node.id} is empty.")
        retries = text.whole(self.node.job_retries, default=3)
        priority = text.whole(self.node.job_priority, default=0)
        if abs(priority) > MAX_JOB_PRIORITY:
            raise StepFailed("EXTRACT_VALUE_ERROR", f"The job priority {priority} is too large a number.")
        top.wait_for(token, JobOpened(token.id, self.node, job_type, retries, priority))
        return None


class Script(Element):
    """A FEEL script whose value becomes a variable."""

    def enter(self, token: Token) -> bool | None:
        top: Instance = token.workflow.top_workflow
        assert self.node.script is not None
        top.set_result(token, self.node.result_variable, top.evaluate(token, self.node.script))
        return True


class Decision(Element):
    """A business rule task that calls a decision of ours."""

    def enter(self, token: Token) -> bool | None:
        top: Instance = token.workflow.top_workflow
        assert self.node.called_decision is not None
        called = self.node.called_decision
        decision_id = _Texts(top, token).one(called.id)
        if not decision_id:
            raise StepFailed("CALLED_DECISION_ERROR", f"The decision id of {self.node.id} is empty.")
        wanted = Called(decision_id, called.binding, called.version_tag)
        value, records = top.host.decide(wanted, top.visible(token), element_id=self.node.id, token=token.id)
        for record in records:
            top.note("decision_evaluated", token, **record)
        top.set_result(token, called.result_variable, value)
        return True


class Throw(Element):
    """Throwing events and end events that are no job."""

    def enter(self, token: Token) -> bool | None:
        top: Instance = token.workflow.top_workflow
        waits = False
        for event in self.node.events:
            waits = self._throw(token, event) or waits
            if token.id not in top.live:
                return None
        return None if waits else True

    def _throw(self, token: Token, event: Event) -> bool:
        """Throw one of its events; whether there is something to wait for."""
        top: Instance = token.workflow.top_workflow
        if event.kind == "signal":
            name = _Texts(top, token).one(event.ref) or ""
            top.requests.append(SignalThrown(name, {}))
        elif event.kind in ("error", "escalation"):
            events.throw(token, event.kind, _Texts(top, token).one(event.ref), {})
        elif event.kind == "terminate":
            token.workflow.clear(but=token)
        elif event.kind == "compensate":
            return events.compensate(token, event.ref, waits=event.waits)
        elif event.kind == "cancel":
            token.workflow.clear(but=token)
            token.internal_data["cancels"] = True
            if not events.compensate(token, None):
                events.cancel_transaction(token)
            return True
        return False


class Call(Element):
    """A child instance; the token stays until it reports."""

    def enter(self, token: Token) -> bool | None:
        top: Instance = token.workflow.top_workflow
        assert self.node.called_process is not None
        called = self.node.called_process
        process_id = _Texts(top, token).one(called.id)
        if not process_id:
            raise StepFailed("CALLED_ELEMENT_ERROR", f"The called process of {self.node.id} is empty.")
        variables = top.visible(token) if called.propagate_all_parent else token.data
        catches = events.catches_above(token)
        token.internal_data["child"] = True
        top.wait_for(token, ChildCalled(token.id, called, process_id, dict(variables), catches))
        return None


class _Texts:
    """Attribute values that may be plain text or FEEL with a leading `=`."""

    def __init__(self, top: Instance, token: Token) -> None:
        self.top = top
        self.token = token

    def value(self, text: str | None) -> Any:
        if text is None or not text.startswith("="):
            return text
        return self.top.evaluate(self.token, text)

    def one(self, text: str | None) -> str | None:
        value = self.value(text)
        if value is None or isinstance(value, str):
            return value
        raise StepFailed("EXTRACT_VALUE_ERROR", f"'{text}' should give a text, not {value!r}.")

    def many(self, text: str | None) -> list[str]:
        value = self.value(text)
        if value is None:
            return []
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            return value
        raise StepFailed("EXTRACT_VALUE_ERROR", f"'{text}' should give a list of texts, not {value!r}.")

    def instant(self, text: str | None) -> datetime | None:
        return self.top.instant(self.token, text)

    def whole(self, text: str | None, *, default: int) -> int:
        value = self.value(text)
        if value is None:
            return default
        try:
            return int(value)
        except (TypeError, ValueError):
            raise StepFailed("EXTRACT_VALUE_ERROR", f"'{text}' should give a whole number.") from None
