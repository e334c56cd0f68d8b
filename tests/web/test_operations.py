"""The page of operations: what an operator does with a case, by plain forms."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from laneway.engine import database, deployments, instances, tables
from laneway.words import Resource

from .conftest import REFUND, open_task, start_refund


@pytest.fixture
def browser(sign_in: Any, owner: Any) -> Any:
    return sign_in(owner)


def address(refund: Any, verb: str = "") -> str:
    return f"/cases/{refund.case_number}/operations" + (f"/{verb}" if verb else "")


def instance(refund: Any) -> Any:
    with database.reading() as session:
        columns = tables.process_instance.c
        query = select(tables.process_instance).where(columns.key == refund.instance_key)
        return session.execute(query).one()


def token(refund: Any) -> str:
    with database.reading() as session:
        query = select(tables.user_task.c.token).where(tables.user_task.c.key == open_task(refund))
        return str(session.scalar(query))


def variables(refund: Any) -> Any:
    with database.reading() as session:
        return instances.variables(session, refund.instance_key)


def test_the_page_shows_where_the_case_stands(browser: Any, refund: Any) -> None:
    shown = browser.get(address(refund)).text
    assert "Check the claim" in shown
    assert "Gulf Panel" in shown
    assert 'value="approve"' in shown
    assert 'value="asked"' not in shown  # a start event cannot start again


def test_a_case_is_suspended_and_resumed_with_a_reason(
    browser: Any, refund: Any, sign_in: Any, mei: Any
) -> None:
    assert browser.post(address(refund, "suspend")).status_code == 422
    assert instance(refund).state == "ACTIVE"
    assert browser.post(address(refund, "suspend"), {"reason": "Audit"}).status_code == 303
    assert instance(refund).state == "SUSPENDED"
    assert "Resume the case" in browser.get(address(refund)).text
    assert "This case is suspended." in browser.get(f"/cases/{refund.case_number}").text
    listed = browser.get("/cases").text
    assert refund.case_number in listed
    assert "Suspended" in listed
    whole = browser.get(f"/cases/{refund.case_number}/timeline").text
    assert "suspended the case" in whole
    assert "Audit" in whole
    desk = sign_in(mei)
    assert "此案件已挂起" in desk.get(f"/inbox/open/{open_task(refund)}").text
    assert desk.post(f"/tasks/{open_task(refund)}/claim").status_code == 409
    again = browser.post(address(refund, "suspend"), {"reason": "Audit"})
    assert again.status_code == 409
    assert "has been suspended since" in again.text
    assert browser.post(address(refund, "resume"), {"reason": "Done"}).status_code == 303
    assert instance(refund).state == "ACTIVE"


def test_a_token_moves_starts_beside_and_ends(browser: Any, refund: Any) -> None:
    sent = {"token": token(refund), "target": "approve", "reason": "Known customer"}
    assert browser.post(address(refund, "move"), sent).status_code == 303
    assert instance(refund).waiting_at == ["approve"]
    browser.post(address(refund, "start"), {"target": "answered", "near": "", "reason": "Ask too"})
    assert instance(refund).waiting_at == ["approve", "answered"]
    browser.post(address(refund, "end"), {"token": token(refund), "reason": "Not needed"})
    assert instance(refund).waiting_at == ["answered"]


def test_what_stands_in_the_way_is_told_on_the_page(browser: Any, refund: Any) -> None:
    answer = browser.post(address(refund, "move"), {"token": "99", "target": "approve", "reason": "Try"})
    assert answer.status_code == 422
    assert "The case no longer stands there" in answer.text
    answer = browser.post(address(refund, "start"), {"target": "asked", "reason": "Try"})
    assert "is a start event" in answer.text
    answer = browser.post(address(refund, "end"), {"reason": "Try"})
    assert "nothing was chosen" in answer.text
    assert instance(refund).waiting_at == ["check"]


def test_a_case_goes_back_with_its_data(browser: Any, refund: Any) -> None:
    browser.post(address(refund, "set-variable"), {"name": "amount", "value": "95", "token": "0"})
    browser.post(
        address(refund, "move"), {"token": token(refund), "target": "approve", "reason": "Known customer"}
    )
    assert variables(refund)["amount"] == 95
    sent = {"target": "check", "reason": "Look again", "variables": "on"}
    assert browser.post(address(refund, "rewind"), sent).status_code == 303
    assert instance(refund).waiting_at == ["check"]
    assert variables(refund)["amount"] == 80
    assert "took the case back to" in browser.get(f"/cases/{refund.case_number}/timeline").text


def test_a_case_goes_over_after_a_look(browser: Any, refund: Any) -> None:
    with database.unit_of_work() as session:
        new = REFUND.replace('"check"', '"verify"').encode()
        deployed = deployments.deploy(session, [Resource("refund.bpmn", new)], by=None)
    target = deployed.processes[0].key
    looked = browser.get(f"{address(refund)}?to={target}").text
    assert "1 obstacle stands in the way." in looked
    assert "map:check" in looked
    answer = browser.post(address(refund, "migrate"), {"to": str(target), "reason": "New rules"})
    assert answer.status_code == 422
    assert "The case cannot go over to that version" in answer.text
    looked = browser.get(f"{address(refund)}?to={target}&map:check=verify").text
    assert "Nothing stands in the way." in looked
    sent = {"to": str(target), "map:check": "verify", "reason": "New rules"}
    assert browser.post(address(refund, "migrate"), sent).status_code == 303
    assert (instance(refund).version, instance(refund).waiting_at) == (2, ["verify"])


def test_variables_are_set_added_and_deleted(browser: Any, refund: Any) -> None:
    browser.post(address(refund, "set-variable"), {"name": "amount", "value": "81.5", "token": "0"})
    browser.post(address(refund, "set-variable"), {"name": "word", "value": "plain words", "token": ""})
    browser.post(address(refund, "set-variable"), {"name": "own", "value": "[1]", "token": token(refund)})
    browser.post(address(refund, "delete-variable"), {"name": "subject", "token": "0"})
    found = variables(refund)
    assert (found["amount"], found["word"], "subject" in found, "own" in found) == (
        81.5,
        "plain words",
        False,
        False,
    )
    assert "Only at “Check the claim”" in browser.get(address(refund)).text
    for name, value, told in (
        ("broken", "{1", "the value is no JSON"),
        ("case_number", "1", "this name is reserved"),
        ("a.b", "1", "no name for a variable"),
    ):
        answer = browser.post(address(refund, "set-variable"), {"name": name, "value": value})
        assert answer.status_code == 422
        assert told in answer.text
        assert f'value="{name}"' in answer.text


def test_an_ended_case_can_only_be_looked_at(browser: Any, refund: Any) -> None:
    browser.post(address(refund, "end"), {"token": token(refund), "reason": "Over"})
    assert instance(refund).state == "TERMINATED"
    shown = browser.get(address(refund))
    assert "Nothing can be changed any more." in shown.text
    assert browser.post(address(refund, "suspend"), {"reason": "Late"}).status_code == 409


def test_only_process_owners_may(sign_in: Any, refund: Any, mei: Any, chen: Any, admin: Any) -> None:
    for person in (mei, chen, admin):
        other = sign_in(person)
        assert other.get(address(refund)).status_code == 403
        assert other.post(address(refund, "suspend"), {"reason": "Mine"}).status_code == 403
    assert instance(refund).state == "ACTIVE"


def test_another_case_is_not_reached_through_this_one(browser: Any, refund: Any, mei: Any) -> None:
    other = start_refund(mei)
    sent = {"instance": str(other.instance_key), "reason": "Wrong"}
    assert browser.post(address(refund, "suspend"), sent).status_code == 404
    assert browser.get(f"{address(refund)}?instance={other.instance_key}").status_code == 404
    assert instance(other).state == "ACTIVE"


def test_the_page_speaks_chinese(sign_in: Any, refund: Any, owner: Any) -> None:
    client = sign_in(owner)
    client.client.get("/language/zh?next=/account")
    shown = client.get(address(refund)).text
    assert "挂起案件" in shown
    assert "核对" in shown


def test_the_case_page_leads_operators_here_and_nobody_else(
    browser: Any, refund: Any, sign_in: Any, mei: Any
) -> None:
    assert f'href="{address(refund)}"' in browser.get(f"/cases/{refund.case_number}").text
    assert f'href="{address(refund)}"' not in sign_in(mei).get(f"/cases/{refund.case_number}").text
