"""The adapter of the exam with real Camunda 8 files: each is deployed alone into an engine of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from laneway.engine import database, deployments
from laneway.engine.bpmn.unsupported import UNSUPPORTED
from laneway.engine.deployments import Deployed
from laneway.errors import Refused
from laneway.testing.engine import FreshEngine
from laneway.testing.issues import issue_of
from laneway.words import Resource


class Camunda8Engine(FreshEngine):
    """Tells for each file what of it is deployed, or why nothing is."""

    def unsupported_features(self) -> dict[str, str]:
        """The documented list: code of the refusal, and what to draw instead."""
        return {f"unsupported_{feature}": words.en for feature, words in UNSUPPORTED.items()}

    def deploy(self, resources: Sequence[tuple[str, bytes]]) -> list[dict[str, Any]]:
        """One report per file."""
        return [self._deploy_one(Resource(name, content)) for name, content in resources]

    def _deploy_one(self, resource: Resource) -> dict[str, Any]:
        try:
            with database.unit_of_work() as session:
                deployed = deployments.deploy(session, [resource], by=None)
        except Refused as refused:
            issues = [issue_of(finding) for finding in refused.findings]
            return {"name": resource.name, "accepted": False, "definitions": [], "issues": issues}
        return {"name": resource.name, "accepted": True, "definitions": _ids(deployed), "issues": []}


def _ids(deployed: Deployed) -> list[str]:
    return [
        *(item.process_id for item in deployed.processes),
        *(item.decision_id for item in deployed.decisions),
        *(item.form_id for item in deployed.forms),
    ]


def camunda8_engine() -> Camunda8Engine:
    """The adapter for `run_camunda8.py`."""
    return Camunda8Engine()
