"""The outbox: mails and webhooks wait here from the commit that asked for them until the other side has taken them.

Each leaves at least once, with the same id every time. What cannot leave is tried again, later each time, for about a
day; then it is given up, which the case and the page of the outbox show until someone sends it again or cancels it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import quote

import orjson
from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.orm import Session

from laneway.engine import access, clock, history
from laneway.engine.access import Action
from laneway.engine.database import is_postgresql, new_key
from laneway.engine.model import OutgoingKind, OutgoingState, Person
from laneway.engine.spiff.requests import Note
from laneway.engine.tables import case_file, outgoing, process_instance
from laneway.errors import Conflict, Invalid, NotFound


class Failure(StrEnum):
    """Why an attempt failed; screens have words for each."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    REFUSED = "refused"  # by the other side, with a status and words
    ADDRESS_FORBIDDEN = "address_forbidden"  # a webhook must not go there
    UNSENDABLE = "unsendable"  # a mail address or a URL that is none
    BOUNCED = "bounced"  # taken, and sent back later
    SENDER_LOST = "sender_lost"  # whoever sent it did not say how it went


@dataclass(frozen=True)
class Mail:
    """A mail that leaves with the transaction that reports the job.

    `html` says the same as `body`. `files` are files of cases that go with it, each as root instance and key.
    """

    to: str
    subject: str
    body: str
    html: str = ""
    files: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Webhook:
    """A request that leaves the same way: a CloudEvent of type `event` about `subject`, with `payload` as its data.

    `headers` are sent beside ours, such as one with a key of the receiver.
    """

    url: str
    event: str
    payload: Any
    subject: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Delivery:
    """How one attempt went. `is_final`: trying again would not help. `status` is the SMTP or HTTP status."""

    is_sent: bool = False
    is_final: bool = False
    failure: Failure | None = None
    error: str = ""
    status: int | None = None
    retry_after_seconds: float = 0


@dataclass(frozen=True)
class _Patience:
    """How one kind is tried again: pauses double from `first_seconds` up to `_LONGEST_PAUSE`, a day in all."""

    first_seconds: int
    attempts: int
    lease_seconds: int


_PATIENCE = {
    OutgoingKind.MAIL: _Patience(first_seconds=60, attempts=15, lease_seconds=300),
    OutgoingKind.WEBHOOK: _Patience(first_seconds=10, attempts=18, lease_seconds=60),
}
_LONGEST_PAUSE = 3 * 3600
_LONGEST_RETRY_AFTER = 24 * 3600
_ERROR_LENGTH = 2000
_SUBJECT_LENGTH = 400
_WAITING = (OutgoingState.QUEUED, OutgoingState.SENDING)
_columns = outgoing.c


def queue(
    session: Session, job: Any, *, mails: Sequence[Mail] = (), webhooks: Sequence[Webhook] = ()
) -> list[Note]:
    """Put what a job asked for into the outbox; returns what the history of its instance is to tell.

    `job` is the row of a job that completes now: a job completes once, so its key makes the ids unique.
    """
    rows: list[dict[str, Any]] = []

    def add(kind: OutgoingKind, **columns: Any) -> None:
        rows.append(_row(kind, job.instance_key, job.element_id, **columns))

    case_number = _case_number(session, job.instance_key) if mails else None
    for number, mail in enumerate(mails):
        id_ = f"{job.key}-{number}"
        add(
            OutgoingKind.MAIL,
            # With the number of the case in its id, an answer finds the case by the id alone.
            dedupe_key=id_ if case_number is None else f"{case_number}.{id_}",
            recipient=mail.to,
            subject=mail.subject,
            body=mail.body,
            html=mail.html or None,
            files=[list(file) for file in mail.files],
            thread=case_number,
        )
    for number, hook in enumerate(webhooks):
        id_ = f"{job.key}-w{number}"
        words = {
            "recipient": hook.url,
            "subject": hook.event,
            "body": _cloud_event(hook, id_, job, clock.now()),
        }
        add(OutgoingKind.WEBHOOK, dedupe_key=id_, headers=dict(hook.headers), **words)
    if rows:
        session.execute(insert(outgoing), rows)
    return [
        Note(
            f"{row['kind']}_queued",
            job.element_id,
            job.token,
            {"job_key": str(job.key), "to": row["recipient"], "subject": row["subject"]},
        )
        for row in rows
    ]


def _row(kind: OutgoingKind, instance_key: int, element_id: str | None, **columns: Any) -> dict[str, Any]:
    now = clock.now()
    return {
        "key": new_key(),
        "instance_key": instance_key,
        "element_id": element_id,
        "kind": kind,
        "headers": {},
        "html": None,
        "files": [],
        "thread": None,
        "state": OutgoingState.QUEUED,
        "attempts": 0,
        "last_attempt": _PATIENCE[kind].attempts,
        "created_at": now,
        "not_before": now,
        **columns,
    }


def _case_number(session: Session, instance_key: int) -> str | None:
    query = (
        select(case_file.c.number)
        .join(process_instance, process_instance.c.root_key == case_file.c.instance_key)
        .where(process_instance.c.key == instance_key)
    )
    number: str | None = session.scalar(query)
    return number


def queue_mail(
    session: Session, instance_key: int, mail: Mail, *, dedupe_key: str, not_before: datetime | None = None
) -> Note:
    """Put a mail of our own into the outbox that no job asked for; it leaves at `not_before`, or at once.

    `dedupe_key` tells it from all others of the instance. Returns what its history is to tell.
    """
    row = _row(
        OutgoingKind.MAIL,
        instance_key,
        None,
        dedupe_key=dedupe_key,
        recipient=mail.to,
        subject=mail.subject[:_SUBJECT_LENGTH],
        body=mail.body,
    )
    session.execute(insert(outgoing).values(row | {"not_before": not_before or row["not_before"]}))
    return Note("mail_queued", None, None, {"to": mail.to, "subject": mail.subject[:_SUBJECT_LENGTH]})


def _cloud_event(hook: Webhook, id_: str, job: Any, now: datetime) -> str:
    """The body of the request: CloudEvents 1.0, structured JSON."""
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": f"urn:laneway:{quote(job.process_id, safe='')}",
        "type": hook.event,
        **({"subject": hook.subject} if hook.subject else {}),
        "time": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "processinstance": str(job.instance_key),
        "data": hook.payload,
    }
    return orjson.dumps(event).decode()


def is_due(session: Session, kind: OutgoingKind) -> bool:
    """Whether there is something of this kind to send now; a look that takes no lock."""
    return session.scalar(select(_columns.key).where(*_due(kind)).limit(1)) is not None


def lease_next(session: Session, kind: OutgoingKind) -> Any:
    """The row of this kind that has been due longest, kept from other senders for a while; None if there is none.

    What killed its sender at every attempt is given up here.
    """
    query = select(outgoing).where(*_due(kind)).order_by(_columns.not_before, _columns.key).limit(1)
    if is_postgresql():
        query = query.with_for_update(skip_locked=True)
    while (row := session.execute(query).one_or_none()) is not None:
        if row.attempts >= row.last_attempt:
            _give_up(session, row, Delivery(failure=Failure.SENDER_LOST))
            continue
        now = clock.now()
        leased = (
            update(outgoing)
            .where(_columns.key == row.key)
            .values(
                state=OutgoingState.SENDING,
                attempts=row.attempts + 1,
                tried_at=now,
                not_before=now + timedelta(seconds=_PATIENCE[kind].lease_seconds),
            )
        )
        return session.execute(leased.returning(outgoing)).one()
    return None


def _due(kind: OutgoingKind) -> tuple[ColumnElement[bool], ...]:
    return _columns.kind == kind, _columns.state.in_(_WAITING), _columns.not_before <= clock.now()


def report(session: Session, row: Any, delivery: Delivery) -> None:
    """Note how the attempt went for which `row` was leased.

    A success counts however late it is told; a failure only while the lease is still this sender's.
    """
    if delivery.is_sent:
        sent = {"state": OutgoingState.SENT, "sent_at": clock.now(), "response_status": delivery.status}
        told = {"failure": None, "error": _shortened(delivery.error)}
        mine = (_columns.key == row.key) & _columns.state.in_(_WAITING)
        if session.execute(update(outgoing).where(mine).values(**sent, **told).returning(_columns.key)).all():
            _record(session, row, "sent")
        return
    mine = (_columns.key == row.key) & (_columns.attempts == row.attempts)
    still = select(_columns.key).where(mine, _columns.state == OutgoingState.SENDING)
    if is_postgresql():
        still = still.with_for_update()
    if session.execute(still).one_or_none() is None:
        return
    if delivery.is_final or row.attempts >= row.last_attempt:
        _give_up(session, row, delivery)
        return
    kind = OutgoingKind(row.kind)
    attempt = row.attempts - (row.last_attempt - _PATIENCE[kind].attempts)
    pause = min(_PATIENCE[kind].first_seconds * 2 ** max(attempt - 1, 0), _LONGEST_PAUSE)
    # Spread, so that what failed together is not tried again together.
    pause_seconds = max(
        pause * random.uniform(0.8, 1.2), min(delivery.retry_after_seconds, _LONGEST_RETRY_AFTER)
    )
    again = {
        "state": OutgoingState.QUEUED,
        "not_before": clock.now() + timedelta(seconds=pause_seconds),
        **_as_columns(delivery),
    }
    session.execute(update(outgoing).where(_columns.key == row.key).values(again))


def bounce(session: Session, dedupe_key: str, words: str) -> bool:
    """A mail that was sent has come back; its case and the outbox show it as given up. Whether it is one of ours."""
    this = (_columns.dedupe_key == dedupe_key) & (_columns.kind == OutgoingKind.MAIL)
    row = session.execute(select(outgoing).where(this).limit(1)).one_or_none()
    if row is None:
        return False
    if row.state == OutgoingState.SENT:
        _give_up(session, row, Delivery(failure=Failure.BOUNCED, error=words, status=row.response_status))
    return True


def _give_up(session: Session, row: Any, delivery: Delivery) -> None:
    failed = {"state": OutgoingState.FAILED, **_as_columns(delivery)}
    session.execute(update(outgoing).where(_columns.key == row.key).values(failed))
    _record(session, row, "failed", failure=delivery.failure, error=_shortened(delivery.error))


def _as_columns(delivery: Delivery) -> dict[str, Any]:
    return {
        "failure": delivery.failure,
        "error": _shortened(delivery.error),
        "response_status": delivery.status,
    }


def _shortened(words: str) -> str | None:
    return words.replace("\0", "")[:_ERROR_LENGTH] or None


def find(session: Session, key: int, *, by: Person) -> Any:
    """One row with its body, and `case_number`, `root_key` and `process_id` beside it. Raises NotAllowed, NotFound."""
    access.require(by, Action.SEE_OUTBOX)
    instance = process_instance.c
    query = (
        select(outgoing, case_file.c.number.label("case_number"), instance.root_key, instance.process_id)
        .join_from(outgoing, process_instance, instance.key == _columns.instance_key)
        .outerjoin(case_file, case_file.c.instance_key == instance.root_key)
        .where(_columns.key == key)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("outgoing_not_found", key=key)
    return row


def newest(session: Session, states: Sequence[OutgoingState], *, limit: int | None) -> Sequence[Any]:
    """The rows in these states, the newest first, for the commands of whoever runs the server."""
    query = select(outgoing).where(_columns.state.in_(states)).order_by(_columns.key.desc())
    return session.execute(query.limit(limit)).all()


def counts(session: Session, *, by: Person | None = None) -> dict[OutgoingState, int]:
    """How many wait, are being sent, and were given up. `by` is asked for the right to know, where it is given."""
    if by is not None:
        access.require(by, Action.SEE_OUTBOX)
    states = (*_WAITING, OutgoingState.FAILED)
    query = select(_columns.state, func.count()).where(_columns.state.in_(states)).group_by(_columns.state)
    found = {OutgoingState(state): int(count) for state, count in session.execute(query)}
    return {state: found.get(state, 0) for state in states}


def resend(session: Session, key: int, *, by: Person | None, reason: str = "") -> None:
    """Let a message leave (again) now, with the same id; what was given up gets all its attempts anew.

    `by` is None for whoever runs the server. Raises NotAllowed, NotFound, and Conflict while it is being sent.
    """
    row = _open(session, key, by)
    again = {
        "state": OutgoingState.QUEUED,
        "not_before": clock.now(),
        "last_attempt": row.attempts + _PATIENCE[OutgoingKind(row.kind)].attempts,
        "sent_at": None,
    }
    session.execute(update(outgoing).where(_columns.key == key).values(again))
    _record(session, row, "resent", by=by, reason=reason.strip())


def cancel(session: Session, key: int, *, by: Person, reason: str) -> None:
    """Let a message leave no more: one that waits, or one that was given up and is settled otherwise.

    Raises NotAllowed, NotFound, Conflict while it is being sent, when it was sent or is canceled already, and
    Invalid without a reason.
    """
    row = _open(session, key, by)
    if row.state in (OutgoingState.SENT, OutgoingState.CANCELED):
        raise Conflict("outgoing_ended", key=key, state=row.state)
    if not reason.strip():
        raise Invalid("reason_required", [("reason", "required", {})])
    session.execute(update(outgoing).where(_columns.key == key).values(state=OutgoingState.CANCELED))
    _record(session, row, "canceled", by=by, reason=reason.strip())


def _open(session: Session, key: int, by: Person | None) -> Any:
    """The row, locked, unless a sender has it in hand."""
    if by is not None:
        access.require(by, Action.OPERATE_OUTBOX)
    query = select(outgoing).where(_columns.key == key)
    if is_postgresql():
        query = query.with_for_update()
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("outgoing_not_found", key=key)
    if row.state == OutgoingState.SENDING and row.not_before > clock.now():
        raise Conflict("outgoing_being_sent", key=key, at=row.not_before)
    return row


def _record(session: Session, row: Any, event: str, *, by: Person | None = None, **details: Any) -> None:
    told = {"outgoing_key": str(row.key), "to": row.recipient, "subject": row.subject, **details}
    history.record(session, row.instance_key, f"{row.kind}_{event}", by=by, element_id=row.element_id, **told)
