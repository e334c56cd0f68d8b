"""A case with a secret in every variable, through pages, handlers, errors, a timer, a message and the outbox: neither log
lines nor spans nor figures tell it, and all of them tell which instance they are about.
"""

from __future__ import annotations

import io
import json
import logging
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import insert

from laneway import logs, traces
from laneway.engine import database, deployments, instances, messages
from laneway.engine.model import OutgoingKind, Person
from laneway.engine.tables import effect
from laneway.tasks import BpmnError, Job, handler
from laneway.tasks.mail import MailServer
from laneway.tasks.outbox import Sender
from laneway.testing import drain
from laneway.words import Resource

from .conftest import CLAIM, FILES, REFUND, SignIn, open_task

JOB_TYPE = "refund.pay_in_secret"  # other tests want nobody to serve the usual one
SECRET = "Zwie" + "bel" + "kuchen"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure(as_json=True, stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    traces.use(SimpleSpanProcessor(exporter), "test")
    yield exporter
    traces.stop()


@handler(JOB_TYPE)
def pay(job: Job) -> dict[str, Any]:
    """Fails at first, as handlers do: with what it was working on in the message."""
    if job.retries == 3:
        raise LookupError(f"no account of {job.variables['customer']}")
    if job.retries == 2:
        try:
            int(job.variables["finding"])
        except ValueError as error:
            raise RuntimeError(job.variables["subject"]) from error
    if job.variables["subject"] == "nobody":
        raise BpmnError("NOBODY", job.variables["customer"])
    job.send_mail(to=f"{SECRET}@example.com", subject=job.variables["subject"], body=job.variables["finding"])
    return {"reference": job.variables["finding"]}


def do_everything(sign_in: SignIn, mei: Person, chen: Person, frozen_clock: Any) -> int:
    """A refund from its start to its end, with every value being the secret; the key of its instance."""
    diagram = Resource("refund.bpmn", REFUND.replace("refund.pay", JOB_TYPE).encode())
    with database.unit_of_work() as session:
        deployments.deploy(session, [diagram, *FILES[1:]], by=None)
    claim = {**CLAIM, "customer": SECRET, "subject": SECRET}
    with database.unit_of_work() as session:
        started = instances.start_from_form(session, "refund", values=claim, by=mei)
    browser = sign_in(mei)
    browser.get(f"/cases?q={SECRET}")
    key = open_task(started)
    browser.post(f"/tasks/{key}/claim")
    browser.send("PUT", f"/tasks/{key}/draft", {"values": {"finding": SECRET}})
    browser.send("POST", f"/tasks/{key}/complete", {"values": {"finding": ""}})
    browser.send("POST", f"/tasks/{key}/complete", {"values": {"finding": SECRET}})
    lead = sign_in(chen)
    key = open_task(started)
    lead.post(f"/tasks/{key}/claim")
    lead.send("POST", f"/tasks/{key}/complete", {"values": {}})
    with database.unit_of_work() as session:
        messages.publish(
            session,
            name="refund.answer",
            correlation_key=started.case_number,
            variables={"answer_words": SECRET},
            by=mei,
        )
    broken = {"kind": "start_child", "instance_key": started.instance_key, "payload": {"secret": SECRET}}
    with database.unit_of_work() as session:
        now = frozen_clock.now
        session.execute(insert(effect).values(key=5, created_at=now, not_before=now, attempts=0, **broken))
    for _try in range(4):
        drain()
        frozen_clock.advance(hours=2)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"smtp://{SECRET}:{SECRET}@127.0.0.1:{nobody.getsockname()[1]}"
        assert Sender(OutgoingKind.MAIL, MailServer(address, "service@example.com")).send_one()
    return started.instance_key


def test_what_a_case_is_about_is_told_to_nobody_who_operates_it(
    sign_in: SignIn,
    mei: Person,
    chen: Person,
    frozen_clock: Any,
    stream: io.StringIO,
    spans: InMemorySpanExporter,
) -> None:
    key = do_everything(sign_in, mei, chen, frozen_clock)
    metrics = sign_in(mei).get("/metrics").text
    with database.reading() as session:
        assert instances.variables(session, key)["reference"] == SECRET
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    finished = spans.get_finished_spans()
    assert SECRET not in stream.getvalue()
    assert SECRET not in "".join(span.to_json() for span in finished)
    assert SECRET not in metrics

    failures = [line for line in lines if "traceback" in line]
    assert {line["logger"] for line in failures} == {"laneway.tasks.worker"}
    of_jobs = [line for line in failures if "job_key" in line]
    assert [(line["instance_key"], line["job_type"]) for line in of_jobs] == [(str(key), JOB_TYPE)] * 2
    assert "RuntimeError" in of_jobs[1]["traceback"]
    assert any(line.get("effect_key") == "5" for line in failures)
    assert any(line.get("person") == "chen" and line.get("instance_key") == str(key) for line in lines)

    names = {span.name for span in finished}
    assert {"job", "report", "send", "complete_job", "complete_user_task", "correlate_message"} <= names
    assert 'laneway_step_seconds_count{kind="complete_job"}' in metrics
