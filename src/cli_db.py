"""The commands that look after the database: its schema, copies, backups."""

from __future__ import annotations

import os

import click

from laneway.cli_words import fail, opened
from laneway.engine import database, schema
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
