"""Duties of the groups of the demonstration organisation, and the calendars of its people abroad."""

from __future__ import annotations

import tomllib
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from laneway.engine import tables
from laneway.records import organisation
from laneway.records.duties.kinds import DUTY
from laneway.records.kinds import store


def load_demo(session: Session) -> None:
    """Bring them into the database, unless there are duties already."""
    if session.scalar(select(tables.group_duty.c.key).limit(1)) is not None:
        return
    told = tomllib.loads(Path(__file__).with_name("demo.toml").read_text("utf-8"))
    names = organisation.default_groups()
    for group, row in told["duties"].items():
        words = {"name_zh": names[group].zh, "name_en": names[group].en}
        store.create(session, DUTY, {"group_id": group, **words, **row}, by=None)
    for username, calendar in told["calendars"].items():
        people = tables.person.c
        mine = (people.username == username) & people.calendar.is_(None)
        session.execute(update(tables.person).where(mine).values(calendar=calendar))
