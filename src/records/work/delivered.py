"""Skills and service types that this product comes with, and the people and things of the demonstration."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.engine import clock
from laneway.records.calendars import shipped
from laneway.records.kinds import store
from laneway.records.kinds.declared import Kind
from laneway.records.work import kinds

_VALID = timedelta(days=730)


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

    Their certificates were given half a year ago and are valid for two years.
    """
    told = _told()["demo"]
    for code, row in told["centres"].items():
        _add(session, kinds.WORK_CENTRE, code, row, is_active=True)
    given = clock.now().astimezone(shipped.china().tz).date() - timedelta(days=182)
    days = {"valid_from": given.isoformat(), "valid_until": (given + _VALID).isoformat()}
    for code, row in told["resources"].items():
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


def _add(session: Session, of: Kind, code: str, row: dict[str, Any], **values: Any) -> None:
    columns = of.table.c
    if session.scalar(select(columns.key).where(columns.code == code)) is None:
        raw = {"code": code, "name_zh": row["zh"], "name_en": row["en"], **values}
        store.create(session, of, raw, by=None)


@cache
def _told() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("delivered.toml").read_text("utf-8"))
