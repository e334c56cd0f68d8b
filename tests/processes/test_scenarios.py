"""The acceptance stories of every process, told in `processes/*/scenarios`, played by the people of the demo."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select

from laneway.engine import deployments, instances
from laneway.engine.bpmn.reader import read_processes
from laneway.engine.deployments import process_folder
from laneway.engine.tables import case_file, history_line, outgoing, process_instance
from laneway.records import organisation
from laneway.tasks.loader import load_handlers
from laneway.testing import Player, read_scenario
from laneway.words import Resource

PROCESSES = Path(__file__).parents[2] / "processes"
SCENARIOS = sorted(PROCESSES.glob("*/scenarios/*.toml"))
PEOPLE = {person.username: person for person in organisation.demo_people()}


@pytest.fixture(name="stage")
def _stage(database: ModuleType) -> ModuleType:
    """A database with the demonstration people and every process deployed."""
    load_handlers(PROCESSES)
    with database.unit_of_work() as session:
        organisation.load_demo(session)
        deployments.deploy(session, process_folder.read_files([PROCESSES]), by=None)
    return database


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_story_of_the_department_ends_as_told(path: Path, stage: ModuleType, frozen_clock: Any) -> None:
    scenario = read_scenario(path)
    assert scenario.title.zh
    assert scenario.title.en
    player = Player(scenario, PEOPLE.__getitem__, frozen_clock)
    player.start()
    for told in scenario.steps:
        player.do(told)
        with stage.reading() as session:
            known = instances.variables(session, player.instance_key)
        then = told.get("then", {})
        assert {name: known.get(name) for name in then} == then, told
    expect = scenario.expect
    with stage.reading() as session:
        instance = session.execute(
            select(process_instance).where(process_instance.c.key == player.instance_key)
        ).one()
        case = session.execute(select(case_file)).one()
        lines = session.execute(select(history_line).order_by(history_line.c.seq)).all()
        letters = session.scalars(select(outgoing.c.subject).order_by(outgoing.c.key)).all()
    assert instance.state == "COMPLETED", instance.waiting_at
    assert not instance.has_incident
    passed = {line.element_id for line in lines}
    assert {expect["end"], *expect.get("passed", ())} <= passed
    assert (case.severity, case.owner_group) == (expect["severity"], expect["owner"])
    assert case.number.startswith("CP-2026-")
    assert case.closed_at is not None
    assert len(letters) == len(expect["letters"]), letters
    for letter, words in zip(letters, expect["letters"], strict=True):
        assert words in letter
    if "people" in expect:
        assert {line.person for line in lines if line.person} == set(expect["people"])


@pytest.mark.parametrize("path", sorted(PROCESSES.glob("*.bpmn")), ids=lambda path: path.stem)
def test_the_stories_of_a_process_touch_every_user_task_and_every_named_end(path: Path) -> None:
    stories = [read_scenario(story) for story in SCENARIOS if story.parts[-3] == path.stem]
    done = {step["element"] for story in stories for step in story.steps if "element" in step}
    ends = {end for story in stories for end in (story.expect["end"], *story.expect.get("passed", ()))}
    (process,) = read_processes(Resource(path.name, path.read_bytes())).processes
    nodes = list(process.level.everything())
    assert {node.id for node in nodes if node.type == "userTask"} <= done
    assert {node.id for node in nodes if node.type == "endEvent" and node.name.zh} <= ends
