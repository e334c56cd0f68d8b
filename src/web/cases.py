"""Cases: the list with its search, and one case with its diagram, its story, its data and what it waits for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, request, url_for
from werkzeug.exceptions import NotFound as PageNotFound
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import access, clock, incidents, instances, job_types, messages
from laneway.engine.access import Action
from laneway.engine.bpmn.clock_settings import BY_CLOCK
from laneway.engine.database import Session, reading, unit_of_work
from laneway.engine.model import OPEN_STATES, JobState, Person
from laneway.engine.queries import case_detail, cases, decisions, names
from laneway.engine.queries.case_clocks import ClockRow
from laneway.engine.queries.case_rows import Instance, JobRow, Surroundings, UserTaskRow
from laneway.engine.queries.cases import CaseFilter, CaseRow
from laneway.errors import Conflict
from laneway.web import case_decisions, case_rules, clock_texts, clocks, files, interactions, outbox_texts
from laneway.web.auth import current_person
from laneway.web.frame import page
from laneway.web.i18n import N_, _, pick
from laneway.web.looking import fold_statistics, looking
from laneway.web.story import FULL, SHORT, Teller

bp = Blueprint("cases", __name__)

_PAGE = 50
_TIMELINE_SHORT = 8
_TIMELINE_FULL = 300
_FACTS = 10
_HEAD_TASKS = 5
_STATES = ("open", "failed", "closed", "all")
# A job that waits longer than this finds no program that does such work.
_NOBODY_COMES = timedelta(minutes=1)

TABS = {
    "overview": N_("Overview"),
    "timeline": N_("Timeline"),
    "data": N_("Data"),
    "decisions": N_("Decisions"),
    "tasks": N_("Tasks"),
    "contacts": N_("Contacts"),
    "files": N_("Files"),
    "mail": N_("Mail"),
}


@dataclass(frozen=True)
class Seen:
    """A case as one person sees it, with what every tab needs."""

    row: CaseRow
    around: Surroundings
    variables: Mapping[str, Any]
    teller: Teller
    my_task: UserTaskRow | None


@bp.get("/cases")
def listed() -> str:
    """All cases that fit the filter in the address."""
    person = current_person()
    asked = request.args
    state = asked.get("state", "open")
    wanted = CaseFilter(
        text=asked.get("q", "").strip(),
        state=state if state in _STATES else "open",
        process_id=asked.get("process", ""),
        severity=asked.get("severity", ""),
        owner_group=asked.get("owner", ""),
    )
    offset = max(0, asked.get("from", 0, type=int))
    fold_statistics()
    with looking() as session:
        found = cases.search(session, person, wanted, limit=_PAGE, offset=offset)
        choices = cases.choices(session)
        groups = names.groups(session)
    return page(
        "cases/list.html",
        nav="cases",
        wanted=wanted,
        found=found,
        choices=choices,
        groups=groups,
        clock_of=clock_of_row,
        states=_STATES,
    )


@bp.get("/cases/<number>")
@bp.get("/cases/<number>/<tab>")
def show(number: str, tab: str = "overview") -> str:
    """One case; each tab has its own address."""
    if tab not in TABS:
        raise PageNotFound
    person = current_person()
    with looking() as session:
        seen = _see(session, number, person)
        is_long = tab == "timeline"
        happenings = case_detail.happenings(
            session,
            seen.row.instance_key,
            events=FULL if is_long else SHORT,
            limit=_TIMELINE_FULL if is_long else _TIMELINE_SHORT,
        )
        last = case_detail.last_decisions(session, seen.row.instance_key)
        why = seen.teller.why(seen.around, last, seen.row.severity)
        more = _decided(session, seen, person) if tab == "decisions" else {}
        if tab == "files":
            more = files.shown_on_case(session, seen.row, person)
        if tab == "contacts":
            more = interactions.shown_on_case(session, seen.row, person)
        more |= case_rules.shown_on_case(session, seen.row, person)
        elements = {
            one.key: names.elements(session, one.process_definition_key) for one in seen.around.instances
        }
    return page(
        "cases/case.html",
        nav="cases",
        tab=tab,
        tabs=TABS,
        seen=seen,
        case=seen.row,
        around=seen.around,
        why=why,
        timeline=seen.teller.entries(happenings),
        clock=clock_of_row(seen.row),
        task_clock=lambda task: _task_clock(task, seen.row.clocks),
        head_clocks=_head_clocks(seen),
        facts=_facts(seen),
        raw=_unlabelled(seen),
        elements=elements,
        stuck={job.key for job in seen.around.jobs if _is_stuck(job)},
        may_operate=access.may(person, Action.OPERATE_CASE),
        may_cancel=access.may(person, Action.CANCEL_CASE) and seen.row.state in OPEN_STATES,
        may_retry=access.may(person, Action.RETRY_INCIDENT),
        may_record=access.may(person, Action.PUBLISH_MESSAGE),
        may_see_outbox=access.may(person, Action.SEE_OUTBOX),
        may_operate_outbox=access.may(person, Action.OPERATE_OUTBOX),
        outbox_texts=outbox_texts,
        **more,
    )


@bp.get("/cases/<number>/state/<int:instance_key>.json")
def state(number: str, instance_key: int) -> Response:
    """Where an instance of the case stands, for the diagram; with `?at=`, of its places only that element."""
    person, only = current_person(), request.args.get("at")
    with reading() as session:
        seen = _see(session, number, person)
        instance = next((one for one in seen.around.instances if one.key == instance_key), None)
        if instance is None:
            raise PageNotFound
        drawn = case_detail.diagram_state(session, instance_key, instance.waiting_at)
        labels = _labels(seen, instance)
        asked_at = decisions.last_at(session, instance_key)
    current = [
        {"element_id": element_id, "label": labels.get(element_id, ""), "kind": "waiting"}
        for element_id in drawn.current
        if element_id not in drawn.failed and only in (None, element_id)
    ]
    current += [
        {"element_id": element_id, "label": _("Step failed"), "kind": "failed"} for element_id in drawn.failed
    ]
    links = {element_id: decision_address(number, id_) for element_id, id_ in asked_at.items()}
    return jsonify(
        visited=drawn.visited, flows=drawn.flows, current=current, counts=drawn.counts, links=links
    )


@bp.post("/cases/<number>/messages/<int:subscription_key>")
def record_message(number: str, subscription_key: int) -> BaseResponse:
    """Record that a message which the case waits for has arrived, with what was said where the diagram asks for it."""
    person = current_person()
    with unit_of_work() as session:
        row = cases.find(session, person, number)
        around = case_detail.surroundings(session, row.instance_key)
        awaited = next((one for one in around.messages if one.key == subscription_key), None)
        if awaited is None:
            raise Conflict("process_instance_changed", key=row.instance_key)
        note = request.form.get("note", "").strip()
        messages.publish(
            session,
            name=awaited.message_name,
            correlation_key=awaited.correlation_key,
            variables={awaited.note_variable: note} if awaited.note_variable and note else {},
            by=person,
        )
    flash(_("Recorded: “%(name)s” arrived.", name=pick(awaited.name)))
    return _to_case(number)


@bp.post("/cases/<number>/incidents/<int:incident_key>/retry")
def retry(number: str, incident_key: int) -> BaseResponse:
    """Try a failed step again."""
    with unit_of_work() as session:
        incidents.resolve(session, incident_key, by=current_person())
    flash(_("The step is tried again."))
    return _to_case(number)


@bp.post("/cases/<number>/cancel")
def cancel(number: str) -> BaseResponse:
    """End a case for good; the reason stays in its timeline."""
    person = current_person()
    with unit_of_work() as session:
        row = cases.find(session, person, number)
        instances.cancel(session, row.instance_key, by=person, reason=request.form.get("reason", ""))
    flash(_("Case %(number)s is cancelled.", number=number))
    return _to_case(number)


def clock_of_row(row: CaseRow) -> clocks.Clock | None:
    """The most urgent clock of a case: the same rule in every list."""
    if row.state not in OPEN_STATES:
        return clocks.done(row.closed_at - row.opened_at) if row.closed_at is not None else None
    return clocks.most_urgent(row) or (clocks.failed() if row.has_incident else None)


def _decided(session: Session, seen: Seen, person: Person) -> dict[str, Any]:
    """What the tab of decisions shows; what expressions warned of is for those who can mend the process."""
    asked, root_key = request.args, seen.row.instance_key
    may_mend = access.may(person, Action.EDIT_PROCESS)
    decided, total = case_decisions.decided(
        session, root_key, seen.teller, opened=asked.get("open", ""), whole=asked.get("rules", "")
    )
    return {
        "decided": decided,
        "decided_in_all": total,
        "expression_warnings": case_detail.expression_warnings(session, root_key) if may_mend else [],
        "may_see_processes": access.may(person, Action.SEE_PROCESSES),
    }


def decision_address(number: str, id_: str) -> str:
    """Where the case page shows one evaluated decision."""
    return url_for("cases.show", number=number, tab="decisions", open=id_, _anchor=f"decision-{id_}")


def _to_case(number: str) -> BaseResponse:
    return redirect(url_for("cases.show", number=number), 303)


def _see(session: Session, number: str, person: Person) -> Seen:
    row = cases.find(session, person, number)
    around = case_detail.surroundings(session, row.instance_key)
    return Seen(
        row=row,
        around=around,
        variables=instances.variables(session, row.instance_key),
        teller=Teller(session, names.fields(session, row.process_definition_key)),
        my_task=next((task for task in around.open_tasks if task.assignee == person.username), None),
    )


def _task_clock(task: UserTaskRow, of_case: Sequence[ClockRow]) -> clocks.Clock | None:
    if task.completed_at is not None:
        return clocks.done(task.completed_at - task.created_at)
    if task.due_at is None:
        return None
    return clocks.of_task(task.due_rule, task.due_at, task.created_at, of_case)


def _head_clocks(seen: Seen) -> list[tuple[str, clocks.Clock | None, datetime | None]]:
    """What stands under the name of the case: its clocks, then its open tasks that follow none of them."""
    told: list[tuple[str, clocks.Clock | None, datetime | None]] = []
    for one in seen.row.clocks:
        told.append((clock_texts.name(one.name), replace(clocks.of_case_clock(one), name=""), one.due_at))
    for task in seen.around.open_tasks[:_HEAD_TASKS]:
        if not task.due_rule.startswith(BY_CLOCK):
            told.append((pick(task.name), _task_clock(task, ()), task.due_at))
    return told


def _is_stuck(job: JobRow) -> bool:
    """Whether nobody may be coming: no handler here serves its type, or none has taken it for a while."""
    if job.state is not JobState.CREATED or job.retry_at is not None:
        return False
    return job.type not in job_types.served() or clock.now() - job.created_at > _NOBODY_COMES


def _facts(seen: Seen) -> list[tuple[str, str]]:
    """Variables that a form shows, with their labels."""
    return _told(seen, seen.teller.has_label)


def _unlabelled(seen: Seen) -> list[tuple[str, str]]:
    """Variables that only the process itself uses."""
    return _told(seen, lambda name: not seen.teller.has_label(name))


def _told(seen: Seen, is_wanted: Callable[[str], bool]) -> list[tuple[str, str]]:
    return [
        (seen.teller.label(name), seen.teller.shown(name, content))
        for name, content in seen.variables.items()
        if is_wanted(name) and content not in (None, "", [])
    ]


def _labels(seen: Seen, instance: Instance) -> dict[str, str]:
    """What stands beside each place of the diagram where the instance waits."""
    labels: dict[str, str] = {}
    for task in seen.around.open_tasks:
        if task.instance_key != instance.key:
            continue
        who = seen.teller.person(task.assignee) if task.assignee else ""
        who = who or seen.teller.listed([seen.teller.group(group) for group in task.candidate_groups[:1]])
        running = _task_clock(task, seen.row.clocks)
        labels[task.element_id] = " · ".join(part for part in (who, running.text if running else "") if part)
    for timer in seen.around.timers:
        labels.setdefault(timer.element_id, clocks.running(timer.due_at, seen.row.opened_at).text)
    return labels
