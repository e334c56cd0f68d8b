"""Everything that people read is there in Chinese and in English."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from lxml import etree

ROOT = Path(__file__).parents[2]
PROCESSES = ROOT / "processes"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
NAMED = ("process", "lane", "participant", "sequenceFlow", "subProcess", "callActivity")
NAMED_ENDINGS = ("Task", "task", "Event", "Gateway")


def of_the_processes(ending: str) -> list[Path]:
    return sorted(PROCESSES.rglob(f"*.{ending}"))


def file_name(path: Path) -> str:
    return path.relative_to(PROCESSES).as_posix()


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


def other_language_is_missing(element: etree._Element) -> bool:
    name = element.get("name", "").strip()
    if not name:
        return False
    wanted = "laneway:name:en" if is_chinese(name) else "laneway:name:zh"
    properties = element.iterfind(f"{BPMN}extensionElements/{ZEEBE}properties/{ZEEBE}property")
    return not any(entry.get("name") == wanted and entry.get("value", "").strip() for entry in properties)


@pytest.mark.parametrize("path", of_the_processes("bpmn"), ids=file_name)
def test_every_name_in_a_diagram_has_both_languages(path):
    missing = []
    for element in etree.parse(path).iter(f"{BPMN}*"):
        kind = etree.QName(element).localname
        if kind in NAMED or kind.endswith(NAMED_ENDINGS):
            missing += [element.get("id")] if other_language_is_missing(element) else []
    assert missing == []


def has_other_label(texts: dict) -> bool:
    return bool(texts.get("laneway:label:en") or texts.get("laneway:label:zh"))


@pytest.mark.parametrize("path", of_the_processes("form"), ids=file_name)
def test_every_label_of_a_form_has_both_languages(path):
    missing = []

    def look(component: dict) -> None:
        if component.get("label") and not has_other_label(component.get("properties", {})):
            missing.append(component.get("id"))
        missing.extend(
            f"{component.get('id')}: {option.get('value')}"
            for option in component.get("values", [])
            if not has_other_label(option)
        )
        for child in component.get("components", []):
            look(child)

    look(json.loads(path.read_text("utf-8")))
    assert missing == []


@pytest.mark.parametrize("path", sorted(PROCESSES.glob("*.bpmn")), ids=file_name)
def test_every_process_has_a_manual_in_both_languages(path):
    manual = (PROCESSES / path.stem / "README.md").read_text("utf-8")
    assert is_chinese(manual)
    assert re.search(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}", manual)
