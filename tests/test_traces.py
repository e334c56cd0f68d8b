"""Traces by OpenTelemetry: one per request, one per process instance; ids and never values; nothing without the extra."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from laneway import observed, traces
from laneway.errors import Unavailable

SECRET = "li" + "lei"
INCOMING = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    traces.use(SimpleSpanProcessor(exporter), "test")
    yield exporter
    traces.stop()


def named(spans: InMemorySpanExporter, name: str) -> Any:
    (found,) = [span for span in spans.get_finished_spans() if span.name == name]
    return found


def test_a_request_continues_the_trace_of_its_caller(spans: InMemorySpanExporter) -> None:
    with traces.request("POST /tasks", {"traceparent": INCOMING}, **{"http.route": "/tasks"}):
        traces.record("complete_user_task", 1, instance_key=7, process_id="refund")
    request, step = named(spans, "POST /tasks"), named(spans, "complete_user_task")
    assert f"{request.context.trace_id:032x}" == INCOMING.split("-")[1]
    assert request.kind.name == "SERVER"
    assert step.parent.span_id == request.context.span_id
    assert step.attributes == {"laneway.instance_key": "7", "laneway.process_id": "refund"}


def test_what_runs_for_an_instance_belongs_to_one_trace_wherever_it_runs(spans: InMemorySpanExporter) -> None:
    with observed.work("job", instance_key=7, job_key=8):
        pass
    with observed.work("send", instance_key=7, outgoing_key=9):
        pass
    with observed.work("job of another", instance_key=70):
        pass
    traces.record("fire_timer", 1, instance_key=7)
    with traces.request("GET /cases", {}):
        traces.record("start", 1, instance_key=7)
    job, send = named(spans, "job"), named(spans, "send")
    timer, start = named(spans, "fire_timer"), named(spans, "start")
    assert job.context.trace_id == send.context.trace_id == timer.context.trace_id
    assert named(spans, "job of another").context.trace_id != job.context.trace_id
    assert start.context.trace_id != job.context.trace_id
    assert [link.context.trace_id for link in start.links] == [job.context.trace_id]
    assert (job.kind.name, job.attributes["laneway.job_key"]) == ("CONSUMER", "8")


def fail_in_a_job() -> None:
    with observed.work("job", instance_key=7):
        raise ValueError(SECRET)


def test_a_failure_is_told_by_its_type_alone(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match=SECRET):
        fail_in_a_job()
    failed = named(spans, "job")
    assert (failed.status.status_code.name, failed.status.description) == ("ERROR", "ValueError")
    assert failed.events == ()
    assert SECRET not in failed.to_json()


def test_traces_are_off_until_a_variable_asks_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    traces.configure("web")
    assert not traces.is_on()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    traces.configure("web")
    assert not traces.is_on()
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console")
    traces.configure("web")
    assert traces.is_on()
    traces.stop()
    assert not traces.is_on()


def test_traces_that_are_asked_for_without_the_extra_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console")
    monkeypatch.setattr(traces, "find_spec", lambda _name: None)
    with pytest.raises(Unavailable, match="traces_need_extra"):
        traces.configure("web")


def test_without_traces_opentelemetry_is_not_even_imported() -> None:
    program = (
        "import sys, laneway.server, laneway.observed as observed\n"
        "with observed.work('job', instance_key=1), observed.transaction({'step': 'start'}): pass\n"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
