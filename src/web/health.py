"""For monitors and load balancers: does this process live, can it work, how much waits. Nobody logs in here."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from prometheus_client import Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from laneway import metrics
from laneway.engine.monitoring.gauges import Gauges
from laneway.engine.monitoring.readiness import Readiness
from laneway.settings import Settings

bp = Blueprint("health", __name__)

_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_FROM_A_PROXY = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")


def register(app: Flask, readiness: Readiness, gauges: Gauges) -> None:
    """Answer `/healthz`, `/readyz` and `/metrics` in this application."""
    app.extensions["laneway_readiness"] = readiness
    app.extensions["laneway_metrics"] = _All(gauges)
    app.register_blueprint(bp)


@bp.get("/healthz")
def healthz() -> Response:
    """200 while this process answers at all; asks neither the database nor anyone else."""
    return jsonify(status="ok")


@bp.get("/readyz")
def readyz() -> tuple[Response, int]:
    """200 while every part does its work, else 503 with the names of those that do not.

    `?exclude=worker` leaves a part out of the judgement. Figures are told to those who may read the metrics.
    """
    readiness: Readiness = current_app.extensions["laneway_readiness"]
    excluded = request.args.getlist("exclude")
    parts = readiness.parts()
    failing = [part.name for part in parts if not part.is_well and part.name not in excluded]
    answer: dict[str, Any] = {"status": "unready" if failing else "ready", "failing": failing}
    if _may_read_metrics():
        answer["parts"] = {part.name: {"ok": part.is_well, **part.details} for part in parts}
    return jsonify(answer), 503 if failing else 200


@bp.get("/metrics")
def read_metrics() -> Response:
    """Everything counted, in the text format of Prometheus."""
    if not _may_read_metrics():
        return Response(status=401, headers={"WWW-Authenticate": 'Bearer realm="Laneway metrics"'})
    return Response(generate_latest(current_app.extensions["laneway_metrics"]), content_type=_METRICS_TYPE)


def _may_read_metrics() -> bool:
    """With the token; without one in the settings, from this machine and through no proxy."""
    settings: Settings = current_app.config["LANEWAY"]
    if settings.metrics_token:
        sent = request.headers.get("Authorization", "")
        return hmac.compare_digest(sent.encode(), f"Bearer {settings.metrics_token}".encode())
    if any(name in request.headers for name in _FROM_A_PROXY):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


class _All(Collector):
    """What this process counted, and what the database holds."""

    def __init__(self, gauges: Gauges) -> None:
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        yield from metrics.REGISTRY.collect()
        for gauge in self._gauges.read():
            family = GaugeMetricFamily(gauge.name, gauge.help, labels=gauge.labels)
            for labels, number in gauge.samples:
                family.add_metric(labels, number)
            yield family
