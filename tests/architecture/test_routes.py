"""Every address of the product is closed to strangers, and open to exactly the roles that the table tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from laneway.engine import accounts, database
from laneway.settings import Settings
from laneway.web import create_app
from laneway.web.auth import COOKIE

OPEN_TO_ALL = {
    "/login",
    "/language/<locale>",
    "/healthz",
    "/readyz",
    "/metrics",
    "/static/<path:filename>",
    "/openapi.json",
    "/v2/status",
    "/v2/license",
}
STAFF = {"mei", "bob", "chen", "owner"}
READERS = STAFF | {"auditor"}
EVERYONE = READERS | {"stranger", "admin"}
WITH_A_GROUP = EVERYONE - {"stranger"}
PAGES = {
    "/inbox/<view>": EVERYONE,
    "/inbox/<view>/news": EVERYONE,
    "/start": WITH_A_GROUP,
    "/cases": READERS,
    "/operations/outbox": {"chen", "owner", "auditor"},
    "/mail": {"mei", "chen", "auditor"},
    "/board": {"chen", "owner", "auditor"},
    "/dispatch": {"chen", "owner", "auditor"},
    "/dispatch/orders": {"chen", "owner", "auditor"},
    "/processes": WITH_A_GROUP,
    "/manuals.pdf": WITH_A_GROUP,
    "/decisions": WITH_A_GROUP,
    "/decisions/try": {"owner"},
    "/admin": {"admin"},
    "/admin/workers": {"admin"},
    "/availability": READERS,
    "/records": READERS,
    "/records/reviews": READERS,
    "/records/approvals": READERS,
    "/account": EVERYONE,
    "/api/v1/search": EVERYONE,
    "/api/v1/records": READERS,
    "/api/v1/record-proposals": READERS,
    "/v2/topology": EVERYONE,
    "/v2/authentication/me": EVERYONE,
}
VALUES = {
    "view": "mine",
    "locale": "zh",
    "process_id": "nothing",
    "number": "CP-2026-000001",
    "caseNumber": "CP-2026-000001",
    "tab": "tasks",
    "kind": "party",
    "decisionEvaluationInstanceKey": "1-1",
}


@pytest.fixture
def app(sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    database.connect(sqlite_url)
    yield create_app(Settings(data=tmp_path, database_url=sqlite_url, secret_key="s" * 40))
    database.disconnect()


def signed_in(app: Flask, username: str) -> FlaskClient:
    client = app.test_client()
    with database.unit_of_work() as session:
        client.set_cookie(COOKIE, accounts.open_session(session, username).token)
    return client


def address(rule: Rule | str) -> str:
    """The rule with something in each of its places."""
    text = rule if isinstance(rule, str) else rule.rule
    return re.sub(r"<(?:([^:<>]+(?:\([^)]*\))?):)?(\w+)>", lambda place: VALUES.get(place[2], "1"), text)


def rules(app: Flask) -> list[tuple[str, Rule]]:
    return [
        (method, rule)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def test_nobody_comes_in_without_logging_in(app):
    client = app.test_client()
    for method, rule in rules(app):
        if rule.rule not in OPEN_TO_ALL:
            answer = client.open(address(rule), method=method)
            to_login = answer.status_code == 302 and answer.location.startswith("/login")
            assert to_login or answer.status_code == 401, (method, rule.rule, answer.status_code)


def test_no_change_is_made_without_the_forgery_token(app):
    client = signed_in(app, "chen")
    for method, rule in rules(app):
        if method != "GET" and rule.rule not in OPEN_TO_ALL:
            answer = client.open(address(rule), method=method)
            assert answer.status_code == 403, (method, rule.rule, answer.status_code)


@pytest.mark.parametrize("rule", PAGES)
def test_each_page_is_open_to_exactly_these_people(app, rule):
    seen = {
        username for username in EVERYONE if signed_in(app, username).get(address(rule)).status_code == 200
    }
    assert seen == PAGES[rule]


def test_every_page_without_a_key_stands_in_the_table(app):
    known = set(PAGES) | OPEN_TO_ALL | {"/", "/inbox"}
    places = {"view", "locale"}
    pages = {
        rule.rule
        for method, rule in rules(app)
        if method == "GET" and rule.arguments <= places and rule.rule != "/v2/"
    }
    assert pages <= known


def test_someone_with_no_rights_gets_no_case_process_or_record(app):
    for username in ("stranger", "admin"):
        client = signed_in(app, username)
        for method, rule in rules(app):
            has_key = rule.arguments - {"view", "locale", "filename"}
            if method == "GET" and has_key and not rule.rule.startswith("/processes"):
                answer = client.get(address(rule))
                assert answer.status_code in (403, 404), (username, rule.rule, answer.status_code)
