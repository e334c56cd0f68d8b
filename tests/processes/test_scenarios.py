"""The acceptance stories of every process, told in `processes/*/scenarios`, played by the people of the demo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from laneway.engine.bpmn.reader import read_processes
from laneway.records.scenarios import wording
from laneway.tasks.scenarios.stage import Stage
from laneway.testing import read_scenario
from laneway.words import Resource

PROCESSES = Path(__file__).parents[2] / "processes"
SCENARIOS = sorted(PROCESSES.glob("*/scenarios/*.toml"))


@pytest.fixture(scope="module", name="stage", params=["sqlite", "postgresql"])
def _stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Where stories play: copies of a database with the demonstration and every process."""
    server = "" if request.param == "sqlite" else str(request.getfixturevalue("postgresql"))
    with Stage(PROCESSES, server) as stage:
        yield stage


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_story_of_the_department_goes_as_told(path: Path, stage: Stage) -> None:
    outcome, words = stage.play(read_scenario(path))
    told = [
        wording.difference(words, one.check, one.detail, one.expected, one.found).en
        for one in outcome.differences
    ]
    assert outcome.is_passed, f"step {outcome.stopped_at}: {outcome.error!r} {told} {outcome.incidents}"


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
