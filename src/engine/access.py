"""Who may do what: one function decides, for screens, API and commands alike. What is not granted is denied.

Roles are groups. Managers lead the department; staff is everyone who works on cases; the administrator keeps
accounts but sees no case; auditors only read; `worker` is for outside programs that work on jobs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import StrEnum
from typing import Any

from laneway.engine.model import Person
from laneway.errors import NotAllowed

MANAGERS = frozenset({"complaint_lead", "cs_manager", "director"})
PROCESS_OWNER = "process_owner"
AUDITOR = "auditor"
ADMIN = "admin"
WORKER = "worker"
MASTER_DATA = "master_data"
_FIELD = frozenset({"technician", "tech_service"})
_MAIL_READERS = frozenset({"hotline", "complaint_desk"})
_NOT_STAFF = frozenset({ADMIN, AUDITOR, WORKER})


PERSON = "@"
"""What stands before a username in the `separate_from` of a user task; no element's id begins with it."""


class Action(StrEnum):
    """Everything that is granted or denied. The comment names the thing it is asked about."""

    SEE_USER_TASK = "see_user_task"  # a user task
    CLAIM_USER_TASK = "claim_user_task"  # a user task, with `excluded`
    RELEASE_USER_TASK = "release_user_task"  # a user task
    ASSIGN_USER_TASK = "assign_user_task"  # -
    COMPLETE_USER_TASK = "complete_user_task"  # a user task, with `excluded`
    SEE_CASE = "see_case"  # -
    ATTACH_FILE = "attach_file"  # to a case that one sees
    RECORD_INTERACTION = "record_interaction"  # in the log of a case that one sees
    SEE_RECORD = "see_record"  # a kind of record, or None: any at all
    EDIT_RECORD = "edit_record"  # a kind of record
    EXPORT_PERSONAL_DATA = "export_personal_data"  # telephone, e-mail and bank unmasked
    APPROVE_RECORD = "approve_record"  # a proposed change of a record
    MERGE_RECORDS = "merge_records"  # two records of one party
    START_PROCESS = "start_process"  # a process definition, or None: any at all
    CANCEL_CASE = "cancel_case"  # -
    LINK_CASES = "link_cases"  # say what two cases have to do with one another
    MERGE_CASES = "merge_cases"  # two cases about the same, and take that back
    REOPEN_CASE = "reopen_case"  # after its closure
    OPERATE_CASE = "operate_case"  # suspend, modify, rewind, migrate, set variables
    RETRY_INCIDENT = "retry_incident"  # -
    PUBLISH_MESSAGE = "publish_message"  # -
    SEE_OUTBOX = "see_outbox"  # mails and webhooks of all cases
    OPERATE_OUTBOX = "operate_outbox"  # send again, cancel
    SEE_MAIL = "see_mail"  # that arrived, of all cases and of none
    HANDLE_MAIL = "handle_mail"  # say which case a mail belongs to, or that it is for none
    RECEIVE_MAIL = "receive_mail"  # hand in a mail as it came over the wire
    SEE_BOARD = "see_board"  # -
    SEE_DISPATCH = "see_dispatch"  # who does which service order when
    PLAN_SERVICE = "plan_service"  # book people and things for service orders
    SEE_PROCESSES = "see_processes"  # -
    EDIT_PROCESS = "edit_process"  # draft, check, publish, deploy
    EVALUATE_DECISION = "evaluate_decision"  # outside any case
    WORK_JOBS = "work_jobs"  # activate, complete and fail jobs from outside
    ADMIN_PEOPLE = "admin_people"  # -
    SEE_WORKERS = "see_workers"  # which worker processes live


def may(person: Person, action: Action, thing: Any = None) -> bool:
    """Whether `person` may do `action` to `thing`.

    A user task is any object or row with `assignee`, `candidate_groups`, `candidate_users`, `separate_from`;
    for claiming and completing also `excluded`, the usernames that segregation of duties keeps away (whoever
    completed one of the elements in `separate_from`, or is named there after PERSON). Where something is named but
    `excluded` is not given, the answer is no. A process definition is any object with `start_groups`. Actions about a
    thing are denied
    without it. A kind of record is any object with `seen_by` and `edited_by`, groups, where nobody means all staff; a
    proposed change has `approvers`, a group, and `author`, who may not approve it.
    """
    return _RULES[action](person, thing)


def require(person: Person, action: Action, thing: Any = None) -> None:
    """Raises NotAllowed with code `not_allowed_<action>` unless `may` says yes."""
    if not may(person, action, thing):
        raise NotAllowed(f"not_allowed_{action}", person=person.username)


def is_staff(person: Person) -> bool:
    """Whether this person works on cases: a member of any group of the department."""
    return bool(person.groups - _NOT_STAFF)


def is_manager(person: Person) -> bool:
    """Whether this person leads the department and may act on everyone's user tasks."""
    return bool(person.groups & MANAGERS)


def groups_visible(person: Person) -> frozenset[str] | None:
    """The candidate groups whose user tasks this person sees; None: every user task there is.

    The same rule as SEE_USER_TASK, for list queries: a person also sees what is assigned to them, what names
    them as a candidate user and, if `is_staff`, what has no candidates at all.
    """
    if is_manager(person) or AUDITOR in person.groups:
        return None
    return person.groups - _NOT_STAFF


def _in(groups: Collection[str]) -> Callable[[Person, Any], bool]:
    wanted = frozenset(groups)
    return lambda person, _thing: bool(person.groups & wanted)


def _is_candidate(person: Person, user_task: Any) -> bool:
    if not user_task.candidate_groups and not user_task.candidate_users:
        return is_staff(person)
    groups = person.groups - _NOT_STAFF
    return person.username in user_task.candidate_users or not groups.isdisjoint(user_task.candidate_groups)


def _is_kept_away(person: Person, user_task: Any) -> bool:
    excluded = getattr(user_task, "excluded", None)
    if excluded is None:
        return bool(user_task.separate_from)
    return person.username in excluded


def _may_see_user_task(person: Person, user_task: Any) -> bool:
    if groups_visible(person) is None:
        return True
    return user_task is not None and (
        user_task.assignee == person.username or _is_candidate(person, user_task)
    )


def _may_claim(person: Person, user_task: Any) -> bool:
    return user_task is not None and _is_candidate(person, user_task) and not _is_kept_away(person, user_task)


def _may_release(person: Person, user_task: Any) -> bool:
    return is_manager(person) or (user_task is not None and user_task.assignee == person.username)


def _may_complete(person: Person, user_task: Any) -> bool:
    return (
        user_task is not None
        and user_task.assignee == person.username
        and not _is_kept_away(person, user_task)
    )


def _may_start(person: Person, definition: Any) -> bool:
    groups = definition.start_groups if definition is not None else ()
    return is_staff(person) and (not groups or not person.groups.isdisjoint(groups))


def _may_see_record(person: Person, kind: Any) -> bool:
    groups = kind.seen_by if kind is not None else ()
    if not groups:
        return is_staff(person) or AUDITOR in person.groups
    return AUDITOR in person.groups or not person.groups.isdisjoint(groups)


def _may_edit_record(person: Person, kind: Any) -> bool:
    if kind is None or not _may_see_record(person, kind):
        return False
    return is_staff(person) and (not kind.edited_by or not person.groups.isdisjoint(kind.edited_by))


def _may_approve_record(person: Person, proposal: Any) -> bool:
    return proposal is not None and proposal.approvers in person.groups and proposal.author != person.username


_RULES: dict[Action, Callable[[Person, Any], bool]] = {
    Action.SEE_USER_TASK: _may_see_user_task,
    Action.CLAIM_USER_TASK: _may_claim,
    Action.RELEASE_USER_TASK: _may_release,
    Action.ASSIGN_USER_TASK: _in(MANAGERS),
    Action.COMPLETE_USER_TASK: _may_complete,
    Action.SEE_CASE: lambda person, _case: is_staff(person) or AUDITOR in person.groups,
    Action.ATTACH_FILE: lambda person, _case: is_staff(person),
    Action.RECORD_INTERACTION: lambda person, _case: is_staff(person),
    Action.SEE_RECORD: _may_see_record,
    Action.EDIT_RECORD: _may_edit_record,
    Action.EXPORT_PERSONAL_DATA: _in(MANAGERS | {MASTER_DATA}),
    Action.APPROVE_RECORD: _may_approve_record,
    Action.MERGE_RECORDS: _in({MASTER_DATA}),
    Action.START_PROCESS: _may_start,
    Action.CANCEL_CASE: _in(MANAGERS),
    Action.LINK_CASES: lambda person, _case: is_staff(person),
    Action.MERGE_CASES: _in(MANAGERS | {"complaint_desk"}),
    Action.REOPEN_CASE: _in(MANAGERS | {"complaint_desk", "hotline"}),
    Action.OPERATE_CASE: _in({PROCESS_OWNER, ADMIN}),
    Action.RETRY_INCIDENT: _in(MANAGERS | {PROCESS_OWNER, ADMIN}),
    Action.PUBLISH_MESSAGE: lambda person, _thing: is_staff(person) or WORKER in person.groups,
    Action.SEE_OUTBOX: _in(MANAGERS | {PROCESS_OWNER, AUDITOR}),
    Action.OPERATE_OUTBOX: _in(MANAGERS | {PROCESS_OWNER}),
    Action.SEE_MAIL: _in(MANAGERS | _MAIL_READERS | {AUDITOR}),
    Action.HANDLE_MAIL: _in(MANAGERS | _MAIL_READERS),
    Action.RECEIVE_MAIL: _in({WORKER}),
    Action.SEE_BOARD: _in(MANAGERS | {PROCESS_OWNER, AUDITOR}),
    Action.SEE_DISPATCH: _in(MANAGERS | _FIELD | {"service_coord", "hse", PROCESS_OWNER, AUDITOR}),
    Action.PLAN_SERVICE: _in({"service_coord", "cs_manager"}),
    Action.SEE_PROCESSES: lambda person, _thing: bool(person.groups),
    Action.EDIT_PROCESS: _in({PROCESS_OWNER}),
    Action.EVALUATE_DECISION: _in({PROCESS_OWNER, WORKER}),
    Action.WORK_JOBS: _in({WORKER}),
    Action.ADMIN_PEOPLE: _in({ADMIN}),
    Action.SEE_WORKERS: _in({ADMIN}),
}
