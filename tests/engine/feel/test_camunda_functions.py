"""What Camunda adds to FEEL (its documentation of 8.5 to 8.8), so that its diagrams evaluate alike."""

from __future__ import annotations

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from laneway.engine.feel import FeelAssertion, FeelSyntaxError, evaluate_json, parse_and_compile

VARIABLES = {
    "x": 4,
    "first name": "Li",
    "tracking-id": "T-1",
    "order": {"total price": 5, "items": [{"net.price": 2}]},
}
EXAMPLES = [
    ("is defined(1)", True),
    ("is defined(null)", False),
    ("is defined(no.such.name)", False),
    ('get or else("this", "default")', "this"),
    ('get or else(null, "default")', "default"),
    ("get or else(null, null)", None),
    ("assert(x, x != null)", 4),
    ('assert(x, x >= 0, "must be positive")', 4),
    ('extract("references are 1234, 1256, 1378", "12[0-9]*")', ["1234", "1256"]),
    ('extract("nothing here", "[0-9]")', []),
    ('trim("  hello world  ")', "hello world"),
    ('trim("hello   world ")', "hello   world"),
    ('to base64("FEEL")', "RkVFTA=="),
    ('to base64("客户")', "5a6i5oi3"),
    ('is blank("")', True),
    ('is blank(" ")', True),
    ('is blank("hello world")', False),
    ('string join(["a","b","c"], ", ", "[", "]")', "[a, b, c]"),
    ('string join(["a",null,"c"], null, "<", null)', "<ac"),
    ('string join(["a",1], ", ", "[", "]")', None),
    ("duplicate values([1,2,3,2,1])", [1, 2]),
    ("is empty([])", True),
    ("is empty([1,2,3])", False),
    ("partition([1,2,3,4,5], 2)", [[1, 2], [3, 4], [5]]),
    ("partition([], 2)", []),
    ("partition([1,2], 0)", None),
    ('get value({x:1, y: {z:0}}, ["y", "z"])', 0),
    ('get value({x: {y: {z:0}}}, ["x", "y"])', {"z": 0}),
    ('get value({a: {b: 3}}, ["b"])', None),
    ("get value({a: 1}, [])", None),
    ('context put({x:1}, ["y"], 2)', {"x": 1, "y": 2}),
    ('context put({x:1, y: {z:0}}, ["y", "z"], 2)', {"x": 1, "y": {"z": 2}}),
    ('context put({x:1}, ["y", "z"], 2)', {"x": 1, "y": {"z": 2}}),
    ('context put({x:1, y: 2}, ["y", "z"], 2)', None),
    ("context merge({x:1, y:0}, {y:2})", {"x": 1, "y": 2}),
    ('put({x:1}, "y", 2)', {"x": 1, "y": 2}),
    ("put all({x:1}, {y:2})", {"x": 1, "y": 2}),
    ('last day of month(date("2022-10-01"))', "2022-10-31"),
    ('last day of month(date and time("2024-02-16T12:00:00"))', "2024-02-29"),
    ('number("1,500", ",")', 1500),
    ('number("1 500.5", " ", ".")', 1500.5),
    (
        'date and time(@"2020-07-31T14:27:30@Europe/Berlin", "America/Los_Angeles")',
        "2020-07-31T05:27:30@America/Los_Angeles",
    ),
    ('date and time(@"2020-07-31T14:27:30Z", "+08:00")', "2020-07-31T22:27:30+08:00"),
    ('date and time(@"2020-07-31T14:27:30+02:00", "Z")', "2020-07-31T12:27:30Z"),
    ('date and time(@"2020-07-31T14:27:30Z", "Mars/Base")', None),
    ('date and time("2018-04-29T09:30:00+02:00[Europe/Berlin]")', "2018-04-29T09:30:00@Europe/Berlin"),
    ('@"2015-09-18T10:31:10+02:00[Europe/Paris]".timezone', "Europe/Paris"),
    ('from json("{\\"a\\": 1, \\"b\\": [2.5, null, true]}")', {"a": 1, "b": [2.5, None, True]}),
    ('from json("true")', True),
    ('from json("\\"2023-06-14\\"")', "2023-06-14"),
    ('from json("no json")', None),
    ('from json("NaN")', None),
    ('from json("\\"\\\\ud800\\"")', None),
    ("to json({a: 1, b: 2})", '{"a":1,"b":2}'),
    ("to json(true)", "true"),
    ('to json(["客户", 0.10, null])', '["客户",0.10,null]'),
    ('to json(@"2023-06-14")', '"2023-06-14"'),
    ('to json(@"2025-11-24T10:00:00@Europe/Berlin")', '"2025-11-24T10:00:00+01:00[Europe/Berlin]"'),
    ('to json(@"P3Y")', '"P3Y"'),
    ("to json([1..3])", None),
    ("fromAi(x)", 4),
    ('fromAi(x, "what it is")', 4),
    ('fromAi(x, null, "number")', 4),
    ('fromAi(value: x, description: "d", schema: {type: "number"})', 4),
    ('fromAi(x, "d", "string", null, {required: false})', 4),
    ("`first name`", "Li"),
    ("`tracking-id`", "T-1"),
    ("order.`total price` * 2", 10),
    ("order.items[1].`net.price`", 2),
    ("{`p q`: 1, r: `p q` + 1}.r", 2),
    ("for `one day` in 1..2 return `one day`", [1, 2]),
    ("(function(`a b`) `a b` * 2)(`a b`: 3)", 6),
    ("random number() < 1 and random number() >= 0", True),
]


@pytest.mark.parametrize(("text", "value"), EXAMPLES)
def test_an_example_has_its_value(text: str, value: object) -> None:
    assert evaluate_json(text, VARIABLES)[0] == value


def test_a_failed_assertion_stops_the_evaluation_with_its_cause() -> None:
    with pytest.raises(FeelAssertion, match="'x' is too small"):
        evaluate_json("""get or else(assert(x, x > 9, "'x' is too small"), 0)""", VARIABLES)
    with pytest.raises(FeelAssertion) as caught:
        evaluate_json("assert(x, null)", VARIABLES)

    assert caught.value.text.zh == "断言不成立"


def test_every_uuid_is_another() -> None:
    first, second = evaluate_json("[uuid(), uuid()]", {})[0]

    assert first != second
    assert str(uuid.UUID(first)) == first


def test_a_local_time_is_read_in_the_zone_of_the_clock() -> None:
    now = datetime(2020, 7, 31, 12, tzinfo=ZoneInfo("Europe/Berlin"))

    value, _ = evaluate_json('date and time(@"2020-07-31T14:27:30", "Z")', {}, now=now)

    assert value == "2020-07-31T12:27:30Z"


@pytest.mark.parametrize(
    "text", ["[1] instance of list", "{a: 1} instance of context", "abs instance of function"]
)
def test_a_type_without_its_parameters_is_camundas_alone(text: str) -> None:
    assert evaluate_json(text, {})[0] is True
    assert parse_and_compile(text, is_strict=True).evaluate({}).value is None


def test_a_name_in_backticks_must_be_closed() -> None:
    with pytest.raises(FeelSyntaxError):
        evaluate_json("`first name", VARIABLES)
