"""What was decided in a case: each evaluation as its table with the rules that fit, and warnings of expressions."""

from __future__ import annotations

from dataclasses import dataclass

from laneway.engine import definitions
from laneway.engine.database import Session
from laneway.engine.dmn.views import table_of
from laneway.engine.queries import decisions
from laneway.engine.queries.decisions import DecisionInstance
from laneway.web.decision_tables import Sheet, Warned, other_inputs, sheets, warned
from laneway.web.i18n import pick
from laneway.web.story import Teller

_OPEN = 6
_SHOWN = 60


@dataclass(frozen=True)
class Decided:
    """One evaluation as the case page shows it. `numbers` are those of the rules that fit."""

    id: str
    made: DecisionInstance
    sheets: list[Sheet]
    has_table: bool
    numbers: list[int]
    other_inputs: list[tuple[str, str]]
    output: str
    is_output_told: bool
    warnings: list[Warned]
    is_open: bool


def decided(
    session: Session, root_key: int, teller: Teller, *, opened: str, whole: str
) -> tuple[list[Decided], int]:
    """The decisions of a case, the latest evaluation first, and how many there are: very many are cut.

    `opened` is the id of one that is asked for, `whole` that of one whose rules are all wanted; both are kept.
    """
    found = decisions.of_case(session, root_key)
    asked = (opened, whole)
    shown = [one for position, one in enumerate(found) if position < _SHOWN or one.id in asked]
    told = [
        _decided(session, one, teller, is_open=position < _OPEN or one.id in asked, whole=whole)
        for position, one in enumerate(shown)
    ]
    return told, len(found)


def _decided(
    session: Session, made: DecisionInstance, teller: Teller, *, is_open: bool, whole: str
) -> Decided:
    model = definitions.load_decisions(session, made.requirements_key)
    view = table_of(model, made.decision_id)
    tables = view.logic.tables()
    shown = sheets(view, made, is_whole=made.id == whole, tell=teller.shown)
    return Decided(
        id=made.id,
        made=made,
        sheets=shown,
        has_table=bool(tables),
        numbers=[rule.number for rule in made.matched_rules],
        other_inputs=[
            (one.label if isinstance(one.label, str) else pick(one.label), teller.shown("", one.value))
            for one in other_inputs(view, made)
        ],
        output=teller.shown("", made.output),
        is_output_told=made.failure is None and not any(sheet.outputs for sheet in shown),
        warnings=[warned(model, made.decision_id, one) for one in made.warnings],
        is_open=is_open,
    )
