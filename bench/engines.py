"""The engines that `bench.memory` compares: each runs one instance of a flow in memory from start to end."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.specs.defaults import ServiceTask
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from bench.flows import FORMS, Flow
from laneway.engine import expressions, feel
from laneway.engine.bpmn.model import Called, Event, Process
from laneway.engine.bpmn.reader import read_processes
from laneway.engine.spiff.build import specs_of
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.requests import ChildCalled, Due, Evaluated, JobOpened, StepFailed, UserTaskOpened
from laneway.words import Resource

CACHE = Path(__file__).parents[1] / ".cache" / "engines"
calls = [0]
"""How often a handler has worked, so that nobody wins by leaving work out."""

Handler = Callable[[Mapping[str, Any]], dict[str, Any]]


def _count(variables: Mapping[str, Any]) -> dict[str, Any]:
    return {"i": variables.get("i", 0) + 1}


HANDLERS: dict[str, Handler] = {
    "nothing": lambda variables: {},
    "count": _count,
    "classify": lambda variables: {} if "severity" in variables else {"severity": "high"},
}


def work(does: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Let a handler do its work."""
    calls[0] += 1
    return HANDLERS[does](variables)


class Laneway:
    """The executor with FEEL, without the database: what a step asks for is done at once."""

    name = "laneway"

    def __init__(self, flow: Flow) -> None:
        processes = read_processes(Resource("flow.bpmn", flow.diagram("laneway"))).processes
        self._processes: dict[str, Process] = {process.id: process for process in processes}
        self._specs = {process.id: specs_of(process) for process in processes}

    def run(self, variables: dict[str, Any], process_id: str = "p") -> dict[str, Any]:
        """One instance; its variables at the end."""
        instance = Instance(_Host(), process_id, self._specs[process_id])
        instance.start(variables)
        instance.run()
        asked, instance.requests = instance.requests, []
        while asked:
            for effect in asked:
                self._serve(instance, effect)
            asked, instance.requests = instance.requests, []
        assert instance.completed
        return instance.data

    def _serve(self, instance: Instance, effect: Any) -> None:
        if isinstance(effect, UserTaskOpened):
            instance.complete(effect.token, FORMS[effect.node.id])
        elif isinstance(effect, JobOpened):
            seen = instance.visible(instance.live[effect.token])
            instance.complete(effect.token, work(effect.type, seen))
        elif isinstance(effect, ChildCalled):
            instance.child_completed(effect.token, self.run(effect.variables, effect.process_id))
        else:
            return
        instance.run()


class _Host:
    """What the executor asks while it steps."""

    def evaluate(self, expression: str, variables: Mapping[str, Any]) -> Evaluated:
        return expressions.evaluate(expression, variables)

    def ask(self, condition: str, variables: Mapping[str, Any]) -> Evaluated:
        return expressions.evaluate(condition, variables, budget=feel.GATEWAY)

    def decide(
        self, called: Called, variables: Mapping[str, Any], *, element_id: str, token: int
    ) -> tuple[Any, list[dict[str, Any]]]:
        raise StepFailed("CALLED_DECISION_ERROR", called.id)

    def due(self, event: Event, variables: Mapping[str, Any]) -> Due:
        return expressions.due(event, variables)


class HandlerTask(ServiceTask):
    """A service task that calls a handler at once."""

    def __init__(self, wf_spec: Any, bpmn_id: str, does: str = "nothing", **more: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **more)
        self.does = does

    def _execute(self, task: Any) -> bool:
        task.data.update(work(self.does, task.data))
        return True


class _HandlerParser(TaskParser):
    def create_task(self) -> Any:
        does = self.node.get("implementation")
        return self.spec_class(self.spec, self.bpmn_id, does=does, **self.bpmn_attributes)


class SpiffParser(BpmnParser):
    """Reads diagrams of the dialect `spiff`, whose service tasks name a handler."""

    OVERRIDE_PARSER_CLASSES = {full_tag("serviceTask"): (_HandlerParser, HandlerTask)}  # noqa: RUF012 - as Spiff reads it


class BareSpiff:
    """SpiffWorkflow as its manual shows it; conditions are Python."""

    name = "bare SpiffWorkflow"

    def __init__(self, flow: Flow) -> None:
        parser = SpiffParser()
        parser.add_bpmn_xml(etree.fromstring(flow.diagram("spiff")))
        self._spec, self._specs = parser.get_spec("p"), parser.get_subprocess_specs("p")

    def run(self, variables: dict[str, Any]) -> dict[str, Any]:
        """One instance; its variables at the end."""
        workflow = BpmnWorkflow(self._spec, self._specs)
        workflow.task_tree.data.update(variables)
        workflow.do_engine_steps()
        while not workflow.is_completed():
            for task in workflow.get_tasks(state=TaskState.READY, manual=True):
                task.data.update(FORMS[task.task_spec.name])
                task.run()
            workflow.do_engine_steps()
        return dict(workflow.data)


class CamundaPython:
    """camunda-python with its store in memory; conditions are its own expression language."""

    name = "camunda-python"

    def __init__(self, flow: Flow) -> None:
        if str(CACHE / "python") not in sys.path:
            sys.path.append(str(CACHE / "python"))
        engine = importlib.import_module("camunda.engine")
        self._engine = engine.ProcessEngine()
        for does in HANDLERS:
            self._engine.register_delegate(does, lambda seen, does=does: seen.update(work(does, seen)))
        parse = importlib.import_module("camunda.parser").parse_bpmn_xml
        self._engine.deploy(parse(flow.diagram("camunda").decode()))

    def run(self, variables: dict[str, Any]) -> dict[str, Any]:
        """One instance; its variables at the end."""
        engine = self._engine
        instance = engine.start_process_instance_by_key("p", dict(variables))
        while not instance.is_completed:
            # Asked by its own key: the query by instance walks through every task of every instance.
            for task in list(engine._tasks.values()):
                engine.complete_task(task.id, FORMS[task.task_definition_key])
        engine._instances.pop(instance.id)  # else it keeps all that ever ran
        return dict(instance.variables)
