"""The mails of every process: both languages, readable, and there where a diagram sends them."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from laneway.records.documents import filling
from laneway.tasks.steps.mails import JOB_TYPE

PROCESSES = Path(__file__).parents[2] / "processes"
TEMPLATES = sorted(
    {(path.parent, path.name.split(".")[0]): path for path in PROCESSES.glob("*/mails/*.md")}.values()
)
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"


def sent() -> list[tuple[str, str]]:
    """Process folder and template of every task that sends a mail."""
    found = []
    for path in sorted(PROCESSES.glob("*.bpmn")):
        for extensions in ElementTree.parse(path).iter(
            "{http://www.omg.org/spec/BPMN/20100524/MODEL}extensionElements"
        ):
            task = extensions.find(f"{ZEEBE}taskDefinition")
            if task is None or task.get("type") != JOB_TYPE:
                continue
            headers = {one.get("key"): one.get("value") for one in extensions.iter(f"{ZEEBE}header")}
            found.append((path.stem, headers.get("template") or ""))
    return found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parts[-3]}-{path.name}")
def test_a_mail_is_written_in_both_languages_and_can_be_read(path: Path) -> None:
    stem = path.name.split(".")[0]
    for language in ("zh", "en"):
        text = (path.parent / f"{stem}.{language}.md").read_text("utf-8")
        assert text.startswith("# ")
        filling.fill(text, {}, lambda _name, _value: "")


@pytest.mark.parametrize(("process_id", "template"), sent())
def test_what_a_diagram_sends_has_its_template(process_id: str, template: str) -> None:
    for language in ("zh", "en"):
        assert (PROCESSES / process_id / "mails" / f"{template}.{language}.md").is_file()


def test_the_complaint_process_sends_its_letters() -> None:
    assert {template for process_id, template in sent() if process_id == "c110_complaint"} >= {
        "acknowledge",
        "ask_customer",
        "send_decision",
        "send_closing_letter",
    }
