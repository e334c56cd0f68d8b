"""What monitors and load balancers are told, and who may read the figures."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from flask import Flask

from laneway.engine import database
from laneway.engine.monitoring import workers
from laneway.engine.monitoring.readiness import Readiness
from laneway.settings import Settings
from laneway.web import create_app, create_health_app

ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def worker(app: Flask) -> None:
    """A worker that lives."""
    workers.beat("w", host="h", pid=1, version="1", kinds=("jobs",), is_first=True)


def with_settings(app: Flask, **changed: Any) -> None:
    app.config["LANEWAY"] = dataclasses.replace(app.config["LANEWAY"], **changed)


def test_a_process_lives_whether_or_not_its_database_does(app: Flask) -> None:
    database.disconnect()
    client = app.test_client()
    client.set_cookie("laneway_session", "of someone")
    answer = client.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


@pytest.mark.usefixtures("worker")
def test_a_process_is_ready_when_every_part_works(app: Flask) -> None:
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 200
    told = answer.get_json()
    assert (told["status"], told["failing"]) == ("ready", [])
    assert told["parts"]["database"] == {"ok": True, "kind": "sqlite", "pooled": False}
    assert told["parts"]["worker"]["alive"] == 1
    assert told["parts"]["disk"]["free_bytes"] > 0
    assert told["parts"]["wake_ups"]["state"] == "off"


def test_the_part_that_fails_is_named(app: Flask) -> None:
    answer = app.test_client().get("/readyz", environ_overrides=ELSEWHERE)
    assert (answer.status_code, answer.get_json()) == (503, {"status": "unready", "failing": ["worker"]})
    without = app.test_client().get("/readyz?exclude=worker", environ_overrides=ELSEWHERE)
    assert (without.status_code, without.get_json()) == (200, {"status": "ready", "failing": []})


def test_without_a_database_a_process_is_not_ready(app: Flask) -> None:
    database.disconnect()
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["failing"] == ["database"]


@pytest.mark.usefixtures("worker")
def test_a_process_that_is_stopping_is_not_ready(sqlite_database: Any) -> None:
    settings = Settings(secret_key="for tests only")
    readiness = Readiness(settings.data.resolve().parent)
    client = create_app(settings, readiness).test_client()
    assert client.get("/readyz").status_code == 200
    readiness.stop()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["failing"]) == (503, ["process"])


@pytest.mark.usefixtures("worker")
def test_a_worker_without_pages_answers_monitors_alone(sqlite_database: Any) -> None:
    settings = Settings(secret_key="for tests only")
    client = create_health_app(settings, Readiness(settings.data.resolve().parent)).test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200
    assert "laneway_workers 1.0" in client.get("/metrics").text
    assert client.get("/login").status_code == 404


def test_figures_are_given_to_this_machine_alone(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": "::1"}).status_code == 200
    assert client.get("/metrics", environ_overrides=ELSEWHERE).status_code == 401
    assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": ""}).status_code == 401
    # Behind a proxy on this machine every request comes from it.
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 401


def test_with_a_token_in_the_settings_it_is_needed_everywhere(app: Flask) -> None:
    with_settings(app, metrics_token="a long secret")
    client = app.test_client()
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer a long"}).status_code == 401
    assert "parts" not in client.get("/readyz").get_json()
    given = {"headers": {"Authorization": "Bearer a long secret"}, "environ_overrides": ELSEWHERE}
    assert client.get("/metrics", **given).status_code == 200
    assert "parts" in client.get("/readyz", **given).get_json()


def test_figures_come_in_the_format_of_prometheus(app: Flask, refund: Any) -> None:
    client = app.test_client()
    client.get("/login")
    answer = client.get("/metrics")
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert 'laneway_process_instances_open{process="refund"} 1.0' in lines
    assert "laneway_user_tasks_open 1.0" in lines
    assert "# TYPE laneway_step_seconds histogram" in lines
    assert any(line.startswith('laneway_step_seconds_count{kind="start"}') for line in lines)
    assert any(
        line.startswith('laneway_http_request_seconds_count{method="GET",route="/login",status="200"}')
        for line in lines
    )
    assert any(line.startswith("process_resident_memory_bytes") for line in lines)


def test_addresses_that_nobody_serves_share_one_label(app: Flask) -> None:
    client = app.test_client()
    client.get("/nothing/of/this/kind")
    client.open("/login", method="BREW")
    text = client.get("/metrics").text
    assert "/nothing" not in text
    assert "BREW" not in text
    assert 'method="GET",route="none"' in text
