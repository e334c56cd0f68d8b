"""Adapters that let the conformance exams drive the engine through its public doors."""

from __future__ import annotations

from typing import Any

from laneway.engine.bpmn.checks import Known, check
from laneway.engine.bpmn.reader import read_processes
from laneway.errors import Refused
from laneway.testing.betsy import betsy_engine as betsy_engine
from laneway.testing.camunda8 import camunda8_engine as camunda8_engine
from laneway.testing.dmn_exam import tck_engine as tck_engine
from laneway.testing.issues import issue_of
from laneway.words import Resource, Severity


class MiwgEngine:
    """Opens diagrams of other tools and tells what keeps them from running here."""

    def inspect(self, name: str, data: bytes) -> dict[str, Any]:
        """A report: whether the file is readable and deployable, its element ids, and the reasons why not."""
        try:
            diagram = read_processes(Resource(name, data))
        except Refused as refused:
            return {
                "readable": False,
                "deployable": False,
                "elements": [],
                "issues": [issue_of(finding) for finding in refused.findings],
            }
        found = list(diagram.findings)
        for process in diagram.processes:
            found.extend(check(process, Known()))
        errors = [finding for finding in found if finding.severity is Severity.ERROR]
        return {
            "readable": True,
            "deployable": not errors,
            "elements": diagram.element_ids,
            "issues": [issue_of(finding) for finding in errors],
        }


def miwg_engine() -> MiwgEngine:
    """The adapter for `run_miwg.py`."""
    return MiwgEngine()
