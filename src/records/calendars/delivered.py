"""Calendars that this product comes with: China, the branches in Europe and the United States, and round the clock."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.engine import tables
from laneway.engine.calendars.targets import ROUND_THE_CLOCK
from laneway.engine.working_calendars import WEEKDAYS
from laneway.records.calendars.kinds import CALENDAR
from laneway.records.kinds import store

CODES = {"cn.toml": "CN", "eu.toml": "EU", "us.toml": "US"}
OURS = "CN"
"""The one of the organisation, until its owners choose another."""


def load(session: Session) -> None:
    """Bring the delivered calendars into the database, those that are there excepted."""
    columns = tables.calendar.c
    known = set(session.scalars(select(columns.code)))
    has_own = session.scalar(select(columns.key).where(columns.is_default).limit(1)) is not None
    for raw in (*map(_written, CODES), _always()):
        if raw["code"] not in known:
            is_own = raw["code"] == OURS and not has_own
            store.create(session, CALENDAR, raw | {"is_default": is_own}, by=None)


def _written(name: str) -> dict[str, Any]:
    told = tomllib.loads(Path(__file__).with_name(name).read_text("utf-8"))
    usual = told["hours"]
    days: list[dict[str, Any]] = []
    for year in told["years"]:
        days += [{"first_on": first, "last_on": last} for first, last in year["closed"]]
        days += [{"first_on": day, "is_open": True} for day in year.get("working", ())]
    return {
        "code": CODES[name],
        "name_zh": told["name"]["zh"],
        "name_en": told["name"]["en"],
        "zone": told["zone"],
        "owner": told["owner"],
        "source": told["years"][-1]["source"],
        "review_on": told["years"][-1]["review"],
        "hours": [
            {"weekday": WEEKDAYS[day], "opens": opens, "closes": closes}
            for day in usual["weekdays"]
            for opens, closes in usual["open"]
        ],
        "days": days,
    }


def _always() -> dict[str, Any]:
    return {
        "code": ROUND_THE_CLOCK,
        "name_zh": "全天候",
        "name_en": "Round the clock",
        "zone": "UTC",
        "owner": "cs_manager",
        "source": "没有例外 · without exception",
        "hours": [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in WEEKDAYS],
    }
