"""Figures of the everyday rules: data with source, owner and review date, which their owners may change."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.engine.tables.department.cases import rule_figure
from laneway.errors import NotFound
from laneway.records.kinds import known, store
from laneway.records.kinds.declared import Field, Kind, Type
from laneway.words import Text

UNITS = {"days": Text("天", "days"), "times": Text("次", "times")}

FIGURE = known.add(
    Kind(
        id="rule_figure",
        name=Text("规则数值", "Figure of a rule"),
        plural=Text("规则数值", "Figures of rules"),
        icon="gear",
        table=rule_figure,
        code="code",
        title=("name_zh", "name_en"),
        listed=("amount", "unit", "owner_group", "review_on"),
        searched=("code", "name_zh", "name_en", "source"),
        sorted_by=("code",),
        edited_by=frozenset({"cs_manager", "complaint_lead", "quality", "process_owner"}),
        fields=(
            Field("code", Text("编号", "Code"), is_required=True, longest=60),
            Field("name_zh", Text("中文名称", "Chinese name"), is_required=True),
            Field("name_en", Text("英文名称", "English name"), is_required=True),
            Field("amount", Text("数值", "Amount"), Type.NUMBER, is_required=True, least=0, most=3650),
            Field("unit", Text("单位", "Unit"), Type.CHOICE, is_required=True, options=UNITS),
            Field("source", Text("出处", "Source"), is_required=True),
            Field("owner_group", Text("负责组", "Owner"), is_required=True, longest=120),
            Field("review_on", Text("复核日", "Review on"), Type.DATE, is_required=True),
        ),
    )
)


def amount(session: Session, code: str) -> int:
    """What a figure says now. Raises NotFound for one that there is not."""
    found: int | None = session.scalar(select(rule_figure.c.amount).where(rule_figure.c.code == code))
    if found is not None:
        return found
    delivered = _delivered().get(code)
    if delivered is None:
        raise NotFound("rule_figure_not_found", figure=code)
    return int(delivered["amount"])


def load(session: Session) -> None:
    """Bring the delivered figures into the database, those that are there excepted."""
    present = set(session.scalars(select(rule_figure.c.code)))
    for code, row in _delivered().items():
        if code not in present:
            raw = {
                "code": code,
                "name_zh": row["zh"],
                "name_en": row["en"],
                "amount": row["amount"],
                "unit": row["unit"],
                "source": row["source"],
                "owner_group": row["owner"],
                "review_on": row["review_on"],
            }
            store.create(session, FIGURE, raw, by=None)


@cache
def _delivered() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name("figures.toml").read_text("utf-8"))
