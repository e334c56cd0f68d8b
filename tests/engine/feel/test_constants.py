"""Tests against constants are decided directly, with the same outcome as tests against variables."""

from __future__ import annotations

import random
from typing import Any

import pytest

from laneway.engine.feel import compile_expression, compile_unary_tests, parse_and_compile

NUMBERS = [-3, 0, 1, 2.5, 3, 10]
TEXTS = ["", "a", "b", "open", "客户"]
VALUES: list[Any] = [*NUMBERS, *TEXTS, True, False, None, [1], {"a": 1}]


def written(v: Any) -> str:
    if isinstance(v, bool):
        return str(v).lower()
    return f'"{v}"' if isinstance(v, str) else str(v)


def one_test(r: random.Random, pool: list[Any]) -> list[Any]:
    """A test as a list of texts and constants."""
    a, b = r.choice(pool), r.choice(pool)
    return r.choice(
        [
            [a],
            [r.choice(["<", "<=", ">", ">=", "=", "!="]), a],
            [r.choice("[("), min(a, b), "..", max(a, b), r.choice("])")],
            ["[", a, ",", b, "]"],
        ]
    )


@pytest.mark.parametrize("seed", range(300))
def test_a_cell_of_constants_holds_as_one_of_variables_does(seed: int) -> None:
    r = random.Random(seed)
    pool = r.choice([NUMBERS, TEXTS, [True, False]])
    is_boolean = pool == [True, False]
    parts = [[r.choice(pool)]] if is_boolean else [one_test(r, pool) for _ in range(r.randint(1, 3))]
    variables: dict[str, Any] = {}
    texts: list[list[str]] = [[], []]
    for part in parts:
        for kind, cell in enumerate(texts):
            cell.append("")
            for token in part:
                is_constant = not isinstance(token, str) or token in TEXTS
                name = f"v{len(variables)}"
                if is_constant and kind == 1:
                    variables[name] = token
                cell[-1] += " " + (token if not is_constant else name if kind else written(token))
    constant, variable = (", ".join(cell) for cell in texts)
    if r.random() < 0.3:
        constant, variable = f"not({constant})", f"not({variable})"
    if not is_boolean:  # `true` alone asks for a true input; a variable that is true decides by itself
        for v in VALUES:
            got = compile_unary_tests(constant).evaluate({"?": v}).value
            assert got is compile_unary_tests(variable).evaluate({"?": v, **variables}).value, (constant, v)
    if not constant.startswith("not"):
        for v in VALUES:
            got = compile_expression(f"x in ({constant})").evaluate({"x": v}).value
            expected = compile_expression(f"x in ({variable})").evaluate({"x": v, **variables}).value
            assert got is expected, (constant, v)


@pytest.mark.parametrize("symbol", ["=", "!=", "<", "<=", ">", ">="])
@pytest.mark.parametrize("c", [*NUMBERS, *TEXTS, True, None])
def test_a_comparison_with_a_constant_is_one_with_a_variable(symbol: str, c: Any) -> None:
    for v in VALUES:
        direct = compile_expression(f"x {symbol} {'null' if c is None else written(c)}").evaluate({"x": v})
        general = compile_expression(f"x {symbol} c").evaluate({"x": v, "c": c})
        assert direct.value is general.value, v
        assert [w.text for w in direct.warnings] == [w.text for w in general.warnings], v


@pytest.mark.parametrize(
    ("text", "of"),
    [
        ("1, 2, [3..5)", "Decimal"),
        ('"a", "b"', "str"),
        ('not("a", null)', "str"),
        ("true", "bool"),
        ("< 5", "Decimal"),
        ("[5..1]", None),
        ('1, "a"', None),
        ("x", None),
        ("? > 1", None),
        ("null", None),
        ("-", None),
        ("< true", None),
    ],
)
def test_it_is_known_which_cells_are_decided_directly(text: str, of: str | None) -> None:
    quick = parse_and_compile(text, is_unary=True).quick

    assert (quick.of.__name__ if quick else None) == of


def test_a_name_without_letters_is_no_variable() -> None:
    assert compile_expression('{"": 5, r: 7 = 7}.r').evaluate({}).value is True
    assert compile_expression('{"": 5, r: [1][1] = 1}.r').evaluate({}).value is True


def test_logic_has_three_values() -> None:
    truth = {"true": True, "false": False, "null": None}
    for a, x in truth.items():
        for b, y in truth.items():
            both = None if None in (x, y) and False not in (x, y) else bool(x and y)
            one = None if None in (x, y) and True not in (x, y) else bool(x or y)
            assert compile_expression(f"{a} and {b}").evaluate({}).value is both
            assert compile_expression(f"{a} or {b}").evaluate({}).value is one
            assert compile_expression(f"{a} and {b} and true").evaluate({}).value is both
            assert compile_expression(f"{a} or {b} or false").evaluate({}).value is one
