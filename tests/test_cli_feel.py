"""`laneway feel` and `laneway decide`: expressions and tables tried without a database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from laneway import cli

DMN = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="prices" name="价格" namespace="p">
  <decision id="discount" name="折扣">
    <informationRequirement><requiredDecision href="#size"/></informationRequirement>
    <literalExpression><text>if size = "large" then amount * 0.1 else 0</text></literalExpression>
  </decision>
  <decision id="size" name="size">
    <decisionTable hitPolicy="FIRST">
      <input id="i" label="amount"><inputExpression><text>amount</text></inputExpression></input>
      <output id="o" name="size"/>
      <rule id="r_large"><inputEntry><text>&gt;= 1000</text></inputEntry>
        <outputEntry><text>"large"</text></outputEntry></rule>
      <rule id="r_rest"><inputEntry><text>-</text></inputEntry>
        <outputEntry><text>"small"</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>
"""
ONE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="one" name="one" namespace="o">
  <decision id="only" name="唯一"><literalExpression><text>{expression}</text></literalExpression></decision>
</definitions>
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prices.dmn").write_text(DMN, "utf-8")
    (tmp_path / "input.json").write_text('{"amount": 1500}', "utf-8")
    return tmp_path


def laneway(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, arguments, catch_exceptions=False)


def decide_one(folder: Path, expression: str, *arguments: str) -> Result:
    (folder / "one.dmn").write_text(ONE.format(expression=expression), "utf-8")
    return laneway("decide", "one.dmn", "--input", "{}", *arguments)


@pytest.mark.parametrize("given", ['{"amount": 1500}', "input.json", "@input.json"])
def test_feel_prints_the_value_as_json(given: str) -> None:
    result = laneway("feel", '={total: amount * 2, 客户: "Li"}', "--input", given)

    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"total": 3000, "客户": "Li"}
    assert result.stderr == ""


def test_feel_tells_warnings_at_their_place() -> None:
    result = laneway("feel", '"客户" + 1')

    assert result.exit_code == 0
    assert json.loads(result.stdout) is None
    assert "没有值" in result.stderr
    assert "has no value" in result.stderr
    assert result.stderr.rstrip().endswith('\n  "客户" + 1\n         ^')


def test_feel_asks_whether_another_name_was_meant() -> None:
    result = laneway("feel", "amont > 10", "--input", "input.json")

    assert "amount" in result.stderr
    assert result.stderr.count("amont > 10\n  ^") == 1


def test_feel_marks_the_place_of_a_syntax_error() -> None:
    result = laneway("feel", "1 +\n  (2 * ]")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert "错误 / error" in result.stderr
    assert result.stderr.rstrip("\n").endswith("    (2 * ]\n    ^")


def test_feel_tries_unary_tests() -> None:
    assert laneway("feel", "[1..3], > 4", "--unary", "--value", "5").stdout == "true\n"
    assert laneway("feel", "limit", "--unary", "--value", "5", "--input", '{"limit": 6}').stdout == "false\n"
    assert laneway("feel", "[1..3]", "--unary").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["for i in 1..100000000 return i"], "too long"),
        (['assert(1, false, "no order")'], "no order"),
        (["1", "--input", "{nonsense"], "JSON"),
        (["1", "--input", "[1]"], "JSON"),
        (["1", "--input", "@missing.json"], "missing.json"),
        (["1", "--unary", "--value", "nonsense"], "JSON"),
    ],
)
def test_feel_fails_in_words(arguments: list[str], words: str) -> None:
    result = laneway("feel", *arguments)

    assert result.exit_code == 1
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_decide_prints_the_value_as_json(folder: Path) -> None:
    result = laneway("decide", "prices.dmn", "--decision", "discount", "--input", "input.json")

    assert result.exit_code == 0
    assert json.loads(result.stdout) == 150
    assert decide_one(folder, "1 + 1").stdout == "2\n"


def test_decide_traces_decisions_with_inputs_and_fired_rules() -> None:
    result = laneway("decide", "prices.dmn", "--decision", "discount", "--input", "input.json", "--trace")

    assert json.loads(result.stdout) == 150
    lines = result.stderr.splitlines()
    assert lines.index("  输入 / input: amount = 1500") < lines.index(
        '  规则 / rule 1 (r_large): size = "large"'
    )
    assert lines[0].startswith("size ")
    assert lines[-1] == "  结果 / result: 150"


def test_decide_lists_the_decisions_when_it_is_not_clear_which() -> None:
    result = laneway("decide", "prices.dmn", "--input", "{}")

    assert result.exit_code == 1
    assert "discount  折扣" in result.stderr
    assert "--decision" in result.stderr
    unknown = laneway("decide", "prices.dmn", "--input", "{}", "--decision", "nothing")
    assert unknown.exit_code == 1
    assert "there is no decision nothing" in unknown.stderr


def test_decide_tells_warnings_with_their_element(folder: Path) -> None:
    result = decide_one(folder, "1 + nothing")

    assert result.stdout == "null\n"
    assert "没有变量 'nothing' / no variable 'nothing'" in result.stderr


def test_decide_fails_in_words(folder: Path) -> None:
    broken = decide_one(folder, "1 +")
    assert broken.exit_code == 1
    assert "one.dmn" in broken.stderr
    assert "the decision file cannot be used" in broken.stderr
    stopped = decide_one(folder, 'assert(1, false, "no order")', "--trace")
    assert stopped.exit_code == 1
    assert "no order" in stopped.stderr
    assert "only  唯一" in stopped.stderr
