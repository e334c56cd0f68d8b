"""Small diagrams from their inside, and what reading and checking them finds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from laneway.engine.bpmn.checks import Known, check
from laneway.engine.bpmn.model import Diagram
from laneway.engine.bpmn.reader import read_processes
from laneway.words import Finding, Resource

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="defs">'
)

Read = Callable[..., Diagram]
Judge = Callable[..., list[Finding]]


@pytest.fixture
def read() -> Read:
    """Reads the inside of the process `p`; `top` stands beside it at the top of the file."""

    def reading(inside: str, top: str = "", attributes: str = 'isExecutable="true"') -> Diagram:
        text = f'{HEAD}{top}<process id="p" {attributes}>{inside}</process></definitions>'
        return read_processes(Resource("a.bpmn", text.encode()))

    return reading


@pytest.fixture
def judge(read: Read) -> Judge:
    """All findings about the inside of a process."""

    def judging(inside: str, top: str = "", known: Known | None = None) -> list[Finding]:
        diagram = read(inside, top)
        found = list(diagram.findings)
        for process in diagram.processes:
            found.extend(check(process, known or Known()))
        return found

    return judging
