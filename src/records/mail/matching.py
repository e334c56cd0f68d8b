"""Which case a mail belongs to, and whether that may be believed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from laneway.engine import instances
from laneway.engine.model import OutgoingKind
from laneway.engine.tables import case_file, outgoing
from laneway.engine.tables.department.parties import party, party_mark
from laneway.records.mail.reading import Letter

NUMBER: Final = re.compile(r"(?<![A-Za-z0-9])([A-Z]{1,8}-\d{4}-\d{6,9})(?!\d)", re.IGNORECASE)
_OURS: Final = re.compile(r"([^@]{1,200})@")
_MOST: Final = 10


@dataclass(frozen=True)
class Match:
    """A case that a mail speaks of. `is_believed`: its sender has to do with the case, or answers a mail of ours."""

    number: str
    instance_key: int
    is_believed: bool


def case_of(session: Session, letter: Letter) -> Match | None:
    """The case that the mail continues.

    An id of a mail of ours proves it, as only those who got that mail know it. A number in subject or address can be
    guessed: it counts for whoever the case knows already, and else is a proposal for a person.
    """
    answered = _answered(session, letter.refers_to)
    if answered is not None:
        return Match(answered[0], answered[1], is_believed=True)
    found = numbers_in(letter)
    query = select(case_file.c.number, case_file.c.instance_key).where(case_file.c.number.in_(found))
    keys: dict[str, int] = {row.number: row.instance_key for row in session.execute(query)}
    known = [number for number in found if number in keys]
    if not known:
        return None
    number = known[0]
    return Match(number, keys[number], is_known_to(session, keys[number], letter.sender))


def numbers_in(letter: Letter) -> list[str]:
    """Numbers of cases in the subject, in tags of addresses and in ids that it refers to, in this order."""
    told = [letter.subject, *letter.recipients, *letter.refers_to]
    found = [number.upper() for text in told for number in NUMBER.findall(text)]
    return list(dict.fromkeys(found))[:_MOST]


def _answered(session: Session, ids: Sequence[str]) -> tuple[str, int] | None:
    """Number and instance of the case whose mail is answered, the nearest id first."""
    keys = [named[1] for one in ids if (named := _OURS.match(one))]
    if not keys:
        return None
    query = (
        select(outgoing.c.dedupe_key, case_file.c.number, case_file.c.instance_key)
        .join(case_file, case_file.c.number == outgoing.c.thread)
        .where(outgoing.c.dedupe_key.in_(keys), outgoing.c.kind == OutgoingKind.MAIL)
    )
    found = {row.dedupe_key: (row.number, row.instance_key) for row in session.execute(query)}
    return next((found[key] for key in keys if key in found), None)


def is_known_to(session: Session, instance_key: int, address: str) -> bool:
    """Whether an address is one that the case knows: of its contact, of its customer's record, or one it wrote to."""
    if not address:
        return False
    known = instances.variables(session, instance_key)
    if str(known.get("contact_email") or "").strip().lower() == address:
        return True
    number = select(case_file.c.number).where(case_file.c.instance_key == instance_key).scalar_subquery()
    written = select(outgoing.c.key).where(
        outgoing.c.thread == number, func.lower(outgoing.c.recipient) == address
    )
    if session.scalar(written.limit(1)) is not None:
        return True
    code = select(case_file.c.party_code).where(case_file.c.instance_key == instance_key).scalar_subquery()
    of_party = (
        select(party.c.key)
        .join(party_mark, party_mark.c.party_key == party.c.key)
        .where(party.c.code == code, party_mark.c.mark == "email", party_mark.c.value == address)
    )
    return session.scalar(of_party.limit(1)) is not None


def party_of(session: Session, address: str) -> str | None:
    """Code of the one customer with this address; None where there is none, or several, so that a person looks."""
    query = (
        select(party.c.code)
        .join(party_mark, party_mark.c.party_key == party.c.key)
        .where(party_mark.c.mark == "email", party_mark.c.value == address.casefold())
    )
    codes = session.scalars(query.limit(2)).all()
    return codes[0] if len(codes) == 1 else None
