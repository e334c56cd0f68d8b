"""Stories: what is wrong with a file is told with its place, and playing one tells what went otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from laneway import cli
from laneway.errors import Invalid
from laneway.tasks.scenarios.stage import Stage
from laneway.testing import parse_scenario

HEAD = 'zh = "核对"\nen = "Check"\n[given]\nnow = 2026-03-02T09:00:00+08:00\n'
START = '[[when]]\nstart = "checking"\nby = "wang.lei"\n'
DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="urn:test">
  <process id="checking" name="核对流程" isExecutable="true">
    <extensionElements><zeebe:properties>
      <zeebe:property name="laneway:name:en" value="Checking"/>
      <zeebe:property name="laneway:case:series" value="CK"/>
    </zeebe:properties></extensionElements>
    <startEvent id="s"/>
    <userTask id="check" name="核对">
      <extensionElements><zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="complaint_desk"/>
        <zeebe:taskSchedule dueDate="=now() + duration(&quot;PT4H&quot;)"/>
        <zeebe:properties><zeebe:property name="laneway:name:en" value="Check it"/></zeebe:properties>
      </extensionElements>
    </userTask>
    <boundaryEvent id="late" attachedToRef="check" cancelActivity="false">
      <timerEventDefinition><timeDuration>PT2H</timeDuration></timerEventDefinition>
    </boundaryEvent>
    <endEvent id="told_late"/><endEvent id="done" name="完成"/>
    <sequenceFlow id="f1" sourceRef="s" targetRef="check"/>
    <sequenceFlow id="f2" sourceRef="check" targetRef="done"/>
    <sequenceFlow id="f3" sourceRef="late" targetRef="told_late"/>
  </process>
</definitions>"""
GOOD = f"""{HEAD}
{START}then = {{ open = ["check"], due = {{ check = 2026-03-02T13:00:00+08:00 }}, state = "open", series = "CK" }}
[[when]]
complete = "check"
by = "ma.li"
refused = true
[[when]]
advance = "PT1H"
then = {{ not_passed = ["told_late"] }}
[[when]]
until = 2026-03-02T20:00:00+08:00
then = {{ passed = ["told_late"] }}
[[when]]
note = "Called {{case}}"
by = "wang.lei"
then = {{ log = ["Called CK-2026-000001"] }}
[[when]]
complete = "check"
by = "wang.lei"
values = {{ result = 3, on = 2026-03-03 }}
[then]
state = "closed"
ended_at = "done"
mails = []
people = ["wang.lei"]
variables = {{ result = 3, on = "2026-03-03" }}
"""


@pytest.fixture(scope="module", name="processes")
def _processes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stories") / "processes"
    (folder / "checking" / "scenarios").mkdir(parents=True)
    (folder / "checking.bpmn").write_text(DIAGRAM, "utf-8")
    (folder / "checking" / "scenarios" / "good.toml").write_text(GOOD, "utf-8")
    return folder


@pytest.fixture(scope="module", name="stage", params=["sqlite", "postgresql"])
def _stage(request: pytest.FixtureRequest, processes: Path):
    server = "" if request.param == "sqlite" else str(request.getfixturevalue("postgresql"))
    with Stage(processes, server) as stage:
        yield stage


@pytest.mark.parametrize(
    ("step", "field", "text"),
    [
        ("-", "-", "zh = "),
        ("-", "en", 'zh = "a"\n[given]\nnow = 2026-03-02T09:00:00Z\n' + START),
        ("given", "now", HEAD.replace("+08:00", "") + START),
        ("given", "zone", HEAD + 'zone = "UTC"\n' + START),
        ("-", "expect", f"{HEAD}{START}[expect]\n"),
        ("1", "foo", f"{HEAD}{START}foo = 1\n"),
        ("1", "by", f'{HEAD}[[when]]\nstart = "checking"\n'),
        ("1", "start, complete", f'{HEAD}{START}complete = "check"\n'),
        ("1", "by", f'{HEAD}[[when]]\nby = "wang.lei"\n'),
        ("1", "advance", f'{HEAD}[[when]]\nadvance = "soon"\n'),
        ("1", "until", f'{HEAD}[[when]]\nuntil = "2026-03-02"\n'),
        ("1", "state", f"{HEAD}{START}then = {{ state = 3 }}\n"),
        ("1", "letters", f'{HEAD}{START}then = {{ letters = ["a"] }}\n'),
        ("1", "other", f'{HEAD}{START}of = "other"\n'),
        ("1", "refused", f"{HEAD}{START}refused = false\n"),
        ("then", "stat", f'{HEAD}{START}[then]\nstat = "closed"\n'),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_place(step: str, field: str, text: str) -> None:
    with pytest.raises(Invalid, match="scenario_broken") as refused:
        parse_scenario(text, "story", "checking", file="story.toml")
    params = refused.value.params
    assert (params["file"], params["step"], params["field"]) == ("story.toml", step, field)
    assert " / " in params["reason"]


def test_a_story_goes_as_told(stage: Stage) -> None:
    outcome, _words = stage.play(parse_scenario(GOOD, "good", "checking"))
    assert outcome.is_passed, (outcome.stopped_at, outcome.error, outcome.differences, outcome.incidents)


@pytest.mark.parametrize(
    ("right", "wrong", "stopped_at", "check"),
    [
        ("T13:00", "T14:00", "1", "due"),
        ("refused = true", "values = { a = 1 }", "2", ""),
        ('not_passed = ["told_late"]', 'passed = ["told_late"]', "3", "passed"),
        ('by = "ma.li"', 'by = "wang.lei"', "2", ""),
        ('by = "ma.li"', 'by = "nobody"', "2", ""),
        ("result = 3, on =", "result = 4, on =", "then", "variables"),
        ('"done"', '"told"', "then", "ended_at"),
        ("mails = []", 'mails = ["Dear"]', "then", "mails"),
        ('state = "closed"', 'state = "cancelled"', "then", "state"),
    ],
)
def test_the_first_thing_that_goes_otherwise_is_told(
    stage: Stage, right: str, wrong: str, stopped_at: str, check: str
) -> None:
    outcome, _words = stage.play(parse_scenario(GOOD.replace(right, wrong, 1), "bad", "checking"))
    assert outcome.stopped_at == stopped_at
    assert [one.check for one in outcome.differences] == ([check] if check else [])
    assert check or outcome.error is not None


def test_the_command_tells_the_failed_step_in_both_languages_and_leaves_the_installation_alone(
    processes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = processes / "checking" / "scenarios" / "bad.toml"
    bad.write_text(GOOD.replace("T13:00", "T14:00"), "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANEWAY_DATABASE_URL", f"sqlite:///{tmp_path / 'installation.db'}")
    result = CliRunner().invoke(cli.main, ["test", str(processes)])
    bad.unlink()
    assert result.exit_code == 1
    assert "✓ checking/good" in result.output
    assert "第 1 步：王磊发起「核对流程」 / step 1: Wang Lei starts “Checking”" in result.output
    assert "到期时间「核对」：应为 2026-03-02T14:00:00+08:00" in result.output
    assert list(tmp_path.iterdir()) == []


def test_the_command_gives_json_and_knows_only_stories_that_are_there(processes: Path) -> None:
    result = CliRunner().invoke(cli.main, ["test", str(processes), "--only", "checking/good", "--json"])
    assert result.exit_code == 0, result.output
    [told] = json.loads(result.output)
    assert (told["name"], told["passed"], told["title"]) == ("good", True, {"zh": "核对", "en": "Check"})
    assert CliRunner().invoke(cli.main, ["test", str(processes), "--only", "nothing"]).exit_code == 1
