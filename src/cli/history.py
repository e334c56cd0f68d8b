"""The commands about cases that have ended: archive them, read them back, hold them."""

from __future__ import annotations

import json
from typing import Any

import click

from laneway.cli.words import fail, opened
from laneway.engine import database
from laneway.engine.history import lines_of
from laneway.engine.keeping import archive
from laneway.engine.keeping import retention as keeping
from laneway.settings import Settings


@click.group()
def history() -> None:
    """Ended cases: archive, read back, hold. 已结案件：归档、查阅、保留。"""


def rules(settings: Settings) -> keeping.Rules:
    """How long cases stay and where their archive is, by these settings. Raises Invalid."""
    return keeping.Rules(settings.archive, settings.retention)


@history.command("archive")
@click.option("--dry-run", is_flag=True, help="Only tell what would leave 只列出，不归档.")
@click.option("--process", "process_id", help="Of this process only 仅此流程.")
def history_archive(dry_run: bool, process_id: str | None) -> None:
    """Archive the cases whose time is over, as the worker does by itself. 归档到期案件。"""
    asked = rules(opened())
    with database.reading() as session:
        for due in keeping.overdue(session, asked, process_id=process_id):
            cases = keeping.count(session, due)
            click.echo(f"  {due.process_id}  {due.retention}  {due.before:%Y-%m-%d}  {cases} 件 / cases")
    archived = 0
    while not dry_run:
        with database.unit_of_work() as session:
            batch = keeping.run_batch(session, asked, process_id=process_id)
        if not batch:
            break
        archived += batch
    if not dry_run:
        click.echo(f"已归档 {archived} 件 / {archived} cases archived: {asked.folder}")


@history.command("show")
@click.argument("number")
@click.option("--json", "as_json", is_flag=True, help="Print every row as JSON 输出全部数据 JSON.")
def history_show(number: str, as_json: bool) -> None:
    """Read a case back from the archive, by its number. 查阅已归档案件。"""
    settings = opened()
    with database.reading() as session:
        case = archive.find(session, settings.archive, number)
    if as_json:
        click.echo(json.dumps(case.rows, ensure_ascii=False, default=str))
        return
    click.echo(f"{case.number}  {case.process_id}  {case.ended_at:%Y-%m-%d %H:%M}  {case.file}")
    told = [line for row in case.rows["history"] for line in lines_of(row)]
    for line in sorted(told, key=_when):
        words = (line["element_id"], line["person"], json.dumps(line["details"], ensure_ascii=False))
        click.echo(
            f"  {line['at']:%Y-%m-%d %H:%M:%S}  {line['event']:<28}  " + "  ".join(filter(None, words))
        )
    for name, rows in case.rows.items():
        click.echo(f"  {name}: {len(rows)}")


def _when(line: dict[str, Any]) -> tuple[Any, ...]:
    return line["at"], line["instance_key"], line["seq"]


@history.command("check")
def history_check() -> None:
    """Compare every archive file with its hash; exit code 1 if one is missing or changed. 核对归档文件。"""
    settings = opened()
    with database.reading() as session:
        damaged = archive.damaged(session, settings.archive)
    for file in damaged:
        click.echo(f"  {settings.archive / file}", err=True)
    if damaged:
        fail(f"{len(damaged)} 个归档文件缺失或被改动 / archive files are missing or have been changed")
    click.echo("归档文件完好 / the archive files are as they were written")


_reason = click.option("--reason", required=True, help="Stays in the case's history 记入案件历史.")


@history.command("hold")
@click.argument("number")
@_reason
def history_hold(number: str, reason: str) -> None:
    """Keep a case in the database whatever its time. 保留案件，到期也不归档。"""
    opened()
    with database.unit_of_work() as session:
        keeping.hold(session, number, reason=reason, by=None)
    click.echo(f"已保留 / held: {number}")


@history.command("release")
@click.argument("number")
@_reason
def history_release(number: str, reason: str) -> None:
    """End such a hold. 解除保留。"""
    opened()
    with database.unit_of_work() as session:
        keeping.release(session, number, reason=reason, by=None)
    click.echo(f"已解除 / released: {number}")


@history.command("holds")
def history_holds() -> None:
    """List the cases that are held. 列出被保留的案件。"""
    opened()
    with database.reading() as session:
        for row in keeping.held(session):
            by = row.held_by or "-"
            click.echo(f"{row.number or row.root_key}  {row.held_at:%Y-%m-%d}  {by}  {row.reason}")
