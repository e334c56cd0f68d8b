"""Processes: what is deployed, one process with its diagram and versions, uploading files."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import access, deployments
from laneway.engine.access import Action
from laneway.engine.database import reading, unit_of_work
from laneway.engine.queries import names, processes
from laneway.errors import Invalid, NotFound, Refused
from laneway.web import manuals, stories
from laneway.web.auth import current_person
from laneway.web.frame import page
from laneway.web.i18n import N_, _, pick
from laneway.web.looking import looking
from laneway.words import Finding, Resource, Severity

bp = Blueprint("processes", __name__)

TABS = {
    "diagram": N_("Diagram"),
    "manual": N_("Manual"),
    "documents": N_("Documents"),
    "scenarios": N_("Stories"),
    "versions": N_("Versions"),
    "findings": N_("Findings"),
}


@bp.get("/processes")
def listed() -> str:
    """Every process in its newest version."""
    return _list_page([], 200)[0]


@bp.post("/processes/upload")
def upload() -> BaseResponse | tuple[str, int]:
    """Deploy uploaded .bpmn, .dmn and .form files together; every finding is listed, refused or not."""
    resources = [
        Resource(file.filename, file.read()) for file in request.files.getlist("files") if file.filename
    ]
    if not resources:
        raise Invalid("upload_empty")
    try:
        with unit_of_work() as session:
            deployed = deployments.deploy(session, resources, by=current_person())
    except Refused as refusal:
        return _list_page(refusal.findings, 422)
    new = [_("%(name)s v%(version)s", name=pick(one.name), version=one.version) for one in deployed.processes]
    new += [f"{one.decision_id} v{one.version}" for one in deployed.decisions]
    with_decisions = {one.requirements_key for one in deployed.decisions}
    new += [
        f"{one.requirements_id} v{one.version}"
        for one in deployed.requirements
        if one.key not in with_decisions
    ]
    new += [f"{one.form_id} v{one.version}" for one in deployed.forms]
    flash(_("Published: %(what)s.", what=", ".join(new)))
    if deployed.findings:
        return _list_page(deployed.findings, 200, is_published=True)
    return redirect(url_for("processes.listed"), 303)


@bp.get("/processes/<process_id>")
@bp.get("/processes/<process_id>/<any(manual, documents, scenarios, versions, findings):tab>")
def show(process_id: str, tab: str = "diagram") -> str:
    """One process: its diagram, its versions, what the check says about it."""
    person = current_person()
    access.require(person, Action.SEE_PROCESSES)
    with looking() as session:
        versions = deployments.versions(session, process_id)
        if not versions:
            raise NotFound("process_not_found", process_id=process_id)
        running = processes.open_cases(session).get(process_id, {})
        people = names.people(session)
        groups = names.groups(session)
        asked = request.args.get("version", versions[0].version, type=int)
        shown = next((one for one in versions if one.version == asked), versions[0])
        steps = names.steps(session, shown.key)
        more = {}
        if tab == "manual":
            more = manuals.shown_on_process(session, process_id, shown.version, shown.key)
        elif tab == "documents":
            more = manuals.documents_on_process(session, process_id)
        elif tab == "scenarios":
            more = stories.shown_on_process(session, process_id)
    return page(
        "processes/process.html",
        nav="processes",
        tab=tab,
        tabs=TABS,
        versions=versions,
        shown=shown,
        running=running,
        people=people,
        groups=groups,
        steps=steps,
        may_edit=access.may(person, Action.EDIT_PROCESS),
        may_start=shown.has_none_start and access.may(person, Action.START_PROCESS, shown),
        **more,
    )


@bp.get("/diagrams/<int:key>.bpmn")
def diagram(key: int) -> Response:
    """The diagram of one version, byte for byte as it was deployed."""
    access.require(current_person(), Action.SEE_PROCESSES)
    with reading() as session:
        found = deployments.definition(session, key)
    file = f"{found.process_id}-v{found.version}.bpmn"
    return Response(
        found.xml,
        mimetype="application/xml",
        headers={
            "Content-Disposition": f'attachment; filename="{file}"',
            # A stranger's XML must never run as a page of ours.
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, max-age=86400, immutable",
        },
    )


def _list_page(findings: list[Finding], status: int, *, is_published: bool = False) -> tuple[str, int]:
    person = current_person()
    with looking() as session:
        rows = processes.newest(session, person)
        people = names.people(session)
    content = page(
        "processes/list.html",
        nav="processes",
        rows=rows,
        people=people,
        is_published=is_published,
        findings=sorted(findings, key=lambda one: (one.severity is not Severity.ERROR, one.file)),
        may_edit=access.may(person, Action.EDIT_PROCESS),
        may_see_cases=access.may(person, Action.SEE_CASE),
    )
    return content, status
