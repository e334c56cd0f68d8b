"""SpiffWorkflow as a peer, stored as its manual shows: the whole workflow as one JSON text, read and written at
every step. `python -m bench.peers.spiff DATABASE_URL`
"""

from __future__ import annotations

import sys
from typing import Any
from uuid import UUID

from lxml import etree
from SpiffWorkflow.bpmn.serializer import DEFAULT_CONFIG, BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.serializer.default.task_spec import BpmnTaskSpecConverter
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState
from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, Text, insert, select, update

from bench.engines import HandlerTask, SpiffParser
from bench.peers.harness import Flow, Open, Peer, Values, serve
from laneway.engine import database

MOST_ROUNDS = 300  # after some 330 rounds SpiffWorkflow, left alone, drops a loop's branch
metadata = MetaData()
workflow_table = Table(
    "spiff_workflow",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", Integer, nullable=False),
    Column("state", Text, nullable=False),
)
inbox_table = Table(
    "spiff_inbox",
    metadata,
    Column("task_id", String(40), primary_key=True),
    Column("workflow_key", BigInteger, nullable=False, index=True),
    Column("element_id", String(100), nullable=False),
    Column("state", String(20), nullable=False),
)


class _HandlerConverter(BpmnTaskSpecConverter):
    def to_dict(self, spec: Any) -> dict[str, Any]:
        return {**super().to_dict(spec), "does": spec.does}


class SpiffPeer(Peer):
    """Works on the open database: one row per workflow, one per user task, a revision against lost updates."""

    def __init__(self) -> None:
        metadata.create_all(database.engine())
        config = {**DEFAULT_CONFIG, HandlerTask: _HandlerConverter}
        self._serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(config))
        self._specs: dict[str, tuple[Any, Any]] = {}

    def deploy(self, name: str, diagram: str) -> None:
        parser = SpiffParser()
        parser.add_bpmn_xml(etree.fromstring(diagram.encode()))
        for process in parser.get_process_ids():
            self._specs[process] = (parser.get_spec(process), parser.get_subprocess_specs(process))

    def start(self, process: str, variables: Values) -> str:
        workflow = self._begun(process, variables)
        with database.unit_of_work() as session:
            return self._insert(session, workflow)

    def _begun(self, process: str, variables: Values) -> BpmnWorkflow:
        workflow = BpmnWorkflow(*self._specs[process])
        workflow.task_tree.data.update(variables)
        workflow.do_engine_steps()
        return workflow

    def start_with_past(self, flow: Flow, number: int, past: int) -> str:
        workflow = self._begun(flow.process, flow.start_values(number))
        for done in range(min(past, MOST_ROUNDS)):
            task = _open_tasks(workflow)[0]
            _complete(workflow, task, flow.form(task.task_spec.name, done))
        with database.unit_of_work() as session:
            return self._insert(session, workflow)

    def _insert(self, session: Any, workflow: BpmnWorkflow) -> str:
        key = database.new_key()
        state = self._serializer.serialize_json(workflow)
        session.execute(insert(workflow_table).values(key=key, revision=1, state=state))
        _list(session, key, _open_tasks(workflow))
        return str(key)

    def open_tasks(self, instance: str) -> list[Open]:
        columns = inbox_table.c
        query = select(columns.task_id, columns.element_id).where(
            columns.workflow_key == int(instance), columns.state == "open"
        )
        with database.reading() as session:
            return [Open(row.task_id, row.element_id) for row in session.execute(query)]

    def complete(self, task: str, values: Values) -> None:
        columns, inbox = workflow_table.c, inbox_table.c
        with database.unit_of_work() as session:
            key = session.scalar(select(inbox.workflow_key).where(inbox.task_id == task))
            # Locked, so that those who come second wait and need not do all of it again.
            row = session.execute(select(workflow_table).where(columns.key == key).with_for_update()).one()
            workflow = self._serializer.deserialize_json(row.state)
            known = {open_task.id for open_task in _open_tasks(workflow)}
            _complete(workflow, workflow.get_task_from_id(UUID(task)), values)
            state = self._serializer.serialize_json(workflow)
            session.execute(
                update(workflow_table)
                .where(columns.key == key, columns.revision == row.revision)
                .values(revision=row.revision + 1, state=state)
            )
            session.execute(update(inbox_table).where(inbox.task_id == task).values(state="done"))
            _list(session, key, [new for new in _open_tasks(workflow) if new.id not in known])

    def about(self) -> dict[str, str]:
        return {"version": "3.2", "history": "the whole workflow, in each state"}


def _list(session: Any, key: int, tasks: list[Any]) -> None:
    rows = [
        {"task_id": str(task.id), "workflow_key": key, "element_id": task.task_spec.name, "state": "open"}
        for task in tasks
    ]
    if rows:
        session.execute(insert(inbox_table), rows)


def _open_tasks(workflow: BpmnWorkflow) -> list[Any]:
    return list(workflow.get_tasks(state=TaskState.READY, manual=True))


def _complete(workflow: BpmnWorkflow, task: Any, values: Values) -> None:
    task.data.update(values)
    task.run()
    workflow.do_engine_steps()


def main() -> None:
    database.connect(sys.argv[1])
    serve(SpiffPeer())


if __name__ == "__main__":
    main()
