"""Who hears of a clock: deputies at three quarters, the lead when time is over, the manager at half as much again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.engine import clock_alerts, tables
from laneway.engine.clock_alerts import Alert
from laneway.engine.tables import user_task
from laneway.engine.tables.waiting import is_open_task

_LAST_RESORT = "cs_manager"
"""The group that hears what nobody else is there to hear."""


def of_alert(session: Session, alert: Alert) -> list[Any]:
    """The rows of the people to write to: active, with an address, each once; in the order of their user names."""
    named, groups = _FINDERS[alert.stage](session, alert)
    people = _people(session, named)
    for group in (*groups, alert.owner_group, _LAST_RESORT):
        if people:
            break
        people = _members(session, group)
    return people


def _on_call(session: Session, alert: Alert) -> tuple[set[str], list[str]]:
    duties = session.execute(select(tables.group_duty)).all()
    return {duty.on_call for duty in duties if duty.on_call and alert.severity in duty.called_for}, []


def _deputies(session: Session, alert: Alert) -> tuple[set[str], list[str]]:
    """Of the groups whose work is open; where nobody works on it, of the group that owns the case."""
    columns = user_task.c
    tasks = session.execute(
        select(columns.assignee, columns.candidate_groups).where(
            columns.root_key == alert.instance_key, is_open_task
        )
    ).all()
    people: set[str] = set()
    groups: list[str] = []
    for task in tasks:
        for duty in _duties(session, task.candidate_groups or _groups_of(session, task.assignee)):
            if duty.deputy and duty.deputy != task.assignee:
                people.add(duty.deputy)
            elif duty.deputy_group:
                groups.append(duty.deputy_group)
    if not people and not groups:
        for duty in _duties(session, [alert.owner_group]):
            people |= {duty.deputy} - {""}
            groups += [duty.deputy_group] if duty.deputy_group else []
    return people, groups


def _lead(session: Session, alert: Alert) -> tuple[set[str], list[str]]:
    return {duty.lead for duty in _duties(session, [alert.owner_group])} - {""}, []


def _manager(session: Session, alert: Alert) -> tuple[set[str], list[str]]:
    duties = _duties(session, [alert.owner_group])
    return {duty.manager for duty in duties} - {""}, [_LAST_RESORT]


_FINDERS: dict[str, Callable[[Session, Alert], tuple[set[str], list[str]]]] = {
    clock_alerts.CALLED: _on_call,
    clock_alerts.WARNED: _deputies,
    clock_alerts.BREACHED: _lead,
    clock_alerts.ESCALATED: _manager,
}


def _duties(session: Session, groups: Iterable[str]) -> list[Any]:
    columns = tables.group_duty.c
    wanted = [group for group in groups if group]
    query = select(tables.group_duty).where(columns.group_id.in_(wanted)).order_by(columns.group_id)
    return list(session.execute(query)) if wanted else []


def _groups_of(session: Session, username: str | None) -> list[str]:
    columns = tables.membership.c
    return list(session.scalars(select(columns.group_id).where(columns.username == (username or ""))))


def _people(session: Session, usernames: Iterable[str]) -> list[Any]:
    columns = tables.person.c
    wanted = columns.username.in_(list(usernames))
    return list(
        session.execute(select(tables.person).where(wanted, *_reachable()).order_by(columns.username))
    )


def _members(session: Session, group: str) -> list[Any]:
    columns = tables.person.c
    belongs = tables.membership.c.username == columns.username
    query = select(tables.person).join(tables.membership, belongs)
    mine = tables.membership.c.group_id == group
    return list(session.execute(query.where(mine, *_reachable()).order_by(columns.username)))


def _reachable() -> tuple[Any, Any]:
    return tables.person.c.is_active, tables.person.c.email != ""
