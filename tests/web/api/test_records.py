"""Records for programs: the same checks and rights as on pages, told as problem+json."""

from __future__ import annotations

import io

import pytest

from laneway.engine import database
from laneway.records.importing.working import Importer
from laneway.records.kinds import proposals

CUSTOMER = {
    "name": "Rhein Dämm",
    "type": "prospect",
    "country": "DE",
    "language": "de",
    "phone": "+4930123456",
}


@pytest.fixture
def program(app, sign_in, chen):
    return sign_in(chen)


def made(browser, **more):
    answer = browser.send("POST", "/api/v1/records/party", {"values": {**CUSTOMER, **more}})
    assert answer.status_code == 200, answer.json
    return answer.json["recordKey"]


def with_group(group):
    from laneway.engine import accounts
    from laneway.words import Text

    with database.unit_of_work() as session:
        accounts.add_group(session, group, name=Text(group, group))
        accounts.add_person(
            session,
            username="he",
            name=Text("何", "He"),
            password_hash="x",
            groups=frozenset({group}),
            email="he@example.com",
            locale="zh",
        )
        return accounts.person(session, "he")


def refused(answer, status):
    assert answer.status_code == status
    assert answer.content_type.startswith("application/problem+json")
    return answer.json


def test_a_record_is_created_read_changed_and_told_of(program):
    key = made(program)
    path = f"/api/v1/records/party/{key}"
    found = program.send("GET", path, None).json
    assert (found["values"]["name"], found["revision"]) == ("Rhein Dämm", 1)
    body = {"values": {"office": "Köln"}, "revision": 1, "reason": "moved"}
    assert program.send("PATCH", path, body).json["revision"] == 2
    refused(program.send("PATCH", path, body), 409)
    events = [one["event"] for one in program.send("GET", f"{path}/changes", None).json["items"]]
    assert events == ["CHANGED", "CREATED"]


def test_wrong_values_are_named_field_by_field(program):
    told = refused(
        program.send("POST", "/api/v1/records/party", {"values": {"name": "x", "phone": "call"}}), 400
    )
    assert "phone" in str(told)
    refused(
        program.send("POST", "/api/v1/records/party", {"values": {**CUSTOMER, "completeness": "100"}}), 400
    )
    refused(program.send("POST", "/api/v1/records/party", {}), 400)
    refused(program.send("POST", "/api/v1/records/party", {"values": []}), 400)
    refused(program.send("GET", "/api/v1/records/nonsense", None), 404)
    refused(program.send("GET", "/api/v1/records/party/1", None), 404)


def test_lists_are_searched_and_go_on(program):
    for name in ("Rhein A", "Rhein B", "Rhein C"):
        made(program, name=name)
    first = program.send("GET", "/api/v1/records/party?q=rhein&limit=2", None).json
    assert ([one["title"] for one in first["items"]], first["total"]) == (["Rhein A", "Rhein B"], 3)
    rest = program.send("GET", f"/api/v1/records/party?q=rhein&limit=2&after={first['endCursor']}", None).json
    assert [one["title"] for one in rest["items"]] == ["Rhein C"]
    for query in ("after=nonsense", "limit=0", "limit=501", "sort=nonsense", "filter=name:x"):
        refused(program.send("GET", f"/api/v1/records/party?{query}", None), 400)


def test_sensitive_fields_are_proposed_and_nobody_approves_their_own(program, sign_in, bob):
    answer = program.send(
        "POST", "/api/v1/records/party", {"values": {**CUSTOMER, "credit_limit": "5", "currency": "EUR"}}
    )
    assert answer.json["proposed"] == ["credit_limit"]
    with database.reading() as session:
        [waiting] = proposals.pending(session)
    path = f"/api/v1/record-proposals/{waiting.key}"
    refused(program.send("POST", f"{path}/approval", {}), 403)
    refused(sign_in(bob).send("POST", f"{path}/return", {}), 400)
    assert sign_in(bob).send("POST", f"{path}/approval", {}).status_code == 204


def test_reading_and_writing_are_for_those_who_may(app, sign_in, auditor, stranger, mei):
    for person, status in ((auditor, 403), (stranger, 403)):
        refused(sign_in(person).send("POST", "/api/v1/records/party", {"values": CUSTOMER}), status)
    assert sign_in(auditor).send("GET", "/api/v1/records/party", None).status_code == 200
    refused(sign_in(stranger).send("GET", "/api/v1/records/party", None), 403)
    refused(sign_in(mei).send("POST", "/api/v1/records/product", {"values": {"code": "x"}}), 403)


def test_a_file_is_imported_and_its_state_told(app, sign_in):
    browser = sign_in(with_group("logistics"))
    content = "code,name_zh,name_en,unit,note\nA-1,甲,A,t,x\nA-2,,B,t,\n".encode()
    headers = {"X-CSRF-Token": browser.csrf, "Accept": "application/json"}

    def sent(**more):
        data = {"file": (io.BytesIO(content), "products.csv"), **more}
        return browser.client.post(
            "/api/v1/records/product/imports", data=data, headers=headers, content_type="multipart/form-data"
        )

    answer = sent(dryRun="true")
    assert answer.status_code == 200, answer.json
    assert (answer.json["state"], answer.json["ignoredColumns"]) == ("CHECKING", ["note"])
    path = f"/api/v1/records/product/imports/{answer.json['importKey']}"
    worker = Importer("test")
    while worker.work():
        pass
    checked = browser.send("GET", path, None).json
    assert (checked["state"], checked["counts"]["new"], checked["counts"]["wrong"]) == ("CHECKED", 1, 1)
    [wrong] = browser.send("GET", f"{path}/problems", None).json["items"]
    assert (wrong["row"], wrong["field"], wrong["code"]) == (3, "name_zh", "required")
    assert browser.send("GET", f"{path}/problems?after=1", None).json["items"] == []
    assert browser.send("POST", f"{path}/run", None).json["state"] == "RUNNING"
    refused(browser.send("POST", f"{path}/run", None), 409)
    assert browser.send("POST", f"{path}/cancellation", None).status_code == 204
    assert browser.send("GET", path, None).json["state"] == "CANCELLED"
    refused(browser.send("GET", path.replace("/product/", "/lot/"), None), 404)
    refused(browser.client.post("/api/v1/records/product/imports", headers=headers), 400)
