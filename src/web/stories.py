"""The stories of a process as its owner reads them, how they went last, and playing them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, current_app, flash, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import access, deployments
from laneway.engine.access import Action
from laneway.engine.database import Session, reading
from laneway.engine.deployments import process_folder
from laneway.errors import Invalid
from laneway.records.scenarios import runs, wording
from laneway.records.scenarios.format import Scenario
from laneway.records.scenarios.wording import Said, Words
from laneway.settings import Settings
from laneway.web import errors
from laneway.web.auth import current_person
from laneway.web.i18n import _
from laneway.words import Text

bp = Blueprint("stories", __name__)


@dataclass(frozen=True)
class Line:
    """A step of a story, what is checked after it, and what went otherwise when it was played last."""

    number: str
    said: Said | None
    checks: list[tuple[Text, Text]]
    problems: list[Text] = field(default_factory=list)


@dataclass(frozen=True)
class Story:
    """A story as the page shows it. `state` is never, passed or failed; `broken` is why it cannot be read."""

    name: str
    title: Text
    number: int | None
    state: str
    seconds: float
    given: list[Text]
    given_problems: list[Text]
    lines: list[Line]
    broken: str = ""


def shown_on_process(session: Session, process_id: str) -> dict[str, Any]:
    """What the tab of the stories shows."""
    settings = _settings()
    run = runs.last(settings.data, process_id)
    results = run.results if run is not None else {}
    found = [_story(session, one, results) for one in runs.stories(settings.processes, process_id)]
    return {
        "stories": found,
        "run": run,
        "failed": sum(one.state == "failed" for one in found),
        "passed": sum(one.state == "passed" for one in found),
    }


@bp.post("/processes/<process_id>/scenarios/play")
def play(process_id: str) -> BaseResponse:
    """Play all stories of the process beside the installation."""
    person = current_person()
    access.require(person, Action.EDIT_PROCESS)
    settings = _settings()
    with reading() as session:
        definition = deployments.latest(session, process_id)
        resources = process_folder.newest(session)
    runs.play(
        settings.data,
        settings.processes,
        process_id,
        resources,
        version=definition.version,
        by=person.username,
    )
    flash(_("The stories are being played. The page tells how it goes."))
    return redirect(url_for("processes.show", process_id=process_id, tab="scenarios"), 303)


def _settings() -> Settings:
    found: Settings = current_app.config["LANEWAY"]
    return found


def _story(session: Session, one: Scenario | Invalid, results: Any) -> Story:
    if isinstance(one, Invalid):
        name = str(one.params["file"]).rsplit("/", 1)[-1].removesuffix(".toml")
        return Story(name, Text(name, name), None, "failed", 0, [], [], [], errors.message(one))
    words = wording.words_for(session, one)
    result = results.get(one.name)
    problems = {result["stopped_at"]: [Text(**told) for told in result["problems"]]} if result else {}
    lines = [_line(words, step.number, wording.step(words, step), step.then, problems) for step in one.steps]
    lines.append(_line(words, "then", None, one.then, problems))
    return Story(
        one.name,
        one.title,
        one.number,
        "never" if result is None else "passed" if result["passed"] else "failed",
        result["seconds"] if result else 0,
        wording.given(words, one.given),
        problems.get("given", []),
        lines,
    )


def _line(words: Words, number: Any, said: Said | None, then: Any, problems: dict[str, list[Text]]) -> Line:
    checks = [told for key, value in then.items() for told in wording.check(words, key, value)]
    return Line(str(number), said, checks, problems.get(str(number), []))
