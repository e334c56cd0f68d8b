"""The commands that look after the database: its schema, copies, backups."""

from __future__ import annotations

import os

import click

from laneway.cli.words import fail, opened
from laneway.engine import database
from laneway.engine.database import schema
from laneway.engine.keeping import copying
from laneway.settings import read_settings


@click.group()
def db() -> None:
    """The database: its schema, and copies of it. 数据库。"""


@db.command("upgrade")
def db_upgrade() -> None:
    """Run the migrations that are missing. 升级到当前版本。"""
    opened()
    click.echo("数据库结构为最新 / the schema is up to date")


@db.command("check")
def db_check() -> None:
    """Tell whether the schema is up to date; exit code 1 if not. 检查是否最新。"""
    settings = read_settings(os.environ)
    if not schema.is_current(database.connect(settings.database_url)):
        fail("数据库结构需要升级：laneway db upgrade / the schema needs: laneway db upgrade")
    click.echo("数据库结构为最新 / the schema is up to date")


@db.command("copy")
@click.argument("source")
@click.argument("target")
def db_copy(source: str, target: str) -> None:
    """Copy everything from SOURCE to the empty database TARGET, and prove it. 复制全部数据并核对。

    Both are addresses, such as sqlite:///var/laneway.db and postgresql://user:password@host/laneway. Stop every
    process of Laneway first. 请先停止所有 Laneway 进程。
    """

    def show(table: str, done: int, total: int) -> None:
        click.echo(f"\r  {table:<28} {done:>12} / {total}", nl=done == total, err=True)

    copied = copying.copy(source, target, progress=show)
    click.echo(f"  {'':<28} {'行 / rows':>12}  散列 / hash")
    for table in copied:
        click.echo(f"  {table.name:<28} {table.rows:>12}  {table.hash[:32]}")
        if not table.is_same:
            click.echo(f"  {'':<28} {table.rows_copied:>12}  {table.hash_copied[:32]}")
            click.echo(f"    第一处不同 / first difference: {table.differs_at}", err=True)
    if not all(table.is_same for table in copied):
        fail(
            "两个数据库不一致：请停止所有 Laneway 进程，清空目标数据库后重新复制 / the databases differ: "
            "stop every process of Laneway, empty the target and copy again"
        )
    rows = sum(table.rows for table in copied)
    click.echo(f"{rows} 行，两边一致 / {rows} rows, the same on both sides")
