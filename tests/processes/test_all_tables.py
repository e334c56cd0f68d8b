"""All decision tables of the department give what its handbook says, for every combination of its inputs.

`decision_tables.json` holds the handbook: inputs by category, each with variables that stand for it (of a range
both ends), and rules in order. Where a table gives a code instead of the handbook's words, `codes` says which;
a dash of the handbook is null. One rule of D6, which asks for one more approver if there is a credit note, is
written as two.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from laneway.engine import deployments
from laneway.engine.deployments import process_folder
from laneway.engine.dmn import DecisionModel, read_decisions
from laneway.words import Resource

ROOT = Path(__file__).parents[2]
HANDBOOK: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "decision_tables.json").read_text("utf-8")
)
FILES = sorted((ROOT / "processes").glob("*/decisions/*.dmn"))


@pytest.fixture(scope="module", name="model")
def _model() -> DecisionModel:
    return read_decisions([Resource(path.name, path.read_bytes()) for path in FILES])


def categories(entry: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All combinations of the inputs' categories."""
    for combination in product(*entry["inputs"].values()):
        yield dict(zip(entry["inputs"], combination, strict=True))


def matching(entry: dict[str, Any], facts: dict[str, Any]) -> list[list[Any]]:
    """What the rules that hold give, in the order of the handbook."""
    return [
        rule["then"]
        for rule in entry["rules"]
        if all(facts[name]["is"] in wanted for name, wanted in rule["if"].items())
    ]


def documented(entry: dict[str, Any], facts: dict[str, Any]) -> Any:
    """The outputs of one combination by name, a list of them with COLLECT."""
    codes = {(code["output"], code["words"]): code["code"] for code in entry["codes"]}
    found = [
        {
            output["in_file"]: codes.get((output["name"], words), words)
            for output, words in zip(entry["outputs"], then, strict=True)
        }
        for then in matching(entry, facts)
    ]
    if entry["policy"] == "COLLECT":
        return found
    assert entry["policy"] == "FIRST" or len(found) == 1
    return found[0]


def only(names: set[str], value: Any) -> Any:
    """The outputs that the handbook knows: tables give more, such as the words in Chinese."""
    if isinstance(value, list):
        return [only(names, item) for item in value]
    return {name: item for name, item in value.items() if name in names}


@pytest.mark.parametrize("entry", HANDBOOK, ids=lambda entry: entry["table"])
def test_every_combination_gives_what_the_handbook_says(model: DecisionModel, entry: dict[str, Any]) -> None:
    names = {output["in_file"] for output in entry["outputs"]}
    for facts in categories(entry):
        expected = documented(entry, facts)
        for variables in product(*(category["variables"] for category in facts.values())):
            given = {name: value for part in variables for name, value in part.items()}
            result = model.evaluate(entry["decision"], given)
            assert only(names, result.value) == expected, given
            assert result.warnings == []


def test_the_handbook_has_2096_combinations_in_13_tables() -> None:
    sizes = [math.prod(len(rows) for rows in entry["inputs"].values()) for entry in HANDBOOK]
    assert len(sizes) == 13
    assert sum(sizes) == 2_096


def test_every_table_of_a_process_is_in_the_handbook(model: DecisionModel) -> None:
    assert {decision.decision_id for decision in model.decisions} == {entry["decision"] for entry in HANDBOOK}


def test_the_checks_find_nothing_in_the_tables(model: DecisionModel) -> None:
    assert model.warnings == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_name_in_a_table_has_both_languages(path: Path) -> None:
    model = read_decisions([Resource(path.name, path.read_bytes())])
    for decision in model.decisions:
        assert all(decision.name)
        table = model.element(decision.decision_id).xml.find("{*}decisionTable")
        for column in (*table.iterfind("{*}input"), *table.iterfind("{*}output")):
            properties = column.iterfind("{*}extensionElements//{*}property")
            assert any(p.get("name") == "laneway:name:en" and p.get("value") for p in properties), column.get(
                "id"
            )


def test_tables_are_deployed_even_where_there_is_no_diagram_yet(sqlite_database: ModuleType) -> None:
    with sqlite_database.unit_of_work() as session:
        resources = process_folder.read_files([ROOT / "processes"])
        deployed = deployments.deploy(session, resources, by=None)
    assert {one.decision_id for one in deployed.decisions} == {entry["decision"] for entry in HANDBOOK}
    assert all(one.is_new for one in deployed.decisions)
    assert [finding for finding in deployed.findings if finding.file.endswith(".dmn")] == []
