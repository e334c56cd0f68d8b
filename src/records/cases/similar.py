"""Duplicates and clusters of complaints: same customer, lot and defect, or the same lot and defect at any customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from laneway.engine.queries import cases
from laneway.engine.queries.cases import CaseRow
from laneway.engine.tables.department.cases import case_lot
from laneway.records.cases import figures

_LONGEST_LOT = 60
_SEPARATORS = str.maketrans(dict.fromkeys("，、；;/|\n", ","))


@dataclass(frozen=True)
class Subject:
    """What a complaint is about. `customer` is the code of the customer's record, else the name."""

    customer: str
    lots: Sequence[str]
    defect: str
    received_at: datetime


@dataclass(frozen=True)
class Found:
    """Cases like one: its duplicates, and its cluster, which counts the case itself and every customer once."""

    duplicates: list[CaseRow]
    cluster: list[CaseRow]
    complaints: int
    customers: int


def lots_in(text: str) -> list[str]:
    """The lots that a form's field names, as they are compared: upper case, without blanks; "unknown" is none."""
    named = ("".join(one.split()).upper()[:_LONGEST_LOT] for one in text.translate(_SEPARATORS).split(","))
    return list(dict.fromkeys(one for one in named if one and one not in ("UNKNOWN", "不详", "未知")))


def remember(session: Session, root_key: int, subject: Subject) -> None:
    """Keep what a case is about, in place of what was kept of it before."""
    session.execute(delete(case_lot).where(case_lot.c.instance_key == root_key))
    for lot in subject.lots:
        session.execute(
            insert(case_lot).values(
                instance_key=root_key,
                lot=lot,
                customer=subject.customer[:200],
                defect=subject.defect[:60],
                received_at=subject.received_at,
            )
        )


def found(session: Session, root_key: int) -> Found:
    """The cases like this one, the newest first, within the days that the figures give before and after it."""
    columns = case_lot.c
    own = session.execute(select(case_lot).where(columns.instance_key == root_key)).all()
    if not own:
        return Found([], [], 1, 1)
    subject = own[0]
    span = timedelta(days=figures.amount(session, "cluster_days"))
    near = timedelta(days=figures.amount(session, "duplicate_days"))
    others = session.execute(
        select(case_lot).where(
            columns.lot.in_([row.lot for row in own]),
            columns.defect == subject.defect,
            columns.received_at.between(subject.received_at - span, subject.received_at + span),
            columns.instance_key != root_key,
        )
    ).all()
    rows = cases.by_key(session, {row.instance_key for row in others})
    duplicates = {
        row.instance_key
        for row in others
        if row.customer == subject.customer and abs(row.received_at - subject.received_at) <= near
    }
    newest = sorted(rows, reverse=True)
    customers = {subject.customer, *(row.customer for row in others if row.instance_key in rows)}
    return Found(
        [rows[key] for key in newest if key in duplicates],
        [rows[key] for key in newest],
        1 + len(rows),
        len(customers),
    )
