"""The yardstick: SpiffWorkflow as its manual shows it, the whole workflow stored as one JSON text at every step."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import UUID

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer.workflow import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState
from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, Text, insert, select, update

from laneway.engine import database

metadata = MetaData()
workflow_table = Table(
    "naive_workflow",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", Integer, nullable=False),
    Column("state", Text, nullable=False),
)
inbox_table = Table(
    "naive_inbox",
    metadata,
    Column("workflow_key", BigInteger, primary_key=True, autoincrement=False),
    Column("task_id", String(40), primary_key=True),
    Column("state", String(20), nullable=False),
)


class NaiveStore:
    """One running workflow in the open database."""

    def __init__(self, diagram: bytes, process_id: str) -> None:
        metadata.create_all(database.engine())
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.parse(BytesIO(diagram)))
        self._serializer = BpmnWorkflowSerializer()
        self._workflow = BpmnWorkflow(parser.get_spec(process_id), parser.get_subprocess_specs(process_id))
        self._workflow.do_engine_steps()
        self._key = 0

    def work(self, rounds: int) -> None:
        """Let the workflow run for `rounds` user tasks in memory, to give it a past."""
        for _ in range(rounds):
            _complete(self._workflow, _open_tasks(self._workflow)[0])

    def save(self) -> None:
        """Store it as a new workflow, which the next steps are those of."""
        self._key = database.new_key()
        with database.unit_of_work() as session:
            tasks = _open_tasks(self._workflow)
            state = self._serializer.serialize_json(self._workflow)
            session.execute(insert(workflow_table).values(key=self._key, revision=1, state=state))
            self._list(session, tasks)

    def step(self) -> int:
        """Complete the open user task durably; returns the bytes of state that were written."""
        with database.unit_of_work() as session:
            columns = workflow_table.c
            row = session.execute(select(workflow_table).where(columns.key == self._key)).one()
            task_id = session.scalar(
                select(inbox_table.c.task_id).where(
                    inbox_table.c.workflow_key == self._key, inbox_table.c.state == "open"
                )
            )
            workflow = self._serializer.deserialize_json(row.state)
            _complete(workflow, workflow.get_task_from_id(UUID(task_id)))
            tasks = _open_tasks(workflow)
            state = self._serializer.serialize_json(workflow)
            session.execute(
                update(workflow_table)
                .where(columns.key == self._key, columns.revision == row.revision)
                .values(revision=row.revision + 1, state=state)
            )
            this = (inbox_table.c.workflow_key == self._key) & (inbox_table.c.task_id == task_id)
            session.execute(update(inbox_table).where(this).values(state="done"))
            self._list(session, tasks)
        return len(state)

    def _list(self, session: Any, tasks: list[Any]) -> None:
        rows = [{"task_id": str(task.id), "workflow_key": self._key, "state": "open"} for task in tasks]
        session.execute(insert(inbox_table), rows)


def _open_tasks(workflow: Any) -> list[Any]:
    return list(workflow.get_tasks(state=TaskState.READY, manual=True))


def _complete(workflow: Any, task: Any) -> None:
    task.data.update(again=True, note="seal defect " * 80)
    task.run()
    workflow.do_engine_steps()
