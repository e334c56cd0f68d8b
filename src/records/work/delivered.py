"""Skills and service types that this product comes with, and the people and things of the demonstration."""

from __future__ import annotations

import tomllib
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.engine import clock
from laneway.engine.tables import work
from laneway.records.kinds import store
from laneway.records.kinds.declared import Kind
from laneway.records.work import kinds, resources

_VALID, _EXPIRED = timedelta(days=730), timedelta(days=150)


def load(session: Session) -> None:
    """Bring delivered skills and service types into the database, those that are there excepted."""
    told = _told()
    for code, row in told["skills"].items():
        _add(session, kinds.SKILL, code, row, valid_months=row["valid_months"])
    for code, row in told["types"].items():
        _add(
            session,
            kinds.SERVICE_TYPE,
            code,
            row,
            minutes=row["minutes"],
            hourly_rate=row["hourly_rate"],
            currency=row["currency"],
            safety_zh="\n".join(row["safety_zh"]),
            safety_en="\n".join(row["safety_en"]),
            is_active=True,
            skills=[{"skill": one} for one in row["skills"]],
        )


def load_demo(session: Session) -> None:
    """Bring the demonstration's work centres and resources into the database, those that are there excepted.

    Their certificates were given half a year ago and are valid for two years, but for one whose have run out.
    """
    told = _told()["demo"]
    for code, row in told["centres"].items():
        _add(session, kinds.WORK_CENTRE, code, row, is_active=True)
    given = clock.here().date() - timedelta(days=182)
    for code, row in told["resources"].items():
        until = given + (_EXPIRED if row.get("expired") else _VALID)
        days = {"valid_from": given.isoformat(), "valid_until": until.isoformat()}
        held = [
            {"skill": one, "certificate": f"HY-{code.upper()}-{number:02d}", **days}
            for number, one in enumerate(row["skills"], 1)
        ]
        _add(
            session,
            kinds.RESOURCE,
            code,
            row,
            kind=row["kind"],
            username=row.get("username", ""),
            work_centre_key=row["centre"],
            is_active=True,
            skills=held,
        )
    _add_absences(session, told["absences"])


def _add_absences(session: Session, told: list[dict[str, Any]]) -> None:
    """Where there are none yet: the board shows what keeps people from going."""
    if session.scalar(select(work.resource_absence.c.key).limit(1)) is not None:
        return
    today = clock.here()
    for one in told:
        day = (today + timedelta(days=one["in_days"])).date()
        start, end = (
            datetime.combine(day, time.fromisoformat(one[name]), today.tzinfo) for name in ("from", "to")
        )
        resources.be_absent(session, one["resource"], start, end, reason=one["reason"])


def _add(session: Session, of: Kind, code: str, row: dict[str, Any], **values: Any) -> None:
    columns = of.table.c
    if session.scalar(select(columns.key).where(columns.code == code)) is None:
        raw = {"code": code, "name_zh": row["zh"], "name_en": row["en"], **values}
        store.create(session, of, raw, by=None)


@cache
def _told() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("delivered.toml").read_text("utf-8"))
