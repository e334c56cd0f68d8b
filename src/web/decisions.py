"""Decisions: what is deployed, one decision with its table, versions and evaluations, and trying it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, request

from laneway.engine import access, decisions, definitions
from laneway.engine.access import Action
from laneway.engine.database import Session, reading, unit_of_work
from laneway.engine.decisions import Evaluation
from laneway.engine.dmn import DecisionModel
from laneway.engine.dmn.asked import Asked, asked_of
from laneway.engine.dmn.trace import EvaluatedDecision
from laneway.engine.dmn.views import DecisionView, Need, ids_in, table_of
from laneway.engine.model import Person
from laneway.engine.queries import decisions as found_decisions
from laneway.engine.queries import names
from laneway.engine.queries.decisions import DecisionRow
from laneway.errors import NotFound
from laneway.web import trials
from laneway.web.auth import current_person
from laneway.web.cases import decision_address
from laneway.web.decision_tables import Sheet, Warned, sheets, unmarked, warned
from laneway.web.frame import page
from laneway.web.i18n import N_
from laneway.web.looking import looking
from laneway.web.trials import Trial
from laneway.words import Finding, Text

bp = Blueprint("decisions", __name__)

_RECENT = 50
TABS = {
    "table": N_("Logic"),
    "try": N_("Try it"),
    "evaluations": N_("Evaluations"),
    "versions": N_("Versions"),
    "findings": N_("Findings"),
}


@dataclass(frozen=True)
class Seen:
    """One version of a decision, with what every tab needs."""

    shown: DecisionRow
    versions: list[DecisionRow]
    model: DecisionModel
    view: DecisionView
    asked: list[Asked]


@dataclass(frozen=True)
class Knowledge:
    """A knowledge model that a decision uses, with the tables in its logic."""

    need: Need
    sheets: list[Sheet]


@dataclass(frozen=True)
class Step:
    """One decision of an evaluation that was tried."""

    decision_id: str
    name: Text
    view: DecisionView
    sheets: list[Sheet]
    numbers: list[int]
    output: Any


@dataclass
class Tried:
    """What came of trying a decision; `is_done` is False where the form could not be read."""

    is_done: bool = False
    value: Any = None
    failure: Text | None = None
    duration: int = 0
    decisions: list[Step] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)


@bp.get("/decisions")
def listed() -> str:
    """Every decision in its newest version."""
    person = current_person()
    with looking() as session:
        rows = found_decisions.newest(session, person)
        uses = found_decisions.uses(session)
        people = names.people(session)
    return page(
        "decisions/list.html",
        nav="decisions",
        rows=rows,
        uses=uses,
        people=people,
        may_try=access.may(person, Action.EDIT_PROCESS),
    )


@bp.get("/decisions/<decision_id>")
@bp.get("/decisions/<decision_id>/<any(try, evaluations, versions, findings):tab>")
def show(decision_id: str, tab: str = "table") -> str:
    """One decision: its logic, its versions, what the check says, how it was evaluated, and a form to try it."""
    person = current_person()
    access.require(person, Action.SEE_PROCESSES)
    if tab not in _tabs(person):
        access.require(person, Action.EDIT_PROCESS if tab == "try" else Action.SEE_CASE)
    with looking() as session:
        seen = _see(session, decision_id)
        sample = _sample(session, seen, person) if tab == "try" else {}
    return _page(seen, tab, person, trial=trials.empty(seen.asked, sample), sampled=bool(sample))


@bp.post("/decisions/<decision_id>/try")
def evaluate(decision_id: str) -> str:
    """Evaluate a decision with what was typed; the page keeps all of it."""
    person = current_person()
    access.require(person, Action.EDIT_PROCESS)
    with reading() as session:
        seen = _see(session, decision_id)
    trial = trials.filled(seen.asked, request.form)
    tried = Tried()
    if trial.is_right:
        with unit_of_work() as session:
            evaluation = decisions.evaluate_alone(
                session, by=person, variables=trial.variables, decision_key=seen.shown.key
            )
            tried = _tried(evaluation)
    return _page(seen, "try", person, trial=trial, tried=tried)


@bp.get("/decisions/files/<int:key>.dmn")
def file(key: int) -> Response:
    """The DMN file of one version, byte for byte as it was deployed."""
    access.require(current_person(), Action.SEE_PROCESSES)
    with reading() as session:
        found = found_decisions.version(session, key)
    return Response(
        found.xml,
        mimetype="application/xml",
        headers={
            "Content-Disposition": f'attachment; filename="decision-{key}.dmn"',
            # A stranger's XML must never run as a page of ours.
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, max-age=86400, immutable",
        },
    )


def _tabs(person: Person) -> Mapping[str, str]:
    """The tabs that this person may open: evaluations tell of cases."""
    hidden = set() if access.may(person, Action.EDIT_PROCESS) else {"try"}
    hidden |= set() if access.may(person, Action.SEE_CASE) else {"evaluations"}
    return {tab: label for tab, label in TABS.items() if tab not in hidden}


def _see(session: Session, decision_id: str) -> Seen:
    versions = found_decisions.versions(session, decision_id)
    if not versions:
        raise NotFound("decision_not_found", decision_id=decision_id)
    asked = request.args.get("version", versions[0].version, type=int)
    shown = next((one for one in versions if one.version == asked), versions[0])
    model = definitions.load_decisions(session, shown.requirements_key)
    return Seen(shown, versions, model, table_of(model, decision_id), asked_of(model, decision_id))


def _page(
    seen: Seen,
    tab: str,
    person: Person,
    *,
    trial: Trial,
    tried: Tried | None = None,
    sampled: bool = False,
) -> str:
    with reading() as session:
        people = names.people(session)
        uses = found_decisions.uses(session).get(seen.view.decision_id, [])
        evaluations = (
            found_decisions.recent(session, person, seen.view.decision_id, limit=_RECENT)
            if tab == "evaluations"
            else []
        )
    is_newest = seen.shown.version == seen.versions[0].version
    return page(
        "decisions/decision.html",
        nav="decisions",
        tab=tab,
        tabs=_tabs(person),
        shown=seen.shown,
        versions=seen.versions,
        asked_version=None if is_newest else seen.shown.version,
        view=seen.view,
        sheets=sheets(seen.view),
        knowledge=_knowledge(seen.view),
        findings=_findings(seen),
        people=people,
        uses=uses,
        evaluations=evaluations,
        case_address=decision_address,
        trial=trial,
        tried=tried,
        sampled=sampled,
    )


def _knowledge(view: DecisionView) -> list[Knowledge]:
    """The knowledge models among all that a decision requires, each once."""
    needs = {one.key: one for need in view.needs for one in need.all()}
    return [Knowledge(one, unmarked(one.logic)) for one in needs.values() if one.logic is not None]


def _findings(seen: Seen) -> list[Finding]:
    """What the check says about this decision; a file may hold others."""
    ids = ids_in(seen.model, seen.view.decision_id)
    return [one for one in seen.model.warnings if one.element_id in ids]


def _sample(session: Session, seen: Seen, person: Person) -> dict[str, Any]:
    """The variables of the last evaluation, as far as input columns tell them."""
    if not access.may(person, Action.SEE_CASE):
        return {}
    required = [one.key for need in seen.view.needs for one in need.all() if one.kind == "decision"]
    values: dict[str, Any] = {}
    for decision_id in (*required, seen.view.decision_id):
        values |= found_decisions.last_inputs(session, decision_id)
    return {one.name: values[column] for one in seen.asked for column in one.columns[:1] if column in values}


def _tried(evaluation: Evaluation) -> Tried:
    model = evaluation.linked.model
    steps = [_step(model, one) for one in evaluation.decisions]
    warnings = [
        warned(model, one.decision_id, warning) for one in evaluation.decisions for warning in one.warnings
    ]
    return Tried(
        is_done=evaluation.failure is None,
        value=evaluation.value,
        failure=evaluation.failure,
        duration=sum(one.duration_us for one in evaluation.decisions),
        decisions=steps,
        warnings=warnings,
    )


def _step(model: DecisionModel, one: EvaluatedDecision) -> Step:
    view = table_of(model, one.decision_id)
    numbers = [rule.number for rule in one.matched_rules]
    return Step(one.decision_id, view.name, view, sheets(view, one), numbers, one.output)
