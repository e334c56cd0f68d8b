from __future__ import annotations

import json
from pathlib import Path

import pytest

DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  id="d" targetNamespace="t">
  <process id="greet" name="问候" isExecutable="true">
    <startEvent id="start"><outgoing>a</outgoing></startEvent>
    <sequenceFlow id="a" sourceRef="start" targetRef="answer"/>
    <userTask id="answer" name="回答">
      <extensionElements>
        <zeebe:userTask/>
        <zeebe:assignmentDefinition candidateGroups="complaint_desk"/>
      </extensionElements>
      <incoming>a</incoming><outgoing>b</outgoing>
    </userTask>
    <sequenceFlow id="b" sourceRef="answer" targetRef="end"/>
    <endEvent id="end"><incoming>b</incoming></endEvent>
  </process>
</definitions>
"""
BROKEN = DIAGRAM.replace('targetRef="end"', 'targetRef="nowhere"')


@pytest.fixture
def run(run_laneway, tmp_path):
    (tmp_path / "greet.bpmn").write_text(DIAGRAM, "utf-8")
    (tmp_path / "broken.bpmn").write_text(BROKEN, "utf-8")
    return run_laneway


def test_a_diagram_is_checked_deployed_started_and_exported(run, tmp_path):
    assert run("check", "greet.bpmn").exit_code == 0
    deployed = run("deploy", "greet.bpmn", "--json")
    assert json.loads(deployed.output)["processes"][0]["version"] == 1
    assert "未变 / unchanged" in run("deploy", "greet.bpmn").output
    started = run("start", "greet", "--var", "amount=12", "--var", 'name="Li"')
    assert started.exit_code == 0
    assert started.output.strip()
    assert run("export", "greet").stdout_bytes == DIAGRAM.encode()
    assert run("export", "greet", "--version", "1", "--output", "copy.bpmn").exit_code == 0
    assert (tmp_path / "copy.bpmn").read_text("utf-8") == DIAGRAM


def test_check_tells_file_element_and_reason_in_both_languages(run):
    result = run("check", "broken.bpmn")
    assert result.exit_code == 1
    assert "broken.bpmn" in result.output
    assert " b " in result.output or " b:" in result.output
    findings = json.loads(run("check", "broken.bpmn", "--json").output)
    error = next(finding for finding in findings if finding["severity"] == "error")
    assert error["file"] == "broken.bpmn"
    assert error["message"]["zh"]
    assert error["message"]["en"]


def test_findings_of_a_table_are_told_by_check_and_deploy(run, tmp_path):
    rule = "<rule id='r'><inputEntry><text>&lt; 5</text></inputEntry><outputEntry><text>1</text></outputEntry></rule>"
    (tmp_path / "fee.dmn").write_text(
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="m" name="m" namespace="n">'
        '<decision id="fee" name="Fee"><decisionTable id="t"><input id="i"><inputExpression typeRef="number">'
        f'<text>amount</text></inputExpression></input><output id="o" name="fee"/>{rule}</decisionTable>'
        "</decision></definitions>",
        "utf-8",
    )
    told = "warning: fee.dmn t Fee: 没有规则适用于：amount >= 5 / no rule holds for: amount >= 5 [rules_gap]"
    checked, deployed = run("check", "fee.dmn"), run("deploy", "fee.dmn")
    assert (checked.exit_code, deployed.exit_code) == (0, 0)
    assert told in checked.output
    assert told in deployed.output
    assert json.loads(run("deploy", "fee.dmn", "--json").output)["findings"][0]["code"] == "rules_gap"


def test_checking_stores_nothing(run, tmp_path):
    run("check", "greet.bpmn")
    assert not (tmp_path / "data").exists()


def test_a_broken_diagram_is_not_deployed(run):
    result = run("deploy", "greet.bpmn", "broken.bpmn")
    assert result.exit_code == 1
    assert "nothing was deployed" in result.output
    assert run("start", "greet").exit_code == 1


def test_people_are_added_listed_and_let_in_no_more(run):
    arguments = ["user", "add", "li.jing", "--name-zh", "李静", "--name-en", "Li Jing", "--group", "hotline"]
    assert run(*arguments, typed="long enough\nlong enough\n").exit_code == 0
    assert "li.jing" in run("user", "list").output
    assert run("user", "password", "li.jing", "--password", "quite different").exit_code == 0
    assert run("user", "deactivate", "li.jing").exit_code == 0
    people = json.loads(run("user", "list", "--json").output)
    assert people == [
        {
            "username": "li.jing",
            "name": {"zh": "李静", "en": "Li Jing"},
            "groups": ["hotline"],
            "is_active": False,
        }
    ]


def test_the_schema_is_checked_and_upgraded(run):
    assert run("db", "check").exit_code == 1
    assert run("db", "upgrade").exit_code == 0
    assert run("db", "check").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["start", "nothing"], "[process_not_found (process_id=nothing)]"),
        (["start", "nothing", "--var", "amount"], "name=value"),
        (["start", "nothing", "--var", "name=Li"], "JSON"),
        (["export", "nothing"], "not_found"),
        (["deploy", "missing.bpmn"], "There is no such file: missing.bpmn."),
        (["user", "password", "nobody", "--password", "long enough"], "person_not_found"),
        (["user", "add", "li", "--password", "short"], "The password needs at least 8 characters."),
    ],
)
def test_mistakes_are_told_in_plain_words(run, arguments, words):
    result = run(*arguments)
    assert result.exit_code == 1
    assert words in result.output
    assert "Traceback" not in result.output


def test_a_misspelt_setting_stops_every_command(run, monkeypatch):
    monkeypatch.setenv("LANEWAY_PROT", "80")
    result = run("user", "list")
    assert result.exit_code == 1
    assert "LANEWAY_PORT?" in result.output


def test_the_index_names_every_command(run):
    index = run("--help").output
    for name in ("serve", "web", "worker", "deploy", "check", "start", "export", "user", "db"):
        assert f"\n  {name} " in index


def test_the_version_is_told(run):
    assert run("--version").output.startswith("laneway, version ")


def test_a_folder_is_deployed_with_everything_below_it(run, tmp_path):
    folder = tmp_path / "processes"
    Path(folder / "greet").mkdir(parents=True)
    (folder / "greet.bpmn").write_text(DIAGRAM, "utf-8")
    (folder / "greet" / "README.md").write_text("not deployed", "utf-8")
    deployed = json.loads(run("deploy", "processes", "--json").output)
    assert [process["resource_name"] for process in deployed["processes"]] == ["greet.bpmn"]
