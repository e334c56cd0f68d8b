"""Duties of groups as records: deputy, lead, manager, and who is on call for which severities."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.engine import tables
from laneway.records.kinds import known
from laneway.records.kinds.declared import Field, Kind, Problem, Type, Values
from laneway.words import Text

SEVERITIES = {one: Text(one, one) for one in ("S1", "S2", "S3", "S4")}
_PEOPLE = ("deputy", "lead", "manager", "on_call")
_USERNAME = Text("登录名", "User name")


def _look(session: Session, _before: Values, after: Values) -> list[Problem]:
    """Whoever is named is there and may log in."""
    problems: list[Problem] = []
    people, groups = tables.person.c, tables.person_group.c
    named = {after[name] for name in _PEOPLE if after.get(name)}
    active = set(session.scalars(select(people.username).where(people.username.in_(named), people.is_active)))
    for name in _PEOPLE:
        if after.get(name) and after[name] not in active:
            problems.append((name, "no_such_record", {"code": after[name]}))
    for name in ("group_id", "deputy_group"):
        if after.get(name):
            there = session.scalar(select(groups.group_id).where(groups.group_id == after[name]))
            if there is None:
                problems.append((name, "no_such_record", {"code": after[name]}))
    if after.get("called_for") and not after.get("on_call"):
        problems.append(("on_call", "required", {}))
    return problems


DUTY = known.add(
    Kind(
        id="group_duty",
        name=Text("组的职责", "Duty of a group"),
        plural=Text("组的职责", "Duties of groups"),
        icon="users",
        table=tables.group_duty,
        code="group_id",
        title=("name_zh", "name_en"),
        listed=("lead", "deputy", "manager", "on_call", "called_for"),
        searched=("group_id", "name_zh", "name_en", "lead", "deputy", "manager", "on_call"),
        sorted_by=("group_id",),
        edited_by=frozenset({"cs_manager", "complaint_lead", "director", "process_owner"}),
        look=_look,
        fields=(
            Field("group_id", Text("组", "Group"), is_required=True, longest=120),
            Field("name_zh", Text("中文名称", "Chinese name"), is_required=True, longest=200),
            Field("name_en", Text("英文名称", "English name"), is_required=True, longest=200),
            Field(
                "lead", Text("组长（超时通知）", "Lead, told when time is over"), longest=120, help=_USERNAME
            ),
            Field(
                "deputy",
                Text("代理人（预警通知）", "Deputy, told at three quarters"),
                longest=120,
                help=_USERNAME,
            ),
            Field("deputy_group", Text("代理组", "Deputy group"), longest=120),
            Field(
                "manager",
                Text("经理（再次升级）", "Manager, told at half as much over"),
                longest=120,
                help=_USERNAME,
            ),
            Field("on_call", Text("值班人", "On call"), longest=120, help=_USERNAME),
            Field(
                "called_for",
                Text("立即通知值班人的严重度", "Severities that call them at once"),
                Type.CHOICES,
                options=SEVERITIES,
            ),
        ),
    )
)
