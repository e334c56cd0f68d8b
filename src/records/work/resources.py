"""People, vehicles, tools and partners: what they are able to do, and when they are free."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from laneway.engine import clock, database, working_calendars
from laneway.engine.calendars import durations, hours
from laneway.engine.tables import work
from laneway.errors import Invalid, NotFound
from laneway.words import Text

PERSON, VEHICLE, TOOL, PARTNER = "PERSON", "VEHICLE", "TOOL", "PARTNER"
KINDS = (PERSON, PARTNER, VEHICLE, TOOL)
"""In the order in which they are asked."""
WORKERS = (PERSON, PARTNER)
"""Who can go to a customer."""
_LOOK_AHEAD = timedelta(days=90)


@dataclass(frozen=True)
class Resource:
    """Somebody or something that an order needs."""

    key: int
    code: str
    name: Text
    kind: str
    username: str | None
    work_centre: str | None


class Slot(NamedTuple):
    """A time at which somebody who is able is free."""

    start: datetime
    end: datetime
    resource: Resource


class Span(NamedTuple):
    """From, up to and not including."""

    start: datetime
    end: datetime


def be_absent(session: Session, resource: str, start: datetime, end: datetime, *, reason: str) -> int:
    """Enter an absence. Returns its key. Raises NotFound, or Invalid when it does not end after it starts."""
    if end <= start:
        raise Invalid("span_ends_before_it_begins")
    key = key_of(session, work.work_resource, resource)
    absence = database.new_key()
    values = {"resource_key": key, "starts_at": start, "ends_at": end, "reason": reason}
    session.execute(insert(work.resource_absence).values(key=absence, **values))
    return absence


def by_code(session: Session, codes: Collection[str], *, is_locked: bool = False) -> list[Resource]:
    """The resources with these codes; `is_locked` lets nobody else book them before this transaction ends.

    Raises NotFound.
    """
    found = _read(session, work.work_resource.c.code.in_(codes), is_locked=is_locked)
    missing = set(codes) - {one.code for one in found}
    if missing:
        raise NotFound("resource_not_found", resource=", ".join(sorted(missing)))
    return found


def all_active(session: Session) -> list[Resource]:
    """Every resource that is in use, by kind and code."""
    return _read(session, work.work_resource.c.is_active)


def able(session: Session, skills: Collection[str], first: date, last: date) -> list[Resource]:
    """People and partners who have every one of the skills, with certificates valid on all these days; people first."""
    resource, held = work.work_resource.c, work.resource_skill.c
    rows = session.execute(
        select(held.resource_key, held.skill).where(
            held.skill.in_(skills),
            held.valid_from <= first,
            held.valid_until.is_(None) | (held.valid_until >= last),
        )
    )
    have: dict[int, set[str]] = defaultdict(set)
    for row in rows:
        have[row.resource_key].add(row.skill)
    wanted = set(skills)
    workers = _read(session, resource.is_active & resource.kind.in_(WORKERS))
    return [one for one in workers if wanted <= have[one.key]]


def free(
    session: Session,
    skills: Collection[str],
    start: datetime,
    end: datetime,
    *,
    but_order: int | None = None,
) -> list[Resource]:
    """Who is able and has nothing else to do in this time, own people first; the order `but_order` is no hindrance."""
    zone = clock.zone()
    candidates = able(session, skills, start.astimezone(zone).date(), end.astimezone(zone).date())
    taken = busy(session, [one.key for one in candidates], start, end, but_order=but_order)
    return [one for one in candidates if not taken.get(one.key)]


def busy(
    session: Session, keys: Collection[int], start: datetime, end: datetime, *, but_order: int | None = None
) -> Mapping[int, list[Span]]:
    """Bookings and absences of these resources that touch this time."""
    taken: dict[int, list[Span]] = defaultdict(list)
    for table in (work.resource_booking, work.resource_absence):
        columns = table.c
        query = select(columns.resource_key, columns.starts_at, columns.ends_at).where(
            columns.resource_key.in_(keys), columns.starts_at < end, columns.ends_at > start
        )
        if table is work.resource_booking and but_order is not None:
            query = query.where(columns.order_key != but_order)
        for row in session.execute(query):
            taken[row.resource_key].append(Span(row.starts_at, row.ends_at))
    return taken


def next_free(
    session: Session,
    skills: Collection[str],
    minutes: int,
    after: datetime,
    *,
    but_order: int | None = None,
) -> Slot | None:
    """The earliest working time of this length in which one who is able is free, own people first; None in 90 days."""
    calendar = working_calendars.own(session)
    until = after + _LOOK_AHEAD
    zone = clock.zone()
    # Certificates that run out on the way are looked at for each day that is tried.
    first = after.astimezone(zone).date()
    candidates = able(session, skills, first, first)
    taken = busy(
        session, [one.key for one in candidates], after, until + timedelta(days=7), but_order=but_order
    )
    ends = {span.end for spans in taken.values() for span in spans}
    for start in _starts(calendar, after, until, ends):
        end = durations.add_working_time(calendar, start, timedelta(minutes=minutes))
        still_able = {
            one.key
            for one in able(session, skills, start.astimezone(zone).date(), end.astimezone(zone).date())
        }
        for one in candidates:
            hindrances = taken.get(one.key, ())
            is_taken = any(span.start < end and span.end > start for span in hindrances)
            if one.key in still_able and not is_taken:
                return Slot(start, end, one)
    return None


def _starts(
    calendar: hours.Calendar, after: datetime, until: datetime, ends: Collection[datetime]
) -> Iterator[datetime]:
    """When work could begin: as soon as it is open, and whenever somebody becomes free."""
    for opens, closes in takewhile(lambda span: span[0] < until, hours.openings_from(calendar, after)):
        yield opens
        yield from sorted(end for end in ends if opens < end < closes)


def centres(session: Session) -> list[tuple[str, Text]]:
    """Code and name of the work centres in use."""
    columns = work.work_centre.c
    rows = session.execute(select(work.work_centre).where(columns.is_active).order_by(columns.code))
    return [(row.code, Text(row.name_zh, row.name_en)) for row in rows]


def expiring(session: Session, *, within: timedelta) -> list[tuple[Resource, Text, date]]:
    """Certificates that run out in this time or have run out: resource, skill and last day, the earliest first."""
    held, skill = work.resource_skill.c, work.skill.c
    last = (clock.here() + within).date()
    rows = session.execute(
        select(held.resource_key, held.valid_until, skill.name_zh, skill.name_en)
        .join_from(work.resource_skill, work.skill, skill.code == held.skill)
        .where(held.valid_until <= last)
        .order_by(held.valid_until)
    ).all()
    known = {one.key: one for one in all_active(session)}
    return [
        (known[row.resource_key], Text(row.name_zh, row.name_en), row.valid_until)
        for row in rows
        if row.resource_key in known
    ]


def key_of(session: Session, table: Any, code: str) -> int:
    """The key of the row with this code. Raises NotFound."""
    key = session.scalar(select(table.c.key).where(table.c.code == code))
    if key is None:
        raise NotFound(f"{table.name}_not_found", wanted=code)
    return int(key)


def _read(session: Session, condition: Any, *, is_locked: bool = False) -> list[Resource]:
    columns, centre = work.work_resource.c, work.work_centre.c
    if is_locked:
        session.execute(select(columns.key).where(condition).order_by(columns.key).with_for_update()).all()
    rows = session.execute(
        select(work.work_resource, centre.code.label("centre"))
        .outerjoin_from(work.work_resource, work.work_centre, centre.key == columns.work_centre_key)
        .where(condition)
    ).all()
    found = [
        Resource(row.key, row.code, Text(row.name_zh, row.name_en), row.kind, row.username, row.centre)
        for row in rows
    ]
    return sorted(found, key=lambda one: (KINDS.index(one.kind), one.code))
