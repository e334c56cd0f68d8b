"""Clocks of cases for programs."""

from __future__ import annotations

from flask import Blueprint

from laneway.engine import clock, database
from laneway.engine.bpmn.clock_settings import NAMES
from laneway.engine.queries import cases
from laneway.engine.queries.case_clocks import ClockRow
from laneway.web import clocks
from laneway.web.api.operations import Answer, instant, operation
from laneway.web.api.shapes import COUNT, INSTANT, TEXT, list_of, nullable, one_of, record
from laneway.web.auth import current_person

blueprint = Blueprint("api_case_clocks", __name__, url_prefix="/api/v1")

STATES = (clocks.OK, clocks.RISK, clocks.BREACH, clocks.WAIT, clocks.DONE)
CLOCK = record(
    name=one_of(*NAMES),
    state=one_of(*STATES),
    target=TEXT,
    calendar=TEXT,
    round=COUNT,
    startTime=INSTANT,
    warnTime=INSTANT,
    dueTime=INSTANT,
    escalateTime=INSTANT,
    pausedTime=nullable(INSTANT),
    pauseReason=nullable(TEXT),
    metTime=nullable(INSTANT),
)
_NUMBER = {"caseNumber": {"type": "string", "pattern": "^[^/]{1,40}$"}}


@operation(
    blueprint,
    "GET",
    "/cases/{caseNumber}/clocks",
    name="listCaseClocks",
    summary="Clocks of a case: what was promised, when it is due, and how it stands",
    texts=_NUMBER,
    answer=record(items=list_of(CLOCK)),
)
def list_case_clocks(case_number: str) -> Answer:
    with database.reading() as session:
        row = cases.find(session, current_person(), case_number)
    return {"items": [_render(one) for one in row.clocks]}


def _render(one: ClockRow) -> dict[str, object]:
    return {
        "name": one.name,
        "state": _state(one),
        "target": one.target,
        "calendar": one.calendar,
        "round": one.round,
        "startTime": instant(one.started_at),
        "warnTime": instant(one.risk_at),
        "dueTime": instant(one.due_at),
        "escalateTime": instant(one.escalate_at),
        "pausedTime": instant(one.paused_at),
        "pauseReason": one.pause_reason or None,
        "metTime": instant(one.met_at),
    }


def _state(one: ClockRow) -> str:
    if one.met_at is not None:
        return clocks.DONE
    if one.paused_at is not None:
        return clocks.WAIT
    return clocks.state_at(one.due_at, one.started_at, clock.now(), one.risk_at)
