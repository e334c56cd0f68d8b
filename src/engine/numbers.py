"""Numbers of records: gapless and unique in each series and year, such as `SO-2026-000001` (DOMAIN section 2, rule 2).

A number is allotted in the transaction of the record that carries it: if that is taken back, so is the number. One
that is no longer needed is cancelled and stays visible, with who did it and why; it is never given again.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from laneway.engine import clock, database
from laneway.engine.database import storage
from laneway.engine.tables import allotted_number, number_series
from laneway.errors import Conflict, Invalid, NotFound

LIVE = "LIVE"
CANCELLED = "CANCELLED"
_SHAPE = re.compile(r"(?P<series>.+)-(?P<year>\d{4})-(?P<number>\d{6,})")


def allot(session: Session, series: str, *, thing: str, by: str | None = None, at: datetime) -> str:
    """The next number of a series in the year of `at`, for a record of the kind `thing`.

    Who allots next waits until this transaction has ended: that is what makes a series gapless.
    """
    insert_ = (postgresql if database.is_postgresql() else sqlite).insert(number_series)
    statement = insert_.values(series=series, year=at.year, last=1).on_conflict_do_update(
        index_elements=["series", "year"], set_={"last": number_series.c.last + 1}
    )
    last = session.execute(statement.returning(number_series.c.last)).scalar_one()
    row = {"series": series, "year": at.year, "number": last, "thing": thing, "state": LIVE}
    row |= {"allotted_at": at, "allotted_by": by, "cancelled_at": None, "cancelled_by": None, "reason": ""}
    storage.insert_later(session, allotted_number, [row])
    return written(series, at.year, last)


def cancel(session: Session, number: str, *, reason: str, by: str) -> None:
    """Mark a number as no longer used; it stays in the list.

    Raises NotFound when it was never allotted, Conflict when it is cancelled already, Invalid without a reason.
    """
    if not reason.strip():
        raise Invalid("number_reason_missing", number=number)
    shape = _SHAPE.fullmatch(number)
    columns = allotted_number.c
    found = None
    if shape is not None:
        of_number = (
            (columns.series == shape["series"])
            & (columns.year == int(shape["year"]))
            & (columns.number == int(shape["number"]))
        )
        found = session.scalar(select(columns.state).where(of_number).with_for_update())
    if found is None:
        raise NotFound("number_not_found", number=number)
    if found == CANCELLED:
        raise Conflict("number_already_cancelled", number=number)
    session.execute(
        update(allotted_number)
        .where(of_number)
        .values(state=CANCELLED, cancelled_at=clock.now(), cancelled_by=by, reason=reason.strip())
    )


def listed(
    session: Session, series: str | None = None, *, year: int | None = None, after: int = 0, limit: int = 200
) -> list[Any]:
    """Allotted numbers in their order, cancelled ones among them: up to `limit` rows with a number above `after`."""
    columns = allotted_number.c
    query = select(allotted_number).where(columns.number > after)
    if series is not None:
        query = query.where(columns.series == series)
    if year is not None:
        query = query.where(columns.year == year)
    return list(session.execute(query.order_by(columns.series, columns.year, columns.number).limit(limit)))


def written(series: str, year: int, number: int) -> str:
    """How people write a number."""
    return f"{series}-{year}-{number:06d}"
