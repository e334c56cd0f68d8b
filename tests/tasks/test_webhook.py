"""Webhooks arrive signed at a real web server, and at no other address than the one that was checked."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from laneway.engine import deployments, instances
from laneway.engine.model import OutgoingKind
from laneway.engine.outbox import Delivery, Failure
from laneway.engine.tables import incident, outgoing
from laneway.settings import SettingsError, read_settings
from laneway.tasks import Job, handler
from laneway.tasks.addresses import Guard
from laneway.tasks.outbox import Sender, senders
from laneway.tasks.webhook import WebhookCaller
from laneway.testing import drain
from laneway.words import Resource

from .receivers import TLS, Receiver, drip, flood, hang, status

BODY = '{"id":"7-w0","data":{"名":1}}'


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().serving() as serving:
        yield serving


def caller(receiver: Receiver, *secrets: str, **options: Any) -> WebhookCaller:
    return WebhookCaller(Guard([receiver.address]), secrets, **options)


def hook(url: str, **changes: Any) -> Any:
    row = {"recipient": url, "body": BODY, "headers": {}, "dedupe_key": "7-w0"}
    return SimpleNamespace(**row | changes)


def take(receiver: Receiver, *secrets: str, **options: Any) -> Delivery:
    return caller(receiver, *secrets, **options).take(hook(f"http://{receiver.address}/hook?a=1"))


def test_a_webhook_arrives_with_its_id_and_an_hour(receiver: Receiver, frozen_clock: Any) -> None:
    row = hook(f"http://{receiver.address}/hook?a=1", headers={"X-Api-Key": "k"})
    assert caller(receiver).take(row) == Delivery(is_sent=True, status=200)
    (arrived,) = receiver.arrived
    assert (arrived.path, arrived.body) == ("/hook?a=1", BODY.encode())
    headers = arrived.headers
    assert headers["host"] == receiver.address
    assert headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert headers["idempotency-key"] == headers["webhook-id"] == "7-w0"
    assert headers["webhook-timestamp"] == str(int(frozen_clock.now.timestamp()))
    assert headers["x-api-key"] == "k"
    assert "webhook-signature" not in headers


def test_both_secrets_sign_so_that_receivers_can_change_over(receiver: Receiver) -> None:
    keys = [b"the newer key", b"older"]
    take(receiver, "whsec_" + base64.b64encode(keys[0]).decode(), "older")
    (arrived,) = receiver.arrived
    signed = f"7-w0.{arrived.headers['webhook-timestamp']}.".encode() + arrived.body
    wanted = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys]
    assert arrived.headers["webhook-signature"] == f"v1,{wanted[0]} v1,{wanted[1]}"


def test_a_receiver_proves_the_signature_as_the_manual_says(receiver: Receiver) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text("utf-8")
    code = re.search(r"```python\n(.*?)```", manual, re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(code[1], names)
    take(receiver, "newer", "older")
    (arrived,) = receiver.arrived
    is_genuine = names["is_genuine"]
    assert is_genuine(b"newer", arrived.headers, arrived.body)
    assert is_genuine(b"older", arrived.headers, arrived.body)
    assert not is_genuine(b"other", arrived.headers, arrived.body)
    assert not is_genuine(b"newer", arrived.headers, arrived.body + b" ")
    assert not is_genuine(b"newer", arrived.headers | {"webhook-timestamp": "1000"}, arrived.body)


def test_more_than_two_secrets_stop_the_start() -> None:
    with pytest.raises(SettingsError, match="two at most"):
        read_settings({"LANEWAY_WEBHOOK_SECRETS": "a,b,c"})


@pytest.mark.parametrize(("code", "is_sent"), [(200, True), (202, True), (204, True), (302, False)])
def test_any_answer_of_200_and_more_is_a_success(receiver: Receiver, code: int, is_sent: bool) -> None:
    receiver.answers = [status(code)]
    assert take(receiver).is_sent is is_sent


@pytest.mark.parametrize(
    ("code", "is_final"),
    [
        *[(code, True) for code in (400, 401, 404, 410, 422)],
        *[(code, False) for code in (408, 425, 429, 500, 502, 503, 504)],
    ],
)
def test_the_status_decides_whether_to_try_again(receiver: Receiver, code: int, is_final: bool) -> None:
    receiver.answers = [status(code, "no such order")]
    told = take(receiver)
    assert (told.is_sent, told.is_final, told.failure, told.status) == (
        False,
        is_final,
        Failure.REFUSED,
        code,
    )
    assert told.error.startswith(str(code))
    assert told.error.endswith(": no such order")


def test_a_receiver_may_say_when_to_come_again(receiver: Receiver, frozen_clock: Any) -> None:
    later = format_datetime(frozen_clock.now + timedelta(minutes=5), usegmt=True)
    receiver.answers = [status(503, Retry_After=text) for text in ("120", later, "soon")]
    assert [take(receiver).retry_after_seconds for _ in range(3)] == [120, 300, 0]


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    with Receiver().serving() as inner:
        receiver.answers = [status(302, Location=f"http://{inner.address}/secret")]
        told = take(receiver)
    assert (told.is_final, told.status) == (True, 302)
    assert inner.address in told.error
    assert inner.arrived == []


@pytest.mark.parametrize("answer", [hang, drip])
def test_a_receiver_that_hangs_or_drips_is_left(receiver: Receiver, answer: Any) -> None:
    receiver.answers = [answer]
    told = take(receiver, timeout_seconds=0.3)
    assert (told.is_sent, told.is_final, told.failure) == (False, False, Failure.TIMEOUT)


def test_an_answer_without_an_end_is_read_no_further_than_needed(receiver: Receiver) -> None:
    receiver.answers = [flood]
    told = take(receiver)
    assert told.status == 500
    assert len(told.error) < 3000


def test_a_receiver_that_is_away_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    told = WebhookCaller(Guard([address])).take(hook(f"http://{address}/"))
    assert (told.is_final, told.failure) == (False, Failure.UNREACHABLE)
    told = WebhookCaller(Guard()).take(hook("http://no-such-host.invalid/"))
    assert (told.is_final, told.failure) == (False, Failure.UNREACHABLE)


def test_an_inner_address_is_never_called(receiver: Receiver) -> None:
    told = WebhookCaller(Guard()).take(hook(f"http://{receiver.address}/"))
    assert (told.is_final, told.failure) == (True, Failure.ADDRESS_FORBIDDEN)
    told = WebhookCaller(Guard()).take(hook("http://169.254.169.254/latest/meta-data"))
    assert (told.is_final, told.failure) == (True, Failure.ADDRESS_FORBIDDEN)
    told = WebhookCaller(Guard()).take(hook("ftp://example.com/"))
    assert (told.is_final, told.failure) == (True, Failure.UNSENDABLE)
    assert receiver.arrived == []


class Rebinding:
    """A name server whose answer for `receiver.test` changes from one question to the next."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
        self.questions = 0
        self._answers = list(answers)
        self._real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self._resolve)

    def _resolve(self, host: str, port: int, *args: Any, **options: Any) -> Any:
        if host != "receiver.test":
            return self._real(host, port, *args, **options)
        answer = self._answers[min(self.questions, len(self._answers) - 1)]
        self.questions += 1
        return [found for address in answer for found in self._real(address, port, *args, **options)]


def test_a_name_is_asked_once_and_only_what_was_checked_is_called(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Rebinding(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
    guard = Guard([f"receiver.test:{receiver.port}"])
    assert WebhookCaller(guard).take(hook(f"http://receiver.test:{receiver.port}/")).is_sent
    assert names.questions == 1
    assert receiver.arrived[0].headers["host"] == f"receiver.test:{receiver.port}"


def test_one_inner_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    Rebinding(monkeypatch, ["93.184.215.14", "127.0.0.1"])
    told = WebhookCaller(Guard()).take(hook("http://receiver.test/"))
    assert (told.is_final, told.failure) == (True, Failure.ADDRESS_FORBIDDEN)


def test_over_tls_the_certificate_must_be_that_of_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    Rebinding(monkeypatch, ["127.0.0.1"])
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "certificate.pem"))
    with Receiver(is_secure=True).serving() as secure:
        guard = Guard([f"receiver.test:{secure.port}", secure.address])
        ours = WebhookCaller(guard)
        assert ours.take(hook(f"https://receiver.test:{secure.port}/")).is_sent
        told = ours.take(hook(f"https://127.0.0.1:{secure.port}/"))
    assert (told.is_sent, told.failure) == (False, Failure.UNREACHABLE)
    assert "CERTIFICATE_VERIFY_FAILED" in told.error
    assert len(secure.arrived) == 1


# -- from a handler, and from a diagram alone


@handler("hook.send")
def send(job: Job) -> None:
    job.send_webhook(
        url=job.variables["url"],
        event="order.paid",
        payload={"amount": 12},
        headers=job.variables.get("headers"),
    )


@pytest.fixture
def row(database: Any) -> Callable[[], Any]:
    def read() -> Any:
        with database.reading() as session:
            return session.execute(select(outgoing)).one_or_none()

    return read


def test_a_handler_sends_a_webhook_that_the_senders_of_the_worker_bring(
    start: Any, receiver: Receiver, row: Any
) -> None:
    start("hook.send", url=f"http://{receiver.address}/paid")
    drain()
    settings = read_settings(
        {"LANEWAY_WEBHOOK_HOSTS": receiver.address, "LANEWAY_WEBHOOK_SECRETS": "one, two"}
    )
    webhooks, *_others = senders(settings)
    assert [webhooks() for _ in range(2)] == [True, False]
    (arrived,) = receiver.arrived
    event = json.loads(arrived.body)
    assert (event["type"], event["data"], event["id"]) == (
        "order.paid",
        {"amount": 12},
        arrived.headers["webhook-id"],
    )
    assert len(arrived.headers["webhook-signature"].split()) == 2
    assert (row().state, row().response_status) == ("SENT", 200)


@pytest.mark.parametrize(
    "variables",
    [
        {"url": "ftp://example.com"},
        {"url": "http://example.com", "headers": {"Host": "inner"}},
        {"url": "http://example.com", "headers": {"X": "a\r\nY: b"}},
        {"url": "http://example.com", "headers": {"webhook-id": "x"}},
    ],
)
def test_what_cannot_be_sent_is_the_handlers_failure(start: Any, row: Any, variables: Any) -> None:
    start("hook.send", **variables)
    drain()
    assert row() is None


POSTING = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
 <process id="P" name="P" isExecutable="true"><startEvent id="start"/>
 <serviceTask id="j"><extensionElements><zeebe:taskDefinition type="laneway:webhook" retries="1"/>
 <zeebe:taskHeaders><zeebe:header key="event" value="order.paid"/>{headers}</zeebe:taskHeaders>
 <zeebe:ioMapping>{inputs}</zeebe:ioMapping></extensionElements></serviceTask><endEvent id="end"/>
 <sequenceFlow id="f1" sourceRef="start" targetRef="j"/><sequenceFlow id="f2" sourceRef="j" targetRef="end"/>
 </process></definitions>"""


@pytest.mark.parametrize(
    ("headers", "inputs", "data"),
    [
        (
            '<zeebe:header key="url" value="{url}"/><zeebe:header key="header:X-Api-Key" value="k"/>',
            '<zeebe:input source="=amount * 2" target="payload.twice"/>',
            {"twice": 24},
        ),
        (
            '<zeebe:header key="variables" value="amount, nothing"/>',
            '<zeebe:input source="=&quot;{url}&quot;" target="url"/>',
            {"amount": 12, "nothing": None},
        ),
    ],
)
def test_a_diagram_posts_without_any_python(
    database: Any, receiver: Receiver, headers: str, inputs: str, data: Any
) -> None:
    url = f"http://{receiver.address}/orders"
    diagram = POSTING.format(headers=headers.format(url=url), inputs=inputs.format(url=url))
    with database.unit_of_work() as session:
        deployed = deployments.deploy(session, [Resource("p.bpmn", diagram.encode())], by=None)
        instances.start(session, process_id="P", variables={"amount": 12}, by=None)
    assert deployed.findings == []
    drain()
    assert Sender(OutgoingKind.WEBHOOK, caller(receiver)).send_one()
    (arrived,) = receiver.arrived
    assert (arrived.path, json.loads(arrived.body)["data"]) == ("/orders", data)
    assert arrived.headers.get("x-api-key") == ("k" if "header:" in headers else None)


def test_a_diagram_that_does_not_say_where_to_ends_in_an_incident(database: Any) -> None:
    with database.unit_of_work() as session:
        deployments.deploy(
            session, [Resource("p.bpmn", POSTING.format(headers="", inputs="").encode())], by=None
        )
        instances.start(session, process_id="P", variables={}, by=None)
    drain()
    with database.reading() as session:
        assert "url is missing" in session.scalars(select(incident.c.message)).one()
