"""The command that plays stories, each in a database of its own that is thrown away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from laneway import logs
from laneway.cli.words import both, error_text, fail
from laneway.errors import Invalid, LanewayError
from laneway.records.scenarios import wording
from laneway.records.scenarios.format import plain, read_scenario
from laneway.records.scenarios.wording import Words
from laneway.tasks.scenarios.playing import Outcome
from laneway.tasks.scenarios.stage import Stage
from laneway.tasks.scenarios.stopped import Stopped
from laneway.words import Text

_PLACES = {
    "": Text("", ""),
    "given": Text("开始条件", "what is given"),
    "then": Text("结尾的检查", "the checks at the end"),
}


@click.command("test")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--only", multiple=True, help="Stories whose process/name contains this 只运行名称含此文字的场景."
)
@click.option(
    "--database-url",
    default="",
    help="A PostgreSQL server on which databases are made and dropped 使用 PostgreSQL（自建自删）.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON 输出 JSON.")
def test_stories(paths: tuple[Path, ...], only: tuple[str, ...], database_url: str, as_json: bool) -> None:
    """Play the stories of processes: a folder, a process or single files. 运行流程场景。

    Each is played in a fresh database, by the people of the demonstration, on a clock of its own. The database of
    the installation is not touched. Exit code 1 when a story goes otherwise than told.
    """
    logs.configure(level="CRITICAL")  # a story may let a step fail on purpose
    files = [file for path in paths or (Path("processes"),) for file in _files(path.resolve())]
    chosen = [file for file in files if not only or any(part in _id(file) for part in only)]
    if not chosen:
        fail("没有场景 / there are no stories")
    results = []
    for folder in dict.fromkeys(file.parents[2] for file in chosen):
        with Stage(folder, database_url) as stage:
            for file in chosen:
                if file.parents[2] == folder:
                    results.append(_played(stage, file))
                    if not as_json:
                        _show(results[-1])
    failed = [told for told in results if not told["passed"]]
    if as_json:
        click.echo(json.dumps(results, ensure_ascii=False))
    else:
        click.echo(f"{len(results)} 个场景 / stories, {len(failed)} 个失败 / failed")
    if failed:
        raise SystemExit(1)


def _files(path: Path) -> list[Path]:
    """The stories at a path: a file, the folder of a process, or one of several processes."""
    if path.is_file():
        return [path]
    return sorted({*path.glob("*.toml"), *path.glob("scenarios/*.toml"), *path.glob("*/scenarios/*.toml")})


def _id(file: Path) -> str:
    return f"{file.parts[-3]}/{file.stem}"


def _played(stage: Stage, file: Path) -> dict[str, Any]:
    """How a story went, as JSON."""
    known = {"process_id": file.parts[-3], "name": file.stem, "passed": False, "seconds": 0.0}
    try:
        scenario = read_scenario(file)
    except Invalid as broken:
        nothing = Text("", "")._asdict()
        at = {"stopped_at": str(broken.params["step"]), "step": nothing, "title": nothing, "number": None}
        return {**known, **at, "problems": [error_text(broken)._asdict()], "differences": []}
    outcome, words = stage.play(scenario)
    return {
        **known,
        "number": scenario.number,
        "title": scenario.title._asdict(),
        "passed": outcome.is_passed,
        "seconds": round(outcome.seconds, 3),
        "stopped_at": outcome.stopped_at,
        "step": _step(words, outcome)._asdict(),
        "problems": [one._asdict() for one in _problems(words, outcome)],
        "differences": [
            {
                "check": one.check,
                "detail": one.detail,
                "expected": plain(one.expected),
                "found": plain(one.found),
            }
            for one in outcome.differences
        ],
    }


def _step(words: Words, outcome: Outcome) -> Text:
    """The step that failed, in words; empty for a story that passed."""
    if outcome.stopped_at in _PLACES:
        return _PLACES[outcome.stopped_at]
    step = outcome.scenario.steps[int(outcome.stopped_at) - 1]
    said = wording.step(words, step).sentence
    return Text(f"第 {step.number} 步：{said.zh}", f"step {step.number}: {said.en}")


def _problems(words: Words, outcome: Outcome) -> list[Text]:
    """What was otherwise than told, and why a step could not be done."""
    told = [
        wording.difference(words, one.check, one.detail, one.expected, one.found)
        for one in outcome.differences
    ]
    if isinstance(outcome.error, Stopped):
        told.append(outcome.error.text)
    elif isinstance(outcome.error, LanewayError):
        told.append(error_text(outcome.error))
    elif outcome.error is not None:
        told.append(Text(str(outcome.error), str(outcome.error)))
    return told + [Text(f"异常：{one}", f"incident: {one}") for one in outcome.incidents]


def _show(told: dict[str, Any]) -> None:
    """One line for a story, and below it what went otherwise."""
    title = both(Text(**told["title"]))
    mark = "✓" if told["passed"] else "✗"
    click.echo(f"{mark} {told['process_id']}/{told['name']}  {title}  {told['seconds']:.2f} s")
    if not told["passed"]:
        step = both(Text(**told["step"]))
        click.echo(f"    {step}" if step else f"    {told['stopped_at']}")
        for problem in told["problems"]:
            click.echo(f"      {problem['zh']}\n      {problem['en']}")
