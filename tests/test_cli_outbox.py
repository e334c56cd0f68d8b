"""`laneway outbox`: operators see what has not left, and let it leave again."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import Result

from laneway.engine import database, deployments, instances, outbox
from laneway.engine.model import OutgoingKind
from laneway.engine.outbox import Delivery, Failure, Mail
from laneway.words import Resource

DIAGRAM = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
 <process id="P" name="P" isExecutable="true"><startEvent id="start"/><userTask id="u"><extensionElements>
 <zeebe:userTask/></extensionElements></userTask><sequenceFlow id="f" sourceRef="start" targetRef="u"/>
 </process></definitions>"""


@pytest.fixture
def laneway(
    run_laneway: Callable[..., Result], sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Runs a command on a database with one mail that was given up and one that waits."""
    monkeypatch.setenv("LANEWAY_DATABASE_URL", sqlite_url)
    database.connect(sqlite_url)
    with database.unit_of_work() as session:
        deployments.deploy(session, [Resource("p.bpmn", DIAGRAM.encode())], by=None)
        key = instances.start(session, process_id="P", variables={}, by=None).instance_key
    job: dict[str, Any] = {"key": 7, "instance_key": key, "element_id": "u", "token": 1, "process_id": "P"}
    mails = [Mail("a@example.com", "First", "x"), Mail("b@example.com", "Second", "x")]
    with database.unit_of_work() as session:
        outbox.queue(session, SimpleNamespace(**job), mails=mails)
    with database.unit_of_work() as session:
        row = outbox.lease_next(session, OutgoingKind.MAIL)
        outbox.report(session, row, Delivery(is_final=True, failure=Failure.REFUSED, error="550 nobody"))
    database.disconnect()
    return partial(run_laneway, "outbox")


def test_the_list_tells_what_waits_and_why_something_was_given_up(laneway: Callable[..., Result]) -> None:
    shown = laneway("list").output
    assert "已放弃 / given up" in shown
    assert "[refused] 550 nobody" in shown
    assert "1 条等待 / waiting, 1 条已放弃 / given up" in shown
    listed = json.loads(laneway("list", "--state", "failed", "--json").output)
    assert [(one["subject"], one["state"], one["attempts"]) for one in listed] == [("First", "FAILED", 1)]


def test_what_was_given_up_is_sent_again(laneway: Callable[..., Result]) -> None:
    assert "1 条将再次发送" in laneway("resend", "--failed", "--reason", "mended").output
    assert json.loads(laneway("list", "--state", "FAILED", "--json").output) == []
    waiting = json.loads(laneway("list", "--json").output)
    assert "1 条" in laneway("resend", waiting[0]["key"]).output


def test_a_wrong_call_fails_with_words(laneway: Callable[..., Result]) -> None:
    assert laneway("resend").exit_code == 1
    unknown = laneway("resend", "1")
    assert unknown.exit_code == 1
    assert "发件箱中没有这条消息" in unknown.output
