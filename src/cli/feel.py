"""The commands that try FEEL and decisions on sample data. They need no database and no settings."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import click

from laneway.cli.words import both, fail, show_findings
from laneway.engine.dmn import DecisionFailed, DecisionModel, EvaluatedDecision, read_decisions
from laneway.engine.feel import (
    FeelError,
    FeelSyntaxError,
    FeelWarning,
    Meter,
    compile_expression,
    compile_unary_tests,
    from_feel,
)
from laneway.engine.feel.checks import check_expression
from laneway.errors import NotFound, Refused
from laneway.words import Resource, Severity, Text

_SEVERITIES = {Severity.ERROR: Text("错误", "error"), Severity.WARNING: Text("警告", "warning")}
_INPUT_HELP = "Variables 变量: a JSON object, or a file with one (FILE or @FILE)."


@click.command("feel")
@click.argument("expression")
@click.option("--input", "given", metavar="JSON|FILE", help=_INPUT_HELP)
@click.option("--unary", is_flag=True, help="Unary tests, as in a table's cell 按决策表单元格求值.")
@click.option("--value", "asked", metavar="JSON", help="The input of unary tests, ? in them 单元格的输入值.")
def try_feel(expression: str, given: str | None, unary: bool, asked: str | None) -> None:
    """Evaluate a FEEL expression and print its value as JSON. 求 FEEL 表达式的值。"""
    if unary != (asked is not None):
        fail("--unary 与 --value 须一起使用 / --unary and --value go together")
    text = expression.removeprefix("=")
    variables = _variables(given)
    if asked is not None:
        variables["?"] = _json(asked, "--value")
    known = None if given is None else dict.fromkeys(variables)
    problems = check_expression(text, known, is_unary=unary)
    for problem in problems:
        _show_place(_SEVERITIES[problem.severity], problem.text, text, problem.pos)
    m = Meter()
    try:
        compiled = compile_unary_tests(text) if unary else compile_expression(text)
        value = from_feel(compiled.evaluate_metered(variables, m).value, m)
    except FeelSyntaxError as error:
        if not problems:
            _show_place(_SEVERITIES[Severity.ERROR], error.text, text, error.pos)
        raise SystemExit(1) from None
    except FeelError as error:
        fail(both(error.text))
    told = {problem.pos for problem in problems}
    for warning in m.warnings:
        if warning.pos not in told:
            _show_place(_SEVERITIES[Severity.WARNING], warning.text, text, warning.pos)
    click.echo(_shown(value))


@click.command("decide")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option("--decision", "decision_id", help="Id of the decision 决策 id; needed if there are several.")
@click.option("--input", "given", metavar="JSON|FILE", required=True, help=_INPUT_HELP)
@click.option("--trace", is_flag=True, help="Tell each decision with inputs and fired rules 显示每一步.")
def try_decision(files: tuple[Path, ...], decision_id: str | None, given: str, trace: bool) -> None:
    """Evaluate a decision of a DMN file and print its value as JSON; more files are its imports. 试算决策。"""
    variables = _variables(given)
    try:
        model = read_decisions([Resource(path.name, path.read_bytes()) for path in files])
    except Refused as error:
        show_findings(error.findings, err=True)
        fail("决策文件无法使用 / the decision file cannot be used")
    show_findings(model.warnings, err=True)
    chosen = decision_id or _only_decision(model)
    try:
        result = model.evaluate(chosen, variables)
    except NotFound:
        _show_decisions(model)
        fail(f"没有决策 {chosen} / there is no decision {chosen}")
    except DecisionFailed as error:
        if trace:
            _show_trace([*error.done, error.stopped])
        fail(both(error.text))
    if trace:
        _show_trace(result.decisions)
    else:
        _show_warnings(result.warnings)
    click.echo(_shown(result.value))


# reading what is given


def _variables(given: str | None) -> dict[str, Any]:
    if given is None:
        return {}
    path = Path(given.removeprefix("@"))
    try:
        if given.startswith("@") or (not given.lstrip().startswith("{") and path.is_file()):
            given = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"--input {path}: 无法读取 / cannot be read: {error}")
    variables = _json(given, "--input")
    if not isinstance(variables, dict):
        fail("--input: 应为 JSON 对象 / say a JSON object, such as '{\"amount\": 12}'")
    return variables


def _json(text: str, option: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        fail(f"{option}: 应为 JSON / this is no JSON: {error}")


def _only_decision(model: DecisionModel) -> str:
    if len(model.decisions) != 1:
        _show_decisions(model)
        fail("请用 --decision 指明决策 / say which decision with --decision")
    return model.decisions[0].decision_id


# telling what came out


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _show_place(severity: Text, message: Text, text: str, pos: int | None) -> None:
    """A message, and below it the line of the text that it is about with a caret under the place."""
    click.echo(f"laneway: {both(severity)}: {both(message)}", err=True)
    if pos is None:
        return
    start = text.rfind("\n", 0, pos) + 1
    line = text[start:].partition("\n")[0].replace("\t", " ")
    columns = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text[start:pos])
    click.echo(f"  {line}\n  {' ' * columns}^", err=True)


def _show_warnings(warnings: list[FeelWarning]) -> None:
    for warning in warnings:
        place = f"{warning.element_id}: " if warning.element_id else ""
        click.echo(f"  {both(_SEVERITIES[Severity.WARNING])}: {place}{both(warning.text)}", err=True)


def _show_decisions(model: DecisionModel) -> None:
    for decision in model.decisions:
        click.echo(f"  {decision.decision_id}  {both(decision.name)}  ({decision.file})", err=True)


def _show_trace(decisions: list[EvaluatedDecision]) -> None:
    for one in decisions:
        click.echo(f"{one.decision_id}  {both(one.name)}  ({one.logic}, {one.duration_us} µs)", err=True)
        for seen in one.inputs:
            click.echo(f"  输入 / input: {_label(seen.label)} = {_shown(seen.value)}", err=True)
        for rule in one.matched_rules:
            outputs = ", ".join(f"{_label(given.label)} = {_shown(given.value)}" for given in rule.outputs)
            click.echo(f"  规则 / rule {rule.number} ({rule.rule_id}): {outputs}", err=True)
        click.echo(f"  结果 / result: {_shown(one.output)}", err=True)
        _show_warnings(one.warnings)


def _label(label: str | Text) -> str:
    return label if isinstance(label, str) else both(label)
