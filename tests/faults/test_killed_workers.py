"""Workers are killed without warning while they work. Nothing may be lost, nothing may happen twice."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from laneway.engine import deployments, instances
from laneway.engine.tables import effect, history, incident, job, process_instance
from laneway.words import Resource

CASES, KILLS, THREADS = 12, 4, 2
SECONDS = 120
DIAGRAM = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  id="d" targetNamespace="t">
  <process id="chain" name="Chain" isExecutable="true">
    <startEvent id="start"><outgoing>f1</outgoing></startEvent>
    <sequenceFlow id="f1" sourceRef="start" targetRef="first"/>
    <serviceTask id="first">
      <extensionElements><zeebe:taskDefinition type="chain.work" retries="5"/></extensionElements>
      <incoming>f1</incoming><outgoing>f2</outgoing>
    </serviceTask>
    <sequenceFlow id="f2" sourceRef="first" targetRef="split"/>
    <parallelGateway id="split">
      <incoming>f2</incoming><outgoing>f3</outgoing><outgoing>f4</outgoing>
    </parallelGateway>
    <sequenceFlow id="f3" sourceRef="split" targetRef="left"/>
    <sequenceFlow id="f4" sourceRef="split" targetRef="right"/>
    <serviceTask id="left">
      <extensionElements><zeebe:taskDefinition type="chain.work" retries="5"/></extensionElements>
      <incoming>f3</incoming><outgoing>f5</outgoing>
    </serviceTask>
    <serviceTask id="right">
      <extensionElements><zeebe:taskDefinition type="chain.work" retries="5"/></extensionElements>
      <incoming>f4</incoming><outgoing>f6</outgoing>
    </serviceTask>
    <sequenceFlow id="f5" sourceRef="left" targetRef="join"/>
    <sequenceFlow id="f6" sourceRef="right" targetRef="join"/>
    <parallelGateway id="join">
      <incoming>f5</incoming><incoming>f6</incoming><outgoing>f7</outgoing>
    </parallelGateway>
    <sequenceFlow id="f7" sourceRef="join" targetRef="end"/>
    <endEvent id="end"><incoming>f7</incoming></endEvent>
  </process>
</definitions>
"""
HANDLERS = """
import os
import time

from laneway.tasks import Job, handler


@handler("chain.work")
def work(job: Job) -> None:
    time.sleep(0.1)
    with open(os.environ["CHAIN_EFFECTS"], "a") as effects:
        effects.write(f"{job.key}\\n")
"""


class Workers:
    """Worker processes of their own, as an operator starts them."""

    def __init__(self, folder: Path, database_url: str) -> None:
        (folder / "processes" / "chain").mkdir(parents=True)
        (folder / "processes" / "chain" / "handlers.py").write_text(HANDLERS)
        self.effects = folder / "effects"
        self.effects.touch()
        self._settings = {
            "LANEWAY_DATA": str(folder / "data"),
            "LANEWAY_DATABASE_URL": database_url,
            "LANEWAY_PROCESSES": str(folder / "processes"),
            "LANEWAY_WORKER_THREADS": str(THREADS),
            "CHAIN_EFFECTS": str(self.effects),
        }
        self._running: list[subprocess.Popen[str]] = []

    def start(self) -> None:
        worker = subprocess.Popen(
            [sys.executable, "-m", "laneway.cli", "worker"],
            env=os.environ | self._settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert worker.stdout is not None
        assert "worker runs" in worker.stdout.readline()
        self._running.append(worker)

    def kill_one(self) -> None:
        worker = self._running.pop(0)
        worker.kill()
        worker.communicate()

    def kill_all(self) -> None:
        while self._running:
            self.kill_one()


@pytest.fixture
def workers(tmp_path, database_url):
    workers = Workers(tmp_path, database_url)
    yield workers
    workers.kill_all()


def test_cases_end_once_and_whole_although_workers_are_killed(database, workers):
    chance = random.Random(20260302)
    with database.unit_of_work() as session:
        deployments.deploy(session, [Resource("chain.bpmn", DIAGRAM)], by=None)
    keys = []
    for _ in range(CASES):
        with database.unit_of_work() as session:
            started = instances.start(session, process_id="chain", variables={}, by=None)
            keys.append(started.instance_key)
    for _ in range(KILLS):
        workers.start()
        time.sleep(chance.uniform(0.1, 0.5))
        workers.kill_one()
    workers.start()
    _wait_until_all_have_ended(database)

    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(effect)) == 0
        assert session.scalar(select(func.count()).select_from(incident)) == 0
        jobs = session.execute(select(job.c.key, job.c.state)).all()
        assert {row.state for row in jobs} == {"COMPLETED"}
        for key in keys:
            _assert_each_element_happened_once(session, key)
    effects = Counter(workers.effects.read_text().split())
    assert set(effects) == {str(row.key) for row in jobs}
    # A handler that was interrupted runs again: at most one repetition for each thread of each killed worker.
    assert effects.total() - len(effects) <= KILLS * THREADS


def _wait_until_all_have_ended(database) -> None:
    deadline = time.monotonic() + SECONDS
    open_cases = CASES
    while open_cases and time.monotonic() < deadline:
        time.sleep(0.2)
        with database.reading() as session:
            query = select(func.count()).where(process_instance.c.state == "ACTIVE")
            open_cases = session.scalar(query.select_from(process_instance))
    assert open_cases == 0


def _assert_each_element_happened_once(session, key: int) -> None:
    rows = session.execute(select(history).where(history.c.instance_key == key).order_by(history.c.seq)).all()
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    for event in ("element_entered", "element_completed"):
        happened = Counter(row.element_id for row in rows if row.event == event)
        for element_id in ("start", "first", "split", "left", "right", "end"):
            assert happened[element_id] == 1, (event, element_id, happened)
    assert Counter(row.event for row in rows)["instance_completed"] == 1
