"""Processes: read by everyone in the department, changed by their owners."""

from __future__ import annotations

import io
import json

import pytest
from werkzeug.test import TestResponse

from laneway.engine import deployments
from laneway.engine.database import reading
from laneway.engine.model import Person
from laneway.engine.runtime import Started

from .conftest import REFUND, Browser, SignIn


def draft_of(browser: Browser) -> dict[str, object]:
    draft: dict[str, object] = browser.get("/processes/refund/draft").get_json()
    return draft


def upload(browser: Browser, name: str, content: str) -> TestResponse:
    files = {"files": (io.BytesIO(content.encode()), name)}
    return browser.post("/processes/upload", files, content_type="multipart/form-data")


def test_the_list_shows_versions_open_cases_and_drafts(
    sign_in: SignIn, refund: Started, owner: Person, mei: Person
) -> None:
    browser = sign_in(owner)
    browser.send("PUT", "/processes/refund/draft", {"xml": REFUND, "revision": 0})

    page = browser.get("/processes").text

    assert "Refund" in page
    assert "v1" in page
    assert "Draft of Owner" in page
    assert '<a href="/cases?process=refund">1</a>' in page
    assert "退款" in sign_in(mei).get("/processes").text


@pytest.mark.parametrize("tab", ["", "/versions", "/findings"])
def test_every_tab_of_a_process_opens(sign_in: SignIn, mei: Person, tab: str) -> None:
    assert sign_in(mei).get(f"/processes/refund{tab}").status_code == 200
    assert sign_in(mei).get(f"/processes/nothing{tab}").status_code == 404


def test_a_diagram_comes_byte_for_byte_and_can_never_run_as_a_page(sign_in: SignIn, mei: Person) -> None:
    with reading() as session:
        key = deployments.latest(session, "refund").key

    answer = sign_in(mei).get(f"/diagrams/{key}.bpmn")

    assert answer.data == REFUND.encode()
    assert answer.mimetype == "application/xml"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_an_owner_saves_checks_and_publishes_the_next_version(sign_in: SignIn, owner: Person) -> None:
    browser = sign_in(owner)
    xml = REFUND.replace("核对", "核对金额")

    first = draft_of(browser)
    saved = browser.send("PUT", "/processes/refund/draft", {"xml": xml, "revision": 0}).get_json()
    checked = browser.send("POST", "/processes/refund/check", {"xml": xml}).get_json()
    published = browser.send("POST", "/processes/refund/publish", {"xml": xml, "revision": saved["revision"]})

    assert (first["revision"], first["base_version"], first["xml"]) == (0, 1, REFUND)
    assert saved["revision"] == 1
    assert {one["severity"] for one in checked["findings"]} <= {"warning"}
    assert published.get_json() == {"version": 2, "location": "/processes/refund"}
    assert (
        "核对金额" in browser.get("/processes/refund").text
        or browser.get("/processes/refund").status_code == 200
    )
    assert draft_of(browser)["revision"] == 0


def test_a_draft_that_someone_else_saved_is_not_overwritten_unasked(sign_in: SignIn, owner: Person) -> None:
    browser = sign_in(owner)
    browser.send("PUT", "/processes/refund/draft", {"xml": REFUND, "revision": 0})

    late = browser.send("PUT", "/processes/refund/draft", {"xml": REFUND, "revision": 0})
    forced = browser.send("PUT", "/processes/refund/draft", {"xml": REFUND, "revision": 0, "force": True})

    assert late.status_code == 409
    assert late.get_json()["saved_by"] == "Owner"
    assert forced.get_json()["revision"] == 2


def test_a_broken_diagram_is_kept_as_a_draft_but_not_published(sign_in: SignIn, owner: Person) -> None:
    browser = sign_in(owner)
    xml = REFUND.replace('<zeebe:taskDefinition type="refund.pay"/>', "")

    saved = browser.send("PUT", "/processes/refund/draft", {"xml": xml, "revision": 0}).get_json()
    refused = browser.send("POST", "/processes/refund/publish", {"xml": xml, "revision": saved["revision"]})

    assert "pay" in [one["element_id"] for one in saved["findings"]]
    assert refused.status_code == 422
    assert refused.get_json()["findings"][0]["element_id"] == "pay"
    with reading() as session:
        assert deployments.latest(session, "refund").version == 1


def test_a_discarded_draft_leaves_the_published_version(sign_in: SignIn, owner: Person) -> None:
    browser = sign_in(owner)
    browser.send("PUT", "/processes/refund/draft", {"xml": REFUND + " ", "revision": 0})

    assert browser.post("/processes/refund/discard").status_code == 303
    assert draft_of(browser)["xml"] == REFUND


def test_only_owners_edit(sign_in: SignIn, mei: Person, chen: Person) -> None:
    for person in (mei, chen):
        browser = sign_in(person)
        assert browser.get("/processes/refund/edit").location == "/processes/refund"
        assert browser.get("/processes/refund/draft").status_code == 403
        for method, path in (("PUT", "draft"), ("POST", "check"), ("POST", "publish")):
            body = {"xml": REFUND, "revision": 0}
            assert browser.send(method, f"/processes/refund/{path}", body).status_code == 403
        assert upload(browser, "refund.bpmn", REFUND).status_code == 403


def test_uploaded_files_are_published_or_refused_with_every_reason(sign_in: SignIn, owner: Person) -> None:
    browser = sign_in(owner)

    new = upload(browser, "refund.bpmn", REFUND.replace("核对", "核对金额"))
    broken = upload(browser, "refund.bpmn", REFUND.replace('<zeebe:taskDefinition type="refund.pay"/>', ""))
    empty = browser.post("/processes/upload")

    assert new.status_code == 200
    assert "Published, with hints" in new.text
    assert "Should fix" in new.text
    assert "v2</span>" in browser.get("/processes").text
    assert broken.status_code == 422
    assert "refund.bpmn" in broken.text
    assert "Must fix" in broken.text
    assert empty.status_code == 422


def test_a_table_without_findings_is_published_and_one_with_a_gap_tells_it(
    sign_in: SignIn, owner: Person
) -> None:
    head = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="m" name="m" namespace="n">'
    table = (
        '<decision id="fee" name="Fee"><decisionTable id="t"><input id="i"><inputExpression typeRef="boolean">'
        '<text>urgent</text></inputExpression></input><output id="o" name="fee"/>{}</decisionTable></decision>'
    )
    rule = '<rule id="r{0}"><inputEntry><text>{0}</text></inputEntry><outputEntry><text>1</text></outputEntry></rule>'
    half, whole = (
        f"{head}{table.format(rows)}</definitions>"
        for rows in (rule.format("true"), rule.format("true") + rule.format("false"))
    )
    browser = sign_in(owner)

    gap, complete = upload(browser, "fee.dmn", half), upload(browser, "fee.dmn", whole)

    assert gap.status_code == 200
    assert "no rule holds for: urgent = false" in gap.text
    assert complete.status_code == 303


@pytest.mark.parametrize(
    "body", [{}, {"xml": ""}, {"xml": 7, "revision": 0}, {"xml": "<x/>", "revision": "0"}, [], "text"]
)
def test_nonsense_from_a_script_is_refused_in_words(sign_in: SignIn, owner: Person, body: object) -> None:
    answer = sign_in(owner).send("PUT", "/processes/refund/draft", body)

    assert answer.status_code == 422
    assert answer.get_json()["detail"]


def test_a_case_is_started_from_its_form(sign_in: SignIn, mei: Person) -> None:
    browser = sign_in(mei)

    page = browser.get("/start/refund").text
    incomplete = browser.send("POST", "/start/refund", {"values": {"customer": "Gulf Panel"}})
    started = browser.send(
        "POST", "/start/refund", {"values": {"customer": "Gulf", "subject": "Torn", "amount": 3}}
    )

    schema = page.split('data-part="schema">')[1].split("</script>")[0]
    assert json.loads(schema)["id"] == "refund_log"
    assert incomplete.status_code == 422
    assert started.get_json()["location"].startswith("/cases/RF-")
    assert "Torn" in browser.get(started.get_json()["location"]).text


def test_who_may_not_start_is_told_so(sign_in: SignIn, admin: Person, mei: Person) -> None:
    assert sign_in(admin).get("/start/refund").status_code == 403
    assert sign_in(mei).get("/start/nothing").status_code == 404
    assert "退款" in sign_in(mei).get("/start").text
