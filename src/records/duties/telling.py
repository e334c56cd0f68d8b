"""Mails about clocks, in the transaction that marks them: who has to hear of it hears of it once.

A mail waits until its recipient's working day begins, unless its clock runs round the clock.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from laneway.engine import clock, clock_alerts, history, outbox
from laneway.engine.calendars.hours import NeverOpen, next_opening
from laneway.engine.calendars.targets import ROUND_THE_CLOCK
from laneway.engine.clock_alerts import Alert
from laneway.engine.outbox import Mail
from laneway.engine.working_calendars import Calendars
from laneway.records.calendars.words import CLOCK_NAMES, target_in_words
from laneway.records.duties import recipients
from laneway.words import Text

_SUBJECTS = {
    clock_alerts.CALLED: Text("值班：{number} 须立即处理", "On call: {number} needs you now"),
    clock_alerts.WARNED: Text(
        "预警：{number} {clock}已用四分之三", "Warning: {number}, {clock} is at three quarters"
    ),
    clock_alerts.BREACHED: Text("超时：{number} {clock}", "Overdue: {number}, {clock}"),
    clock_alerts.ESCALATED: Text(
        "再次升级：{number} {clock}超时已达一半", "Second escalation: {number}, {clock} is half as much over"
    ),
}
_BODY = Text(
    "案件 {number}\n{title}\n客户：{customer}\n严重度：{severity}\n\n{clock}：{target}，到期 {due}（{zone}）\n",
    "Case {number}\n{title}\nCustomer: {customer}\nSeverity: {severity}\n\n{clock}: {target}, due {due} ({zone})\n",
)


def tell_due(session: Session, *, limit: int = 1) -> bool:
    """Mark what is due of up to `limit` clocks and write to whom it concerns; whether there was anything."""
    alerts = clock_alerts.fire_due(session, limit=limit)
    calendars = Calendars(session)
    for alert in alerts:
        session.info["clock_key"] = alert.instance_key
        notes = [_mail(session, calendars, alert, person) for person in recipients.of_alert(session, alert)]
        history.record_all(session, alert.instance_key, notes)
    return bool(alerts)


def _mail(session: Session, calendars: Calendars, alert: Alert, person: Any) -> Any:
    code = person.calendar or calendars.organisation()
    working = calendars.of(code)
    not_before = None
    if alert.calendar != ROUND_THE_CLOCK:
        try:
            not_before = next_opening(working, clock.now())
        except NeverOpen:  # better at night than not at all
            not_before = None
    words = {
        "number": alert.number,
        "title": alert.title,
        "customer": alert.customer,
        "severity": alert.severity,
        "clock": CLOCK_NAMES[alert.clock].pick(person.locale),
        "target": target_in_words(alert.target).pick(person.locale),
        "due": alert.due_at.astimezone(ZoneInfo(working.zone)).strftime("%Y-%m-%d %H:%M"),
        "zone": working.zone,
    }
    subject = _SUBJECTS[alert.stage].pick(person.locale).format(**words)
    mail = Mail(person.email, subject, _BODY.pick(person.locale).format(**words))
    due = int(alert.due_at.timestamp())  # a clock that is counted anew may be told of again
    parts = (alert.instance_key, alert.clock, alert.round, alert.stage, due, person.username)
    dedupe_key = "-".join(map(str, parts))
    return outbox.queue_mail(
        session, alert.instance_key, mail, dedupe_key=dedupe_key[:200], not_before=not_before
    )
