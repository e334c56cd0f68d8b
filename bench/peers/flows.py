"""The diagrams of the comparison with other engines, in each one's dialect, and what people fill in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.flows import DIALECTS, FLOWS, Flow, Pen

BRANCHES = 8
ELEMENTS_PER_ROUND = 3
_CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
_FLOWABLE = "http://flowable.org/bpmn"
FORM: dict[str, Any] = {
    "customer": "华东化工",
    "product": "X-204",
    "severity": "high",
    "qty": 12,
    "valid": True,
    "again": True,
    "note": "桶盖泄漏, 批号 2026-11; " * 31,
    "round": 0,
}
"""What is filled in at each user task: about 1 kB of variables; the clients count `round` up."""


@dataclass(frozen=True)
class Compared:
    """A diagram, and what clients do with it.

    `cases`: start an instance, complete its user tasks until it has ended, start the next. `jobs`: the same, and each
    service task is a transaction of its own. `steps`: complete tasks of prepared instances with a past. `shared`: all
    clients work on one instance, each on its own branch.
    """

    title: str
    kind: str
    write: Callable[[str], str]
    forms: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: {"": FORM})
    variables: Mapping[str, Any] = field(default_factory=lambda: {"round": 0})
    durable_services: bool = False
    tasks: int = 0
    """User tasks of one instance, so that nobody wins by leaving work out."""

    def request(self, name: str, dialect: str) -> dict[str, Any]:
        """What an engine is given to deploy. In Laneway service tasks are always jobs."""
        own = "camunda" if dialect == "flowable" else dialect
        text = Flow(self.title, self.write, 0).diagram(own).decode()
        text = text.replace('<process id="p"', f'<process id="{process_of(name)}"')
        if self.durable_services:
            text = text.replace("<serviceTask", '<serviceTask camunda:asyncBefore="true"')
        if dialect == "flowable":
            text = text.replace(_CAMUNDA, _FLOWABLE).replace("camunda:asyncBefore", "camunda:async")
        is_jobs = self.kind == "jobs" or (dialect == "laneway" and not self.forms)
        return {
            "process": process_of(name),
            "diagram": text,
            "kind": "jobs" if is_jobs else self.kind,
            "forms": self.forms,
            "variables": self.variables,
        }


def process_of(name: str) -> str:
    """The id of the process in the diagram of this name."""
    return f"bench_{name}"


def single(dialect: str) -> str:
    pen = Pen(dialect)
    pen.node("startEvent", "start")
    pen.node("userTask", "work")
    pen.node("endEvent", "end")
    pen.way("start", "work", "end")
    return pen.process()


def _repeat(pen: Pen, before: str, suffix: str = "") -> None:
    """A user task that is repeated as long as its variable `again` is true."""
    merge, work, split, end = (f"{name}{suffix}" for name in ("merge", "work", "split", "end"))
    pen.node("exclusiveGateway", merge, split)
    pen.node("userTask", work)
    pen.node("endEvent", end)
    pen.way(before, merge, work, split)
    again = f"again{suffix}"
    conditions = dict.fromkeys(DIALECTS, "")
    conditions |= {"laneway": f"={again} = true", "spiff": again, "camunda": f"${{{again}}}"}
    conditions |= {"node": f"${{environment.variables.{again}}}"}
    pen.flow(split, merge, *(conditions[name] for name in DIALECTS))
    pen.flow(split, end, default=True)


def repeated(dialect: str) -> str:
    pen = Pen(dialect)
    pen.node("startEvent", "start")
    _repeat(pen, "start")
    return pen.process()


def shared(dialect: str) -> str:
    pen = Pen(dialect)
    pen.node("startEvent", "start")
    pen.node("parallelGateway", "fork")
    pen.way("start", "fork")
    for number in range(BRANCHES):
        _repeat(pen, "fork", f"_{number}")
    return pen.process()


def _forms_of_branches() -> dict[str, dict[str, Any]]:
    # Each branch has variables of its own: the engines that keep one row per variable would else fight over them.
    return {
        f"work_{number}": {f"again_{number}": True, f"note_{number}": FORM["note"]}
        for number in range(BRANCHES)
    }


COMPARED = {
    "single": Compared("start, one user task, end", "cases", single, tasks=1),
    "complaint": Compared(
        "complaint: 3 user tasks, 4 service tasks",
        "cases",
        FLOWS["c"].write,
        variables={**FLOWS["c"].variables, "round": 0},
        tasks=3,
    ),
    "services": Compared("5 service tasks, one transaction", "cases", FLOWS["b"].write, forms={}),
    "jobs": Compared(
        "5 service tasks, one transaction each", "jobs", FLOWS["b"].write, forms={}, durable_services=True
    ),
    "loop": Compared("user task in a case with a past", "steps", repeated),
    "shared": Compared(
        "one instance, a branch for each client", "shared", shared, _forms_of_branches(), variables={}
    ),
}
