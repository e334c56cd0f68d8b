"""When something goes wrong: told in words, with the right status, and never with a stack trace."""

from __future__ import annotations

import logging

import pytest
from flask import Flask

from laneway.engine.model import Person

from .conftest import SignIn


def test_a_missing_page_is_told_in_the_language_of_the_reader(
    sign_in: SignIn, mei: Person, bob: Person
) -> None:
    assert "没有找到" in sign_in(mei).get("/nothing/here").text
    english = sign_in(bob).get("/nothing/here")
    assert "Not found" in english.text
    assert english.status_code == 404


def test_scripts_get_a_problem_document(sign_in: SignIn, bob: Person) -> None:
    answer = sign_in(bob).get("/cases/RF-1", headers={"Accept": "application/json"})

    assert answer.content_type == "application/problem+json"
    assert answer.get_json() == {
        "type": "about:blank",
        "title": "Not found",
        "status": 404,
        "detail": "There is no case RF-1, or you may not see it.",
        "instance": "/cases/RF-1",
        "code": "case_not_found",
    }


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_mistake_of_ours_gives_a_reference_and_no_stack_trace(
    sign_in: SignIn, app: Flask, mei: Person, caplog: pytest.LogCaptureFixture, accept: str
) -> None:
    def break_down() -> str:
        raise RuntimeError("the secret inside")

    app.add_url_rule("/broken", "broken", break_down)

    with caplog.at_level(logging.ERROR):
        answer = sign_in(mei).get("/broken", headers={"Accept": accept})

    assert answer.status_code == 500
    assert "the secret inside" not in answer.text
    assert "Traceback" not in answer.text
    reference = caplog.records[-1].__dict__["reference"]
    assert reference in answer.text
    assert caplog.records[-1].exc_info is not None


def test_every_answer_carries_the_security_headers(sign_in: SignIn, mei: Person) -> None:
    for path in ("/login", "/inbox/mine", "/nothing"):
        headers = sign_in(mei).get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe-eval" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"


def test_a_body_that_is_too_large_is_refused(sign_in: SignIn, owner: Person) -> None:
    answer = sign_in(owner).send("PUT", "/processes/refund/draft", {"xml": "x" * 11_000_000, "revision": 0})

    assert answer.status_code == 413
