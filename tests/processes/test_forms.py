"""Each process folder fits together: forms in both languages, and everything a diagram refers to is there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from laneway.engine.bpmn.checks import Known, check
from laneway.engine.bpmn.reader import read_processes
from laneway.engine.bpmn.xmlns import properties_of
from laneway.engine.dmn import read_decisions
from laneway.engine.forms.schema import check_form
from laneway.records import organisation
from laneway.tasks.loader import load_handlers
from laneway.tasks.registry import registered
from laneway.words import Resource, bilingual

PROCESSES = Path(__file__).parents[2] / "processes"
DIAGRAMS = sorted(PROCESSES.glob("*.bpmn"))
FORMS = sorted(PROCESSES.glob("*/forms/*.form"))
DECISIONS = sorted(PROCESSES.glob("*/decisions/*.dmn"))

TEXTS = ("label", "description", "dateLabel", "timeLabel", "text")


def resource(path: Path) -> Resource:
    return Resource(path.relative_to(PROCESSES).as_posix(), path.read_bytes())


def schema(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_bytes())
    return loaded


def components(parent: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for component in parent.get("components", ()):
        yield component
        yield from components(component)


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_every_text_of_a_form_is_there_in_both_languages(path: Path) -> None:
    for component in components(schema(path)):
        english = component.get("properties", {})
        for name in TEXTS:
            if name in component:
                assert component[name], component["id"]
                assert english.get(f"laneway:{name}:en"), (component["id"], name)
        for option in component.get("values", ()):
            assert option["label"], component["id"]
            assert option.get("laneway:label:en"), (component["id"], option["value"])


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_is_sound_and_known_by_the_name_of_its_file(path: Path) -> None:
    form_id, findings = check_form(resource(path))
    assert findings == []
    assert form_id == path.stem
    ids = [component["id"] for component in components(schema(path))]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_options_of_a_field_differ(path: Path) -> None:
    for component in components(schema(path)):
        values = [option["value"] for option in component.get("values", ())]
        assert len(values) == len(set(values)), component["id"]


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_a_diagram_has_no_finding_and_finds_its_forms_decisions_and_handlers(path: Path) -> None:
    load_handlers(PROCESSES)
    decisions = read_decisions([resource(file) for file in DECISIONS])
    known = Known(
        forms=frozenset(file.stem for file in FORMS),
        decisions=frozenset(decision.decision_id for decision in decisions.decisions),
        processes=frozenset(file.stem for file in DIAGRAMS),
        job_types=frozenset(registered()),
        groups=frozenset(organisation.default_groups()),
    )
    diagram = read_processes(resource(path))
    assert diagram.findings == []
    for process in diagram.processes:
        assert check(process, known) == []
    assert [process.id for process in diagram.processes] == [path.stem]


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_every_form_and_decision_of_a_process_is_used_by_its_diagram(path: Path) -> None:
    xml = etree.fromstring(path.read_bytes())
    used = {str(value) for element in xml.iter() for value in element.attrib.values()}
    folder = PROCESSES / path.stem
    assert {file.stem for file in folder.glob("forms/*.form")} <= used
    prefix = path.stem.partition("_")[0]
    assert {f"{prefix}_{file.stem}" for file in folder.glob("decisions/*.dmn")} <= used


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_everything_named_in_a_diagram_is_named_in_both_languages(path: Path) -> None:
    xml = etree.fromstring(path.read_bytes())
    named = [element for element in xml.iter("{*}*") if element.get("name") and element.get("id")]
    drawn = [element for element in named if etree.QName(element).localname != "message"]
    assert drawn
    for element in drawn:
        name = bilingual(str(element.get("name")), properties_of(element))
        assert name.zh, element.get("id")
        assert name.en, element.get("id")


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_every_column_of_a_table_is_labelled_in_both_languages(path: Path) -> None:
    xml = etree.fromstring(path.read_bytes())
    columns = [*xml.iter("{*}input"), *xml.iter("{*}output")]
    assert columns
    for column in columns:
        label = bilingual(
            str(column.get("label")),
            {str(found.get("name")): str(found.get("value")) for found in column.iter("{*}property")},
        )
        assert label.zh, column.get("id")
        assert label.en, column.get("id")
