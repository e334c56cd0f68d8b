"""A case's operations: suspend and resume it, move its tokens, rewind, migrate, set its variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import access, deployments
from laneway.engine.access import Action
from laneway.engine.database import Session, reading, unit_of_work
from laneway.engine.model import OPEN_STATES, Person
from laneway.engine.operations import migration, modification, suspension, variables
from laneway.engine.operations.migration import Outlook
from laneway.engine.operations.modification import Element, End, Instruction, Move, Start
from laneway.engine.queries import case_detail, cases, processes
from laneway.engine.queries.case_rows import Instance
from laneway.errors import Conflict, Invalid, NotFound
from laneway.web import errors
from laneway.web.auth import current_person
from laneway.web.frame import page
from laneway.web.i18n import N_, _, locale, pick
from laneway.web.operation_texts import VARIABLE_PROBLEMS
from laneway.words import Text

bp = Blueprint("operations", __name__)

KINDS: Mapping[str, tuple[str, str]] = {
    "task": ("user", N_("Task")),
    "job": ("gear", N_("Automatic step")),
    "incident": ("bolt", N_("Failed step")),
    "call": ("link", N_("Called process")),
    "timer": ("clock", N_("Timer")),
    "message": ("mail", N_("Message")),
    "signal": ("bell", N_("Signal")),
    "condition": ("filter", N_("Condition")),
}
VERBS = {"kept": N_("stays"), "begun": N_("begins"), "ended": N_("ends")}
_MAP = "map:"
"""How the fields of a mapping are named: with the id of the element after it."""


@bp.get("/cases/<number>/operations")
def show(number: str) -> str:
    """What an operator may do with the case, on the instance that `?instance=` names, else the case's own."""
    return _page(number)


@bp.post("/cases/<number>/operations/<any(suspend, resume):verb>")
def stand_still(number: str, verb: str) -> BaseResponse | tuple[str, int]:
    """Let the case stand still, or go on."""

    def act(session: Session, key: int, person: Person) -> None:
        use_case = suspension.suspend if verb == "suspend" else suspension.resume
        use_case(session, key, by=person, reason=_sent("reason"))

    done = _("The case is suspended.") if verb == "suspend" else _("The case goes on.")
    return _act(number, act, done)


@bp.post("/cases/<number>/operations/<any(move, start, end):verb>")
def modify(number: str, verb: str) -> BaseResponse | tuple[str, int]:
    """Move a token, start an element, or end a token."""

    def act(session: Session, key: int, person: Person) -> None:
        one: Instruction
        if verb == "start":
            one = Start(_sent("target"), _number("near"))
        elif verb == "end":
            one = End(token=_chosen_token())
        else:
            one = Move(_sent("target"), token=_chosen_token())
        modification.apply(session, key, [one], by=person, reason=_sent("reason"))

    return _act(number, act, _("Done. The case stands elsewhere now."))


@bp.post("/cases/<number>/operations/rewind")
def rewind(number: str) -> BaseResponse | tuple[str, int]:
    """Let the case stand at an earlier step again."""

    def act(session: Session, key: int, person: Person) -> None:
        modification.back_to(
            session,
            key,
            _sent("target"),
            by=person,
            reason=_sent("reason"),
            near=_number("near"),
            with_variables="variables" in request.form,
        )

    return _act(number, act, _("The case is back at that step."))


@bp.post("/cases/<number>/operations/migrate")
def migrate(number: str) -> BaseResponse | tuple[str, int]:
    """Let the case go on under the version that was looked at."""

    def act(session: Session, key: int, person: Person) -> None:
        target = _number("to") or 0
        mapping = _mapping(request.form)
        migration.migrate(session, key, target, mapping, by=person, reason=_sent("reason"))

    return _act(number, act, _("The case goes on under the other version."))


@bp.post("/cases/<number>/operations/<any(set, delete):verb>-variable")
def change_variable(number: str, verb: str) -> BaseResponse | tuple[str, int]:
    """Set or delete a variable of the instance, or of the scope of one step."""

    def act(session: Session, key: int, person: Person) -> None:
        name = request.form.get("name", "").strip()
        token = _number("token") or 0
        variables.change(
            session,
            key,
            values={name: _json_value(name)} if verb == "set" else {},
            deleted=[name] if verb == "delete" else [],
            token=token,
            is_local=bool(token),
            by=person,
            reason=_sent("reason"),
        )

    done = _("The variable is set.") if verb == "set" else _("The variable is deleted.")
    return _act(number, act, done)


# -- reading what was sent


def _sent(name: str) -> str:
    return request.form.get(name, "").strip()


def _number(name: str) -> int | None:
    text = request.values.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() else None


def _chosen_token() -> int:
    token = _number("token")
    if token is None:
        raise Invalid("modification_empty")
    return token


def _json_value(name: str) -> Any:
    """The value as JSON; what is none, without quotes and braces, is taken for a text."""
    text = _sent("value")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        if text[:1] in ('"', "{", "["):
            raise Invalid("variables_invalid", [(name, "no_json_value", {})]) from None
        return text


def _mapping(values: Mapping[str, str]) -> dict[str, str]:
    named = {name.removeprefix(_MAP): to.strip() for name, to in values.items() if name.startswith(_MAP)}
    return {source: to for source, to in named.items() if to and to != source}


# -- doing and showing


def _act(
    number: str, act: Callable[[Session, int, Person], None], done: str
) -> BaseResponse | tuple[str, int]:
    """Do it and go back to the page; what stands in the way is told there, with what was typed still in place."""
    person = current_person()
    try:
        with unit_of_work() as session:
            row = cases.find(session, person, number)
            key = _number("instance") or row.instance_key
            keys = [one.key for one in case_detail.surroundings(session, row.instance_key).instances]
            if key not in keys:
                raise NotFound("process_instance_not_found", key=key)
            act(session, key, person)
    except (Invalid, Conflict) as error:
        return _page(number, problem=_told(error)), errors.status_of(error)
    flash(done)
    return redirect(url_for("operations.show", number=number, instance=_number("instance")), 303)


def _told(error: Invalid | Conflict) -> str:
    if not isinstance(error, Invalid) or not error.problems or error.code == "reason_required":
        return errors.message(error)
    told = [
        _(VARIABLE_PROBLEMS[code], field=field, **params)
        for field, code, params in error.problems
        if code in VARIABLE_PROBLEMS
    ]
    return " ".join(told) or errors.message(error)


def _page(number: str, *, problem: str = "") -> str:
    person = current_person()
    access.require(person, Action.OPERATE_CASE)
    with reading() as session:
        row = cases.find(session, person, number)
        instances = case_detail.surroundings(session, row.instance_key).instances
        asked = _number("instance") or row.instance_key
        instance = next((one for one in instances if one.key == asked), None)
        if instance is None:
            raise NotFound("process_instance_not_found", key=asked)
        is_open = instance.state in OPEN_STATES
        outline = modification.outline(session, instance.key, by=person) if is_open else None
        going = _going(session, instance, person) if is_open else {}
    return page(
        "operations/case.html",
        nav="cases",
        case=row,
        instances=instances,
        instance=instance,
        outline=outline,
        as_json=as_json,
        label=label,
        kinds=KINDS,
        verbs=VERBS,
        map_field=_MAP,
        sent=request.form,
        reserved=variables.OF_THE_ENGINE,
        problem=problem,
        **going,
    )


def _going(session: Session, instance: Instance, person: Person) -> dict[str, Any]:
    """What the part for migration shows: versions to choose from and, once chosen, the dry run."""
    versions = [
        (one.key, _("%(name)s v%(version)s", name=pick(one.name), version=one.version))
        for one in deployments.versions(session, instance.process_id)
        if one.key != instance.process_definition_key
    ]
    others = [
        (one.key, _("%(name)s v%(version)s", name=pick(one.name), version=one.version))
        for one in processes.newest(session, person)
        if one.process_id != instance.process_id
    ]
    target = _number("to")
    shown: dict[str, Any] = {"versions": versions, "others": others, "target": target}
    if target is None:
        return shown
    mapping = _mapping(request.values)
    outlook: Outlook = migration.look_ahead(session, instance.key, target, mapping, by=person)
    shown |= {"outlook": outlook, "mapping": mapping, "targets": migration.elements(session, target)}
    blocked = {one.element_id: one.name for one in outlook.obstacles if one.element_id}
    names = dict(migration.elements(session, instance.process_definition_key))
    shown["asked"] = {name: names.get(name, Text(name, name)) for name in mapping} | blocked
    return shown


def as_json(value: Any) -> str:
    """A variable's value as JSON, for its field."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 if isinstance(value, dict | list) else 0).decode()


def label(element: Element) -> str:
    """An element with the sub-processes around it."""
    between = "：" if locale() == "zh" else ": "
    around = " › ".join(pick(name) for name in element.inside)
    return f"{around}{between}{pick(element.name)}" if around else pick(element.name)
