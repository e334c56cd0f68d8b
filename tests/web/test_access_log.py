"""A log line per request: which, by whom, about what, how it went. Never what was sent."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from laneway import logs
from laneway.engine.model import Person

from .conftest import open_task


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure(as_json=True, stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_request_leaves_one_line_without_what_was_asked_for(app: Flask, stream: io.StringIO) -> None:
    answer = app.test_client().get("/login?next=/cases/4711", headers={"X-Request-Id": "edge-17"})
    (line,) = lines(stream)
    assert line.pop("seconds") >= 0
    assert line | {"at": ""} == {
        "at": "",
        "level": "INFO",
        "logger": "laneway.web.access_log",
        "event": "request",
        "request_id": "edge-17",
        "method": "GET",
        "path": "/login",
        "status": 200,
    }
    assert answer.headers["X-Request-Id"] == "edge-17"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 101, "{}"])
def test_a_request_without_a_fit_id_gets_one(app: Flask, stream: io.StringIO, sent: str) -> None:
    answer = app.test_client().get("/login", headers={"X-Request-Id": sent})
    given = answer.headers["X-Request-Id"]
    assert given not in ("", sent)
    assert lines(stream)[0]["request_id"] == given


def test_a_line_names_the_person_the_case_and_what_it_runs(
    sign_in: Any, mei: Person, refund: Any, stream: io.StringIO
) -> None:
    browser = sign_in(mei)
    browser.get(f"/cases/{refund.case_number}")
    (line,) = lines(stream)
    assert (line["person"], line["case_number"]) == ("mei", refund.case_number)


def test_completing_a_task_leaves_the_ids_of_task_and_instance(
    sign_in: Any, mei: Person, refund: Any, stream: io.StringIO
) -> None:
    browser = sign_in(mei)
    key = open_task(refund)
    browser.post(f"/tasks/{key}/claim")
    browser.send("POST", f"/tasks/{key}/complete", {"values": {"finding": "se" + "cret"}})
    line = lines(stream)[-1]
    assert (line["user_task_key"], line["instance_key"]) == (str(key), str(refund.instance_key))
    assert (line["person"], line["process_id"], line["status"]) == ("mei", "refund", 200)
    assert "secret" not in stream.getvalue()


def test_what_is_asked_all_the_time_is_left_out(app: Flask, stream: io.StringIO) -> None:
    client = app.test_client()
    for path in ("/healthz", "/readyz", "/metrics", "/static/icon.svg"):
        client.get(path).close()
    assert lines(stream) == []


def test_an_error_is_told_with_its_place_and_without_its_words(
    app: Flask, stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = " ".join(["the", "customer's", "secret"])

    def broken() -> str:
        raise ValueError(words)

    app.view_functions["auth.login"] = broken
    app.test_client().get("/login")
    failed, line = lines(stream)
    assert failed["request_id"] == line["request_id"]
    assert (failed["event"], line["status"]) == ("request_failed", 500)
    assert "in broken" in failed["traceback"]
    assert words not in stream.getvalue()
