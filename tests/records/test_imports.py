"""A file becomes records: what is right comes in, what is wrong is told row by row and harms no other."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest

from laneway.engine import database as laneway_database
from laneway.errors import Conflict, Invalid, NotAllowed
from laneway.records.goods import stock
from laneway.records.goods.kinds import LOT, MOVEMENT, ORDER, PRODUCT
from laneway.records.importing import imports, sheets
from laneway.records.importing.imports import State
from laneway.records.importing.working import Importer
from laneway.records.kinds import changes, listing, proposals, store
from laneway.records.parties.kinds import PARTY

PRODUCTS = [
    ["代码", "中文名称", "英文名称", "计量单位", "保质期"],
    ["HX-P20", "聚合MDI", "Polymeric MDI", "t", "365"],
    ["HX-P30", "改性MDI", "Modified MDI", "t", ""],
]
PARTIES = [
    [
        "客户编号",
        "名称",
        "类型",
        "国家或地区",
        "往来语言",
        "电话",
        "信用额度",
        "币种",
        "联系人 1 姓名",
        "联系人1邮箱",
    ],
    [
        "OLD-1",
        "青岛化工",
        "潜在客户",
        "中国",
        "中文",
        "0532 8588 1234",
        "1000.50",
        "CNY",
        "王磊",
        "wang@example.com",
    ],
    ["OLD-2", "Rhein Dämm", "prospect", "DE", "German", "030 123456", "", "", "", ""],
]


def text_of(rows, encoding="utf-8", delimiter=","):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding)


@pytest.fixture
def upload(database, tmp_path):
    """Uploads rows or bytes as a file, lets them be checked or run, and returns the import."""

    def upload(kind, content, *, by=None, is_dry=False, encoding="", begin=True, **options):
        path = tmp_path / "file"
        path.write_bytes(content if isinstance(content, bytes) else text_of(content))
        with database.unit_of_work() as session:
            key = imports.add(session, kind, "file.csv", path, by=by, encoding=encoding)
            if begin:
                imports.begin(session, key, by=by, is_dry=is_dry, **options)
        worker = Importer("test")
        while worker.work():
            pass
        return found(key)

    return upload


def found(key):
    with laneway_database.reading() as session:
        return imports.get(session, key)


def counts(one):
    return {name: number for name, number in one.counts.items() if number and name != "problems"}


def wrong(one):
    with laneway_database.reading() as session:
        return [(told.row, told.path, told.code) for _number, told in imports.problems(session, one.key)]


def total(kind):
    with laneway_database.reading() as session:
        return listing.page(session, kind, listing.Wanted()).total


def test_a_file_is_checked_without_a_change_and_then_run(upload):
    checked = upload(PRODUCT, PRODUCTS, is_dry=True)
    assert (checked.state, checked.rows, counts(checked)) == (State.CHECKED, 2, {"new": 2})
    assert total(PRODUCT) == 0
    run = upload(PRODUCT, PRODUCTS)
    assert (run.state, counts(run)) == (State.DONE, {"new": 2})
    with laneway_database.reading() as session:
        record = store.find(session, PRODUCT, "HX-P20")
        [created] = changes.listed(session, PRODUCT.id, [record.key])
        assert record.values["shelf_life_days"] == 365
        assert record.values["is_active"] is True
        assert "import: file.csv" in created.reason
        assert listing.page(session, PRODUCT, listing.Wanted(text="改性")).total == 1


def test_known_records_are_changed_or_left_as_they_are(upload):
    upload(PRODUCT, PRODUCTS)
    again = [PRODUCTS[0], [*PRODUCTS[1][:4], "400"], PRODUCTS[2], ["HX-P40", "新品", "New", "kg", "10"]]
    assert counts(upload(PRODUCT, again, is_dry=True)) == {"changed": 1, "unchanged": 1, "new": 1}
    assert counts(upload(PRODUCT, again, is_only_new=True)) == {"skipped": 2, "new": 1}
    assert counts(upload(PRODUCT, again)) == {"changed": 1, "unchanged": 2}
    with laneway_database.reading() as session:
        assert store.find(session, PRODUCT, "HX-P20").values["shelf_life_days"] == 400
        assert store.find(session, PRODUCT, "HX-P20").revision == 2


def test_one_bad_row_harms_no_other_and_is_told_with_its_place(upload):
    bad = [
        *PRODUCTS,
        ["HX-X1", "", "No name", "t", ""],
        ["HX-X2", "坏", "Bad", "t", "1,5"],
        ["HX-X3", "坏", "Bad", "t", "many"],
        ["HX-P20", "又", "Again", "t", ""],
        ["", "无号", "No code", "t", ""],
    ]
    told = [
        (4, "name_zh", "required"),
        (5, "shelf_life_days", "decimal_comma"),
        (6, "shelf_life_days", "not_a_number"),
        (7, "code", "twice_in_file"),
        (8, "code", "required"),
    ]
    for is_dry in (True, False):
        one = upload(PRODUCT, bad, is_dry=is_dry)
        assert counts(one) == {"new": 2, "wrong": 5}
        assert wrong(one) == told
    assert total(PRODUCT) == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
def test_encoding_and_delimiter_are_found(upload, encoding, delimiter):
    one = upload(PRODUCT, text_of(PRODUCTS, encoding, delimiter))
    assert counts(one) == {"new": 2}
    with laneway_database.reading() as session:
        assert store.find(session, PRODUCT, "HX-P20").values["name_zh"] == "聚合MDI"


def test_accents_of_the_west_are_not_taken_for_chinese(upload):
    rows = [["code", "name_zh", "name_en", "unit"], ["A-1", "Dämmstoff für Wände", "Größe übermäßig", "t"]]
    upload(PRODUCT, text_of(rows, "cp1252", ";"))
    with laneway_database.reading() as session:
        assert store.find(session, PRODUCT, "A-1").values["name_zh"] == "Dämmstoff für Wände"


def test_customers_come_with_their_own_numbers_and_contacts(upload):
    one = upload(PARTY, PARTIES)
    assert (counts(one), wrong(one)) == ({"new": 2}, [])
    with laneway_database.reading() as session:
        record = store.find(session, PARTY, "OLD-1")
        assert record.values["phone"] == "+8653285881234"
        assert record.values["contacts"][0]["email"] == "wang@example.com"
        assert (
            str(record.values["credit_limit"]) == "1000.50"
        )  # a command takes over what was agreed elsewhere
        assert store.find(session, PARTY, "OLD-2").values["country"] == "DE"
    assert counts(upload(PARTY, PARTIES)) == {"unchanged": 2}


def test_a_number_that_looks_like_ours_but_was_never_given_out_is_refused(upload):
    one = upload(PARTY, [PARTIES[0], ["P-2026-000777", *PARTIES[2][1:]]])
    assert wrong(one) == [(2, "code", "number_of_ours")]


def test_sensitive_fields_of_a_person_are_proposed(upload, chen):
    one = upload(PARTY, PARTIES, by=chen)
    assert counts(one) == {"new": 2, "proposed": 1}
    with laneway_database.reading() as session:
        assert store.find(session, PARTY, "OLD-1").values["credit_limit"] is None
        [waiting] = proposals.pending(session)
        assert (waiting.author, waiting.changes) == ("chen", {"credit_limit": (None, "1000.50")})
    changed = [PARTIES[0], [*PARTIES[1][:6], "2000", *PARTIES[1][7:]]]
    assert counts(upload(PARTY, changed, by=chen)) == {"changed": 1, "proposed": 1}


def test_who_may_not_edit_may_not_import(upload, auditor, stranger):
    for person in (auditor, stranger):
        with pytest.raises(NotAllowed):
            upload(PRODUCT, PRODUCTS, by=person)


def test_movements_of_stock_come_once_and_balances_follow(upload):
    upload(PRODUCT, PRODUCTS)
    header = ["单据号", "产品", "类别", "数量", "仓库", "发生时间"]
    rows = [
        header,
        *[
            [f"M-{n}", "HX-P20", "入库" if n % 2 else "RECEIPT", "1.5", "QD1", "2026/3/1 8:30"]
            for n in range(700)
        ],
    ]
    rows[1:] = [[*row[:2], "RECEIPT", *row[3:]] for row in rows[1:]]
    assert counts(upload(MOVEMENT, rows)) == {"new": 700}
    assert counts(upload(MOVEMENT, rows)) == {"unchanged": 700}
    changed = [header, ["M-1", "HX-P20", "RECEIPT", "2", "QD1", "2026/3/1 8:30"]]
    assert wrong(upload(MOVEMENT, changed)) == [(2, "quantity", "append_only")]
    with laneway_database.reading() as session:
        product = store.key_of(session, PRODUCT, "HX-P20")
        assert stock.balances(session, product) == {"QD1": {"RECEIPT": 1050}}


def test_lots_of_one_file_may_be_made_of_one_another_in_any_order(upload):
    header = ["number", "kind", "quantity", "made_of.1.from_key", "made_of.1.quantity"]
    rows = [header, ["C", "LOT", "1", "B", "1"], ["B", "BLEND", "1", "A", "1"], ["A", "RAW", "1", "", ""]]
    rows.append(["D", "LOT", "1", "X", "1"])
    for is_dry in (True, False):
        one = upload(LOT, rows, is_dry=is_dry)
        assert counts(one) == {"new": 3, "wrong": 1}
        assert wrong(one) == [(5, "made_of.1.from_key", "no_such_record")]


def test_columns_that_a_file_lacks_leave_rows_as_they_are(upload):
    upload(PRODUCT, PRODUCTS)
    header = ["number", "customer", "ordered_at", "state", "lines.1.line", "lines.1.product_key"]
    header += [
        "lines.1.quantity",
        "lines.1.wanted_on",
        "lines.2.line",
        "lines.2.product_key",
        "lines.2.quantity",
    ]
    order = ["SO-1", "P-1", "2026-03-01 08:00", "OPEN", "1", "HX-P20", "5", "2026-04-01", "2", "HX-P30", "6"]
    upload(ORDER, [[*header, "lines.2.wanted_on"], [*order, "2026-04-02"]])
    part = [["number", "lines.1.quantity"], ["SO-1", "7"]]
    assert counts(upload(ORDER, part)) == {"changed": 1}
    with laneway_database.reading() as session:
        lines = store.find(session, ORDER, "SO-1").values["lines"]
    assert [(line["line"], line["quantity"]) for line in lines] == [(1, 7), (2, 6)]


def test_a_batch_that_the_database_refuses_is_written_row_by_row(upload, monkeypatch):
    created = store.create_many

    def refuse(session, kind, many, **options):
        if any(one["code"] == "HX-P20" for one in many):
            raise Conflict("record_code_taken", kind=kind.id)
        return created(session, kind, many, **options)

    monkeypatch.setattr(store, "create_many", refuse)
    one = upload(PRODUCT, PRODUCTS)
    assert counts(one) == {"new": 1, "wrong": 1}
    assert wrong(one) == [(2, "code", "record_code_taken")]


def test_an_import_goes_on_where_a_lost_worker_stood(upload, frozen_clock):
    rows = [PRODUCTS[0], *[[f"X-{n}", "甲", "A", "t", ""] for n in range(1200)]]
    one = upload(PRODUCT, rows, begin=False)
    with laneway_database.unit_of_work() as session:
        imports.begin(session, one.key, by=None, is_dry=False)
    lost, other = Importer("lost"), Importer("other")
    assert lost.work()
    assert found(one.key).done_rows == 500
    assert not other.work()
    frozen_clock.advance(seconds=imports.LEASE_SECONDS + 1)
    while other.work():
        pass
    assert counts(found(one.key)) == {"new": 1200}
    assert not lost.work() or not lost.work()
    assert found(one.key).state is State.DONE


def test_a_cancelled_import_stops_and_forgets_its_file(upload, owner, chen):
    rows = [PRODUCTS[0], *[[f"X-{n}", "甲", "A", "t", ""] for n in range(1200)]]
    one = upload(PRODUCT, rows, begin=False)
    with laneway_database.unit_of_work() as session:
        imports.begin(session, one.key, by=None, is_dry=False)
    worker = Importer("test")
    worker.work()
    with pytest.raises(NotAllowed), laneway_database.unit_of_work() as session:
        imports.cancel(session, one.key, by=chen)
    with laneway_database.unit_of_work() as session:
        imports.end(session, one.key, State.CANCELLED)
    while worker.work():
        pass
    assert found(one.key).state is State.CANCELLED
    assert total(PRODUCT) == 500
    with pytest.raises(Conflict), laneway_database.unit_of_work() as session:
        imports.begin(session, one.key, by=None, is_dry=False)


def book(rows):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_a_workbook_is_read_with_its_numbers_and_days(upload):
    from datetime import date

    header = ["number", "kind", "quantity", "produced_on"]
    one = upload(
        LOT, book([header, [20260301, "LOT", 1.1, date(2026, 3, 1)], [None], ["L-2", "LOT", 3, "2026.3.2"]])
    )
    assert counts(one) == {"new": 2}
    with laneway_database.reading() as session:
        assert str(store.find(session, LOT, "20260301").values["quantity"]) == "1.100"
        assert store.find(session, LOT, "L-2").values["produced_on"] == date(2026, 3, 2)


def test_what_is_no_table_is_refused_with_a_reason(upload, monkeypatch):
    for content, code in (
        (b"", "import_empty"),
        (b"code,name\n", "import_empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "import_old_excel"),
        (b"code,name\nA\0,x\n" * 20, "import_not_a_table"),
        (b"PK\x03\x04broken", "import_not_a_table"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "import_not_a_table"),
        (book(PRODUCTS)[:-200], "import_not_a_table"),
    ):
        with pytest.raises(Invalid) as refusal:
            upload(PRODUCT, content)
        assert refusal.value.code == code, content[:10]
    monkeypatch.setattr(sheets, "_MOST_UNPACKED", 2_000)
    with pytest.raises(Invalid) as refusal:
        upload(PRODUCT, book(PRODUCTS))
    assert refusal.value.code == "import_unpacks_too_large"


def test_a_mapping_needs_what_identifies_a_record_and_each_field_once(upload):
    for mapping, code in (
        (["", "name_zh", "name_en", "unit", ""], "import_mapping_incomplete"),
        (["code", "name_zh", "name_zh", "unit", ""], "import_mapping_twice"),
        (["code", "stock_as_of", "", "", ""], "import_mapping_unknown"),
        (["code", "contacts.1.name", "", "", ""], "import_mapping_unknown"),
        (["code"], "import_mapping_twice"),
    ):
        with pytest.raises(Invalid) as refusal:
            upload(PRODUCT, PRODUCTS, mapping=mapping)
        assert refusal.value.code == code


def test_hostile_cells_are_values_and_nothing_else(upload):
    evil = ["=cmd|' /C calc'!A0", "'; DROP TABLE product; --", "<script>alert(1)</script>", "x" * 19]
    rows = [
        PRODUCTS[0],
        [evil[0], evil[1], evil[2], evil[3], ""],
        ["ab", "n", "e", "t", ""],
        ["L" * 41, "n", "e", "t", ""],
    ]
    one = upload(PRODUCT, rows)
    assert counts(one) == {"new": 2, "wrong": 1}
    assert wrong(one) == [(4, "code", "too_long")]
    with laneway_database.reading() as session:
        assert store.find(session, PRODUCT, evil[0]).values["name_zh"] == evil[1]
        assert store.find(session, PRODUCT, "ab").values["name_zh"] == "n"
