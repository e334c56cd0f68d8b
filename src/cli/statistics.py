"""The command about what the board counts."""

from __future__ import annotations

import click

from laneway.cli.words import opened
from laneway.engine import database
from laneway.engine import statistics as kept


@click.group()
def statistics() -> None:
    """What the board counts. 看板统计。"""


@statistics.command("rebuild")
def rebuild() -> None:
    """Count anew from the cases that are stored now. 按现存案件重新统计。

    What archived cases had told is forgotten. 已归档案件的统计不再保留。
    """
    opened()
    with database.unit_of_work() as session:
        made = kept.rebuild(session)
    click.echo(
        f"案件 {made.cases} 件（在办 {made.open_cases} 件），已完成任务 {made.completed_tasks} 个 / "
        f"{made.cases} cases, {made.open_cases} of them open, {made.completed_tasks} completed tasks"
    )
