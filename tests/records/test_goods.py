"""Stock is added up exactly, what is promised is there, and a lot is found wherever it went."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, insert, select

from laneway.engine import clock
from laneway.engine.database import new_key
from laneway.engine.tables import goods
from laneway.errors import Conflict, Invalid, NotFound
from laneway.records import sample_records
from laneway.records.goods import commitments, deliveries, lots, promises, stock
from laneway.records.goods.lots import Direction
from laneway.records.goods.stock import Movement, NewMovement
from laneway.records.kinds import known, listing
from laneway.words import Text

MOVED = {
    "OPENING": 120,
    "RECEIPT": 60,
    "TRANSFER_IN": 10,
    "CONSUMPTION": 30,
    "TRANSFER_OUT": 5,
    "OUTFLOW": 90,
}


def moved(kind: str, quantity: object, reference: str) -> NewMovement:
    number = Decimal(str(quantity))
    return NewMovement("HX-P20", Movement(kind), number, reference, "QD1", clock.now())


@pytest.fixture
def shop(database, frozen_clock):
    """DOMAIN section 9, scenario 1: 30 t can be promised now, 40 t come on the fifth day."""
    with database.unit_of_work() as session:
        key = stock.add_product(session, "HX-P20", Text("聚合MDI", "Polymeric MDI"), "t", hazard="H334")
        stock.move(session, [moved(kind, quantity, f"M-{kind}") for kind, quantity in MOVED.items()])
        stock.confirm(session, "HX-P20", by="mei")
        lots.add(session, "HX-P20-0901A", "LOT", Decimal(40), product="HX-P20")
        lots.block(session, "HX-P20-0901A", "QUALITY", Decimal(15), reason="off-spec NCO", by="chen")
        promises.reserve(session, "HX-P20", Decimal(20), reserved_for="Rhein Dämm")
        session.execute(
            insert(goods.incoming_stock).values(
                key=new_key(),
                reference="SHIP-1",
                product_key=key,
                quantity=40_000,
                expected_on=frozen_clock.now.date() + timedelta(days=5),
            )
        )
    return database


def test_a_normal_enquiry_gets_every_term(shop, frozen_clock):
    today = frozen_clock.now.date()
    frozen_clock.advance(hours=5)
    with shop.reading() as session:
        found = promises.availability(session, "HX-P20", today + timedelta(days=3))
        later = promises.availability(session, "HX-P20", today + timedelta(days=5))
    assert found.terms == {kind.lower(): quantity for kind, quantity in MOVED.items()} | {
        "reserved": 20,
        "blocked": 15,
        "in_transit": 0,
        "demand": 0,
    }
    assert (found.now, found.on_day, later.on_day) == (30, 30, 70)
    assert found.incoming == (("SHIP-1", today + timedelta(days=5), 40),)
    assert found.age == timedelta(hours=5)


def test_open_orders_lower_what_is_there_on_a_day(shop, frozen_clock):
    today = frozen_clock.now.date()
    with shop.unit_of_work() as session:
        for number, state in (("O-1", "OPEN"), ("O-2", "CANCELLED")):
            order = {"key": new_key(), "number": number, "customer": "Gulf Panel", "state": state}
            session.execute(insert(goods.customer_order).values(ordered_at=clock.now(), **order))
            line = {"order_key": order["key"], "line": 1, "quantity": 12_500}
            key = stock.product(session, "HX-P20").key
            session.execute(insert(goods.order_line).values(product_key=key, wanted_on=today, **line))
        found = promises.availability(session, "HX-P20", today)
    assert (found.now, found.on_day) == (30, Decimal("17.5"))


def test_a_reservation_lapses_after_three_working_days_and_is_made_once_for_a_job(shop, frozen_clock):
    frozen_clock.advance(days=3)  # a Thursday
    with shop.unit_of_work() as session:
        made = promises.reserve(session, "HX-P20", Decimal(30), reserved_for="CP-1", job_key=7)
    with shop.unit_of_work() as session:
        assert promises.reserve(session, "HX-P20", Decimal(30), reserved_for="CP-1", job_key=7) == made
        assert made.expires_at == frozen_clock.now + timedelta(days=5)  # the Tuesday after
    frozen_clock.advance(days=4, hours=23)
    with shop.reading() as session:
        assert promises.availability(session, "HX-P20").terms["reserved"] == 30
    frozen_clock.advance(hours=1)
    with shop.reading() as session:
        assert promises.availability(session, "HX-P20").now == 50


def test_no_more_is_reserved_than_can_be_promised_and_what_is_released_can_be(shop):
    with shop.unit_of_work() as session:
        first = promises.reserve(session, "HX-P20", Decimal(25), reserved_for="a")
        with pytest.raises(Conflict, match="stock_not_enough"):
            promises.reserve(session, "HX-P20", Decimal("5.001"), reserved_for="b")
        promises.release(session, first.key)
        promises.release(session, first.key)
        assert promises.reserve(session, "HX-P20", Decimal(30), reserved_for="b").quantity == 30
        with pytest.raises(NotFound, match="reservation_not_found"):
            promises.release(session, 1)


def test_a_recall_beats_any_reservation(shop):
    with shop.unit_of_work() as session:
        lot = lots.lot(session, "HX-P20-0901A").key
        lots.add(session, "HX-P20-0902B", "LOT", Decimal(10), product="HX-P20")
        other = lots.lot(session, "HX-P20-0902B").key
        promises.reserve(session, "HX-P20", Decimal(10), reserved_for="a", lot_key=other)
        recall = lots.block(session, "HX-P20-0902B", "RECALL", Decimal(10), reason="recall", by="chen")
        found = promises.availability(session, "HX-P20")
        assert (found.terms["reserved"], found.terms["blocked"], found.now) == (20, 25, 20)
        with pytest.raises(Conflict, match="stock_not_enough"):
            promises.reserve(session, "HX-P20", Decimal(1), reserved_for="b", lot_key=lot)
        lots.block(session, "HX-P20-0902B", "QUALITY", Decimal(4), reason="looks odd", by="chen")
        assert promises.availability(session, "HX-P20").terms["blocked"] == 25
        lots.unblock(session, recall, by="chen")
        assert promises.availability(session, "HX-P20").terms["blocked"] == 19
        with pytest.raises(Invalid, match="lot_block_incomplete"):
            lots.block(session, "HX-P20-0902B", "RECALL", Decimal(1), reason=" ", by="chen")


def test_balances_stay_the_sum_of_movements_also_with_repeats_and_corrections(shop):
    dice = random.Random(4)
    for batch in range(20):
        with shop.unit_of_work() as session:
            given = [
                moved(
                    dice.choice(list(Movement)),
                    Decimal(dice.randint(1, 99_999)) / 1000,
                    f"R-{dice.randint(1, 400)}",
                )
                for _ in range(50)
            ]
            stock.move(session, given)
            assert stock.move(session, given) == 0
            wrong = session.scalar(
                select(func.max(goods.stock_movement.c.key)).where(
                    goods.stock_movement.c.corrects_key.is_(None)
                )
            )
            stock.correct(session, wrong, reference=f"K-{batch}", by="mei")
            with pytest.raises(Conflict, match="movement_corrected_already"):
                stock.correct(session, wrong, reference=f"L-{batch}", by="mei")
    with shop.reading() as session:
        kind, quantity = goods.stock_movement.c.kind, goods.stock_movement.c.quantity
        sums = session.execute(select(kind, func.sum(quantity)).group_by(kind).order_by(kind)).all()
        kept = goods.stock_balance.c
        assert session.execute(select(kept.kind, kept.quantity).order_by(kept.kind)).all() == sums


@pytest.mark.parametrize("quantity", ["0", "-1", "0.0001", "NaN", "many", "1e20"])
def test_what_is_no_quantity_is_refused(shop, quantity):
    with shop.unit_of_work() as session, pytest.raises(Invalid, match="quantity_"):
        lots.add(session, "X", "RAW", quantity)


def test_a_lot_is_traced_both_ways_to_customers_and_neighbours(shop):
    with shop.unit_of_work() as session:
        lots.add(session, "RAW-1", "RAW", Decimal(100), produced_on=date(2026, 1, 2))
        lots.add(session, "RAW-2", "RAW", Decimal(100))
        lots.add(
            session, "BLEND-1", "BLEND", Decimal(90), made_of={"RAW-1": Decimal(50), "RAW-2": Decimal(40)}
        )
        for number, source in (("L-1", "BLEND-1"), ("L-2", "BLEND-1"), ("L-3", "RAW-2"), ("DRUM-1", "L-1")):
            lots.add(session, number, "LOT", Decimal(20), product="HX-P20", made_of={source: Decimal(20)})
        sent = new_key()
        to = {"number": "D-1", "customer": "Rhein Dämm", "shipped_at": clock.now()}
        session.execute(insert(goods.delivery).values(key=sent, **to))
        drum = lots.lot(session, "DRUM-1").key
        session.execute(
            insert(goods.delivery_line).values(delivery_key=sent, line=1, lot_key=drum, quantity=20_000)
        )
        with pytest.raises(Invalid, match="lot_made_of_itself"):
            lots.add(session, "L-4", "LOT", Decimal(1), made_of={"L-4": Decimal(1)})

    def names(rows):
        return [row.number for row in rows]

    with shop.reading() as session:
        assert names(lots.trace(session, "RAW-1", Direction.FORWARD)) == ["BLEND-1", "DRUM-1", "L-1", "L-2"]
        assert names(lots.trace(session, "DRUM-1", Direction.BACKWARD)) == [
            "BLEND-1",
            "L-1",
            "RAW-1",
            "RAW-2",
        ]
        assert names(lots.neighbours(session, "L-1")) == ["L-2"]
        (shipment,) = lots.shipments(session, "RAW-2")
        assert (shipment.customer, shipment.lot, shipment.quantity) == ("Rhein Dämm", "DRUM-1", 20_000)
        with pytest.raises(NotFound, match="lot_not_found"):
            lots.trace(session, "L-9", Direction.FORWARD)


def test_approved_substitutes_are_named(shop):
    with shop.unit_of_work() as session:
        stock.add_product(session, "HX-M10", Text("纯MDI", "Pure MDI"), "t")
        stock.approve_substitute(session, "HX-P20", "HX-M10", by="chen")
        stock.approve_substitute(session, "HX-P20", "HX-M10", by="chen")
        assert promises.availability(session, "HX-P20").substitutes == ("HX-M10",)
        with pytest.raises(Invalid, match="substitute_is_itself"):
            stock.approve_substitute(session, "HX-P20", "HX-P20", by="chen")


def test_the_goods_of_the_demonstration_keep_scenario_1_and_the_way_of_every_lot(database, frozen_clock):
    with database.unit_of_work() as session:
        assert sample_records.load(session) > 20
        assert sample_records.load(session) == 0
    today = frozen_clock.now.date()
    with database.reading() as session:
        found = promises.availability(session, "HX-P20", today + timedelta(days=5))
        assert found.terms == {kind.lower(): quantity for kind, quantity in MOVED.items()} | {
            "reserved": 20,
            "blocked": 15,
            "in_transit": 40,
            "demand": 0,
        }
        assert (found.now, found.on_day, found.age) == (30, 70, timedelta(hours=1))
        assert promises.first_day(session, "HX-P20", Decimal(50), earliest=today) == today + timedelta(days=5)
        traced = {lot.number for lot in lots.trace(session, "RM-ANI-0815", Direction.FORWARD)}
        assert {"BL-P20-0828", "HX-P20-0901A", "HX-P20-0901B", "HX-P20-0901A-D1", "HX-M10-1020A"} <= traced
        assert [lot.number for lot in lots.neighbours(session, "HX-P20-0901A")] == ["HX-P20-0901B"]
        assert {(one.customer, one.quantity) for one in lots.shipments(session, "HX-P20-0901A")} == {
            ("青岛泡沫有限公司", 25_000),
            ("Gulf Panel Inc.", 20_000),
        }
        shipped = [line.quantity for line in lots.shipments(session, "BL-P20-0828")]
        assert sum(shipped) == 90_000
        assert [one.lot for one in commitments.blocks(session, "HX-P20")] == ["HX-P20-0901A"]
        assert [one.reserved_for for one in commitments.reservations(session, "HX-P20")] == [
            "Rhein Dämm GmbH"
        ]
        assert [one.number for one in commitments.orders(session, "HX-P20")] == ["DD-26-1187"]
        for word in ("HX-P20-0901", "DD-26-1187", "聚醚"):
            kinds = [kind for kind in known.all_() if kind.id in ("lot", "customer_order", "product")]
            assert any(listing.suggestions(session, kind, word) for kind in kinds), word


def test_a_reservation_of_a_blocked_lot_is_not_listed_and_one_that_lapsed_neither(shop, frozen_clock):
    with shop.unit_of_work() as session:
        key = lots.lot(session, "HX-P20-0901A").key
        lots.add(session, "HX-P20-0902", "LOT", Decimal(10), product="HX-P20")
        other = lots.lot(session, "HX-P20-0902").key
        promises.reserve(session, "HX-P20", Decimal(5), reserved_for="Gulf Panel", lot_key=other)
        lots.block(session, "HX-P20-0902", "RECALL", Decimal(10), reason="recall", by="chen")
        assert [one.reserved_for for one in commitments.reservations(session, "HX-P20")] == ["Rhein Dämm"]
        with pytest.raises(Conflict, match="stock_not_enough"):
            promises.reserve(session, "HX-P20", Decimal(1), reserved_for="Gulf Panel", lot_key=key)
    frozen_clock.advance(days=4)
    with shop.reading() as session:
        assert commitments.reservations(session, "HX-P20") == []


def test_what_is_entered_twice_from_elsewhere_is_refused(shop, frozen_clock):
    today = frozen_clock.now.date()
    with shop.unit_of_work() as session:
        deliveries.order(session, "O-7", "Gulf Panel", [("HX-P20", Decimal(1), today)])
        deliveries.ship(session, "S-7", "Gulf Panel", [("HX-P20-0901A", Decimal(1))], at=clock.now())
        for again in (
            lambda: deliveries.order(session, "O-7", "Gulf Panel", []),
            lambda: deliveries.ship(session, "S-7", "Gulf Panel", [], at=clock.now()),
            lambda: deliveries.expect(session, "SHIP-1", "HX-P20", Decimal(1), on=today),
        ):
            with pytest.raises(Conflict, match="delivery_known"):
                again()
        with pytest.raises(NotFound):
            deliveries.expect(session, "SHIP-2", "HX-P99", Decimal(1), on=today)
        with pytest.raises(Invalid):
            deliveries.expect(session, "SHIP-2", "HX-P20", Decimal(0), on=today)
