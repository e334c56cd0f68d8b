from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
COMMANDS = ("run", "install", "test", "check", "bench", "exam", "faults")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_of_a_document_leads_somewhere(path):
    links = re.findall(r"(?<!!)\[[^\]]*\]\(([^)#]+)[^)]*\)", path.read_text("utf-8"))
    broken = [
        link
        for link in links
        if not link.startswith(("http://", "https://")) and not (path.parent / link).exists()
    ]
    assert broken == []


def test_every_dependency_is_listed_with_its_reason():
    page = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    listed = re.search(r"^dependencies = \[(.*?)^\]", project, re.DOTALL | re.MULTILINE)
    assert listed is not None
    for name in re.findall(r'"([A-Za-z][A-Za-z0-9-]*)', listed[1]):
        assert f"\n| {name} |" in page


@pytest.mark.parametrize("command", COMMANDS)
def test_the_makefile_has_every_command(command):
    assert re.search(rf"^{command}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def test_both_readmes_give_the_same_two_commands():
    for name in ("README.md", "README.zh-CN.md"):
        blocks = re.findall(r"```\n(.*?)\n```", (ROOT / name).read_text("utf-8"), re.DOTALL)
        assert blocks == ["make run", "make test"]


def test_every_decision_stands_in_the_index():
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text("utf-8")
    for path in folder.glob("0*.md"):
        assert f"({path.name})" in index


def test_the_list_of_what_is_refused_is_that_of_the_checks():
    spec = importlib.util.spec_from_file_location("docs_bpmn", ROOT / "docs" / "bpmn.py")
    assert spec is not None
    assert spec.loader is not None
    writer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(writer)
    assert (ROOT / "docs" / "bpmn.md").read_text("utf-8") == writer.page(), "run python docs/bpmn.py"
