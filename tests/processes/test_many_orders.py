"""Two hundred service orders by eight people at the same moment (DOMAIN section 9, number 7), on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from laneway.engine import instances, numbers
from laneway.engine.database import reading, unit_of_work
from laneway.engine.model import InstanceState
from laneway.engine.queries import cases
from laneway.tasks.scenarios.stage import Stage
from laneway.testing import read_scenario

PROCESSES = Path(__file__).parents[2] / "processes"
STORY = read_scenario(PROCESSES / "c100_service_order" / "scenarios" / "many_at_once.toml")
NUMBERS = [f"SO-2026-{number:06d}" for number in range(1, 201)]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_hundred_orders_get_the_numbers_one_to_two_hundred_and_a_cancelled_one_stays(
    kind: str, request: pytest.FixtureRequest
) -> None:
    server = "" if kind == "sqlite" else str(request.getfixturevalue("postgresql"))
    with Stage(PROCESSES, server) as stage, stage.copy(STORY):
        by, values = stage.person("li.jing"), dict(STORY.steps[0].told["values"])

        def enter(_number: int) -> str | None:
            with unit_of_work() as session:
                return instances.start_from_form(
                    session, "c100_service_order", values=values, by=by
                ).case_number

        with ThreadPoolExecutor(8) as people:
            given = list(people.map(enter, range(200)))
        assert sorted(str(number) for number in given) == NUMBERS
        manager = stage.person("guo.liang")
        with unit_of_work() as session:
            seventeenth = cases.find(session, manager, NUMBERS[16])
            instances.cancel(session, seventeenth.instance_key, by=manager, reason="twice")
        with reading() as session:
            rows = {
                row.number: row.state for number in NUMBERS for row in [cases.find(session, manager, number)]
            }
            allotted = [row.number for row in numbers.listed(session, "SO", year=2026)]
        assert allotted == list(range(1, 201))
        assert [number for number, state in rows.items() if state is InstanceState.TERMINATED] == [
            NUMBERS[16]
        ]
