"""The acceptance stories of every process, told in `processes/*/scenarios`, played by the people of the demo."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select

from laneway.engine import clock, database, deployments, instances, messages, process_folder, user_tasks
from laneway.engine.bpmn.reader import read_processes
from laneway.engine.errors import NotAllowed
from laneway.engine.feel import add_duration
from laneway.engine.model import Person, Resource, UserTaskState
from laneway.engine.tables import case_file, history, mail, process_instance, user_task
from laneway.records import organisation
from laneway.tasks.loader import load_handlers
from laneway.testing import drain

PROCESSES = Path(__file__).parents[2] / "processes"
SCENARIOS = sorted(PROCESSES.glob("*/scenarios/*.toml"))
PEOPLE = {person.username: person for person in organisation.demo_people()}


@pytest.fixture(scope="module")
def department(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A database with the demonstration people and every process deployed."""
    path = tmp_path_factory.mktemp("department") / "laneway.db"
    shutil.copy(sqlite_template, path)
    load_handlers(PROCESSES)
    database.connect(f"sqlite:///{path}")
    with database.unit_of_work() as session:
        organisation.load_demo(session)
        deployments.deploy(session, process_folder.read_files([PROCESSES]), by=None)
    database.disconnect()
    return path


@pytest.fixture(name="stage")
def _stage(department: Path, tmp_path: Path, frozen_clock: Any) -> Iterator[ModuleType]:
    path = tmp_path / "laneway.db"
    shutil.copy(department, path)
    database.connect(f"sqlite:///{path}")
    yield database
    database.disconnect()


@dataclass
class Play:
    """One story on the stage."""

    process_id: str
    clock: Any
    instance_key: int = 0
    number: str = ""

    def start(self, told: dict[str, Any]) -> None:
        by = PEOPLE[told["by"]]
        values = told["values"]
        with database.unit_of_work() as session:
            if "message" in told:
                name = told["message"]
                messages.publish(session, name=name, correlation_key="", variables=values, by=by)
            else:
                instances.start_from_form(session, self.process_id, values=values, by=by)
        drain()
        with database.reading() as session:
            row = session.execute(select(case_file)).one()
        self.instance_key, self.number = row.instance_key, row.number

    def step(self, told: dict[str, Any]) -> None:
        if "advance" in told:
            self.clock.now = add_duration(clock.now(), told["advance"])
        elif "message" in told:
            self.publish(told)
        elif told.get("refused"):
            with pytest.raises(NotAllowed):
                self.complete(told)
        else:
            self.complete(told)
        drain()
        if "then" in told:
            known = self.variables()
            assert {name: known.get(name) for name in told["then"]} == told["then"], told

    def publish(self, told: dict[str, Any]) -> None:
        with database.unit_of_work() as session:
            messages.publish(
                session,
                name=told["message"],
                correlation_key=self.number,
                variables=told.get("variables", {}),
                by=PEOPLE[told["by"]],
            )

    def complete(self, told: dict[str, Any]) -> None:
        by = PEOPLE[told["by"]]
        with database.unit_of_work() as session:
            key = self.open_task(session, told["element"], by)
            user_tasks.claim(session, key, by=by)
            filled = user_tasks.open_task(session, key, by=by).values
            user_tasks.complete(session, key, by=by, values=filled | told.get("values", {}))

    def open_task(self, session: Any, element_id: str, by: Person) -> int:
        """The open user task of an element, of several the one for a group of this person."""
        columns = user_task.c
        query = select(columns.key, columns.candidate_groups).where(
            columns.instance_key == self.instance_key,
            columns.element_id == element_id,
            columns.state == UserTaskState.CREATED,
        )
        found = session.execute(query).all()
        assert found, f"no open {element_id}; waiting at {self.waiting_at()}"
        mine = [row.key for row in found if by.groups & set(row.candidate_groups)]
        return int((mine or [row.key for row in found])[0])

    def variables(self) -> dict[str, Any]:
        with database.reading() as session:
            return instances.variables(session, self.instance_key)

    def waiting_at(self) -> Any:
        with database.reading() as session:
            query = select(process_instance.c.waiting_at).where(process_instance.c.key == self.instance_key)
            return session.scalar(query)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_story_of_the_department_ends_as_told(path: Path, stage: ModuleType, frozen_clock: Any) -> None:
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    assert told["zh"]
    assert told["en"]
    play = Play(path.parts[-3], frozen_clock)
    play.start(told["start"])
    for step in told["step"]:
        play.step(step)
    expect = told["expect"]
    with stage.reading() as session:
        instance = session.execute(
            select(process_instance).where(process_instance.c.key == play.instance_key)
        ).one()
        case = session.execute(select(case_file)).one()
        lines = session.execute(select(history).order_by(history.c.seq)).all()
        letters = session.scalars(select(mail.c.subject).order_by(mail.c.key)).all()
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
    stories = [tomllib.loads(story.read_text(encoding="utf-8")) for story in SCENARIOS]
    done = {step["element"] for story in stories for step in story["step"] if "element" in step}
    ends = {end for story in stories for end in (story["expect"]["end"], *story["expect"].get("passed", ()))}
    (process,) = read_processes(Resource(path.name, path.read_bytes())).processes
    nodes = list(process.level.everything())
    assert {node.id for node in nodes if node.type == "userTask"} <= done
    assert {node.id for node in nodes if node.type == "endEvent" and node.name.zh} <= ends
