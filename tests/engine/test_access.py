from __future__ import annotations

from types import SimpleNamespace

import pytest

from laneway.engine import access
from laneway.engine.access import Action
from laneway.engine.model import Person
from laneway.errors import NotAllowed
from laneway.words import Text

ROLES = {
    "stranger": set(),
    "desk": {"complaint_desk"},
    "credit": {"credit_control"},
    "lead": {"complaint_lead"},
    "manager": {"cs_manager"},
    "director": {"director"},
    "owner": {"process_owner"},
    "auditor": {"auditor"},
    "admin": {"admin"},
    "worker": {"worker"},
    "desk_and_admin": {"complaint_desk", "admin"},
}
STAFF = {"desk", "credit", "lead", "manager", "director", "owner", "desk_and_admin"}
MANAGERS = {"lead", "manager", "director"}
EVERYONE_WITH_A_GROUP = set(ROLES) - {"stranger"}


def user_task(**values):
    row = {
        "assignee": None,
        "candidate_groups": [],
        "candidate_users": [],
        "separate_from": [],
        "excluded": (),
    }
    return SimpleNamespace(**(row | values))


FOR_THE_DESK = user_task(candidate_groups=["complaint_desk"])
FOR_ANYONE = user_task()
HELD_BY_CREDIT = user_task(assignee="credit", candidate_groups=["complaint_desk"])
HELD_BY_STRANGER = user_task(assignee="stranger", candidate_groups=["complaint_desk"])
NAMED = user_task(candidate_users=["worker"])
NOT_FOR_THE_SAME_DESK = user_task(
    candidate_groups=["complaint_desk"], separate_from=["log"], excluded=["desk"], assignee="desk"
)
OPEN_START = SimpleNamespace(start_groups=[])
DESK_START = SimpleNamespace(start_groups=["complaint_desk"])
OF_EVERYBODY = SimpleNamespace(seen_by=frozenset(), edited_by=frozenset())
OF_CREDIT = SimpleNamespace(seen_by=frozenset({"credit_control"}), edited_by=frozenset())
EDITED_BY_DESK = SimpleNamespace(seen_by=frozenset(), edited_by=frozenset({"complaint_desk"}))
PROPOSED_TO_DESK = SimpleNamespace(approvers="complaint_desk", author="desk")

RULES = [
    (Action.SEE_USER_TASK, None, MANAGERS | {"auditor"}),
    (Action.SEE_USER_TASK, FOR_THE_DESK, MANAGERS | {"auditor", "desk", "desk_and_admin"}),
    (Action.SEE_USER_TASK, FOR_ANYONE, STAFF | {"auditor"}),
    (Action.SEE_USER_TASK, HELD_BY_CREDIT, MANAGERS | {"auditor", "desk", "desk_and_admin", "credit"}),
    (Action.SEE_USER_TASK, HELD_BY_STRANGER, MANAGERS | {"auditor", "desk", "desk_and_admin", "stranger"}),
    (Action.SEE_USER_TASK, NAMED, MANAGERS | {"auditor", "worker"}),
    (Action.SEE_USER_TASK, user_task(candidate_groups=["admin"]), MANAGERS | {"auditor"}),
    (Action.CLAIM_USER_TASK, None, set()),
    (Action.CLAIM_USER_TASK, FOR_THE_DESK, {"desk", "desk_and_admin"}),
    (Action.CLAIM_USER_TASK, FOR_ANYONE, STAFF),
    (Action.CLAIM_USER_TASK, NAMED, {"worker"}),
    (Action.CLAIM_USER_TASK, NOT_FOR_THE_SAME_DESK, {"desk_and_admin"}),
    (Action.RELEASE_USER_TASK, None, MANAGERS),
    (Action.RELEASE_USER_TASK, HELD_BY_CREDIT, MANAGERS | {"credit"}),
    (Action.ASSIGN_USER_TASK, FOR_THE_DESK, MANAGERS),
    (Action.COMPLETE_USER_TASK, None, set()),
    (Action.COMPLETE_USER_TASK, FOR_THE_DESK, set()),
    (Action.COMPLETE_USER_TASK, HELD_BY_CREDIT, {"credit"}),
    (Action.COMPLETE_USER_TASK, NOT_FOR_THE_SAME_DESK, set()),
    (Action.SEE_CASE, None, STAFF | {"auditor"}),
    (Action.ATTACH_FILE, None, STAFF),
    (Action.RECORD_INTERACTION, None, STAFF),
    (Action.LINK_CASES, None, STAFF),
    (Action.MERGE_CASES, None, MANAGERS | {"desk", "desk_and_admin"}),
    (Action.REOPEN_CASE, None, MANAGERS | {"desk", "desk_and_admin"}),
    (Action.SEE_RECORD, None, STAFF | {"auditor"}),
    (Action.SEE_RECORD, OF_CREDIT, {"credit", "auditor"}),
    (Action.EDIT_RECORD, None, set()),
    (Action.EDIT_RECORD, OF_EVERYBODY, STAFF),
    (Action.EDIT_RECORD, OF_CREDIT, {"credit"}),
    (Action.EDIT_RECORD, EDITED_BY_DESK, {"desk", "desk_and_admin"}),
    (Action.APPROVE_RECORD, None, set()),
    (Action.APPROVE_RECORD, PROPOSED_TO_DESK, {"desk_and_admin"}),
    (Action.MERGE_RECORDS, None, set()),
    (Action.EXPORT_PERSONAL_DATA, None, MANAGERS),
    (Action.SEE_DISPATCH, None, MANAGERS | {"owner", "auditor"}),
    (Action.PLAN_SERVICE, None, {"manager"}),
    (Action.START_PROCESS, None, STAFF),
    (Action.START_PROCESS, OPEN_START, STAFF),
    (Action.START_PROCESS, DESK_START, {"desk", "desk_and_admin"}),
    (Action.CANCEL_CASE, None, MANAGERS),
    (Action.OPERATE_CASE, None, {"owner", "admin", "desk_and_admin"}),
    (Action.RETRY_INCIDENT, None, MANAGERS | {"owner", "admin", "desk_and_admin"}),
    (Action.PUBLISH_MESSAGE, None, STAFF | {"worker"}),
    (Action.SEE_OUTBOX, None, MANAGERS | {"owner", "auditor"}),
    (Action.OPERATE_OUTBOX, None, MANAGERS | {"owner"}),
    (Action.SEE_MAIL, None, MANAGERS | {"desk", "desk_and_admin", "auditor"}),
    (Action.HANDLE_MAIL, None, MANAGERS | {"desk", "desk_and_admin"}),
    (Action.RECEIVE_MAIL, None, {"worker"}),
    (Action.SEE_BOARD, None, MANAGERS | {"owner", "auditor"}),
    (Action.SEE_PROCESSES, None, EVERYONE_WITH_A_GROUP),
    (Action.EDIT_PROCESS, None, {"owner"}),
    (Action.EVALUATE_DECISION, None, {"owner", "worker"}),
    (Action.WORK_JOBS, None, {"worker"}),
    (Action.SEE_WORKERS, None, {"admin", "desk_and_admin"}),
    (Action.ADMIN_PEOPLE, None, {"admin", "desk_and_admin"}),
]


def someone(role):
    return Person(role, Text(role, role), frozenset(ROLES[role]))


def rule_name(rule):
    return str(rule) if isinstance(rule, Action) else ""


@pytest.mark.parametrize(("action", "thing", "allowed"), RULES, ids=rule_name)
def test_each_action_is_granted_to_exactly_these_roles(action, thing, allowed):
    assert {role for role in ROLES if access.may(someone(role), action, thing)} == allowed


def test_every_action_stands_in_the_table():
    assert {action for action, _, _ in RULES} == set(Action)


def test_forgetting_to_say_who_is_kept_away_denies():
    row = user_task(candidate_groups=["complaint_desk"], separate_from=["log"], excluded=None)
    assert not access.may(someone("desk"), Action.CLAIM_USER_TASK, row)


def test_a_denial_names_the_action_and_the_person():
    with pytest.raises(NotAllowed) as caught:
        access.require(someone("stranger"), Action.SEE_BOARD)
    assert caught.value.code == "not_allowed_see_board"
    assert caught.value.params == {"person": "stranger"}


def test_lists_show_the_groups_that_single_user_tasks_show():
    for role in ROLES:
        groups = access.groups_visible(someone(role))
        for group in ("complaint_desk", "credit_control", "admin", "worker", "auditor"):
            seen = access.may(someone(role), Action.SEE_USER_TASK, user_task(candidate_groups=[group]))
            assert seen == (groups is None or group in groups), (role, group)
