"""Job types about customers' data: who it is, duplicates, changes with four-eyes, reviews (DOMAIN C080)."""

from __future__ import annotations

from typing import Any, Final

from laneway.engine import clock, doers, messages
from laneway.engine.database import Session, reading, unit_of_work
from laneway.engine.model import Person
from laneway.errors import BpmnError, Conflict, Invalid, NotAllowed, NotFound
from laneway.records.kinds import proposals, store
from laneway.records.kinds.declared import Problem, Type, Values
from laneway.records.kinds.proposals import Proposal, State
from laneway.records.kinds.values import is_empty
from laneway.records.parties import changed, duplicates, merging, reviews, starting
from laneway.records.parties.duplicates import Match
from laneway.records.parties.kinds import PARTY
from laneway.tasks.registry import Job, handler

IDENTIFY: Final = "laneway:identify-party"
DUPLICATES: Final = "laneway:find-duplicates"
SAVE: Final = "laneway:save-party"
MERGE: Final = "laneway:merge-parties"
DECIDE: Final = "laneway:decide-proposals"
PUBLISH: Final = "laneway:publish-party"
REQUEST_REVIEWS: Final = "laneway:request-reviews"
CONFIRM_REVIEW: Final = "laneway:confirm-review"
NOT_SAVED: Final = "record_invalid"
"""The error of values that do not fit: variables `problems_zh` and `problems_en`."""
_SECONDS_HELD: Final = 60
_CERTAIN = frozenset({"tax", "email", "phone", "name"})
_REASONS = {
    "tax": "税号 tax number",
    "name": "名称 name",
    "alike": "名称相近 similar name",
    "phone": "电话 telephone",
    "email": "邮箱 e-mail",
}
_WRONG = {
    "required": ("必填", "is required"),
    "taken": ("已被使用", "is in use"),
    "phone_or_email": ("电话和邮箱至少填一项", "or e-mail is required"),
    "recall_contact_missing": ("缺少可联系的召回联系人", "need a recall contact that can be reached"),
    "ends_before_it_begins": ("到期早于生效", "ends before it begins"),
}


def install() -> None:
    """Serve the job types."""
    served = {
        IDENTIFY: identify,
        DUPLICATES: find_duplicates,
        SAVE: save,
        MERGE: merge,
        DECIDE: decide,
        PUBLISH: publish,
        REQUEST_REVIEWS: request_reviews,
        CONFIRM_REVIEW: confirm_review,
    }
    for job_type, function in served.items():
        handler(job_type)(function)


def identify(job: Job) -> dict[str, Any]:
    """Find who asks, by `party`, or by name, e-mail and telephone; whoever is unknown becomes a prospect.

    Nobody is turned away: where not even a telephone or an e-mail is known, `party` stays empty. Variables: `party`,
    `party_is_new`, `customer`, `tier`, `language`, and `contact_email`, `contact_phone` where the record knows them.
    """
    given = _contact(job)
    with unit_of_work() as session:
        code, is_new = _known(session, job, given), False
        if code is None:
            _, problems = store.checked(session, PARTY, given, {})
            if problems:
                return {"party": None, "party_is_new": False, "tier": "prospect"}
            by = doers.doer_of(session, job.key, job.headers.get("by", ""))
            key = store.create(session, PARTY, given, by=by.username, source_key=job.key)
            code, is_new = store.get(session, PARTY, key).code, True
        record = starting.find(session, code)
    told = starting.values_for_form(record)
    said = {name: job.variables.get(name) for name in ("language", "contact_email", "contact_phone")}
    kept = {name: value for name, value in said.items() if value}
    return {**told, **kept, "party": record.code, "party_is_new": is_new}


def _known(session: Session, job: Job, given: Values) -> str | None:
    """The code of the party that is certainly meant."""
    code = str(job.variables.get("party") or "").strip()
    if code:
        try:
            return starting.find(session, code).code
        except NotFound:
            pass
    found = duplicates.search(session, given)
    return next((one.code for one in found if _CERTAIN & set(one.reasons)), None)


def _contact(job: Job) -> Values:
    """What an enquiry tells of a customer, as values of a prospect."""
    told = job.variables
    name, reporter = (str(told.get(one) or "").strip() for one in ("customer", "contact_name"))
    reached = {"phone": told.get("contact_phone"), "email": told.get("contact_email")}
    found: Values = {
        "name": name or reporter,
        "type": "prospect",
        "country": told.get("country") or "CN",
        "language": told.get("language") or "zh",
        **{one: value for one, value in reached.items() if value},
    }
    if reporter:
        found["contacts"] = [{"name": reporter, "language": found["language"], **reached}]
    return found


def find_duplicates(job: Job) -> dict[str, Any]:
    """Other parties that may be the same as the one with the values of F1: `duplicates`, and `duplicate_options`."""
    values = {name: value for name, value in job.variables.items() if name in PARTY.by_name and value}
    with reading() as session:
        own = _key(session, job)
        found, _problems = store.checked(session, PARTY, _writable(values), {})
        alike = duplicates.search(session, found, leave_out=[own] if own else [])
    listed = [_match(one) for one in alike]
    options = [
        {"value": one["code"], "label": f"{one['code']} {one['name']}（{one['why']}）"} for one in listed
    ]
    return {"duplicates": listed, "duplicate_options": options}


def _match(one: Match) -> dict[str, Any]:
    why = "、".join(_REASONS[reason] for reason in one.reasons)
    return {"code": one.code, "name": one.title.zh, "country": one.country, "why": why, "score": one.score}


def save(job: Job) -> dict[str, Any]:
    """Write the values of F1 into the record `party`, or into a new one; sensitive ones are proposed (four-eyes).

    The header `by` names user tasks (with commas): whoever completed one of them last is the author. Variables: `party`,
    `customer`, `party_revision`, `proposals`, `steward_needed`, `credit_needed`, `author`. Throws `record_invalid`.
    """
    values = {name: value for name, value in job.variables.items() if name in PARTY.by_name}
    given = {name: value for name, value in _writable(values).items() if not is_empty(value)}
    with unit_of_work() as session:
        by = doers.doer_of(session, job.key, job.headers.get("by", ""))
        key = _key(session, job)
        if key is not None:
            given |= _joined(store.get(session, PARTY, key).values, given)
        try:
            saved = proposals.save(session, PARTY, key, given, by=by, reason=_reason(job), source_key=job.key)
        except Invalid as refusal:
            raise _not_saved(refusal.problems) from refusal
        except Conflict as refusal:
            raise BpmnError(NOT_SAVED, str(refusal), _words([f"{refusal}"], [f"{refusal}"])) from refusal
        record = store.get(session, PARTY, saved.key)
        asked = [_asked(one) for one in proposals.of_source(session, job.key) if one.state is State.PENDING]
    groups = {one["approvers"] for one in asked}
    return {
        "party": record.code,
        "customer": record.values["name"],
        "country": record.values["country"],
        "party_revision": saved.revision,
        "proposals": asked,
        "steward_needed": "master_data" in groups,
        "credit_needed": "credit_control" in groups,
        "author": by.username,
    }


def merge(job: Job) -> dict[str, Any]:
    """Merge the record `absorbed` into `party`, in the name of who completed the user task in the header `by`."""
    with unit_of_work() as session:
        by = doers.doer_of(session, job.key, job.headers.get("by", ""))
        kept = starting.find(session, str(job.variables.get("party") or ""))
        other = store.find(session, PARTY, str(job.variables.get("absorbed") or ""))
        if merging.kept_code(session, other.key) == kept.code:
            return {"party": kept.code}  # done before
        merging.merge(session, kept.key, other.key, by=by, reason=_reason(job))
    return {"party": kept.code}


def decide(job: Job) -> dict[str, Any]:
    """Approve or return what was proposed to the group in the header `approvers`, as `decision` and `answer` say.

    The header `by` names the user task of who decides. The author is refused (error `own_proposal`), and the refusal
    stands in the record's history. A proposal that was decided elsewhere stays as it was decided.
    """
    approvers, is_agreed = job.headers.get("approvers", ""), job.variables.get("decision") == "approve"
    answer = str(job.variables.get("answer") or "")
    asked = [one for one in job.variables.get("proposals") or [] if one.get("approvers") == approvers]
    with reading() as session:
        by = doers.doer_of(session, job.key, job.headers.get("by", ""))
    for one in asked:
        try:
            with unit_of_work() as session:
                _decide(session, int(one["key"]), by=by, is_agreed=is_agreed, answer=answer)
        except NotAllowed as refusal:
            with unit_of_work() as session:
                proposals.note_refusal(session, int(one["key"]), by=by)
            raise BpmnError("own_proposal", str(refusal)) from refusal
    return {f"{approvers}_decision": "approve" if is_agreed else "return"}


def _decide(session: Session, key: int, *, by: Person, is_agreed: bool, answer: str) -> None:
    if proposals.get(session, key).state is not State.PENDING:
        return
    if is_agreed:
        proposals.approve(session, key, by=by, answer=answer)
    else:
        proposals.return_(session, key, by=by, answer=answer)


def publish(job: Job) -> None:
    """Publish the message `customer.changed` about `party`."""
    with unit_of_work() as session:
        record = starting.find(session, str(job.variables.get("party") or ""))
        changed.publish(session, record.key, source_key=job.key)


def request_reviews(job: Job) -> dict[str, Any]:
    """Ask for the review of every party that is due: one message `customer.review_due` each, correlated by its code.

    The header `limit` (100) is how many at a time, those that have waited longest first. A party whose review is
    under way is not asked for again. Variables: `reviews_requested`, `reviews_overdue`.
    """
    limit = int(job.headers.get("limit") or 100)
    with reading() as session:
        due = reviews.due(session, limit=limit)
        overdue = reviews.figures(session).overdue
    for one in due:
        labels = [PARTY.by_name[name].label for name in one.gaps if name in PARTY.by_name]
        first = (one.values["contacts"] or [{}])[0]
        told = {
            "party": one.code,
            "customer": one.values["name"],
            "review_due_on": one.values["review_due_on"].isoformat(),
            "gaps_zh": "、".join(label.zh for label in labels),
            "gaps_en": ", ".join(label.en for label in labels),
            "contact_name": first.get("name"),
            "contact_phone": first.get("phone") or one.values["phone"],
            "contact_email": first.get("email") or one.values["email"],
        }
        with unit_of_work() as session:
            # It expires at once: while a review of this party is open, no second one waits behind it.
            messages.publish(
                session,
                name="customer.review_due",
                correlation_key=one.code,
                variables=told,
                by=None,
                ttl_seconds=_SECONDS_HELD,
            )
    return {"reviews_requested": len(due), "reviews_overdue": overdue}


def confirm_review(job: Job) -> dict[str, Any]:
    """Note that the data of `party` were confirmed with the customer, by who completed the task in the header `by`."""
    with unit_of_work() as session:
        by = doers.doer_of(session, job.key, job.headers.get("by", ""))
        record = starting.find(session, str(job.variables.get("party") or ""))
        today = clock.here().date()
        if record.values["reviewed_on"] != today:
            reviews.confirm(session, record.key, by=by, note=str(job.variables.get("review_note") or ""))
    return {"reviewed_on": today.isoformat()}


# -- values


def _key(session: Session, job: Job) -> int | None:
    """The record that is meant; None for a new one. Raises BpmnError when there is no such party."""
    code = str(job.variables.get("party") or "").strip()
    if not code:
        return None
    try:
        return starting.find(session, code).key
    except NotFound as error:
        raise BpmnError(
            NOT_SAVED, str(error), _words([f"没有客户 {code}"], [f"There is no party {code}"])
        ) from error


def _writable(values: Values) -> Values:
    return {name: value for name, value in values.items() if not PARTY.by_name[name].is_read_only}


def _joined(before: Values, given: Values) -> Values:
    """Rows that are there with the given ones: of the same name the given one counts, nothing is dropped."""
    joined: Values = {}
    for field in PARTY.rows:
        if field.name not in given:
            continue
        first = field.fields[0].name if field.name != "addresses" else "address"
        names = {str(row.get(first) or "").casefold() for row in given[field.name]}
        kept = [row for row in before[field.name] if str(row.get(first) or "").casefold() not in names]
        plain = [{one.name: row.get(one.name) for one in field.fields} for row in kept]
        joined[field.name] = [*plain, *given[field.name]]
    return joined


def _asked(one: Proposal) -> dict[str, Any]:
    """A proposal as forms show it."""
    lines_zh, lines_en = [], []
    for name, (old, new) in one.changes.items():
        field = PARTY.by_name[name]
        words = [field.options.get(str(value)) if field.type is Type.CHOICE else None for value in (old, new)]
        before, after = (
            word.zh if word else str(value or "–") for word, value in zip(words, (old, new), strict=True)
        )
        lines_zh.append(f"{field.label.zh}：{before} → {after}")
        before, after = (
            word.en if word else str(value or "–") for word, value in zip(words, (old, new), strict=True)
        )
        lines_en.append(f"{field.label.en}: {before} → {after}")
    return {
        "key": str(one.key),
        "approvers": one.approvers,
        "text_zh": "；".join(lines_zh),
        "text_en": "; ".join(lines_en),
    }


def _not_saved(problems: list[Problem] | Any) -> BpmnError:
    zh, en = [], []
    for path, code, _params in problems or []:
        field = PARTY.by_name.get(str(path).partition(".")[0])
        words = _WRONG.get(code, ("填写有误", "does not fit"))
        zh.append(f"{field.label.zh if field else path}：{words[0]}")
        en.append(f"{field.label.en if field else path} {words[1]}")
    return BpmnError(NOT_SAVED, "; ".join(en), _words(zh, en))


def _words(zh: list[str], en: list[str]) -> dict[str, str]:
    return {"problems_zh": "；".join(zh), "problems_en": "; ".join(en)}


def _reason(job: Job) -> str:
    return " · ".join(str(one) for one in (job.case_number, job.variables.get("change_reason")) if one)
