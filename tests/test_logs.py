from __future__ import annotations

import io
import json
import logging
import sqlite3
from collections.abc import Iterator

import pytest

from laneway import logs
from laneway.errors import NotFound


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_json_line_carries_the_ids_it_is_about(stream):
    logs.configure(as_json=True, stream=stream)
    with logs.bound(instance_key=7), logs.bound(job_key=8):
        logging.getLogger("laneway.test").info("job_completed", extra={"seconds": 0.5})
    logging.getLogger("laneway.test").info("later")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first | {"at": ""} == {
        "at": "",
        "level": "INFO",
        "logger": "laneway.test",
        "event": "job_completed",
        "instance_key": "7",
        "job_key": "8",
        "seconds": 0.5,
    }
    assert "instance_key" not in second


def fail_with(message: str) -> None:
    try:
        try:
            raise ValueError(message)
        except ValueError as error:
            raise KeyError(message) from error
    except KeyError:
        logging.getLogger("laneway.test").exception("request_failed")


def test_a_line_for_people_is_short_and_shows_where_it_failed(stream):
    logs.configure(stream=stream)
    with logs.bound(request_id="ab"):
        fail_with("no" + "body")
    text = stream.getvalue()
    assert "error   request_failed request_id=ab" in text
    assert text.index("ValueError") < text.index("KeyError")
    assert "in fail_with" in text


@pytest.mark.parametrize("as_json", [True, False])
def test_the_message_of_an_exception_stays_out_of_the_log(stream, as_json):
    logs.configure(as_json=as_json, stream=stream)
    fail_with("li" + "lei")
    assert "lilei" not in stream.getvalue()
    logs.configure(as_json=as_json, stream=stream, level="DEBUG")
    fail_with("li" + "lei")
    assert "lilei" in stream.getvalue()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NotFound("job_not_found", key="lilei"), "NotFound: job_not_found"),
        (ConnectionRefusedError(111, "lilei"), "ConnectionRefusedError: Connection refused"),
        (OSError("lilei"), "OSError"),
        (sqlite3.OperationalError("database is locked\nlilei"), "OperationalError: database is locked"),
        (sqlite3.IntegrityError("lilei"), "IntegrityError"),
    ],
)
def test_of_an_error_only_what_cannot_quote_a_variable_is_told(error, told):
    assert logs.in_brief(error) == told


def test_what_becomes_known_on_the_way_stands_in_the_lines_that_follow(stream):
    logs.configure(as_json=True, stream=stream)
    log = logging.getLogger("laneway.test")
    logs.also(instance_key=1)
    log.info("outside")
    with logs.bound(request_id="ab"):
        logs.also(instance_key=7)
        log.info("inside")
    log.info("after")
    outside, inside, after = map(json.loads, stream.getvalue().splitlines())
    assert (inside["request_id"], inside["instance_key"]) == ("ab", "7")
    assert "instance_key" not in outside
    assert "instance_key" not in after


def test_lines_below_the_level_are_left_out(stream):
    logs.configure(level="WARNING", stream=stream)
    logging.getLogger("laneway.test").info("quiet")
    logging.getLogger("waitress").info("quiet too")
    assert stream.getvalue() == ""
