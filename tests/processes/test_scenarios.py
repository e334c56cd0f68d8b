"""The acceptance stories of every process, told in `processes/*/scenarios`, played by the people of the demo."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from laneway.engine import deployments
from laneway.engine.bpmn.reader import read_processes
from laneway.engine.deployments import process_folder
from laneway.records import organisation, sample_records
from laneway.records.cases import figures
from laneway.records.documents import templates
from laneway.records.work import delivered
from laneway.tasks.loader import load_handlers
from laneway.testing import play, read_scenario
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
        sample_records.load(session)
        delivered.load(session)
        delivered.load_demo(session)
        figures.load(session)
        deployments.deploy(session, process_folder.read_files([PROCESSES]), by=None)
        templates.add_shipped(session, PROCESSES)
    return database


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_story_of_the_department_goes_as_told(path: Path, stage: ModuleType, frozen_clock: Any) -> None:
    outcome = play(read_scenario(path), PEOPLE.__getitem__, frozen_clock)
    told = [one.sentence.en for one in outcome.differences]
    assert outcome.is_passed, f"step {outcome.stopped_at}: {outcome.problem} {told}"


@pytest.mark.parametrize("path", sorted(PROCESSES.glob("*.bpmn")), ids=lambda path: path.stem)
def test_the_stories_of_a_process_touch_every_user_task_and_every_named_end(path: Path) -> None:
    """Stories of processes that call this one count as well."""
    stories = [read_scenario(story) for story in SCENARIOS]
    done = {step.value for story in stories for step in story.steps if step.verb == "complete"}
    checks = [then for story in stories for then in (story.then, *(step.then for step in story.steps))]
    checks += [inner for then in checks for inner in then.get("cases", {}).values()]
    ends = {end for then in checks for end in (then.get("ended_at"), *then.get("passed", ()))}
    (process,) = read_processes(Resource(path.name, path.read_bytes())).processes
    nodes = list(process.level.everything())
    assert {node.id for node in nodes if node.type == "userTask"} <= done
    assert {node.id for node in nodes if node.type == "endEvent" and node.name.zh} <= ends
