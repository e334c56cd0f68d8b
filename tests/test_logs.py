from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from laneway import logs


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
        "instance_key": 7,
        "job_key": 8,
        "seconds": 0.5,
    }
    assert "instance_key" not in second


def test_a_line_for_people_is_short_and_shows_a_traceback(stream):
    logs.configure(stream=stream)
    with logs.bound(request_id="ab"):
        try:
            raise ValueError("no")
        except ValueError:
            logging.getLogger("laneway.test").exception("request_failed")
    text = stream.getvalue()
    assert "error   request_failed request_id=ab" in text
    assert "ValueError: no" in text


def test_lines_below_the_level_are_left_out(stream):
    logs.configure(level="WARNING", stream=stream)
    logging.getLogger("laneway.test").info("quiet")
    logging.getLogger("waitress").info("quiet too")
    assert stream.getvalue() == ""
