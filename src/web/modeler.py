"""The diagram editor: its page, and the draft, check and publish behind it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import access, deployments
from laneway.engine.access import Action
from laneway.engine.database import Session, reading, unit_of_work
from laneway.engine.deployments import drafts
from laneway.engine.deployments.drafts import Draft
from laneway.engine.queries import names
from laneway.errors import Invalid
from laneway.web import errors
from laneway.web.auth import current_person
from laneway.web.bodies import read_json
from laneway.web.frame import page
from laneway.web.i18n import _, pick
from laneway.words import Finding, Resource

bp = Blueprint("modeler", __name__)


@bp.get("/processes/<process_id>/edit")
def show(process_id: str) -> BaseResponse | str:
    """The editor; whoever may not edit sees the process instead."""
    if not access.may(current_person(), Action.EDIT_PROCESS):
        return redirect(url_for("processes.show", process_id=process_id))
    with reading() as session:
        definition = deployments.latest(session, process_id)
        draft = drafts.get_draft(session, process_id)
        people = names.people(session)
    return page("processes/edit.html", nav="processes", definition=definition, draft=draft, people=people)


@bp.get("/processes/<process_id>/draft")
def read_draft(process_id: str) -> Response:
    """The draft, or the newest version where nobody has begun one."""
    access.require(current_person(), Action.EDIT_PROCESS)
    with reading() as session:
        draft = drafts.get_draft(session, process_id)
        found = _check(session, draft)
        saved_by = names.people(session, [draft.saved_by]) if draft.saved_by else {}
    return jsonify(
        xml=draft.xml.decode("utf-8", errors="replace"),
        revision=draft.revision,
        base_version=draft.base_version,
        saved_by=pick(saved_by.get(draft.saved_by or "")) or draft.saved_by,
        saved_at=draft.saved_at.isoformat(),
        findings=errors.findings(found),
    )


@bp.put("/processes/<process_id>/draft")
def save_draft(process_id: str) -> Response:
    """Keep an edited diagram, and say what the check finds in it."""
    body = read_json()
    with unit_of_work() as session:
        draft = drafts.save_draft(
            session,
            process_id,
            xml=_xml(body),
            revision=_revision(body),
            by=current_person(),
            force=body.get("force") is True,
        )
        found = _check(session, draft)
    return jsonify(
        revision=draft.revision, saved_at=draft.saved_at.isoformat(), findings=errors.findings(found)
    )


@bp.post("/processes/<process_id>/check")
def check(process_id: str) -> Response:
    """What publishing this diagram would say; nothing is stored."""
    access.require(current_person(), Action.EDIT_PROCESS)
    xml = _xml(read_json())
    with reading() as session:
        file = deployments.latest(session, process_id).resource_name
        found = deployments.check(session, [Resource(file, xml)])
    return jsonify(findings=errors.findings(found))


@bp.post("/processes/<process_id>/publish")
def publish(process_id: str) -> Response:
    """Make this diagram the newest version."""
    body = read_json()
    with unit_of_work() as session:
        deployed = drafts.publish(
            session, process_id, xml=_xml(body), revision=_revision(body), by=current_person()
        )
    flash(_("%(name)s v%(version)s is live. Running cases stay on their version.", **_named(deployed)))
    return jsonify(
        version=deployed.version, location=url_for("processes.show", process_id=deployed.process_id)
    )


@bp.post("/processes/<process_id>/discard")
def discard(process_id: str) -> BaseResponse:
    """Forget the draft; the newest version stays as it is."""
    with unit_of_work() as session:
        drafts.discard_draft(session, process_id, by=current_person())
    flash(_("Draft discarded."))
    return redirect(url_for("processes.show", process_id=process_id), 303)


def _check(session: Session, draft: Draft) -> list[Finding]:
    file = deployments.latest(session, draft.process_id).resource_name
    return deployments.check(session, [Resource(file, draft.xml)])


def _named(deployed: deployments.DeployedProcess) -> dict[str, Any]:
    return {"name": pick(deployed.name), "version": deployed.version}


def _xml(body: dict[str, Any]) -> bytes:
    xml = body.get("xml")
    if not isinstance(xml, str) or not xml.strip():
        raise Invalid("xml_required", [("xml", "required", {})])
    return xml.encode()


def _revision(body: dict[str, Any]) -> int:
    revision = body.get("revision")
    if not isinstance(revision, int) or isinstance(revision, bool):
        raise Invalid("body_invalid", [("revision", "type", {})])
    return revision
