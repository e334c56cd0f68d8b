"""The commands that back up an installation and put a backup back."""

from __future__ import annotations

import os
from pathlib import Path

import click

from laneway.cli.words import opened
from laneway.engine import database
from laneway.engine.keeping import archive, backup
from laneway.settings import read_settings


@click.command("backup")
@click.argument("target", type=click.Path(path_type=Path))
def make_backup(target: Path) -> None:
    """Back up database and secret key into a file or folder, while everything runs. 备份，无需停机。"""
    settings = opened()
    made = backup.make(database.engine(), target, secret_key=settings.secret_key)
    click.echo(f"已备份 / backed up: {made}  {made.stat().st_size:,} B")
    if settings.archive.is_dir():
        click.echo(
            f"归档文件不在其中，请另存 / archive files are not in it, keep them too: {settings.archive}"
        )


@click.command("restore")
@click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--replace", is_flag=True, help="Put it in the place of what is there 替换现有数据.")
def restore_backup(source: Path, replace: bool) -> None:
    """Put a backup back. Stop every process of Laneway first. 恢复备份，请先停止所有 Laneway 进程。"""
    settings = read_settings(os.environ)
    restored = backup.restore(settings.database_url, source, data=settings.data, replace=replace)
    manifest = restored.manifest
    click.echo(
        f"已恢复 / restored: {manifest.made_at}  Laneway {manifest.version}  schema {manifest.schema} "
        f"({manifest.kind})"
    )
    if restored.set_aside is not None:
        click.echo(f"原数据库另存为 / what was there is kept as: {restored.set_aside}")
    click.echo(
        "备份之后已经做过的事可能再做一次 / what was done since the backup may be done again:\n"
        f"  {restored.messages:>8}  待发邮件与回调 / mails and webhooks to send\n"
        f"  {restored.jobs:>8}  待办作业 / jobs to run\n"
        f"  {restored.timers:>8}  到期定时器 / timers that are due"
    )
    if "LANEWAY_SECRET_KEY" in os.environ:
        click.echo(
            f"LANEWAY_SECRET_KEY 优先于备份中的密钥 / takes precedence over the key in {settings.data}"
        )
    database.connect(settings.database_url)
    with database.reading() as session:
        missing = archive.damaged(session, settings.archive)
    if missing:
        click.echo(
            f"{len(missing)} 个归档文件缺失 / archive files are missing under {settings.archive}", err=True
        )
