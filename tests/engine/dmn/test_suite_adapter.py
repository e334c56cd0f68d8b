"""The conformance suite's adapter speaks the suite's notation and evaluates by the standard alone."""

from __future__ import annotations

from typing import Any

import pytest

from laneway.testing.dmn_exam import decode, encode, tck_engine

MODEL = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" namespace="n" name="m" id="d">
<inputData id="i" name="Order Date"><variable name="Order Date" typeRef="date"/></inputData>
<decision id="x" name="Due"><variable name="Due" typeRef="date"/>
<informationRequirement><requiredInput href="#i"/></informationRequirement>
<literalExpression><text>Order Date + duration("P3D")</text></literalExpression></decision></definitions>"""


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "text",
        {"$": "number", "v": "1.50"},
        {"$": "date", "v": "2026-01-31"},
        {"$": "time", "v": "10:00:00Z"},
        {"$": "dateTime", "v": "2026-01-31T10:00:00@Asia/Shanghai"},
        {"$": "duration", "v": "P1Y2M"},
        {"$": "duration", "v": "-P1DT2H"},
        {"$": "list", "v": [{"$": "number", "v": "1"}, None]},
        {"$": "context", "v": {"a": {"$": "list", "v": []}}},
    ],
)
def test_values_survive_the_notation(value: Any) -> None:
    assert encode(decode(value)) == value


def test_a_decision_is_evaluated_by_name() -> None:
    engine, inputs = tck_engine(), {"Order Date": {"$": "date", "v": "2026-01-30"}}

    got = engine.evaluate({"m.dmn": MODEL}, "m.dmn", "decision", "Due", inputs)

    assert got == {"$": "date", "v": "2026-02-02"}


def test_an_iso_text_is_no_date_by_the_standard() -> None:
    got = tck_engine().evaluate({"m.dmn": MODEL}, "m.dmn", "decision", "Due", {"Order Date": "2026-01-30"})

    assert got is None


def test_an_unknown_name_fails() -> None:
    with pytest.raises(KeyError):
        tck_engine().evaluate({"m.dmn": MODEL}, "m.dmn", "decision", "No", {})
