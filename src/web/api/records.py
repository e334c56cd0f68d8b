"""Records for programs: search, read, create and change them, their history, and what waits for approval.

Values are as history has them: numbers and days as text, rows as lists of objects with their `key`.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from laneway.engine import access, database
from laneway.engine.access import Action
from laneway.engine.database import Session
from laneway.errors import Invalid, NotAllowed
from laneway.records import catalogue
from laneway.records.kinds import changes, listing, proposals, store, values
from laneway.records.kinds.declared import Kind, Type, Values
from laneway.records.kinds.proposals import Proposal, Saved
from laneway.records.parties import duplicates
from laneway.records.parties.kinds import PARTY
from laneway.web.api.operations import Answer, Body, instant, key, operation
from laneway.web.api.shapes import (
    COUNT,
    FLAG,
    INSTANT,
    KEY,
    TEXT,
    VARIABLES,
    body,
    list_of,
    nullable,
    one_of,
    record,
)
from laneway.web.auth import current_person

blueprint = Blueprint("api_records", __name__, url_prefix="/api/v1")

_KIND = {"kind": {"type": "string", "pattern": "^[a-z_]{1,40}$"}}
_REASON = {"type": "string", "maxLength": 1000}
_VALUES = {"type": "object", "description": "Values by field name; see the kind."}
_RECORD = record(recordKey=KEY, code=TEXT, title=TEXT, revision=COUNT, values=_VALUES)
_SAVED = record(recordKey=KEY, revision=COUNT, proposed=list_of(TEXT))


def _kind(kind_id: str, action: Action) -> Kind:
    person = current_person()
    access.require(person, Action.SEE_RECORD)
    kind = catalogue.kind(kind_id)
    access.require(person, action, kind)
    return kind


@operation(
    blueprint,
    "GET",
    "/records",
    name="listRecordKinds",
    summary="The kinds of record with their fields",
    answer=record(items=list_of(record(kind=TEXT, nameZh=TEXT, nameEn=TEXT, fields=list_of(VARIABLES)))),
)
def list_record_kinds() -> Answer:
    person = current_person()
    access.require(person, Action.SEE_RECORD)
    return {
        "items": [
            {
                "kind": kind.id,
                "nameZh": kind.name.zh,
                "nameEn": kind.name.en,
                "fields": [_field(field) for field in kind.fields],
            }
            for kind in catalogue.all_()
            if access.may(person, Action.SEE_RECORD, kind)
        ]
    }


@operation(
    blueprint,
    "GET",
    "/records/{kind}",
    name="searchRecords",
    summary="Records that words and filters fit; `after` is the cursor of the page before",
    texts=_KIND,
    query={
        "q": TEXT,
        "code": TEXT,
        "filter": {**TEXT, "description": "field:value, several times"},
        "sort": TEXT,
        "order": one_of("ASC", "DESC"),
        "after": TEXT,
        "limit": {"type": "integer", "minimum": 1, "maximum": listing.LONGEST_PAGE},
    },
    answer=record(
        items=list_of(record(recordKey=KEY, code=TEXT, title=TEXT, values=_VALUES)),
        total=COUNT,
        hasMoreTotal=FLAG,
        endCursor=nullable(TEXT),
    ),
)
def search_records(kind: str) -> Answer:
    found_kind, asked = _kind(kind, Action.SEE_RECORD), request.args
    filters = dict(one.partition(":")[::2] for one in asked.getlist("filter"))
    wanted = listing.Wanted(
        text=asked.get("q", "")[:200],
        filters=filters,
        sort=asked.get("sort", ""),
        is_descending=asked.get("order") == "DESC",
        cursor=asked.get("after", ""),
        limit=asked.get("limit", 50, type=int),
    )
    with database.reading() as session:
        if asked.get("code"):
            one = store.find(session, found_kind, asked["code"])
            row = listing.Row(one.key, one.code, one.values)
            page = listing.Page([row], "", "", 1, False)
        else:
            page = listing.page(session, found_kind, wanted)
    return {
        "items": [
            {
                "recordKey": key(row.key),
                "code": row.code,
                "title": found_kind.title_of(row.values).pick(current_person().locale),
                "values": _values(found_kind, row.values),
            }
            for row in page.rows
        ],
        "total": page.total,
        "hasMoreTotal": page.has_more,
        "endCursor": page.after or None,
    }


@operation(
    blueprint,
    "GET",
    "/records/{kind}/{recordKey}",
    name="readRecord",
    summary="One record with the revision that a change has to name",
    texts=_KIND,
    answer=_RECORD,
)
def read_record(kind: str, record_key: int) -> Answer:
    found_kind = _kind(kind, Action.SEE_RECORD)
    with database.reading() as session:
        found = store.get(session, found_kind, record_key)
    return {
        "recordKey": key(found.key),
        "code": found.code,
        "title": found.title.pick(current_person().locale),
        "revision": found.revision,
        "values": _values(found_kind, found.values),
    }


@operation(
    blueprint,
    "POST",
    "/records/{kind}",
    name="createRecord",
    summary="Create a record; sensitive fields are proposed and named in `proposed`",
    texts=_KIND,
    body=body({"values": _VALUES}, reason=_REASON),
    answer=_SAVED,
)
def create_record(kind: str, body: Body) -> Answer:
    return _save(_kind(kind, Action.EDIT_RECORD), None, body)


@operation(
    blueprint,
    "PATCH",
    "/records/{kind}/{recordKey}",
    name="changeRecord",
    summary="Change the fields that are named; 409 when the record is no longer at `revision`",
    texts=_KIND,
    body=body({"values": _VALUES}, revision=COUNT, reason=_REASON),
    answer=_SAVED,
)
def change_record(kind: str, record_key: int, body: Body) -> Answer:
    return _save(_kind(kind, Action.EDIT_RECORD), record_key, body)


@operation(
    blueprint,
    "GET",
    "/records/{kind}/{recordKey}/changes",
    name="listRecordChanges",
    summary="The history of a record, the newest first",
    texts=_KIND,
    answer=record(
        items=list_of(
            record(
                revision=COUNT,
                event=one_of(*changes.Event),
                changedTime=INSTANT,
                changedBy=nullable(TEXT),
                reason=TEXT,
                changes=_VALUES,
            )
        )
    ),
)
def list_record_changes(kind: str, record_key: int) -> Answer:
    found_kind = _kind(kind, Action.SEE_RECORD)
    with database.reading() as session:
        store.get(session, found_kind, record_key)
        found = changes.listed(session, found_kind.id, [record_key], limit=listing.LONGEST_PAGE)
    return {
        "items": [
            {
                "revision": one.revision,
                "event": one.event,
                "changedTime": instant(one.at),
                "changedBy": one.by,
                "reason": one.reason,
                "changes": {name: list(both) for name, both in one.changes.items()},
            }
            for one in found
        ]
    }


@operation(
    blueprint,
    "POST",
    "/parties/duplicates/search",
    name="searchDuplicates",
    summary="Parties that may be the same as one with these values",
    body=body({"values": _VALUES}),
    answer=record(
        items=list_of(record(recordKey=KEY, code=TEXT, title=TEXT, reasons=list_of(TEXT), score=COUNT))
    ),
)
def search_duplicates(body: Body) -> Answer:
    _kind(PARTY.id, Action.SEE_RECORD)
    with database.reading() as session:
        found, problems = values.clean(PARTY, body["values"])
        if problems:
            raise Invalid("record_invalid", problems)
        matches = duplicates.search(session, found)
    return {
        "items": [
            {
                "recordKey": key(one.key),
                "code": one.code,
                "title": one.title.pick(current_person().locale),
                "reasons": list(one.reasons),
                "score": one.score,
            }
            for one in matches
        ]
    }


@operation(
    blueprint,
    "GET",
    "/record-proposals",
    name="listRecordProposals",
    summary="Changes of sensitive fields that wait for approval, the oldest first",
    answer=record(
        items=list_of(
            record(
                proposalKey=KEY,
                kind=TEXT,
                recordKey=KEY,
                approvers=TEXT,
                author=TEXT,
                proposedTime=INSTANT,
                reason=TEXT,
                changes=_VALUES,
            )
        )
    ),
)
def list_record_proposals() -> Answer:
    person = current_person()
    access.require(person, Action.SEE_RECORD)
    with database.reading() as session:
        found = proposals.pending(session)
    seen = [one for one in found if access.may(person, Action.SEE_RECORD, catalogue.kind(one.kind))]
    return {"items": [_proposal(one) for one in seen]}


@operation(
    blueprint,
    "POST",
    "/record-proposals/{proposalKey}/approval",
    name="approveRecordProposal",
    summary="Agree to a proposed change and make it; nobody agrees to their own",
    body=body(reason=_REASON),
    is_body_required=False,
)
def approve_record_proposal(proposal_key: int, body: Body) -> Answer:
    person = current_person()
    try:
        with database.unit_of_work() as session:
            proposals.approve(session, proposal_key, by=person, answer=body.get("reason", ""))
    except NotAllowed:
        with database.unit_of_work() as session:
            proposals.note_refusal(session, proposal_key, by=person)
        raise
    return None


@operation(
    blueprint,
    "POST",
    "/record-proposals/{proposalKey}/return",
    name="returnRecordProposal",
    summary="Give a proposed change back; needs a `reason`",
    body=body({"reason": _REASON}),
)
def return_record_proposal(proposal_key: int, body: Body) -> Answer:
    with database.unit_of_work() as session:
        proposals.return_(session, proposal_key, by=current_person(), answer=body["reason"])
    return None


def _save(kind: Kind, record_key: int | None, body: Body) -> Answer:
    person = current_person()

    def save(session: Session) -> Saved:
        return proposals.save(
            session,
            kind,
            record_key,
            body["values"],
            by=person,
            revision=body.get("revision"),
            reason=body.get("reason", ""),
        )

    saved = database.transact(save)
    return {"recordKey": key(saved.key), "revision": saved.revision, "proposed": list(saved.proposed)}


def _field(field: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": field.name,
        "type": field.type,
        "labelZh": field.label.zh,
        "labelEn": field.label.en,
        "isRequired": field.is_required,
        "isReadOnly": field.is_read_only,
    }
    if field.options:
        told["options"] = list(field.options)
    if field.approvers:
        told["approvers"] = field.approvers
    if field.refers_to:
        told["refersTo"] = field.refers_to
    if field.fields:
        told["fields"] = [_field(one) for one in field.fields]
    return told


def _values(kind: Kind, found: Values) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for field in kind.fields:
        if field.name not in found:
            continue  # lists tell nothing of rows
        value = found[field.name]
        if field.type is Type.ROWS:
            told[field.name] = [{**values.as_json(row), "key": key(row["key"])} for row in value]
        elif field.type is Type.REFERENCE:
            told[field.name] = key(value)
        else:
            told[field.name] = values.as_json(value)
    return told


def _proposal(one: Proposal) -> dict[str, Any]:
    return {
        "proposalKey": key(one.key),
        "kind": one.kind,
        "recordKey": key(one.record_key),
        "approvers": one.approvers,
        "author": one.author,
        "proposedTime": instant(one.proposed_at),
        "reason": one.reason,
        "changes": {name: list(both) for name, both in one.changes.items()},
    }
