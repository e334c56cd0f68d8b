"""`laneway outbox`: what waits to leave or was given up, and sending it again."""

from __future__ import annotations

import json
from typing import Any

import click

from laneway.cli.words import fail, opened
from laneway.engine import database, outbox
from laneway.engine.model import OutgoingState

_STATES = {
    OutgoingState.QUEUED: "等待 / queued",
    OutgoingState.SENDING: "发送中 / being sent",
    OutgoingState.SENT: "已发送 / sent",
    OutgoingState.FAILED: "已放弃 / given up",
    OutgoingState.CANCELED: "不再发送 / not to be sent",
}
_OPEN = (OutgoingState.QUEUED, OutgoingState.SENDING, OutgoingState.FAILED)


@click.group("outbox")
def commands() -> None:
    """Mails and webhooks that leave. 发件箱：邮件与 Webhook。"""


@commands.command("list")
@click.option(
    "--state",
    type=click.Choice([state.value for state in OutgoingState], case_sensitive=False),
    help="Only these 只列此状态; what has not left if left out.",
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON 输出 JSON.")
def list_(state: str | None, limit: int, as_json: bool) -> None:
    """List messages, the newest first. 列出消息，最新在前。"""
    opened()
    states = _OPEN if state is None else (OutgoingState(state.upper()),)
    with database.reading() as session:
        rows = outbox.newest(session, states, limit=limit)
        counts = outbox.counts(session)
    if as_json:
        click.echo(json.dumps([_as_json(row) for row in rows], ensure_ascii=False))
        return
    for row in rows:
        why = f"  [{row.failure}] {row.error or ''}".rstrip() if row.failure else ""
        click.echo(
            f"{row.key}  {row.kind:<7}  {_STATES[row.state]}  {row.attempts}×  {row.recipient}  {row.subject}{why}"
        )
    waiting = counts[OutgoingState.QUEUED] + counts[OutgoingState.SENDING]
    given_up = counts[OutgoingState.FAILED]
    click.echo(f"{waiting} 条等待 / waiting, {given_up} 条已放弃 / given up")


@commands.command()
@click.argument("keys", nargs=-1, type=int)
@click.option("--failed", is_flag=True, help="Everything that was given up 所有已放弃的.")
@click.option("--reason", default="", help="Stays in the history of the case 记入案件历史.")
def resend(keys: tuple[int, ...], failed: bool, reason: str) -> None:
    """Let messages leave again, each with the same id. 再次发送，标识不变。"""
    if bool(keys) == failed:
        fail("请给出键，或用 --failed / give keys, or --failed")
    opened()
    if failed:
        with database.reading() as session:
            keys = tuple(row.key for row in outbox.newest(session, (OutgoingState.FAILED,), limit=None))
    for key in keys:
        # One message is one instance's, and so one transaction.
        with database.unit_of_work() as session:
            outbox.resend(session, key, by=None, reason=reason)
    click.echo(f"{len(keys)} 条将再次发送 / will be sent again")


def _as_json(row: Any) -> dict[str, Any]:
    return {
        "key": str(row.key),
        "kind": row.kind,
        "state": row.state,
        "message_id": row.dedupe_key,
        "recipient": row.recipient,
        "subject": row.subject,
        "attempts": row.attempts,
        "failure": row.failure,
        "error": row.error,
        "created_at": row.created_at.isoformat(),
        "next_attempt_at": row.not_before.isoformat() if row.state == OutgoingState.QUEUED else None,
        "sent_at": row.sent_at.isoformat() if row.sent_at else None,
    }
