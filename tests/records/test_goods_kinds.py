"""Goods as records: lots know where they came from, movements stay as they are, balances follow."""

from __future__ import annotations

from decimal import Decimal

import pytest

from laneway.errors import Conflict, Invalid
from laneway.records import catalogue
from laneway.records.goods import lots, stock
from laneway.records.goods.kinds import DELIVERY, LOT, MOVEMENT, ORDER, PRODUCT
from laneway.records.goods.lots import Direction
from laneway.records.kinds import changes, listing, proposals, store

P20 = {"code": "HX-P20", "name_zh": "聚合MDI", "name_en": "Polymeric MDI", "unit": "t"}
RECEIPT = {
    "reference": "GR-1",
    "product_key": "HX-P20",
    "kind": "RECEIPT",
    "quantity": "12.5",
    "warehouse": "QD1",
    "at": "2026-03-01 08:00",
}


def lot_of(number, **more):
    return {"number": number, "kind": "LOT", "quantity": "10", **more}


@pytest.fixture
def goods(database):
    with database.unit_of_work() as session:
        store.create(session, PRODUCT, P20, by="mei")
    return database


def problems(session, kind, raw, before=None):
    return {path: code for path, code, _params in store.checked(session, kind, raw, before or {})[1]}


def test_every_kind_of_goods_is_known():
    known = [kind.id for kind in catalogue.all_()]
    assert {"product", "lot", "stock_movement", "incoming_stock", "customer_order", "delivery"} < set(known)


def test_a_new_product_is_in_use_unless_it_is_said_not_to_be(goods):
    with goods.unit_of_work() as session:
        store.create(session, PRODUCT, {**P20, "code": "OLD", "is_active": "no"}, by="mei")
        assert store.find(session, PRODUCT, "HX-P20").values["is_active"] is True
        assert store.find(session, PRODUCT, "OLD").values["is_active"] is False


def test_a_lot_names_what_it_was_made_of_by_number(goods):
    with goods.unit_of_work() as session:
        store.create(session, LOT, lot_of("RAW-1", kind="RAW"), by="mei")
        origin = [{"from_key": "RAW-1", "quantity": "3.250"}]
        key = store.create(session, LOT, lot_of("L-1", product_key="HX-P20", made_of=origin), by="mei")
    with goods.reading() as session:
        [row] = store.get(session, LOT, key).values["made_of"]
        assert row["quantity"] == Decimal("3.25")
        assert row["from_key"] == store.key_of(session, LOT, "RAW-1")
        assert [one.number for one in lots.trace(session, "RAW-1", Direction.FORWARD)] == ["L-1"]


def test_a_lot_never_descends_from_itself(goods):
    with goods.unit_of_work() as session:
        store.create(session, LOT, lot_of("A"), by="mei")
        store.create(session, LOT, lot_of("B", made_of=[{"from_key": "A", "quantity": "1"}]), by="mei")
        store.create(session, LOT, lot_of("C", made_of=[{"from_key": "B", "quantity": "1"}]), by="mei")
        first = store.find(session, LOT, "A")
        for origin in ("A", "C"):
            wrong = {"made_of": [{"from_key": origin, "quantity": "1"}]}
            assert problems(session, LOT, wrong, first.values) == {
                "made_of.0.from_key": "lot_descends_from_itself"
            }
        fine = {"made_of": []}
        assert problems(session, LOT, fine, first.values) == {}


def test_what_is_wrong_with_a_row_is_told_at_its_place(goods):
    twice = [{"from_key": "A", "quantity": "1"}, {"from_key": "A", "quantity": "0"}]
    with goods.unit_of_work() as session:
        store.create(session, LOT, lot_of("A"), by="mei")
        assert problems(session, LOT, lot_of("B", made_of=twice)) == {
            "made_of.1.from_key": "twice",
            "made_of.1.quantity": "not_positive",
        }
        nowhere = [{"from_key": "X", "quantity": "1"}]
        assert problems(session, LOT, lot_of("B", made_of=nowhere)) == {
            "made_of.0.from_key": "no_such_record"
        }
        assert problems(session, LOT, lot_of("B", produced_on="2026-02-02", expires_on="2026-02-01")) == {
            "expires_on": "ends_before_it_begins"
        }


def test_a_movement_changes_the_balance_and_is_never_changed(goods, chen):
    with goods.unit_of_work() as session:
        key = store.create(session, MOVEMENT, RECEIPT, by="mei")
        product = store.key_of(session, PRODUCT, "HX-P20")
        assert stock.balances(session, product) == {"QD1": {"RECEIPT": Decimal("12.5")}}
        with pytest.raises(Conflict) as refusal:
            store.change(session, MOVEMENT, key, {"quantity": "13"}, by="mei")
        assert refusal.value.code == "record_append_only"
        logistics = chen.__class__("he", chen.name, frozenset({"logistics"}), "he@example.com")
        with pytest.raises(Conflict) as refusal:
            proposals.save(session, MOVEMENT, key, {"quantity": "13"}, by=logistics)
        assert refusal.value.code == "record_append_only"
        stock.correct(session, key, reference="GR-1-C", by="mei")
        assert stock.balances(session, product) == {"QD1": {"RECEIPT": Decimal(0)}}
        with pytest.raises(Conflict):
            stock.correct(session, key, reference="GR-1-D", by="mei")
    with goods.reading() as session:
        [created] = changes.listed(session, MOVEMENT.id, [key])
        assert created.by == "mei"
        assert created.changes["quantity"] == (None, "12.500")


def test_a_movement_is_known_by_reference_kind_and_product(goods):
    with goods.unit_of_work() as session:
        store.create(session, PRODUCT, {**P20, "code": "HX-P30"}, by="mei")
        store.create(session, MOVEMENT, RECEIPT, by="mei")
        assert problems(session, MOVEMENT, RECEIPT) == {"reference": "taken"}
        assert problems(session, MOVEMENT, {**RECEIPT, "kind": "OUTFLOW"}) == {}
        assert problems(session, MOVEMENT, {**RECEIPT, "product_key": "HX-P30"}) == {}
        assert problems(session, MOVEMENT, {**RECEIPT, "quantity": "-1", "reference": "GR-2"}) == {
            "quantity": "not_positive"
        }
        assert problems(session, MOVEMENT, {**RECEIPT, "at": "yesterday", "reference": "GR-2"}) == {
            "at": "not_a_moment"
        }


def test_movements_are_filtered_by_the_code_of_their_product(goods):
    with goods.unit_of_work() as session:
        store.create(session, MOVEMENT, RECEIPT, by="mei")
    with goods.reading() as session:
        for code, total in (("HX-P20", 1), ("HX-P99", 0), ("'; --", 0)):
            found = listing.page(session, MOVEMENT, listing.Wanted(filters={"product_key": code}))
            assert found.total == total


def test_pages_of_movements_go_on_by_time(goods):
    with goods.unit_of_work() as session:
        for number in range(5):
            row = {**RECEIPT, "reference": f"GR-{number}", "at": f"2026-03-01T08:0{number}:00Z"}
            store.create(session, MOVEMENT, row, by="mei")
    with goods.reading() as session:
        first = listing.page(session, MOVEMENT, listing.Wanted(limit=2))
        second = listing.page(session, MOVEMENT, listing.Wanted(limit=2, cursor=first.after))
        back = listing.page(session, MOVEMENT, listing.Wanted(limit=2, cursor=second.before))
    assert [row.code for row in second.rows] == ["GR-2", "GR-3"]
    assert back.rows == first.rows


def test_lines_of_orders_and_deliveries_keep_their_numbers(goods):
    line = {"line": "10", "product_key": "HX-P20", "quantity": "4", "wanted_on": "2026-04-01"}
    order = {"number": "SO-1", "customer": "P-1", "ordered_at": "2026-03-01T08:00", "state": "OPEN"}
    with goods.unit_of_work() as session:
        key = store.create(session, ORDER, {**order, "lines": [{**line, "line": "20"}, line]}, by="mei")
        rows = store.get(session, ORDER, key).values["lines"]
        assert [row["line"] for row in rows] == [10, 20]
        store.change(session, ORDER, key, {"lines": [{**line, "quantity": "5"}]}, by="mei")
        assert [row["quantity"] for row in store.get(session, ORDER, key).values["lines"]] == [5]
        store.create(session, LOT, lot_of("L-1", product_key="HX-P20"), by="mei")
        sent = {"number": "D-1", "customer": "P-1", "order_key": "SO-1", "shipped_at": "2026-03-02T08:00"}
        part = [{"line": "1", "lot_key": "L-1", "quantity": "4"}]
        store.create(session, DELIVERY, {**sent, "lines": part}, by="mei")
        assert [one.number for one in lots.shipments(session, "L-1")] == ["D-1"]
        with pytest.raises(Invalid):
            store.create(session, ORDER, {**order, "number": "SO-2", "lines": [line, line]}, by="mei")
