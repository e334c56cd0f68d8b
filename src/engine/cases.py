"""Case files: the numbered business file around a process instance, kept current from its variables.

A process opens a case when its property `laneway:case:series` names a number series. The properties
`laneway:case:title`, `customer`, `severity` and `owner` (FEEL with a leading `=`, or plain text) say what lists show;
`laneway:case:party` gives the code of the customer's record, without it the variable `party`. The variable
`customer_closed_at` tells when the customer's side was closed, which may be long before the case itself ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from laneway.engine import clock, numbers
from laneway.engine.bpmn.model import Process
from laneway.engine.expressions import evaluate
from laneway.engine.model import InstanceState, Person
from laneway.engine.spiff.requests import StepFailed
from laneway.engine.tables import case_file
from laneway.errors import NotFound

_SERIES = "laneway:case:series"
_FIELDS = {"title": 400, "customer": 200, "severity": 20, "owner_group": 120}
CUSTOMER_CLOSED = "customer_closed_at"
_PARTY = "laneway:case:party"
_PARTY_LONGEST = 40
_PROPERTY_OF = {
    "title": "laneway:case:title",
    "customer": "laneway:case:customer",
    "severity": "laneway:case:severity",
    "owner_group": "laneway:case:owner",
}


def allot(session: Session, process: Process) -> str | None:
    """A case number for a new instance, if its process opens cases."""
    series = process.properties.get(_SERIES, "").strip()
    return numbers.allot(session, series, thing="case", at=clock.now()) if series else None


def open_(
    session: Session,
    process: Process,
    *,
    number: str,
    instance_key: int,
    variables: Mapping[str, Any],
    by: Person | None,
) -> None:
    """File a new case."""
    session.execute(
        insert(case_file).values(
            number=number,
            instance_key=instance_key,
            process_id=process.id,
            state=InstanceState.ACTIVE,
            opened_at=clock.now(),
            opened_by=by.username if by is not None else None,
            **_shown(process, variables),
        )
    )


def refresh(session: Session, process: Process, instance_key: int, variables: Mapping[str, Any]) -> None:
    """Bring what lists show up to date after variables have changed."""
    if process.properties.get(_SERIES, "").strip():
        statement = update(case_file).where(case_file.c.instance_key == instance_key)
        session.execute(statement.values(**_shown(process, variables)))


def close(session: Session, instance_key: int, state: InstanceState) -> None:
    """The instance has ended, and with it its case."""
    statement = update(case_file).where(case_file.c.instance_key == instance_key)
    session.execute(statement.values(state=state, closed_at=clock.now()))


def reopen(session: Session, instance_key: int, *, counts: bool) -> None:
    """The case goes on after its closure; `counts` unless the closure was only a slip that is taken back."""
    columns = case_file.c
    statement = update(case_file).where(columns.instance_key == instance_key)
    session.execute(
        statement.values(
            state=InstanceState.ACTIVE,
            closed_at=None,
            customer_closed_at=None,
            reopened=columns.reopened + (1 if counts else 0),
        )
    )


def customer_closed_at(session: Session, instance_key: int) -> datetime | None:
    """When the customer's side of the case was closed, if it is."""
    query = select(case_file.c.customer_closed_at).where(case_file.c.instance_key == instance_key)
    return session.scalar(query)


def number_of(session: Session, root_key: int) -> str | None:
    """The case number of a root instance, if it has one."""
    query = select(case_file.c.number).where(case_file.c.instance_key == root_key)
    return session.scalar(query)


def any_(session: Session) -> bool:
    """Whether there is any case at all."""
    return session.scalar(select(case_file.c.number).limit(1)) is not None


def newest(session: Session) -> tuple[int, str]:
    """Instance key and number of the case that was opened last. Raises NotFound when there is none."""
    query = select(case_file.c.instance_key, case_file.c.number)
    row = session.execute(query.order_by(case_file.c.instance_key.desc()).limit(1)).one_or_none()
    if row is None:
        raise NotFound("case_not_found")
    return row.instance_key, row.number


def _shown(process: Process, variables: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        column: _text(process.properties.get(_PROPERTY_OF[column], ""), variables)[:width]
        for column, width in _FIELDS.items()
    }
    shown["party_code"] = party_of(process, variables)
    shown["customer_closed_at"] = _moment(variables.get(CUSTOMER_CLOSED))
    return shown


def party_of(process: Process, variables: Mapping[str, Any]) -> str | None:
    """Code of the customer's record, where the case names one."""
    own = process.properties.get(_PARTY)
    party = _text(own, variables) if own is not None else variables.get("party")
    return party if isinstance(party, str) and 0 < len(party) <= _PARTY_LONGEST else None


def _moment(value: Any) -> datetime | None:
    """A moment as FEEL leaves it in a variable; nothing for anything else."""
    try:
        found = datetime.fromisoformat(value.partition("[")[0]) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _text(source: str, variables: Mapping[str, Any]) -> str:
    if not source.startswith("="):
        return source
    try:
        value = evaluate(source, variables).value
    except StepFailed:
        return ""  # a title that cannot be told must not stop the case
    return value if isinstance(value, str) else "" if value is None else str(value)
