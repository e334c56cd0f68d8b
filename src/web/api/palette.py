"""What the command palette finds: cases, processes and pages, in the reader's language."""

from __future__ import annotations

from flask import Blueprint, request

from laneway.engine import access, database, search
from laneway.engine.access import Action
from laneway.engine.model import Person
from laneway.web.api.operations import Answer, operation
from laneway.web.api.shapes import TEXT, list_of, one_of, record
from laneway.web.auth import current_person
from laneway.web.i18n import locale
from laneway.words import Text

blueprint = Blueprint("api_palette", __name__, url_prefix="/api/v1")

_LONGEST = 100
_PAGES: list[tuple[str, Text, Action | None]] = [
    ("/inbox/mine", Text("待办", "Inbox"), None),
    ("/start", Text("发起", "Start"), Action.START_PROCESS),
    ("/cases", Text("案件", "Cases"), Action.SEE_CASE),
    ("/board", Text("看板", "Board"), Action.SEE_BOARD),
    ("/processes", Text("流程", "Processes"), Action.SEE_PROCESSES),
    ("/operations/outbox", Text("发件箱", "Outbox"), Action.SEE_OUTBOX),
    ("/admin", Text("管理", "Admin"), Action.ADMIN_PEOPLE),
]
"""Pages with the right that opens them; None: everyone's."""


@operation(
    blueprint,
    "GET",
    "/search",
    name="searchEverything",
    summary="Cases, processes and pages that a typed word fits",
    query={"q": TEXT},
    answer=record(results=list_of(record(label=TEXT, url=TEXT, kind=one_of("case", "process", "screen")))),
)
def search_everything() -> Answer:
    wanted = request.args.get("q", "").replace("\0", "").strip()[:_LONGEST]
    person = current_person()
    results = [
        {"label": name.pick(locale()), "url": url, "kind": "screen"}
        for url, name, action in _PAGES
        if _may_open(person, action) and _fits(wanted, name)
    ]
    if wanted:
        with database.reading() as session:
            found = search.cases_and_processes(session, wanted, by=person)
        results += [
            {
                "label": one.name.pick(locale()),
                "url": f"/cases/{one.key}" if one.kind == "case" else f"/processes/{one.key}",
                "kind": one.kind,
            }
            for one in found
        ]
    return {"results": results}


def _may_open(person: Person, action: Action | None) -> bool:
    return action is None or access.may(person, action)


def _fits(wanted: str, name: Text) -> bool:
    return any(wanted.lower() in word.lower() for word in name)
