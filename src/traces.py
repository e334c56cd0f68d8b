"""Traces by OpenTelemetry, where `laneway[otel]` is installed and an `OTEL_…` variable asks for them; else nothing.

What runs in the background for a process instance belongs to one trace per instance, whose number follows from the
instance's key: nothing is stored for it, and any process on any machine adds to the same trace. Requests have traces of
their own (or the caller's, by `traceparent`) and link to it. Spans carry ids, never values or error messages.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from laneway.errors import Unavailable

_tracer: Any = None
_ASKED_FOR = ("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def configure(part: str) -> None:
    """Send traces as the standard `OTEL_…` variables say; `part` is `serve`, `web` or `worker`.

    `OTEL_TRACES_EXPORTER` may be `otlp`, `console` or `none`. Raises Unavailable when the variables ask for traces and
    the extra is not installed.
    """
    asked = any(os.environ.get(name) for name in _ASKED_FOR)
    exporter = os.environ.get("OTEL_TRACES_EXPORTER") or "otlp"
    if not asked or exporter == "none" or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return
    if find_spec("opentelemetry") is None:
        raise Unavailable("traces_need_extra")
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter

    made: SpanExporter
    if exporter == "console":
        made = ConsoleSpanExporter()
    else:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        made = OTLPSpanExporter()
    use(BatchSpanProcessor(made), part)


def use(processor: Any, part: str) -> None:
    """Hand the spans to an OpenTelemetry span processor from now on."""
    global _tracer
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    name = os.environ.get("OTEL_SERVICE_NAME", "laneway")
    provider = TracerProvider(resource=Resource.create({"service.name": name, "laneway.part": part}))
    provider.add_span_processor(processor)
    _tracer = provider.get_tracer("laneway")


def stop() -> None:
    """Send what has not been sent, and trace no more."""
    global _tracer
    if _tracer is not None:
        _tracer.span_processor.shutdown()
        _tracer = None


def is_on() -> bool:
    """Whether spans go anywhere."""
    return _tracer is not None


@contextmanager
def span(name: str, *, instance_key: int, **attributes: Any) -> Iterator[Any]:
    """A span around work for a process instance, in the trace of that; gives None while traces are off."""
    if _tracer is None:
        yield None
        return
    from opentelemetry import trace

    context = trace.set_span_in_context(trace.NonRecordingSpan(_of_instance(instance_key)))
    with _opened(name, "CONSUMER", context, {"instance_key": instance_key, **attributes}) as opened:
        yield opened


@contextmanager
def request(name: str, headers: Mapping[str, str], **attributes: Any) -> Iterator[Any]:
    """A span around a request, in the trace that its headers name, if any; only while traces are on."""
    from opentelemetry.propagate import extract

    with _opened(name, "SERVER", extract(headers), attributes) as opened:
        yield opened


@contextmanager
def _opened(name: str, kind: str, context: Any, attributes: Mapping[str, Any]) -> Iterator[Any]:
    from opentelemetry import trace

    with _tracer.start_as_current_span(
        name,
        context=context,
        kind=trace.SpanKind[kind],
        attributes=_named(attributes),
        record_exception=False,
        set_status_on_exception=False,
    ) as opened:
        has_failed = True
        try:
            yield opened
            has_failed = False
        finally:
            if has_failed:
                # An exception's message may quote a variable's value, so its type alone is told.
                told = type(sys.exc_info()[1]).__name__
                opened.set_status(trace.Status(trace.StatusCode.ERROR, told))


def record(name: str, began_ns: int, *, failed: str = "", **attributes: Any) -> None:
    """A span that has just ended, below the present one; `failed` is the type of the exception that ended it.

    With an `instance_key` among the attributes it links to the trace of that instance, or belongs to it where nothing
    else has begun a trace.
    """
    if _tracer is None:
        return
    from opentelemetry import trace

    context, links = None, []
    key = attributes.get("instance_key")
    if key is not None:
        of_instance, present = _of_instance(key), trace.get_current_span().get_span_context()
        if not present.is_valid:
            context = trace.set_span_in_context(trace.NonRecordingSpan(of_instance))
        elif present.trace_id != of_instance.trace_id:
            links = [trace.Link(of_instance)]
    ended = _tracer.start_span(
        name, context=context, start_time=began_ns, attributes=_named(attributes), links=links
    )
    if failed:
        ended.set_status(trace.Status(trace.StatusCode.ERROR, failed))
    ended.end()


def _named(attributes: Mapping[str, Any]) -> dict[str, Any]:
    # Keys have 63 bits and would be rounded by tools that read numbers as JavaScript does.
    return {
        name if "." in name else f"laneway.{name}": str(value) if name.endswith("_key") else value
        for name, value in attributes.items()
        if value is not None
    }


def _of_instance(instance_key: int) -> Any:
    from opentelemetry import trace

    digest = hashlib.sha256(b"laneway instance %d" % instance_key).digest()
    return trace.SpanContext(
        trace_id=int.from_bytes(digest[:16], "big"),
        span_id=int.from_bytes(digest[16:24], "big"),
        is_remote=True,
        trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED),
    )
