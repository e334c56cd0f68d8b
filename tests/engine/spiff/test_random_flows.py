"""Random diagrams in the executor and in a token game that was written from the standard: they do the same.

`LANEWAY_RANDOM_FLOWS=20000 pytest tests/engine/spiff/test_random_flows.py` plays that many, drawn anew each time,
instead of the usual ones.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laneway.engine import clock

from .conftest import Bench
from .reference.sketch import Sketch
from .reference.twins import Twins

MORE = int(os.environ.get("LANEWAY_RANDOM_FLOWS", "0"))
PLAYED = settings(
    max_examples=MORE or 500,
    derandomize=not MORE,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
MOST_ACTIONS = 25


def play(draw: Any, choose: Any) -> None:
    """One random diagram, and random actions until it ends."""
    chance = choose(st.randoms(use_true_random=False))
    sketch = Sketch(draw, chance.randrange, depth=2 + chance.randrange(3))
    twins = Twins(Bench, sketch.file, sketch.variables)
    for number in range(MOST_ACTIONS):
        possible = twins.possible
        if not possible:
            break
        wait = possible[chance.randrange(len(possible))]
        values: dict[str, Any] = {}
        error = ""
        if wait.kind in ("user_task", "job", "message"):
            values = {"val": number + 1}
            values |= {name: bool(chance.randrange(2)) for name in sketch.switches if not chance.randrange(3)}
        may_throw = twins.may_throw(wait)
        if may_throw and not chance.randrange(3 if may_throw == "often" else 12):
            error = "EF"[chance.randrange(2)]
        twins.act(wait, values, error)


@pytest.fixture(autouse=True)
def real_time_afterwards() -> Any:
    yield
    clock.set_source(None)


@PLAYED
@given(st.data())
def test_the_executor_and_the_token_game_agree(draw: Any, data: st.DataObject) -> None:
    play(draw, data.draw)
