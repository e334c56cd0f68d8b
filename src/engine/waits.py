"""Turns what a step asked for into rows: user tasks, jobs, timers, subscriptions, incidents, and work for others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Integer,
    Table,
    any_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from laneway.engine import access, clock
from laneway.engine.bpmn.job_settings import pauses_of
from laneway.engine.database import new_key, storage
from laneway.engine.database.storage import Command
from laneway.engine.definitions import Definition
from laneway.engine.model import IncidentState, JobState, UserTaskState
from laneway.engine.spiff.requests import (
    ChildCalled,
    ChildCanceled,
    IncidentRaised,
    JobOpened,
    MessageOpened,
    Note,
    Request,
    SignalOpened,
    SignalThrown,
    ThrownToParent,
    TimerOpened,
    UserTaskOpened,
    WaitsClosed,
)
from laneway.engine.tables import (
    effect,
    form_definition,
    incident,
    job,
    message_subscription,
    person_group,
    signal_subscription,
    timer,
    user_task,
    user_task_candidate,
)

_OPEN_JOBS = (JobState.CREATED, JobState.ACTIVATED, JobState.FAILED)


def queue_effect(session: Session, kind: str, *, instance_key: int | None = None, **payload: Any) -> None:
    """Leave work for a transaction of its own, picked up after this one commits."""
    storage.insert_later(session, effect, [_effect_row(kind, instance_key, payload)])


def _effect_row(kind: str, instance_key: int | None, payload: dict[str, Any]) -> dict[str, Any]:
    now = clock.now()
    return {
        "key": new_key(),
        "kind": kind,
        "instance_key": instance_key,
        "payload": payload,
        "created_at": now,
        "attempts": 0,
        "not_before": now,
        "error": None,
    }


def _apart(item: UserTaskOpened) -> list[str]:
    """Elements, and people behind `access.PERSON`, whom segregation of duties keeps away from a user task."""
    elements = item.node.assignment.separate_from if item.node.assignment else []
    return [*elements, *(access.PERSON + username for username in item.kept_away)]


def candidate_rows(
    instance_key: int,
    user_task_key: int,
    groups: Iterable[str],
    users: Iterable[str],
    *,
    due_at: datetime | None,
    priority: int,
) -> list[dict[str, Any]]:
    """The rows by which lists find an open user task: one for each candidate, or one for all of the staff."""
    named = [("group", name) for name in dict.fromkeys(groups)]
    named += [("user", name) for name in dict.fromkeys(users)]
    return [
        {
            "instance_key": instance_key,
            "user_task_key": user_task_key,
            "kind": kind,
            "candidate": name,
            "is_open": True,
            "due_at": due_at,
            "priority": priority,
        }
        for kind, name in named or [("staff", "")]
    ]


class Rows:
    """The rows of one step of one instance; `write` puts them into the database in a few statements."""

    def __init__(self, session: Session, instance: Any, definition: Definition) -> None:
        self._session = session
        self._instance = instance
        self._definition = definition
        self._new: dict[Table, list[dict[str, Any]]] = defaultdict(list)
        self._closed: dict[str, set[int]] = defaultdict(set)
        self._now = clock.now()
        self.notes: list[Note] = []
        """Lines of history about the waits that opened."""

    def take(self, asked: list[Request]) -> None:
        """Note everything that a step asked for, in order."""
        for item in asked:
            getattr(self, _TAKERS[type(item)])(item)

    def write(self) -> None:
        """Close what has ended, then insert what has begun."""
        self._cancel_user_tasks(sorted(self._closed.pop("user_task", ())))
        for kind, tokens in self._closed.items():
            for command in _CLOSING.get(kind, ()):
                at = {"instance_key": self._instance.key, "tokens": sorted(tokens)}
                command.later(self._session, **at, now=self._now)
        for table in (user_task, user_task_candidate, job, timer, message_subscription):
            self._insert(table)
        for table in (signal_subscription, incident, effect):
            self._insert(table)

    def _insert(self, table: Table) -> None:
        storage.insert_later(self._session, table, self._new[table])
        if table is user_task:
            for row in self._new[user_task]:
                storage.hold(
                    self._session, user_task, SimpleNamespace(**dict.fromkeys(user_task.c.keys()) | row)
                )

    def _cancel_user_tasks(self, tokens: list[int]) -> None:
        """People's work that the case no longer needs. A completed one is no longer CREATED by now."""
        if not tokens:
            return
        columns = user_task.c
        open_ = (columns.instance_key == self._instance.key) & columns.token.in_(tokens)
        canceled = self._session.execute(
            update(user_task)
            .where(open_, columns.state == UserTaskState.CREATED)
            .values(state=UserTaskState.CANCELED)
            .returning(columns.key, columns.element_id, columns.token)
        ).all()
        for row in canceled:
            details = {"user_task_key": str(row.key)}
            self.notes.append(Note("user_task_canceled", row.element_id, row.token, details))

    # -- one small function per effect

    def _waits_closed(self, item: WaitsClosed) -> None:
        for rows in self._new.values():
            rows[:] = [row for row in rows if row.get("token") != item.token]
        candidates = self._new[user_task_candidate]
        kept = {row["key"] for row in self._new[user_task]}
        candidates[:] = [row for row in candidates if row["user_task_key"] in kept]
        for kind in item.kinds:
            self._closed[kind].add(item.token)

    def _base(self, token: int, element_id: str) -> dict[str, Any]:
        return {
            "key": new_key(),
            "instance_key": self._instance.key,
            "token": token,
            "element_id": element_id,
            "process_definition_key": self._definition.key,
        }

    def _user_task_opened(self, item: UserTaskOpened) -> None:
        key = new_key()
        groups = item.candidate_groups
        if not (item.assignee or groups or item.candidate_users) and item.node.lane:
            groups = self._groups_named(item.node.lane)
        self._new[user_task].append(
            self._base(item.token, item.node.id)
            | {
                "key": key,
                "name_zh": item.node.name.pick("zh") or item.node.id,
                "name_en": item.node.name.pick("en") or item.node.id,
                "process_id": self._definition.process_id,
                "root_key": self._instance.root_key,
                "state": UserTaskState.CREATED,
                "assignee": item.assignee,
                "candidate_groups": groups,
                "candidate_users": item.candidate_users,
                "form_id": item.form_id,
                "form_key": self._form_key(item),
                "external_form": item.external_form,
                "separate_from": _apart(item),
                "priority": item.priority,
                "due_at": item.due_at,
                "due_rule": item.due_rule,
                "follow_up_at": item.follow_up_at,
                "revision": 1,
                "created_at": self._now,
                "claimed_at": self._now if item.assignee else None,
            }
        )
        self._new[user_task_candidate] += candidate_rows(
            self._instance.key, key, groups, item.candidate_users, due_at=item.due_at, priority=item.priority
        )
        details = {"user_task_key": str(key), "candidate_groups": groups}
        self.notes.append(Note("user_task_created", item.node.id, item.token, details))

    def _groups_named(self, lane: str) -> list[str]:
        """Who works in a lane that is named like a group: a user task there that names nobody is theirs."""
        columns = person_group.c
        named = or_(columns.group_id == lane, columns.name_zh == lane, columns.name_en == lane)
        return list(self._session.scalars(select(columns.group_id).where(named).order_by(columns.group_id)))

    def _form_key(self, item: UserTaskOpened) -> int | None:
        """The version of the form that this task keeps: the latest, or the one deployed with the diagram."""
        if item.form_id is None:
            return None
        columns = form_definition.c
        query = select(columns.key).where(columns.form_id == item.form_id)
        if item.node.assignment is not None and item.node.assignment.form_binding == "deployment":
            query = query.where(columns.deployment_key == self._definition.deployment_key)
        return self._session.scalar(query.order_by(columns.version.desc()).limit(1))

    def _job_opened(self, item: JobOpened) -> None:
        row = self._base(item.token, item.node.id) | {
            "process_id": self._definition.process_id,
            "type": item.type,
            "state": JobState.CREATED,
            "retries": item.retries,
            "priority": item.priority,
            "in_order": item.node.jobs_in_order,
            "backoff": pauses_of(item.node),
            "failures": 0,
            "leases": 0,
            "custom_headers": item.node.headers,
            "created_at": self._now,
        }
        self._new[job].append(row)
        details = {"job_key": str(row["key"]), "type": item.type}
        self.notes.append(Note("job_created", item.node.id, item.token, details))

    def _timer_opened(self, item: TimerOpened) -> None:
        self._new[timer].append(
            self._base(item.token, item.element_id)
            | {
                "wait": item.wait,
                "due_at": item.due.at,
                "cycle": item.due.cycle,
                "repetitions": item.due.repetitions,
                "is_aside": item.is_aside,
            }
        )

    def _message_opened(self, item: MessageOpened) -> None:
        row = self._base(item.token, item.node.id) | {
            "wait": item.wait,
            "name_zh": item.node.name.pick("zh") or item.message_name,
            "name_en": item.node.name.pick("en") or item.message_name,
            "message_name": item.message_name,
            "correlation_key": item.correlation_key,
            "is_aside": item.is_aside,
            "created_at": self._now,
        }
        self._new[message_subscription].append(row)
        # A message published before may wait for this; looked up after the commit, so that of a message and
        # a subscription that do not see each other yet, the later one to commit always finds the other.
        later = _effect_row("correlate_subscription", self._instance.key, {"subscription_key": row["key"]})
        self._new[effect].append(later)

    def _signal_opened(self, item: SignalOpened) -> None:
        row = self._base(item.token, item.element_id)
        self._new[signal_subscription].append(
            row | {"wait": item.wait, "signal_name": item.signal_name, "is_aside": item.is_aside}
        )

    def _incident_raised(self, item: IncidentRaised) -> None:
        self._new[incident].append(
            self._base(item.token, item.element_id)
            | {
                "process_id": self._definition.process_id,
                "type": item.type,
                "message": item.message,
                "state": IncidentState.ACTIVE,
                "created_at": self._now,
            }
        )
        details = {"type": item.type, "message": item.message}
        self.notes.append(Note("incident_raised", item.element_id, item.token, details))

    def _signal_thrown(self, item: SignalThrown) -> None:
        payload = {"name": item.name, "variables": item.variables}
        self._new[effect].append(_effect_row("broadcast_signal", None, payload))

    def _child_called(self, item: ChildCalled) -> None:
        payload = {
            "parent_key": self._instance.key,
            "parent_token": item.token,
            "process_id": item.process_id,
            "binding": item.called.binding,
            "version_tag": item.called.version_tag,
            "variables": item.variables,
            "catches": item.catches,
        }
        self._new[effect].append(_effect_row("start_child", self._instance.key, payload))

    def _child_canceled(self, item: ChildCanceled) -> None:
        payload = {"parent_key": self._instance.key, "parent_token": item.token}
        self._new[effect].append(_effect_row("cancel_child", self._instance.key, payload))

    def _thrown_to_parent(self, item: ThrownToParent) -> None:
        payload = {
            "parent_token": self._instance.parent_token,
            "kind": item.kind,
            "code": item.code,
            "variables": item.variables,
        }
        self._new[effect].append(_effect_row("throw_in_parent", self._instance.parent_key, payload))


def _among(table: Table, is_postgresql: bool) -> ColumnElement[bool]:
    """Whether a row belongs to one of the parameter `tokens` of the instance `instance_key`."""
    if is_postgresql:
        one_of = table.c.token == any_(bindparam("tokens", type_=ARRAY(Integer)))
    else:
        listed = func.json_each(bindparam("tokens", type_=JSON)).table_valued("value")
        one_of = table.c.token.in_(select(listed.c.value))
    return (table.c.instance_key == bindparam("instance_key")) & one_of


def _forgetting(table: Table) -> Command:
    return Command(table, lambda is_postgresql: delete(table).where(_among(table, is_postgresql)))


_RESOLVE_INCIDENTS = Command(
    incident,
    lambda is_postgresql: (
        update(incident)
        .where(_among(incident, is_postgresql), incident.c.state == IncidentState.ACTIVE)
        .values(state=IncidentState.RESOLVED, resolved_at=bindparam("now"))
    ),
)
_CANCEL_JOBS = Command(
    job,
    lambda is_postgresql: (
        update(job)
        .where(_among(job, is_postgresql), or_(*(job.c.state == state for state in _OPEN_JOBS)))
        .values(state=JobState.CANCELED, ended_at=bindparam("now"))
    ),
)
_CLOSING: dict[str, tuple[Command, ...]] = {
    "job": (_CANCEL_JOBS, _RESOLVE_INCIDENTS),  # a job that failed for good has an incident
    "timer": (_forgetting(timer),),
    "message": (_forgetting(message_subscription),),
    "signal": (_forgetting(signal_subscription),),
    "incident": (_RESOLVE_INCIDENTS,),
}
"""What ends the waits of each kind of some tokens."""
_TAKERS: dict[type[Request], str] = {
    WaitsClosed: "_waits_closed",
    UserTaskOpened: "_user_task_opened",
    JobOpened: "_job_opened",
    TimerOpened: "_timer_opened",
    MessageOpened: "_message_opened",
    SignalOpened: "_signal_opened",
    IncidentRaised: "_incident_raised",
    SignalThrown: "_signal_thrown",
    ChildCalled: "_child_called",
    ChildCanceled: "_child_canceled",
    ThrownToParent: "_thrown_to_parent",
}
