"""`laneway records`: import files into the records, and write records into files."""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from laneway.cli.words import both, fail, opened
from laneway.engine import accounts, clock, database
from laneway.engine.model import Person
from laneway.records import catalogue
from laneway.records.importing import exporting, imports
from laneway.records.importing.imports import Import, State
from laneway.records.importing.working import Importer
from laneway.records.kinds.listing import Wanted
from laneway.settings import Settings

_SHOWN = 20
_OUTCOMES = {
    "new": "新增 / new",
    "changed": "修改 / changed",
    "unchanged": "未变 / unchanged",
    "skipped": "已有，未动 / known, left alone",
    "proposed": "待审批 / waiting for approval",
    "wrong": "有误 / wrong",
}


@click.group("records")
def commands() -> None:
    """Records in files: import and export. 档案的导入与导出。"""


@commands.command("import")
@click.argument("kind")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only check, change nothing 只检查，不写入.")
@click.option("--only-new", is_flag=True, help="Leave known records as they are 不修改已有档案.")
@click.option("--encoding", default="", help="Instead of the guessed one 指定编码, such as gb18030.")
@click.option("--by", "username", help="As this person, with their rights and four-eyes 以此人名义.")
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write what is wrong as CSV 错误清单."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON 输出 JSON.")
def import_(
    kind: str,
    file: Path,
    dry_run: bool,
    only_new: bool,
    encoding: str,
    username: str | None,
    report: Path | None,
    as_json: bool,
) -> None:
    """Import a CSV or XLSX file; exit code 1 if rows were refused. 导入文件，有误行时退出码为 1。

    Without --by the file is taken over as it is: sensitive fields wait for nobody's approval, because whoever runs
    this command holds the database anyway.
    """
    _ready()
    worker = f"{socket.gethostname()}:{os.getpid()}:import"
    with database.unit_of_work() as session:
        by = accounts.person(session, username) if username else None
        key = imports.add(session, catalogue.kind(kind), file.name, file, by=by, encoding=encoding)
        imports.begin(session, key, by=by, is_dry=dry_run, is_only_new=only_new, leased_by=worker)
    try:
        Importer(worker).finish(key)
    finally:
        done = _rest(key, by, is_dry=dry_run)
    wrong = _problems(key, done)
    if report is not None:
        _write_report(report, wrong)
    click.echo(json.dumps(_as_json(done, wrong), ensure_ascii=False)) if as_json else _tell(done, wrong)
    if done.state is State.FAILED:
        fail(f"文件无法读到末尾 / the file could not be read to its end [{done.failure}]")
    if done.wrong:
        raise SystemExit(1)


def _ready() -> Settings:
    settings = opened()
    clock.set_zone(ZoneInfo(settings.time_zone))
    return settings


def _rest(key: int, by: Person | None, *, is_dry: bool) -> Import:
    """The import as it has ended; a check leaves no file behind."""
    with database.unit_of_work() as session:
        done = imports.get(session, key)
        if done.state is State.CHECKED:
            imports.end(session, key, State.CANCELLED)
    return done


def _problems(key: int, done: Import) -> list[dict[str, Any]]:
    from laneway.web import record_texts  # only what is wrong needs the texts of the pages

    names = dict(zip(done.mapping, done.header, strict=True))
    with database.reading() as session:
        found = [one for _number, one in imports.problems(session, key)]
    return [
        {
            "row": one.row,
            "column": names.get(one.path, one.path),
            "field": one.path,
            "value": one.value,
            "code": one.code,
            "message": both(record_texts.problem_in_both(one.code, one.params)),
        }
        for one in found
    ]


def _write_report(path: Path, wrong: list[dict[str, Any]]) -> None:
    with path.open("wb") as file:
        file.write(
            b"\xef\xbb\xbf" + exporting.csv_line(["行 row", "列 column", "内容 value", "问题 problem"])
        )
        for one in wrong:
            file.write(exporting.csv_line([one["row"], one["column"], one["value"], one["message"]]))


def _as_json(done: Import, wrong: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "key": str(done.key),
        "kind": done.kind,
        "state": done.state,
        "rows": done.done_rows,
        "counts": {name: done.counts.get(name, 0) for name in _OUTCOMES},
        "ignored_columns": [name for name, path in zip(done.header, done.mapping, strict=True) if not path],
        "problems": wrong,
    }


def _tell(done: Import, wrong: list[dict[str, Any]]) -> None:
    ignored = [name for name, path in zip(done.header, done.mapping, strict=True) if not path]
    if ignored:
        click.echo(f"  未导入的列 / columns left out: {', '.join(ignored)}")
    for one in wrong[:_SHOWN]:
        click.echo(f"  {one['row']}  {one['column']}  {one['value']!r}  {one['message']}", err=True)
    if len(wrong) > _SHOWN:
        click.echo(f"  … {len(wrong) - _SHOWN} 条更多，见 --report / more, see --report", err=True)
    counts: Mapping[str, int] = done.counts
    told = [f"{counts[name]} {words}" for name, words in _OUTCOMES.items() if counts.get(name)]
    click.echo(f"{done.done_rows} 行 / rows: {', '.join(told) or '–'}")


@commands.command("export")
@click.argument("kind")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--header",
    type=click.Choice(exporting.HEADERS),
    default="fields",
    show_default=True,
    help="Language 表头语言.",
)
@click.option("--masked", is_flag=True, help="Mask telephone, e-mail and bank 屏蔽电话、邮箱与银行账号.")
def export_(kind: str, file: Path | None, header: str, masked: bool) -> None:
    """Write all records of a kind as CSV, or XLSX by the file's name; to standard output without a file. 导出档案。"""
    _ready()
    found = catalogue.kind(kind)
    if file is not None and file.suffix.lower() == ".xlsx":
        exporting.as_xlsx(found, Wanted(), file, header=header, is_masked=masked)
        return
    pieces = exporting.as_csv(found, Wanted(), header=header, is_masked=masked)
    if file is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        return
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as whole:
        for piece in pieces:
            whole.write(piece)
    Path(whole.name).replace(file)
