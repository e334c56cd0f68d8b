"""Files that cannot run are refused with file, place and reason on every way in, and leave nothing behind."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from .conftest import Served
from .department import Department, Login
from .diagrams import Node, diagram, service_task, user_task, write


class Bad(NamedTuple):
    """A file that is refused: its content, the element that is named, and the reason in English."""

    content: str
    element: str
    reason: str


_START, _END = ("startEvent", "start", "Start", ""), ("endEvent", "end", "End", "")


def _around(process_id: str, node: Node) -> str:
    return diagram(process_id, [_START, node, _END], [("start", node[1], ""), (node[1], "end", "")])


_LOOK = user_task("look", "Look", group="complaint_desk")
_BAD = {
    "listener.bpmn": Bad(
        _around(
            "listener",
            (
                "userTask",
                "heard",
                "Heard work",
                (
                    "<extensionElements><zeebe:userTask/><zeebe:taskListeners>"
                    '<zeebe:taskListener eventType="creating" type="told"/></zeebe:taskListeners>'
                    "</extensionElements>"
                ),
            ),
        ),
        "heard",
        "listeners are not supported: draw the step as a task",
    ),
    "doctype.bpmn": Bad(
        '<!DOCTYPE d [<!ENTITY e "e">]>' + _around("doctype", _LOOK),
        "",
        "a document type (DOCTYPE) is not allowed: remove it",
    ),
    "feel.bpmn": Bad(
        _around(
            "feel",
            (
                "scriptTask",
                "reckon",
                "Reckon",
                '<extensionElements><zeebe:script expression="=1 +" resultVariable="r"/></extensionElements>',
            ),
        ),
        "reckon",
        "the script “=1 +▸”, at character 5: unexpected end of text",
    ),
    "broken.form": Bad(
        '{"type": "default", "id": "broken", "components": [{"type": "hologram", "id": "field", "key": "x"}]}',
        "field",
        "unknown component type “hologram”: remove it",
    ),
    "broken.dmn": Bad(
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:test">'
        '<decision id="grade" name="Grade"><variable name="Grade"/><literalExpression><text>1 +</text>'
        "</literalExpression></decision></definitions>",
        "grade",
        "the expression '1 +' is wrong at character 4: unexpected end of text",
    ),
}


@pytest.fixture
def served(served_for_all: Served) -> Served:
    return served_for_all


@pytest.mark.parametrize("name", _BAD)
def test_a_file_that_cannot_run_is_refused_in_browser_command_and_api(
    served: Served, login: Login, tmp_path: Path, name: str
) -> None:
    bad = _BAD[name]
    (tmp_path / name).write_text(bad.content, encoding="utf-8")
    good = write(tmp_path, good_bpmn=_around("good", _LOOK))[0]
    page = Department(login, "en").page_of("ding.lei")
    page.goto("/processes")
    before = page.get_by_role("table").inner_text()

    _upload(page, tmp_path / name, good)
    refusal = page.get_by_role("region", name="Findings").get_by_role("row", name=name).first
    for part in (bad.element, name, bad.reason):
        expect(refusal).to_contain_text(part)

    command = served.run("deploy", str(tmp_path / name), str(good))
    assert command.returncode == 1
    place = re.escape(f"{name} {bad.element}".strip())
    assert re.search(f"error: {place}.*{re.escape(bad.reason)}", command.stdout), command.stdout

    answer = page.request.post(
        "/v2/deployments",
        multipart={"resources": {"name": name, "mimeType": "text/xml", "buffer": bad.content.encode()}},
        headers={"X-CSRF-Token": page.locator("meta[name=csrf]").get_attribute("content") or ""},
    )
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    finding = answer.json()["findings"][0]
    assert (finding["file"], finding["elementId"] or "") == (name, bad.element)
    assert finding["message"]["en"] == bad.reason

    page.goto("/processes")
    assert page.get_by_role("table").inner_text() == before


def test_what_a_diagram_lacks_is_said_when_it_is_published_and_again_where_a_case_waits_for_it(
    served: Served, login: Login, tmp_path: Path
) -> None:
    nodes = [
        _START,
        ("parallelGateway", "both", "", ""),
        user_task("look", "Look at it", group="complaint_desk", form="nowhere"),
        service_task("send", "Send it", "post.send"),
        _END,
        ("endEvent", "sent", "Sent", ""),
    ]
    flows = [("start", "both"), ("both", "look"), ("both", "send"), ("look", "end"), ("send", "sent")]
    file = write(tmp_path, waits_bpmn=diagram("waits", nodes, [(*flow, "") for flow in flows]))[0]
    page = Department(login, "en").page_of("demo")
    page.goto("/processes")
    _upload(page, file)
    expect(page.get_by_text("Published: waits v1.")).to_be_visible()
    page.get_by_role("row", name="waits").get_by_role("link", name="4 hints").click()
    form = page.get_by_role("row", name="Look at it look waits.bpmn")
    expect(form.filter(has_text="the form nowhere is not deployed: deploy it too")).to_be_visible()
    work = page.get_by_role("row", name="Send it send waits.bpmn")
    said = "no handler serves the job type post.send: an outside worker must"
    expect(work.filter(has_text=said)).to_be_visible()

    page.goto("/start/waits")
    page.get_by_role("button", name="Open case").click()
    expect(page).to_have_url(re.compile(r"/cases/T-\d{4}-\d{6}"))
    said = page.get_by_role("status")
    expect(said.filter(has_text="“Look at it” cannot be filled in")).to_contain_text(
        "“nowhere” is not deployed"
    )
    expect(said.filter(has_text="“Send it” has waited since")).to_contain_text("post.send")
    page.get_by_role("link", name="Look at it").first.click()
    expect(page.get_by_role("alert")).to_contain_text("The form “nowhere” of this step is not deployed.")

    write(tmp_path, nowhere_form='{"type": "default", "id": "nowhere", "components": []}')
    assert served.run("deploy", str(tmp_path / "nowhere.form")).returncode == 0
    page.go_back()
    page.reload()
    expect(said.filter(has_text="“Send it” has waited since")).to_be_visible()
    expect(said.filter(has_text="cannot be filled in")).to_have_count(0)


def _upload(page: Page, *files: Path) -> None:
    page.get_by_role("button", name="Upload files").click()
    dialog = page.get_by_role("dialog", name="Upload files")
    dialog.get_by_label("Diagrams, decisions and forms").set_input_files([str(file) for file in files])
    dialog.get_by_role("button", name="Check and publish").click()
