"""Four eyes: what people enter is stored at once, but for sensitive fields, to which someone else has to agree first.

Bank, payment terms and credit limit of a customer are such fields (DOMAIN section 3, C080). The change is proposed,
stands beside the record while it waits, and goes to the group that the field names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from laneway.engine import access, clock
from laneway.engine.access import Action
from laneway.engine.database import new_key
from laneway.engine.model import Person
from laneway.engine.tables.department.records import record_proposal
from laneway.errors import Conflict, Invalid, NotFound
from laneway.records.kinds import changes, known, store
from laneway.records.kinds.changes import Event
from laneway.records.kinds.declared import Kind, Values

_columns = record_proposal.c
_LAST_KEY = 2**63 - 1


class State(StrEnum):
    """Where a proposed change stands."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    RETURNED = "RETURNED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True)
class Proposal:
    """A proposed change; `changes` is {field: (old, new)} as JSON, `approvers` the group that decides."""

    key: int
    kind: str
    record_key: int
    changes: Mapping[str, tuple[Any, Any]]
    approvers: str
    state: State
    reason: str
    author: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    answer: str


@dataclass(frozen=True)
class Saved:
    """What has become of what someone entered: the record, its revision, and the fields that wait for agreement."""

    key: int
    revision: int
    proposed: tuple[str, ...]


def save(
    session: Session,
    kind: Kind,
    key: int | None,
    raw: Mapping[str, Any],
    *,
    by: Person,
    revision: int | None = None,
    reason: str = "",
    source_key: int | None = None,
) -> Saved:
    """Create a record (`key` is None) or change the fields that `raw` names; sensitive ones are proposed.

    Raises NotAllowed, Invalid("record_invalid"), Conflict("record_changed") when the record is no longer at
    `revision`, Conflict("field_pending") when somebody else's change of a sensitive field waits.
    """
    access.require(by, Action.EDIT_RECORD, kind)
    if source_key is not None:
        done = changes.made_by(session, kind.id, source_key)
        if done is not None:
            return Saved(done, changes.revision(session, kind.id, done), ())
    before: Values = {}
    if key is not None:
        record = store.for_change(session, kind, key, revision)
        if kind.is_append_only:
            raise Conflict("record_append_only", record=record.code)
        before = record.values
    found, problems = store.checked(session, kind, raw, before)
    if problems:
        raise Invalid("record_invalid", problems)
    differing = store.difference(kind, before, found)
    proposed = {name: differing[name] for name in kind.sensitive if name in differing and differing[name][1]}
    proposed |= {name: both for name, both in differing.items() if name in kind.sensitive and both[0]}
    free = {name: value for name, value in found.items() if name not in kind.sensitive}
    free |= kind.derive({**dict.fromkeys(kind.by_name), **before, **free})
    if key is None:
        [key] = store.create_many(session, kind, [free], by=by.username, reason=reason, source_key=source_key)
    else:
        store.apply(session, record, free, by=by.username, reason=reason, source_key=source_key)
    propose(session, kind, key, proposed, by=by, reason=reason, source_key=source_key)
    return Saved(key, changes.revision(session, kind.id, key), tuple(proposed))


def propose(
    session: Session,
    kind: Kind,
    key: int,
    proposed: Mapping[str, tuple[Any, Any]],
    *,
    by: Person,
    reason: str = "",
    source_key: int | None = None,
) -> None:
    """Ask each group that has to agree, with {field: (old, new)} as JSON.

    What the same person proposed for these fields before is withdrawn; somebody else's raises Conflict.
    """
    for waiting in pending_of(session, kind, key) if proposed else ():
        if not proposed.keys() & waiting.changes.keys():
            continue
        if waiting.author != by.username:
            raise Conflict("field_pending", holder=waiting.author)
        _decide(session, waiting, State.WITHDRAWN, by=by, answer="")
    for approvers in sorted({kind.sensitive[name] for name in proposed}):
        told = {name: both for name, both in proposed.items() if kind.sensitive[name] == approvers}
        session.execute(
            insert(record_proposal).values(
                key=new_key(),
                kind=kind.id,
                record_key=key,
                changes={name: list(both) for name, both in told.items()},
                approvers=approvers,
                state=State.PENDING,
                reason=reason.strip()[:1000],
                author=by.username,
                proposed_at=clock.now(),
                source_key=source_key,
                answer="",
            )
        )
        changes.add(session, kind.id, key, told, event=Event.PROPOSED, by=by.username, reason=reason)


def approve(session: Session, key: int, *, by: Person, answer: str = "") -> int:
    """Agree to a proposed change and make it; returns the revision of the record.

    Raises NotAllowed for its author and for anyone outside the group, Conflict when it was decided already or the
    field is no longer what it was, Invalid when the values no longer fit.
    """
    proposal = get(session, key, is_locked=True)
    access.require(by, Action.APPROVE_RECORD, proposal)
    _require_pending(proposal)
    kind = known.kind(proposal.kind)
    record = store.for_change(session, kind, proposal.record_key)
    new = {name: both[1] for name, both in proposal.changes.items()}
    found, problems = store.checked(session, kind, new, record.values)
    if problems:
        raise Invalid("record_invalid", problems)
    now = store.difference(kind, record.values, found)
    if any(now.get(name, (both[0],))[0] != both[0] for name, both in proposal.changes.items()):
        raise Conflict("proposal_outdated", record=record.code)
    _mark(session, proposal, State.APPROVED, by=by, answer=answer)
    return store.apply(session, record, found, by=by.username, reason=answer, event=Event.APPROVED)


def return_(session: Session, key: int, *, by: Person, answer: str) -> None:
    """Give a proposed change back with a reason. Raises what `approve` raises, and Invalid without a reason."""
    proposal = get(session, key, is_locked=True)
    access.require(by, Action.APPROVE_RECORD, proposal)
    _require_pending(proposal)
    if not answer.strip():
        raise Invalid("reason_required", [("answer", "required", {})])
    _decide(session, proposal, State.RETURNED, by=by, answer=answer)


def withdraw(session: Session, key: int, *, by: Person) -> None:
    """Take back a change that one has proposed. Raises NotFound for somebody else's, Conflict when it was decided."""
    proposal = get(session, key, is_locked=True)
    if proposal.author != by.username:
        raise NotFound("proposal_not_found")
    _require_pending(proposal)
    _decide(session, proposal, State.WITHDRAWN, by=by, answer="")


def note_refusal(session: Session, key: int, *, by: Person) -> None:
    """Write into the history that someone wanted to agree to their own change and was refused."""
    proposal = get(session, key)
    if proposal.author == by.username:
        changes.add(
            session, proposal.kind, proposal.record_key, proposal.changes, event=Event.REFUSED, by=by.username
        )


def get(session: Session, key: int, *, is_locked: bool = False) -> Proposal:
    """The proposed change with this key. Raises NotFound."""
    query = select(record_proposal).where(_columns.key == min(key, _LAST_KEY))
    row = session.execute(query.with_for_update() if is_locked else query).one_or_none()
    if row is None:
        raise NotFound("proposal_not_found")
    return _proposal(row)


def pending_of(session: Session, kind: Kind, record_key: int) -> list[Proposal]:
    """What waits for agreement on one record."""
    query = select(record_proposal).where(
        _columns.kind == kind.id, _columns.record_key == record_key, _columns.state == State.PENDING
    )
    return [_proposal(row) for row in session.execute(query.order_by(_columns.key))]


def pending(session: Session, *, limit: int = 200) -> list[Proposal]:
    """All that waits for agreement, the oldest first."""
    query = select(record_proposal).where(_columns.state == State.PENDING)
    rows = session.execute(query.order_by(_columns.proposed_at, _columns.key).limit(limit))
    return [_proposal(row) for row in rows]


def count_for(session: Session, by: Person) -> int:
    """How many proposed changes this person may decide."""
    query = select(func.count()).where(
        _columns.state == State.PENDING,
        _columns.approvers.in_(by.groups),
        _columns.author != by.username,
    )
    return session.scalar(query) or 0


def of_source(session: Session, source_key: int) -> Sequence[Proposal]:
    """What a job has proposed."""
    query = select(record_proposal).where(_columns.source_key == source_key).order_by(_columns.key)
    return [_proposal(row) for row in session.execute(query)]


def _require_pending(proposal: Proposal) -> None:
    if proposal.state is not State.PENDING:
        raise Conflict("proposal_decided")


def _decide(session: Session, proposal: Proposal, state: State, *, by: Person, answer: str) -> None:
    _mark(session, proposal, state, by=by, answer=answer)
    changes.add(
        session,
        proposal.kind,
        proposal.record_key,
        proposal.changes,
        event=Event(state),
        by=by.username,
        reason=answer,
    )


def _mark(session: Session, proposal: Proposal, state: State, *, by: Person, answer: str) -> None:
    values = {"state": state, "decided_by": by.username, "decided_at": clock.now()}
    values["answer"] = answer.strip()[:1000]
    session.execute(update(record_proposal).where(_columns.key == proposal.key).values(**values))


def _proposal(row: Any) -> Proposal:
    told = dict(row._mapping)
    told.pop("source_key")
    told["changes"] = {name: (both[0], both[1]) for name, both in row.changes.items()}
    return Proposal(**{**told, "state": State(row.state)})
