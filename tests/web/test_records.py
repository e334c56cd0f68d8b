"""Pages of records: lists, one record, forms that keep what was entered, approvals, merging, imports and exports."""

from __future__ import annotations

import io
import re

import pytest

from laneway.engine import database
from laneway.records.goods.kinds import LOT, MOVEMENT, PRODUCT
from laneway.records.importing import imports
from laneway.records.importing.working import Importer
from laneway.records.kinds import proposals, store
from laneway.records.parties.kinds import PARTY

CUSTOMER = {
    "name": "Rhein Dämm",
    "type": "prospect",
    "country": "DE",
    "language": "de",
    "phone": "+4930123456",
}
CODE = {"code": "HX-P20", "name_zh": "聚合MDI", "name_en": "Polymeric MDI", "unit": "t"}
FILE = "代码,中文名称,英文名称,计量单位,备注\nA-1,甲,A,t,x\nA-2,,B,t,\n"


@pytest.fixture
def customer(app):
    with database.unit_of_work() as session:
        return store.create(session, PARTY, CUSTOMER, by="mei")


@pytest.fixture
def product(app):
    with database.unit_of_work() as session:
        return store.create(session, PRODUCT, CODE, by="chen")


def text(answer):
    return answer.get_data(as_text=True)


def worked():
    worker = Importer("test")
    while worker.work():
        pass


# -- looking


def test_a_list_shows_finds_and_filters(sign_in, customer, mei):
    browser = sign_in(mei)
    assert "Rhein Dämm" in text(browser.get("/records/party"))
    assert "Rhein Dämm" in text(browser.get("/records/party?q=damm&country=DE"))
    nothing = text(browser.get("/records/party?country=CN"))
    assert "Rhein Dämm" not in nothing
    assert "没有找到" in nothing


@pytest.mark.parametrize(
    "query", ["sort=nonsense", "at=nonsense", "at=WyJhIiwxLHRydWVd", "at=WzEsMix0cnVlXQ", "sort=code&at=W10"]
)
def test_a_hostile_address_of_a_list_is_refused_and_nothing_breaks(sign_in, customer, mei, query):
    answer = sign_in(mei).get(f"/records/party?{query}")
    assert answer.status_code in (200, 422)
    assert "Traceback" not in text(answer)


@pytest.mark.parametrize(
    "path",
    [
        "nonsense",
        "party/1",
        "party/1/edit",
        "party/0/nonsense",
        "party/by-code/%00",
        "party/99999999999999999999",
    ],
)
def test_what_is_not_there_is_not_found(sign_in, chen, path):
    assert sign_in(chen).get(f"/records/{path}").status_code == 404


def test_a_record_tells_its_data_and_its_history(sign_in, customer, chen):
    browser = sign_in(chen)
    browser.post(
        f"/records/party/{customer}/edit",
        {**CUSTOMER, "office": "Köln", "revision": "1", "reason": "moved house"},
    )
    assert "Köln" in text(browser.get(f"/records/party/{customer}/contacts"))
    told = text(browser.get(f"/records/party/{customer}/changes"))
    assert "moved house" in told
    assert "Köln" in told


# -- forms


def test_a_form_with_errors_keeps_what_was_entered(sign_in, customer, mei):
    answer = sign_in(mei).post(
        "/records/party/new",
        {
            "name": "新客户<script>",
            "country": "CN",
            "phone": "call me",
            "contacts.0.there": "1",
            "contacts.0.name": "李静",
        },
    )
    assert answer.status_code == 422
    shown = text(answer)
    assert "新客户&lt;script&gt;" in shown
    assert "<script>" not in shown.replace("<script type", "")
    assert 'value="call me"' in shown
    assert 'value="李静"' in shown
    assert 'href="#f-phone"' in shown


def test_who_saves_second_sees_what_the_first_has_changed(sign_in, customer, mei, chen):
    sign_in(chen).post(f"/records/party/{customer}/edit", {**CUSTOMER, "office": "Köln", "revision": "1"})
    answer = sign_in(mei).post(
        f"/records/party/{customer}/edit", {**CUSTOMER, "office": "Bonn", "revision": "1"}
    )
    assert answer.status_code == 409
    assert "Köln" in text(answer)
    assert 'value="Bonn"' in text(answer)
    with database.reading() as session:
        assert store.get(session, PARTY, customer).values["office"] == "Köln"


def test_someone_alike_is_shown_before_a_second_record_is_made(sign_in, customer, mei):
    browser = sign_in(mei)
    assert browser.post("/records/party/new", CUSTOMER).status_code == 409
    answer = browser.post("/records/party/new", {**CUSTOMER, "despite": "yes"})
    assert answer.status_code == 303


def test_forms_are_for_those_who_may_edit(sign_in, customer, product, auditor, bob, mei):
    for path in ("party/new", f"party/{customer}/edit", "party/import"):
        assert sign_in(auditor).get(f"/records/{path}").status_code == 403
    assert sign_in(mei).get("/records/product/new").status_code == 403
    assert sign_in(mei).post("/records/product/new", CODE).status_code == 403


# -- approvals


def test_a_sensitive_change_waits_until_somebody_else_agrees(sign_in, customer, chen, bob):
    author, other = sign_in(chen), sign_in(bob)
    author.post(
        f"/records/party/{customer}/edit",
        {**CUSTOMER, "credit_limit": "5000", "currency": "EUR", "revision": "1"},
    )
    with database.reading() as session:
        [waiting] = proposals.pending(session)
    assert author.post(f"/records/approvals/{waiting.key}/approve").status_code == 403
    assert "5,000.00" in text(other.get("/records/approvals"))
    assert other.post(f"/records/approvals/{waiting.key}/nonsense").status_code == 404
    assert other.post(f"/records/approvals/{waiting.key}/return", {"answer": ""}).status_code == 422
    assert other.post(f"/records/approvals/{waiting.key}/approve").status_code == 303
    assert other.post(f"/records/approvals/{waiting.key}/approve").status_code == 409
    assert "5,000.00" in text(other.get(f"/records/party/{customer}"))


def test_reviews_and_merging_have_their_pages(sign_in, customer, owner, chen):
    assert sign_in(chen).get("/records/reviews").status_code == 200
    assert sign_in(chen).get(f"/records/party/{customer}/merge").status_code == 403


# -- goods


def test_a_lot_shows_where_it_came_from_and_went(sign_in, product, mei):
    with database.unit_of_work() as session:
        store.create(session, LOT, {"number": "RAW-1", "kind": "RAW", "quantity": "5"}, by="chen")
        made_of = [{"from_key": "RAW-1", "quantity": "2.5"}]
        key = store.create(
            session, LOT, {"number": "L-1", "kind": "LOT", "quantity": "2", "made_of": made_of}, by="chen"
        )
        raw = store.key_of(session, LOT, "RAW-1")
        store.change(session, LOT, key, {"made_of": [{"from_key": "RAW-1", "quantity": "3"}]}, by="chen")
    browser = sign_in(mei)
    assert "RAW-1" in text(browser.get(f"/records/lot/{key}/genealogy"))
    assert "L-1" in text(browser.get(f"/records/lot/{raw}/genealogy"))
    assert "RAW-1 · 2.5" in text(browser.get(f"/records/lot/{key}/changes"))


def test_a_movement_is_taken_back_by_another_and_never_edited(app, sign_in, product, mei):
    movement = {
        "reference": "M-1",
        "product_key": "HX-P20",
        "kind": "RECEIPT",
        "quantity": "7",
        "warehouse": "QD1",
    }
    with database.unit_of_work() as session:
        key = store.create(session, MOVEMENT, {**movement, "at": "2026-03-01"}, by="chen")
    assert (
        sign_in(mei).post(f"/records/stock_movement/{key}/correct", {"reference": "M-2"}).status_code == 403
    )
    he = with_group("logistics")
    browser = sign_in(he)
    assert browser.get(f"/records/stock_movement/{key}/edit").status_code == 409
    assert browser.post(f"/records/stock_movement/{key}/correct", {"reference": " "}).status_code == 422
    assert browser.post(f"/records/stock_movement/{key}/correct", {"reference": "M-2"}).status_code == 303
    assert browser.post(f"/records/stock_movement/{key}/correct", {"reference": "M-3"}).status_code == 409
    stock = text(browser.get(f"/records/product/{product}/stock"))
    assert "QD1" in stock


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


# -- import and export


def uploaded(browser, content=FILE, name="产品.csv", kind="product"):
    return browser.post(
        f"/records/{kind}/import",
        {"file": (io.BytesIO(content.encode() if isinstance(content, str) else content), name)},
        content_type="multipart/form-data",
    )


def test_a_file_is_uploaded_checked_run_and_reported(app, sign_in):
    browser = sign_in(with_group("logistics"))
    answer = uploaded(browser)
    assert answer.status_code == 303
    page = text(browser.get(answer.location))
    assert re.search(r'<option value="code" selected>', page)
    assert "甲" in page
    browser.post(
        f"{answer.location}/check", {"known": "change", **columns("code", "name_zh", "name_en", "unit", "")}
    )
    assert "检查中" in text(browser.get(answer.location))
    assert "HX-Refresh" not in browser.get(f"{answer.location}/progress").headers
    worked()
    assert browser.get(f"{answer.location}/progress").headers["HX-Refresh"] == "true"
    checked = text(browser.get(answer.location))
    assert "尚未写入" in checked
    assert "请填写" in checked
    assert "A-1" not in text(browser.get("/records/product"))
    browser.post(f"{answer.location}/run")
    worked()
    assert "A-1" in text(browser.get("/records/product"))
    report = browser.get(f"{answer.location}/report.csv").get_data().decode("utf-8-sig")
    assert report.splitlines()[1].startswith("3,中文名称,")
    assert exported(browser, f"{answer.location}/report.xlsx")[:2] == b"PK"
    assert browser.get(f"{answer.location}/report.exe").status_code == 404
    assert browser.post(f"{answer.location}/run").status_code == 409


def columns(*paths):
    return {f"column.{at}": path for at, path in enumerate(paths)}


def test_a_wrong_mapping_is_told_and_kept(app, sign_in):
    browser = sign_in(with_group("logistics"))
    at = uploaded(browser).location
    answer = browser.post(f"{at}/check", columns("code", "code", "name_en", "", "unit"))
    assert answer.status_code == 422
    assert "只能对应一列" in text(answer)
    assert browser.post(f"{at}/check", columns("", "name_zh", "", "", "")).status_code == 422
    assert browser.post(f"{at}/nonsense").status_code == 404
    assert browser.post(f"{at}/cancel").status_code == 303
    assert "已取消" in text(browser.get(at))


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "表头"), (b"\xd0\xcf\x11\xe0", "旧版 Excel"), (b"PK\x03\x04x", "不是可读取的表格")],
)
def test_a_file_that_is_no_table_is_refused_on_the_page(app, sign_in, content, told):
    answer = uploaded(sign_in(with_group("logistics")), content)
    assert answer.status_code == 422
    assert told in text(answer)


def test_an_import_is_seen_by_those_who_may_edit_its_kind_alone(app, sign_in, mei, auditor):
    at = uploaded(sign_in(with_group("logistics"))).location
    for person in (mei, auditor):
        for path in (at, f"{at}/progress", f"{at}/report.csv"):
            assert sign_in(person).get(path).status_code == 403
        assert sign_in(person).post(f"{at}/run").status_code == 403
    other = at.replace("/product/", "/lot/")
    assert sign_in(mei).get(other).status_code == 403


def exported(browser, path):
    with browser.get(path) as answer:
        assert answer.status_code == 200
        return answer.get_data()


def test_an_export_masks_what_identifies_a_person_for_those_without_need(sign_in, customer, mei, chen):
    plain = exported(sign_in(chen), "/records/party/export.csv?header=fields").decode("utf-8-sig")
    masked = exported(sign_in(mei), "/records/party/export.csv?header=fields").decode("utf-8-sig")
    assert "'+4930123456" in plain
    assert "4930123456" not in masked
    assert "••••456" in masked
    assert "Rhein Dämm" in masked


def test_an_export_is_of_what_the_list_shows_in_the_language_that_is_asked_for(sign_in, customer, mei):
    browser = sign_in(mei)
    assert (
        exported(browser, "/records/party/export.csv?country=CN&header=en").decode("utf-8-sig").count("\n")
        == 1
    )
    assert (
        exported(browser, "/records/party/export.csv?country=DE&header=zh")
        .decode("utf-8-sig")
        .startswith("编号,名称")
    )
    assert exported(browser, "/records/party/export.xlsx?header=en")[:2] == b"PK"
    assert browser.get("/records/party/export.csv?header=xx").status_code == 422
    assert browser.get("/records/party/export.exe").status_code == 404
    assert browser.get("/records/party/export.csv?sort=nonsense").status_code == 422


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
@pytest.mark.parametrize("header", ["zh", "en", "fields"])
@pytest.mark.parametrize("who", ["chen", "mei"])
def test_what_was_exported_is_imported_again_without_a_change(
    app, sign_in, customer, chen, mei, format_, header, who
):
    evil = {
        **CUSTOMER,
        "name": '=HYPERLINK("http://evil")',
        "name_latin": "'=1+1",
        "phone": "+4930999999",
        "credit_limit": "1234.50",
        "currency": "EUR",
        "bank_account": "DE02120300000000202051",
        "document_requirements": ["coa", "sds"],
        "transport_requirements": 'line 1\n-line 2, "quoted"',
        "contacts": [
            {"name": "A", "email": "a@example.com", "is_recall_contact": "yes", "channel": "wechat"},
            {"name": "B", "phone": "+4930111111"},
        ],
    }
    with database.unit_of_work() as session:
        store.create(session, PARTY, evil, by="mei")
    content = exported(
        sign_in({"chen": chen, "mei": mei}[who]), f"/records/party/export.{format_}?header={header}"
    )
    browser = sign_in(chen)
    at = uploaded(browser, content, f"x.{format_}", "party").location
    browser.post(f"{at}/run")
    worked()
    with database.reading() as session:
        found = imports.get(session, int(at.rpartition("/")[2]))
        told = imports.problems(session, found.key)
    assert told == []
    assert {name: number for name, number in found.counts.items() if number} == {"unchanged": 2}
