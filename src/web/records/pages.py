"""Records to look at: the kinds that there are, the list of one kind, and one record with its tabs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.exceptions import NotFound as PageNotFound
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import access
from laneway.engine.access import Action
from laneway.engine.database import Session
from laneway.engine.model import Person
from laneway.engine.queries import cases
from laneway.records import catalogue
from laneway.records.goods.kinds import MOVEMENT
from laneway.records.kinds import changes, listing, proposals, store
from laneway.records.kinds.declared import Field, Kind, Section, Type
from laneway.records.kinds.listing import Wanted
from laneway.records.kinds.store import Record
from laneway.records.parties import duplicates, merging, reviews, rules
from laneway.records.parties.kinds import PARTY
from laneway.web.auth import current_person
from laneway.web.cases import clock_of_row
from laneway.web.frame import page
from laneway.web.i18n import N_
from laneway.web.looking import fold_statistics, looking
from laneway.web.records import goods, shown
from laneway.web.records.forms import Input

bp = Blueprint("records", __name__, url_prefix="/records")

_PAGE = 50
_HISTORY = 100
_CASES = 50


@dataclass(frozen=True)
class Seen:
    """A record as one person sees it, with what every tab needs."""

    record: Record
    reader: shown.Reader
    pending: list[proposals.Proposal]
    kept_code: str | None
    may_edit: bool


def kind_for(person: Person, kind_id: str) -> Kind:
    """The kind that an address names. Raises NotFound, NotAllowed."""
    access.require(person, Action.SEE_RECORD)
    kind = catalogue.kind(kind_id)
    access.require(person, Action.SEE_RECORD, kind)
    return kind


def kinds_of(person: Person) -> list[Kind]:
    """The kinds that this person may see."""
    return [kind for kind in catalogue.all_() if access.may(person, Action.SEE_RECORD, kind)]


@bp.get("")
def index() -> str:
    """The kinds of record, what waits for approval and which reviews are due."""
    person = current_person()
    access.require(person, Action.SEE_RECORD)
    with looking() as session:
        totals = {kind.id: listing.page(session, kind, Wanted(limit=1)) for kind in kinds_of(person)}
        to_decide = proposals.count_for(session, person)
        figures = reviews.figures(session)
    return page(
        "records/index.html",
        nav="records",
        kinds=kinds_of(person),
        totals=totals,
        to_decide=to_decide,
        figures=figures,
    )


@bp.get("/<kind>")
def listed(kind: str) -> str:
    """The records of a kind that fit the words and filters in the address."""
    person = current_person()
    found_kind = kind_for(person, kind)
    asked = request.args
    wanted = Wanted(
        text=asked.get("q", "").strip()[:200],
        filters={name: asked[name] for name in found_kind.filtered_by if asked.get(name)},
        sort=asked.get("sort", ""),
        is_descending=asked.get("down") == "1",
        cursor=asked.get("at", ""),
        limit=_PAGE,
    )
    with looking() as session:
        found = listing.page(session, found_kind, wanted)
        reader = shown.Reader(session, found_kind, [row.values for row in found.rows])
    kept = {
        "q": wanted.text,
        "sort": wanted.sort,
        "down": "1" if wanted.is_descending else "",
        **wanted.filters,
    }
    return page(
        "records/list.html",
        nav="records",
        kind=found_kind,
        kinds=kinds_of(person),
        wanted=wanted,
        found=found,
        kept={name: value for name, value in kept.items() if value},
        reader=reader,
        columns=[found_kind.by_name[name] for name in found_kind.listed],
        filters=[found_kind.by_name[name] for name in found_kind.filtered_by],
        sorts=[found_kind.by_name[name] for name in found_kind.sorted_by],
        may_edit=access.may(person, Action.EDIT_RECORD, found_kind),
        is_masked=has_masked(found_kind) and not access.may(person, Action.EXPORT_PERSONAL_DATA),
        options=options,
    )


@bp.get("/<kind>/by-code/<path:code>")
def by_code(kind: str, code: str) -> BaseResponse:
    """The record with this code; of a party that was merged, the one that it is part of."""
    found_kind = kind_for(current_person(), kind)
    with looking() as session:
        key = store.key_of(session, found_kind, code)
    return redirect(url_for("records.show", kind=kind, key=key))


@bp.get("/<kind>/<int:key>")
@bp.get("/<kind>/<int:key>/<tab>")
def show(kind: str, key: int, tab: str = "data") -> str:
    """One record; each tab has its own address."""
    person = current_person()
    found_kind = kind_for(person, kind)
    tabs = tabs_of(found_kind)
    if tab not in tabs:
        raise PageNotFound
    if tab == "cases":
        fold_statistics()
    with looking() as session:
        seen = see(session, found_kind, key, person)
        more = _more(session, seen, tab, person)
    return page(
        "records/record.html",
        nav="records",
        kind=found_kind,
        seen=seen,
        record=seen.record,
        reader=seen.reader,
        tab=tab,
        tabs=tabs,
        decidable={one.key for one in seen.pending if access.may(person, Action.APPROVE_RECORD, one)},
        may_add=access.may(person, Action.EDIT_RECORD, found_kind),
        may_merge=found_kind is PARTY and seen.record.is_listed and access.may(person, Action.MERGE_RECORDS),
        **more,
    )


def see(session: Session, kind: Kind, key: int, person: Person) -> Seen:
    """A record with what waits for agreement on it. Raises NotFound."""
    record = store.get(session, kind, key)
    return Seen(
        record,
        shown.Reader(session, kind, [record.values]),
        proposals.pending_of(session, kind, key),
        merging.kept_code(session, key) if kind is PARTY else None,
        record.is_listed and not kind.is_append_only and access.may(person, Action.EDIT_RECORD, kind),
    )


def tabs_of(kind: Kind) -> dict[str, str]:
    """The tabs of a record by their part of the address; parties have more."""
    more = {"contacts": N_("Contact data"), "cases": N_("Cases")} if kind is PARTY else {}
    return {"data": N_("Data"), **more, **goods.tabs_of(kind.id), "changes": N_("Changes")}


def _more(session: Session, seen: Seen, tab: str, person: Person) -> dict[str, Any]:
    record = seen.record
    kind, is_party = record.kind, record.kind is PARTY
    if tab == "changes":
        codes = merging.family(session, record.key) if is_party else {record.key: record.code}
        found = changes.listed(session, kind.id, list(codes), limit=_HISTORY)
        return {
            "entries": seen.reader.entries(found, codes),
            "merges": merging.of_party(session, record.key) if is_party else [],
        }
    if tab == "cases":
        codes = merging.family(session, record.key)
        rows = cases.of_party(session, person, list(codes.values()), limit=_CASES)
        return {"cases": rows, "clock_of": clock_of_row}
    if tab in goods.tabs_of(kind.id):
        return goods.shown_on_tab(session, record, tab)
    shown_here = _shown_in(kind, tab)
    found_sections: list[tuple[Section | None, list[Field]]] = [
        (
            section,
            [field for field in kind.fields if field.section == section.id and field.name in shown_here],
        )
        for section in kind.sections
    ] or [(None, list(kind.fields))]
    told: dict[str, Any] = {"sections": [both for both in found_sections if both[1]], "rows_type": Type.ROWS}
    if kind is MOVEMENT:
        told |= goods.shown_of_movement(session, record)
    if is_party and tab == "data" and record.is_listed:
        told["alike"] = duplicates.search(session, record.values, leave_out=[record.key])
        told["gaps"] = [_gap(kind, name) for name in rules.gaps(record.values)]
    return told


def _shown_in(kind: Kind, tab: str) -> set[str]:
    if kind is not PARTY:
        return set(kind.by_name)
    return {field.name for field in kind.fields if (field.section == "contact") == (tab == "contacts")}


def _gap(kind: Kind, name: str) -> Any:
    field = kind.by_name.get(name)
    return field.label if field is not None else kind.by_name["contacts"].fields[-1].label


def has_masked(kind: Kind) -> bool:
    """Whether records of this kind tell of persons."""
    return any(field.is_masked or any(inner.is_masked for inner in field.fields) for field in kind.fields)


def options(field: Field) -> list[tuple[str, str]]:
    """What a filter offers."""
    if field.type is Type.YES_NO:
        return [("yes", shown.written(field, True)), ("no", shown.written(field, False))]
    return Input(field, field.name, "").options
