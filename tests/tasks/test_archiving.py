from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select

from laneway.engine import deployments, instances
from laneway.engine.keeping.retention import Rules
from laneway.engine.tables import archived_case, process_instance
from laneway.tasks.archiving import Archivist
from laneway.testing import drain
from laneway.words import Resource

DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
  <process id="short" isExecutable="true">
    <startEvent id="start"><outgoing>a</outgoing></startEvent>
    <sequenceFlow id="a" sourceRef="start" targetRef="end"/>
    <endEvent id="end"><incoming>a</incoming></endEvent>
  </process>
</definitions>
"""


def test_the_worker_archives_what_is_over_and_then_rests(database, frozen_clock, tmp_path: Path):
    with database.unit_of_work() as session:
        deployments.deploy(session, [Resource("short.bpmn", DIAGRAM.encode())], by=None)
        for _ in range(60):
            instances.start(session, process_id="short", variables={}, by=None)
    drain()
    archivist = Archivist(Rules(tmp_path, "P1Y"))
    frozen_clock.advance(days=400)
    assert [archivist.archive_batch() for _ in range(4)] == [True, True, False, False]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(process_instance)) == 0
        assert session.scalar(select(func.count()).select_from(archived_case)) == 60
    assert len(list(tmp_path.rglob("*.gz"))) == 2
