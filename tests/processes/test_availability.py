"""C160: every term is shown, old stock is confirmed first, what is promised is kept, and lapses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select

from laneway.engine import deployments, instances, user_tasks
from laneway.engine.deployments import process_folder
from laneway.engine.model import Person
from laneway.engine.tables import process_instance
from laneway.records import organisation, sample_records
from laneway.records.goods import deliveries, promises, stock
from laneway.tasks.loader import load_handlers
from laneway.testing import drain

PROCESSES = Path(__file__).parents[2] / "processes"
PEOPLE = {person.username: person for person in organisation.demo_people()}
JING, PING = PEOPLE["li.jing"], PEOPLE["he.ping"]


class Question:
    """A supply question that is being answered."""

    def __init__(self, database: ModuleType, **values: Any) -> None:
        self.database = database
        asked = {
            "customer": "青岛泡沫有限公司",
            "product": "HX-P20",
            "quantity": 50,
            "wanted_on": "2026-03-05",
            "language": "zh",
        }
        with database.unit_of_work() as session:
            started = instances.start_from_form(session, "c160_availability", values=asked | values, by=JING)
        self.key = started.instance_key
        self.case_number = started.case_number
        drain()

    def open(self) -> list[str]:
        with self.database.reading() as session:
            return [task.element_id for task in user_tasks.open_under(session, self.key)]

    def do(self, element: str, by: Person, **values: Any) -> None:
        with self.database.unit_of_work() as session:
            [task] = [one for one in user_tasks.open_under(session, self.key) if one.element_id == element]
            user_tasks.claim(session, task.key, by=by)
            filled = user_tasks.open_task(session, task.key, by=by).values
            user_tasks.complete(session, task.key, by=by, values=filled | values)
        drain()

    @property
    def variables(self) -> dict[str, Any]:
        with self.database.reading() as session:
            return instances.variables(session, self.key)

    @property
    def has_ended(self) -> bool:
        with self.database.reading() as session:
            query = select(process_instance.c.state, process_instance.c.has_incident)
            row = session.execute(query.where(process_instance.c.key == self.key)).one()
        return row.state == "COMPLETED" and not row.has_incident


@pytest.fixture
def ask(database: ModuleType, frozen_clock: Any) -> Callable[..., Question]:
    """Asks for the goods of the demonstration on Monday, 2 March 2026."""
    load_handlers(PROCESSES)
    with database.unit_of_work() as session:
        organisation.load_demo(session)
        sample_records.load(session)
        files = [PROCESSES / "c160_availability.bpmn", PROCESSES / "c160_availability"]
        deployments.deploy(session, process_folder.read_files(files), by=None)
    return lambda **values: Question(database, **values)


def test_what_is_on_its_way_covers_the_rest_and_every_term_is_shown(
    ask: Callable[..., Question], frozen_clock: Any
) -> None:
    question = ask()
    told = question.variables
    assert told["availability"]["terms"] == {
        "opening": 120,
        "receipt": 60,
        "transfer_in": 10,
        "consumption": 30,
        "transfer_out": 5,
        "outflow": 90,
        "reserved": 20,
        "blocked": 15,
        "in_transit": 0,
        "demand": 0,
    }
    assert (told["availability"]["now"], told["availability"]["on_day"]) == (30, 30)
    assert told["availability_answer"] == "confirm later date (ETA + handling)"
    assert (told["confirmed_quantity"], told["confirmed_on"]) == (50, "2026-03-07")
    assert told["reservation"] == {"quantity": 30, "expires_at": "2026-03-05T09:00+00:00"}
    assert question.case_number.startswith("AV-2026-")
    with question.database.reading() as session:
        assert promises.availability(session, "HX-P20").now == 0
    frozen_clock.advance(days=3, minutes=1)
    with question.database.reading() as session:
        # The reservation of the demonstration lapses at the same moment.
        assert promises.availability(session, "HX-P20").now == 50
    question.do("answer", JING, answered_by="phone", answered_to="刘颖")
    assert question.has_ended


def test_stock_that_nobody_has_confirmed_for_four_hours_is_confirmed_first(
    ask: Callable[..., Question], frozen_clock: Any
) -> None:
    frozen_clock.advance(hours=3, minutes=1)
    question = ask()
    assert question.open() == ["confirm"]
    question.do("confirm", PING, stock_right="counted", count_difference=-2.5, count_reason="破包两袋")
    told = question.variables["availability"]
    assert (told["now"], told["terms"]["outflow"], told["is_fresh"]) == (27.5, 92.5, True)
    assert told["age_hours"] == 0
    with question.database.reading() as session:
        assert stock.product(session, "HX-P20").stock_confirmed_by == "he.ping"
    assert question.open() == ["answer"]


def test_a_product_nobody_knows_is_put_right_and_not_turned_away(ask: Callable[..., Question]) -> None:
    question = ask(product="P20 桶装")
    assert question.open() == ["clarify"]
    assert question.variables["unclear"] == "product"
    question.do("clarify", PING, product="HX-P20", quantity=10, wanted_on="2026-03-04")
    told = question.variables
    assert (told["availability_answer"], told["confirmed_quantity"]) == ("confirm and reserve", 10)
    assert (told["confirmed_on"], told["reservation"]["quantity"]) == ("2026-03-04", 10)


@pytest.mark.parametrize(
    ("product", "quantity", "answer", "confirmed", "reserved"),
    [
        ("HX-L30", 10, "partial + substitute offer", 4, 4),
        ("HX-P20", 500, "partial + back order", 30, 30),
        ("HX-P20", 30, "confirm and reserve", 30, 30),
    ],
)
def test_the_answer_is_that_of_d10(
    ask: Callable[..., Question], product: str, quantity: int, answer: str, confirmed: int, reserved: int
) -> None:
    told = ask(product=product, quantity=quantity).variables
    assert told["availability_answer"] == answer
    assert told["confirmed_quantity"] == confirmed
    assert told["reservation"]["quantity"] == reserved


def test_nothing_left_is_neither_promised_nor_reserved(
    ask: Callable[..., Question], database: ModuleType
) -> None:
    with database.unit_of_work() as session:
        promises.reserve(session, "HX-P20", Decimal(30), reserved_for="Gulf Panel Inc.")
    told = ask(quantity=500).variables
    assert told["availability_answer"] == "cannot supply: planning request"
    assert (told["confirmed_quantity"], told["confirmed_on"], told["reservation_key"]) == (0, None, None)


def test_what_customers_have_ordered_puts_the_day_off(
    ask: Callable[..., Question], database: ModuleType
) -> None:
    with database.unit_of_work() as session:
        wanted = [("HX-P20", Decimal(25), date(2026, 3, 6))]
        deliveries.order(session, "DD-1", "Gulf Panel Inc.", wanted)
        assert promises.first_day(session, "HX-P20", Decimal(50), earliest=date(2026, 3, 5)) == date(
            2026, 3, 2
        ) + timedelta(days=19)
        assert promises.first_day(session, "HX-P20", Decimal(30), earliest=date(2026, 3, 5)) == date(
            2026, 3, 5
        )
        assert promises.first_day(session, "HX-P20", Decimal(900), earliest=date(2026, 3, 5)) is None
    assert ask().variables["confirmed_on"] == "2026-03-21"
