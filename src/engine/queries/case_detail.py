"""One case from close up: what it waits for, what happened, where its tokens are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, case, func, select
from sqlalchemy.orm import Session

from laneway.engine.decisions import DecisionState
from laneway.engine.feel import FeelWarning
from laneway.engine.model import (
    IncidentState,
    InstanceState,
    JobState,
    OutgoingKind,
    OutgoingState,
    UserTaskState,
)
from laneway.engine.queries import names
from laneway.engine.queries.case_rows import (
    DiagramState,
    ExpressionWarning,
    Happening,
    IncidentRow,
    Instance,
    JobRow,
    MessageRow,
    OutgoingRow,
    Surroundings,
    TimerRow,
    UserTaskRow,
)
from laneway.engine.tables import (
    decision_definition,
    decision_instance,
    form_definition,
    history_line,
    incident,
    job,
    message_subscription,
    outgoing,
    process_definition,
    process_instance,
    timer,
    user_task,
)
from laneway.words import Text

_OPEN_JOBS = (JobState.CREATED.value, JobState.ACTIVATED.value, JobState.FAILED.value)


class _Names:
    """Element names of the instances of one case."""

    def __init__(self, session: Session, instances: list[Instance]) -> None:
        definitions = {instance.key: instance.process_definition_key for instance in instances}
        words = {key: names.elements(session, key) for key in set(definitions.values())}
        self._of_instance = {key: words[definition] for key, definition in definitions.items()}

    def of(self, instance_key: int, element_id: str | None) -> Text:
        known = self._of_instance.get(instance_key, {}).get(element_id or "")
        return known if known and (known.zh or known.en) else Text("", "")


def surroundings(session: Session, root_key: int) -> Surroundings:
    """What a case, with the processes that it called, waits for and has done."""
    instances = _instances(session, root_key)
    called = _Names(session, instances)
    keys = [instance.key for instance in instances]
    rows = session.execute(_of(user_task, keys).order_by(user_task.c.key)).all()
    missing_forms = _missing_forms(session, rows)
    tasks = [_user_task(row, missing_forms) for row in rows]
    open_tasks = [task for task in tasks if task.state is UserTaskState.CREATED]
    return Surroundings(
        instances=instances,
        open_tasks=sorted(open_tasks, key=lambda task: (task.due_at is None, task.due_at, task.key)),
        ended_tasks=[task for task in tasks if task.state is not UserTaskState.CREATED],
        timers=_timers(session, keys, called),
        messages=_messages(session, keys, called),
        jobs=_jobs(session, keys, called),
        incidents=_incidents(session, keys, called),
        outgoing=_outgoing(session, keys),
    )


def happenings(session: Session, root_key: int, *, events: frozenset[str], limit: int) -> list[Happening]:
    """The last `limit` history rows of these events in a case, newest first."""
    instances = _instances(session, root_key)
    called = _Names(session, instances)
    rows = session.execute(
        select(history_line)
        .where(history_line.c.instance_key.in_([instance.key for instance in instances]))
        .where(history_line.c.event.in_(sorted(events)))
        .order_by(history_line.c.at.desc(), history_line.c.instance_key.desc(), history_line.c.seq.desc())
        .limit(limit)
    )
    return [
        Happening(
            row.instance_key,
            row.seq,
            row.at,
            row.event,
            row.element_id,
            called.of(row.instance_key, row.element_id),
            row.person,
            row.details,
        )
        for row in rows
    ]


def last_decisions(session: Session, root_key: int, *, limit: int = 20) -> list[Mapping[str, Any]]:
    """The decisions evaluated last in a case, the latest first: name, inputs, rules, output."""
    decided, columns = decision_definition.c, decision_instance.c
    found = session.execute(
        select(
            decided.decision_id,
            decided.name_zh,
            decided.name_en,
            columns.inputs,
            columns.rules,
            columns.output,
        )
        .join(decision_definition, decided.key == columns.decision_key)
        .where(columns.root_key == root_key, columns.state == DecisionState.EVALUATED)
        .order_by(columns.evaluation_key.desc(), columns.position.desc())
        .limit(limit)
    )
    return [
        {
            "decision_id": row.decision_id,
            "name": [row.name_zh, row.name_en],
            "inputs": [[cell["label"], cell["value"]] for cell in row.inputs],
            "rules": [[rule["id"], rule["number"]] for rule in row.rules],
            "output": row.output,
        }
        for row in found
    ]


def expression_warnings(session: Session, root_key: int, *, limit: int = 100) -> list[ExpressionWarning]:
    """What expressions of a case warned of, the latest first: for whoever looks for a mistake in a diagram."""
    happened = happenings(session, root_key, events=frozenset({"expression_warned"}), limit=limit)
    return [
        ExpressionWarning(
            one.instance_key,
            one.at,
            one.element_id or "",
            one.name,
            Text(*one.details["use"]),
            one.details["expression"],
            [FeelWarning(Text(told["zh"], told["en"]), told["pos"]) for told in one.details["warnings"]],
        )
        for one in happened
    ]


def diagram_state(session: Session, instance_key: int, waiting_at: tuple[str, ...]) -> DiagramState:
    """Where an instance has been and stands now, from its history and its failed steps."""
    # A multi-instance activity without items completes with no instance of it: visited, but not counted.
    passed = session.execute(
        select(
            history_line.c.element_id,
            func.sum(case((history_line.c.event == "element_completed", 1), else_=0)),
        )
        .where(history_line.c.instance_key == instance_key)
        .where(history_line.c.event.in_(("element_completed", "multi_instance_completed")))
        .where(history_line.c.element_id.is_not(None))
        .group_by(history_line.c.element_id)
    )
    counts = {str(element_id): int(count) for element_id, count in passed}
    taken = session.scalars(
        select(history_line.c.details).where(
            history_line.c.instance_key == instance_key, history_line.c.event == "flow_taken"
        )
    )
    failed = session.scalars(
        select(incident.c.element_id).where(
            incident.c.instance_key == instance_key, incident.c.state == IncidentState.ACTIVE.value
        )
    )
    return DiagramState(
        visited=sorted(counts),
        flows=sorted({str(details["flow"]) for details in taken}),
        current=list(dict.fromkeys(waiting_at)),
        failed=sorted({str(element_id) for element_id in failed if element_id}),
        counts={element_id: count for element_id, count in counts.items() if count > 1},
    )


def _of(table: Table, keys: list[int]) -> Any:
    return select(table).where(table.c.instance_key.in_(keys))


def _instances(session: Session, root_key: int) -> list[Instance]:
    rows = session.execute(
        select(process_instance, process_definition.c.name_zh, process_definition.c.name_en)
        .join(process_definition, process_definition.c.key == process_instance.c.process_definition_key)
        .where(process_instance.c.root_key == root_key)
        .order_by(process_instance.c.key)
    )
    return [
        Instance(
            row.key,
            row.process_id,
            row.process_definition_key,
            Text(row.name_zh, row.name_en),
            row.version,
            InstanceState(row.state),
            tuple(row.waiting_at),
            row.parent_key,
        )
        for row in rows
    ]


def _missing_forms(session: Session, rows: Sequence[Any]) -> set[str]:
    """The forms of open user tasks that had no version when their task began, and have none now."""
    is_open = UserTaskState.CREATED.value
    asked = {row.form_id for row in rows if row.form_id and row.form_key is None and row.state == is_open}
    columns = form_definition.c
    query = select(columns.form_id).where(columns.form_id.in_(asked))
    return asked.difference(session.scalars(query)) if asked else asked


def _user_task(row: Any, missing_forms: set[str]) -> UserTaskRow:
    return UserTaskRow(
        key=row.key,
        instance_key=row.instance_key,
        element_id=row.element_id,
        name=Text(row.name_zh, row.name_en),
        state=UserTaskState(row.state),
        assignee=row.assignee,
        candidate_groups=tuple(row.candidate_groups),
        candidate_users=tuple(row.candidate_users),
        created_at=row.created_at,
        claimed_at=row.claimed_at,
        due_at=row.due_at,
        completed_at=row.completed_at,
        completed_by=row.completed_by,
        due_rule=row.due_rule or "",
        missing_form=row.form_id if row.form_id in missing_forms else "",
    )


def _timers(session: Session, keys: list[int], called: _Names) -> list[TimerRow]:
    rows = session.execute(_of(timer, keys).order_by(timer.c.due_at))
    return [
        TimerRow(row.element_id, called.of(row.instance_key, row.element_id), row.due_at, row.is_aside)
        for row in rows
    ]


def _messages(session: Session, keys: list[int], called: _Names) -> list[MessageRow]:
    rows = session.execute(_of(message_subscription, keys).order_by(message_subscription.c.key))
    found = []
    for row in rows:
        name = called.of(row.instance_key, row.element_id)
        own = Text(row.name_zh or row.message_name, row.name_en or row.message_name)
        found.append(
            MessageRow(
                row.key,
                row.element_id,
                name if name.zh or name.en else own,
                row.message_name,
                row.correlation_key,
                row.created_at,
                row.is_aside,
                names.note_variables(session, row.process_definition_key).get(row.element_id, ""),
            )
        )
    return found


def _jobs(session: Session, keys: list[int], called: _Names) -> list[JobRow]:
    rows = session.execute(_of(job, keys).where(job.c.state.in_(_OPEN_JOBS)).order_by(job.c.key))
    return [
        JobRow(
            row.key,
            row.element_id,
            called.of(row.instance_key, row.element_id),
            row.type,
            JobState(row.state),
            row.retries,
            row.worker,
            row.retry_at,
            row.error_message,
            row.created_at,
            row.progress if row.state == JobState.ACTIVATED else None,
            row.progress_text or "",
        )
        for row in rows
    ]


def _incidents(session: Session, keys: list[int], called: _Names) -> list[IncidentRow]:
    active = incident.c.state == IncidentState.ACTIVE.value
    rows = session.execute(_of(incident, keys).where(active).order_by(incident.c.key))
    return [
        IncidentRow(
            row.key,
            row.element_id,
            called.of(row.instance_key, row.element_id),
            row.type,
            row.message,
            row.created_at,
        )
        for row in rows
    ]


def _outgoing(session: Session, keys: list[int]) -> list[OutgoingRow]:
    rows = session.execute(_of(outgoing, keys).order_by(outgoing.c.key.desc()))
    return [
        OutgoingRow(
            row.key,
            OutgoingKind(row.kind),
            OutgoingState(row.state),
            row.recipient,
            row.subject,
            row.body,
            row.created_at,
            row.sent_at,
            row.not_before,
            row.attempts,
            row.failure or "",
            row.error,
        )
        for row in rows
    ]
