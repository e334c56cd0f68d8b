"""Merging two cases about the same: one ends, the other goes on with both logs and the earlier clock.

The case that ends hears the message `complaint.merged`; its process says what follows from it. As long as nothing was
done in the case that goes on, the merge can be undone, and the other case stands where it stood.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.engine import access, instances, messages, runtime
from laneway.engine import cases as case_files
from laneway.engine.access import Action
from laneway.engine.clocks.book import Book
from laneway.engine.clocks.book import read as read_clocks
from laneway.engine.model import OPEN_STATES, InstanceState, Person
from laneway.engine.operations import reopening
from laneway.engine.operations.suspension import reason_of
from laneway.engine.queries import cases
from laneway.engine.queries.cases import CaseRow
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.requests import Note
from laneway.engine.tables import history_line, message_subscription, process_instance
from laneway.engine.tables.department.cases import case_link
from laneway.errors import Conflict, Invalid
from laneway.records.cases import links

MESSAGE = "complaint.merged"
RECEIVED = "received_at"
_BY_ITSELF = (
    "clock_warned",
    "clock_breached",
    "clock_escalated",
    "clock_recomputed",
    "on_call_alerted",
    "mail_queued",
    "mail_sent",
)
"""What time brings about in a case that nobody works on."""


def merge(session: Session, number: str, into: str, *, by: Person, reason: str) -> None:
    """Let the case `number` end in the case `into`, which keeps both logs and the earlier time of receipt.

    Raises NotFound, NotAllowed, Invalid without a reason or for a case with itself, and Conflict when one of them is
    not open or the process of the first knows no merging.
    """
    access.require(by, Action.MERGE_CASES)
    words = reason_of(reason)
    gone, kept = cases.find(session, by, number), cases.find(session, by, into.strip())
    if gone.instance_key == kept.instance_key:
        raise Invalid("case_link_to_itself")
    for one in (gone, kept):
        if one.state != InstanceState.ACTIVE or one.customer_closed_at is not None:
            raise Conflict("case_merge_needs_open", number=one.number)
    if not _hears(session, gone.instance_key):
        raise Conflict("case_merges_not", number=gone.number)
    received = _earlier(session, gone, kept)
    note = Note("case_merged_in", None, None, {"other": gone.number, "reason": words})

    def take_over(instance: Instance) -> None:
        instance.notes.append(note)
        if received is not None and received != instance.data.get(RECEIVED):
            instance.set_own_variables({RECEIVED: received})

    runtime.advance(session, kept.instance_key, take_over, by=by)
    given_up = read_clocks(session, gone.instance_key, is_own=False).latest()
    runtime.change_clocks(session, kept.instance_key, lambda book: book.take_earlier(given_up), by=by)
    links.add(
        session,
        gone.instance_key,
        kept.instance_key,
        links.Kind.MERGED,
        by=by,
        reason=words,
        stood_at=list(gone.waiting_at),
        other_seq=_last_seq(session, kept.instance_key),
    )
    messages.publish(
        session,
        name=MESSAGE,
        correlation_key=gone.number,
        variables={"merged_into": kept.number, "merge_reason": words},
        by=by,
    )


def undo(session: Session, number: str, *, by: Person, reason: str) -> None:
    """Take a merge back: the case that had ended stands again where it stood.

    Raises NotFound, NotAllowed, Invalid without a reason, and Conflict when the case was not merged or something was
    done since in the case that goes on.
    """
    access.require(by, Action.MERGE_CASES)
    words = reason_of(reason)
    row = cases.find(session, by, number)
    merged = merge_of(session, row.instance_key)
    if merged is None or row.state in OPEN_STATES:
        raise Conflict("case_not_merged", number=number)
    if not is_untouched(session, merged):
        raise Conflict("case_merge_touched", number=number)
    links.take_back(session, row.instance_key, merged.key, by=by)
    locked = runtime.lock(session, row.instance_key)
    note = Note("case_merge_undone", None, None, {"reason": words})
    reopening.go_on(session, locked, merged.stood_at, by=by, note=note)
    case_files.reopen(session, row.instance_key, counts=False)
    runtime.change_clocks(session, row.instance_key, Book.revive, by=by)


def merge_of(session: Session, root_key: int) -> Any:
    """The row of the link by which this case was merged into another, or None."""
    columns = case_link.c
    this = (columns.instance_key == root_key) & (columns.kind == links.Kind.MERGED)
    return session.execute(select(case_link).where(this, columns.removed_at.is_(None))).one_or_none()


def is_untouched(session: Session, merged: Any) -> bool:
    """Whether nothing was done since in the case that goes on."""
    columns = history_line.c
    since = (columns.instance_key == merged.other_key) & (columns.seq > merged.other_seq)
    done = select(columns.seq).where(since, columns.event.not_in(_BY_ITSELF)).limit(1)
    return session.scalar(done) is None


def can_end_in_another(session: Session, row: CaseRow) -> bool:
    """Whether the case is open and its process listens for being merged."""
    return row.state == InstanceState.ACTIVE and _hears(session, row.instance_key)


def _hears(session: Session, instance_key: int) -> bool:
    columns = message_subscription.c
    mine = (columns.instance_key == instance_key) & (columns.message_name == MESSAGE)
    return session.scalar(select(columns.key).where(mine).limit(1)) is not None


def _last_seq(session: Session, instance_key: int) -> int | None:
    columns = process_instance.c
    return session.scalar(select(columns.last_seq).where(columns.key == instance_key))


def _earlier(session: Session, gone: CaseRow, kept: CaseRow) -> str | None:
    """The earlier of the two times of receipt as its case tells it; None where neither does."""
    told = [instances.variables(session, one.instance_key).get(RECEIVED) for one in (kept, gone)]
    moments = [(moment, text) for text in told if (moment := _moment(text)) is not None]
    return min(moments, key=lambda one: one[0])[1] if moments else None


def _moment(text: Any) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
