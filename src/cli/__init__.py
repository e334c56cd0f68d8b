"""The commands. `laneway --help` is the index; every failure has an exit code that is not 0."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from laneway import __version__, logs
from laneway.cli import backup, db, feel, history, outbox, records, scenarios, statistics
from laneway.cli.words import both, fail, in_words, opened, show_findings
from laneway.engine import accounts, database, deployments, instances
from laneway.engine.database import schema
from laneway.engine.deployments import Deployed, process_folder
from laneway.errors import LanewayError, Refused
from laneway.records import organisation
from laneway.settings import Settings, SettingsError, read_settings
from laneway.words import Finding, Severity, Text


class _Commands(click.Group):
    """Tells errors of ours in plain words instead of a traceback."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except Refused as error:
            show_findings(error.findings)
            fail("没有部署 / nothing was deployed")
        except LanewayError as error:
            fail(in_words(error))
        except SettingsError as error:
            fail(str(error))


@click.group("laneway", cls=_Commands)
@click.version_option(__version__, prog_name="laneway")
def main() -> None:
    """Laneway: BPMN diagrams that run. 可运行的 BPMN 流程图。"""
    logs.configure(level="WARNING")


main.add_command(feel.try_feel)
main.add_command(feel.try_decision)
main.add_command(db.db)
main.add_command(backup.make_backup)
main.add_command(backup.restore_backup)
main.add_command(history.history)
main.add_command(outbox.commands)
main.add_command(records.commands)
main.add_command(statistics.statistics)
main.add_command(scenarios.test_stories)


# -- running


@main.command()
@click.option("--host", help="Address to listen on 监听地址 (LANEWAY_HOST).")
@click.option("--port", type=int, help="Port to listen on 监听端口 (LANEWAY_PORT).")
def serve(host: str | None, port: int | None) -> None:
    """Start everything in one process: pages, API, jobs, timers. 一条命令启动全部。"""
    from laneway import server  # the other commands need neither web server nor handlers, and start sooner

    settings = _settings(host, port)
    deployed = server.prepare(settings)
    running = server.Server(settings)
    if deployed:
        _show_deployed(deployed)
    _show_address(settings)
    running.run()


@main.command()
@click.option("--host", help="Address to listen on 监听地址 (LANEWAY_HOST).")
@click.option("--port", type=int, help="Port to listen on 监听端口 (LANEWAY_PORT).")
def web(host: str | None, port: int | None) -> None:
    """Serve pages and API only; jobs are done by `laneway worker`. 只提供页面与接口。"""
    from laneway import server  # as above

    settings = _settings(host, port)
    server.connect(settings)
    running = server.Server(settings, worker=False)
    _show_address(settings)
    running.run()


@main.command()
def worker() -> None:
    """Work on jobs, timers and mail only. 只处理作业、定时器与邮件。"""
    from laneway import server  # as above

    settings = read_settings(os.environ)
    server.connect(settings)
    running = server.Server(settings, web=False)
    click.echo("作业处理已启动，Ctrl+C 停止 / the worker runs; Ctrl+C stops it")
    running.run()


def _settings(host: str | None, port: int | None) -> Settings:
    given = {"LANEWAY_HOST": host, "LANEWAY_PORT": port}
    overrides = {name: str(value) for name, value in given.items() if value is not None}
    return read_settings({**os.environ, **overrides})


def _show_address(settings: Settings) -> None:
    if settings.demo:
        click.echo("\n  演示账号，密码均为 demo / demonstration people, password demo:\n")
        for login in organisation.demo_logins():
            groups = ", ".join(f"{group.zh} {group.en}" for group in login.groups)
            click.echo(
                f"    {login.username:<12} {login.name.zh} {login.name.en} · "
                + (groups or "所有组 every group")
            )
    click.echo(
        f"\n  Laneway {__version__}   http://{settings.host}:{settings.port}   (Ctrl+C 停止 / stops it)\n"
    )


# -- processes


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON 输出 JSON.")
def deploy(paths: tuple[Path, ...], as_json: bool) -> None:
    """Deploy diagrams, decisions and forms: files or folders. 部署文件或文件夹。"""
    opened()
    _load_handlers(paths)
    with database.unit_of_work() as session:
        deployed = deployments.deploy(session, process_folder.read_files(paths), by=None)
    if as_json:
        click.echo(json.dumps(asdict(deployed), ensure_ascii=False, default=str))
    else:
        _show_deployed(deployed)


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON 输出 JSON.")
def check(paths: tuple[Path, ...], as_json: bool) -> None:
    """Check files or folders as deploying would, storing nothing. 只检查，不部署。"""
    _load_handlers(paths)
    resources = process_folder.read_files(paths)
    with tempfile.TemporaryDirectory() as folder:
        schema.upgrade(database.connect(f"sqlite:///{Path(folder) / 'check.db'}"))
        with database.unit_of_work() as session:
            organisation.add_default_groups(session)
        with database.reading() as session:
            findings = deployments.check(session, resources)
        database.disconnect()
    if as_json:
        click.echo(json.dumps([_finding_json(finding) for finding in findings], ensure_ascii=False))
    else:
        show_findings(findings)
        click.echo(f"{len(resources)} 个文件 / files, {len(findings)} 项发现 / findings")
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise SystemExit(1)


@main.command()
@click.argument("process_id")
@click.option(
    "--var", "assignments", multiple=True, help="name=JSON value 变量, e.g. amount=12 or name='\"Li\"'."
)
@click.option("--version", "number", type=int, help="Version 版本; the latest if left out.")
def start(process_id: str, assignments: tuple[str, ...], number: int | None) -> None:
    """Start a process instance. 启动一个流程实例。"""
    variables = dict(_variable(assignment) for assignment in assignments)
    opened()
    with database.unit_of_work() as session:
        started = instances.start(
            session, process_id=process_id, variables=variables, by=None, version=number
        )
    click.echo(started.case_number or started.instance_key)


@main.command()
@click.argument("process_id")
@click.option("--version", "number", type=int, help="Version 版本; the latest if left out.")
@click.option(
    "--output", type=click.Path(path_type=Path), help="File to write 输出文件; the screen if left out."
)
def export(process_id: str, number: int | None, output: Path | None) -> None:
    """Write out a deployed diagram, byte for byte. 原样导出已部署的流程图。"""
    opened()
    with database.reading() as session:
        found = deployments.latest(session, process_id)
        if number is not None:
            versions = deployments.versions(session, process_id)
            matching = [definition for definition in versions if definition.version == number]
            if not matching:
                fail(f"{process_id}: 没有版本 {number} / there is no version {number}")
            found = matching[0]
    if output:
        output.write_bytes(found.xml)
    else:
        sys.stdout.buffer.write(found.xml)


def _load_handlers(paths: Sequence[Path]) -> None:
    from laneway.tasks.loader import load_handlers  # only checks of process folders need the handlers

    for path in paths:
        if path.is_dir():
            load_handlers(path)


def _variable(assignment: str) -> tuple[str, Any]:
    name, equals, text = assignment.partition("=")
    if not (name and equals):
        fail(f"--var {assignment}: 应为 名称=值 / say name=value")
    try:
        return name, json.loads(text)
    except json.JSONDecodeError:
        fail(f"--var {assignment}: 值应为 JSON / the value must be JSON, {name}='\"text\"'")


def _show_deployed(deployed: Deployed) -> None:
    for process in deployed.processes:
        state = "新版本 / new version" if process.is_new else "未变 / unchanged"
        click.echo(f"  {process.process_id} v{process.version}  {both(process.name)}  {state}")
        show_findings(process.warnings)
    counts = f"{len(deployed.decisions)} 个决策 / decisions, {len(deployed.forms)} 个表单 / forms"
    click.echo(f"  {counts}")
    of_processes = [finding for process in deployed.processes for finding in process.warnings]
    show_findings([finding for finding in deployed.findings if finding not in of_processes])


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {**asdict(finding), "message": finding.message._asdict()}


# -- people


@main.group()
def user() -> None:
    """People who may log in. 用户。"""


_password = click.option(
    "--password",
    prompt="密码 / password",
    hide_input=True,
    confirmation_prompt=True,
    help="Asked for if left out 不填则提示输入.",
)


@user.command("add")
@click.argument("username")
@click.option("--name-zh", default="", help="Name in Chinese 中文姓名.")
@click.option("--name-en", default="", help="Name in English 英文姓名.")
@click.option("--group", "groups", multiple=True, help="Group id 组; may be repeated.")
@click.option("--email", default="")
@click.option("--locale", type=click.Choice(["zh", "en"]), default="zh")
@_password
def user_add(
    username: str,
    name_zh: str,
    name_en: str,
    groups: tuple[str, ...],
    email: str,
    locale: str,
    password: str,
) -> None:
    """Add someone. 添加用户。"""
    opened()
    with database.unit_of_work() as session:
        organisation.add_default_groups(session)
        accounts.add_person(
            session,
            username=username,
            name=Text(name_zh or name_en or username, name_en or name_zh or username),
            password=password,
            groups=frozenset(groups),
            email=email,
            locale=locale,
        )
    click.echo(f"已添加 / added: {username}")


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON 输出 JSON.")
def user_list(as_json: bool) -> None:
    """List everyone. 列出用户。"""
    opened()
    with database.reading() as session:
        people = accounts.list_people(session)
    if as_json:
        rows = [
            {
                "username": account.person.username,
                "name": account.person.name._asdict(),
                "groups": sorted(account.person.groups),
                "is_active": account.is_active,
            }
            for account in people
        ]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for account in people:
        state = "" if account.is_active else "  已停用 / deactivated"
        groups = ", ".join(sorted(account.person.groups)) or "-"
        click.echo(f"{account.person.username:<16} {both(account.person.name):<24} {groups}{state}")


@user.command("password")
@click.argument("username")
@_password
def user_password(username: str, password: str) -> None:
    """Set a new password. 重设密码。"""
    opened()
    with database.unit_of_work() as session:
        accounts.set_password(session, username, password=password)
    click.echo(f"已重设 / set: {username}")


@user.command("calendar")
@click.argument("username")
@click.argument("code", default="")
def user_calendar(username: str, code: str) -> None:
    """Let someone work by a calendar of the records; without CODE, by our own. 设置工作日历。"""
    opened()
    with database.unit_of_work() as session:
        accounts.set_calendar(session, username, calendar=code)
    click.echo(f"已设置 / set: {username}")


@user.command("deactivate")
@click.argument("username")
def user_deactivate(username: str) -> None:
    """Let someone in no more; their name stays in the records. 停用用户。"""
    opened()
    with database.unit_of_work() as session:
        accounts.deactivate(session, username)
    click.echo(f"已停用 / deactivated: {username}")
