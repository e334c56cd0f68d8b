"""Brings a mail into a case: its files, a line in the log, and word to whatever waits for it."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.engine import definitions, instances, messages
from laneway.engine.definitions import Definition
from laneway.engine.model import Person
from laneway.engine.tables import message_subscription, process_instance
from laneway.errors import Invalid, NotFound
from laneway.records.documents import attachments
from laneway.records.interactions import log
from laneway.records.mail.reading import Letter
from laneway.records.parties import starting

KIND: Final = "mail"
RECEIVED: Final = "mail.received"
"""The message that every mail of a case is, for diagrams that listen to all of them."""
_WAITS_SECONDS: Final = 60.0
_MARK: Final = "laneway:mail"
_NOTE: Final = "laneway:note"
_CHINESE: Final = range(0x4E00, 0xA000)


def keep(
    session: Session,
    root_key: int,
    letter: Letter,
    raw: bytes,
    *,
    mail_key: int,
    by: Person | None,
    mark: str = "",
) -> list[int]:
    """Put the mail and its files among the files of a case and a line into its log; returns the keys of the files.

    Files that a case does not take are named in the line. `mark` goes before the words of the line.
    """
    added: list[int] = []
    left_out: list[str] = []
    subject = letter.subject or "mail"
    for name, content in ((f"{subject[:80]}.eml", raw), *((one.name, one.content) for one in letter.files)):
        try:
            added.append(attachments.add(session, root_key, name, content, by, KIND, source_key=mail_key))
        except Invalid:
            left_out.append(name)
    words = [mark, letter.subject, "", letter.note or letter.text]
    if left_out:
        words += ["", f"[未保存的附件 · not kept: {', '.join(left_out)}]"]
    add_line(session, root_key, letter, "\n".join(words), mail_key=mail_key, by=by)
    return added


def add_line(
    session: Session, root_key: int, letter: Letter, text: str, *, mail_key: int, by: Person | None
) -> None:
    """A line in the log of the case, once for each mail."""
    contact = f"{letter.sender_name} <{letter.sender}>" if letter.sender_name else letter.sender
    entry = log.Entry(
        log.Kind.MAIL_IN,
        text.strip()[: log.LONGEST] or "–",
        log.Channel.MAIL,
        contact[:200],
        message_id=letter.message_id[:400] or None,
    )
    log.add(session, root_key, entry, by=by, source_key=mail_key)


def tell(session: Session, root_key: int, number: str, letter: Letter, *, mail_key: int) -> list[str]:
    """Publish the mail as the messages that the case waits for; returns their names.

    These are those of elements with the property `laneway:mail` = `reply`, and `mail.received`.
    """
    told = []
    columns = message_subscription.c
    query = (
        select(
            columns.message_name, columns.correlation_key, columns.element_id, columns.process_definition_key
        )
        .join(process_instance, process_instance.c.key == columns.instance_key)
        .where(process_instance.c.root_key == root_key)
    )
    for name, key, element_id, definition_key in session.execute(query).all():
        properties = _properties(definitions.load(session, definition_key), element_id)
        if properties.get(_MARK) != "reply" or name in told:
            continue
        variables = {properties[_NOTE]: letter.note} if _NOTE in properties else {}
        _publish(session, name, key, {**variables, "mail": summary(letter)}, mail_key)
        told.append(str(name))
    _publish(session, RECEIVED, number, {"mail": summary(letter)}, mail_key)
    return told


def _publish(session: Session, name: str, key: str | None, variables: dict[str, Any], mail_key: int) -> None:
    messages.publish(
        session,
        name=name,
        correlation_key=key,
        variables=variables,
        by=None,
        ttl_seconds=_WAITS_SECONDS,
        message_id=f"mail:{mail_key}",
    )


def _properties(definition: Definition, element_id: str) -> dict[str, str]:
    found = (node.properties for node in definition.process.level.everything() if node.id == element_id)
    return next(found, {})


def summary(letter: Letter) -> dict[str, Any]:
    """A mail as diagrams see it."""
    return {
        "from": letter.sender,
        "name": letter.sender_name,
        "subject": letter.subject,
        "text": letter.note,
        "files": [file.name for file in letter.files],
        "message_id": letter.message_id,
    }


def open_case(
    session: Session,
    process_id: str,
    letter: Letter,
    *,
    party_code: str | None,
    received_at: str,
    by: Person | None,
) -> tuple[int, str]:
    """Open a case of a process with a mail; returns the key of its instance and its number.

    It starts at the message start event with `laneway:mail` = `new`, else at the first that a message triggers, with
    what the customer's record and the mail say by the names that start forms use; `laneway:note` of the event names
    the variable that takes the words. Raises NotFound for a process that no message starts.
    """
    definition = definitions.load(session, definitions.find_process(session, process_id))
    starts = [
        node
        for node in definition.process.level.nodes.values()
        if node.type == "startEvent" and any(event.kind == "message" for event in node.events)
    ]
    if not starts:
        raise NotFound("process_starts_by_no_mail", process_id=process_id)
    start = next((node for node in starts if node.properties.get(_MARK) == "new"), starts[0])
    known: dict[str, Any] = {}
    if party_code is not None:
        record = starting.find(session, party_code)
        known = {**starting.values_for_form(record), "party": record.code}
    values = known | {
        "language": "zh" if _is_chinese(letter.subject + letter.note) else known.get("language", "en"),
        "reporter": letter.sender_name or known.get("reporter") or letter.sender,
        "contact_email": letter.sender,
        "subject": letter.subject[:80] or letter.note[:80],
        "channel": "email",
        "received_at": received_at,
        start.properties.get(_NOTE, "text"): letter.note[:10_000],
        "mail": summary(letter),
    }
    started = instances.start_by_event(session, process_id, start.id, variables=values, by=by)
    return started.instance_key, started.case_number or str(started.instance_key)


def _is_chinese(text: str) -> bool:
    return sum(ord(one) in _CHINESE for one in text) > 3


def starts_by_mail(session: Session, process_id: str) -> bool:
    """Whether a deployed process has a start event for messages."""
    try:
        definition = definitions.load(session, definitions.find_process(session, process_id))
    except NotFound:
        return False
    return any(
        node.type == "startEvent" and any(event.kind == "message" for event in node.events)
        for node in definition.process.level.nodes.values()
    )
