"""People, their groups, passwords and browser sessions."""

from __future__ import annotations

import hashlib
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.orm import Session

from laneway.engine import clock
from laneway.engine.model import Person
from laneway.engine.tables import membership, person_group, web_session
from laneway.engine.tables import person as person_table
from laneway.engine.working_calendars import Calendars
from laneway.errors import Conflict, Invalid, NotAllowed, NotFound
from laneway.words import Text

SESSION_HOURS = 12
_MIN_PASSWORD = 8
_MAX_PASSWORD = 1024
_FAILURES_ALLOWED = 10
_LOCKED_FOR = timedelta(minutes=5)

_hasher = PasswordHasher()
# One hash takes 64 MB; a burst of logins must not take the machine's memory.
_hashing = threading.BoundedSemaphore(4)


@dataclass(frozen=True)
class Group:
    """A candidate group and how many active people are in it."""

    group_id: str
    name: Text
    members: int


@dataclass(frozen=True)
class Account:
    """A person as the people list shows them."""

    person: Person
    is_active: bool
    created_at: datetime


@dataclass(frozen=True)
class OpenSession:
    """What the browser gets: `token` for the cookie (stored only as a hash), `csrf` for forms."""

    token: str
    csrf: str
    expires_at: datetime


@dataclass(frozen=True)
class SessionPerson:
    """The person of a running browser session and the token that their forms must carry."""

    person: Person
    csrf: str


class _Failures:
    """Counts wrong passwords by username in this process; ten in a row close the account for five minutes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, datetime]] = {}

    def is_locked(self, username: str) -> bool:
        with self._lock:
            count, last_at = self._counts.get(username, (0, clock.now()))
            return count >= _FAILURES_ALLOWED and clock.now() - last_at < _LOCKED_FOR

    def count(self, username: str) -> None:
        with self._lock:
            now = clock.now()
            # Guesses at ever new usernames must not fill the memory.
            self._counts = {name: row for name, row in self._counts.items() if now - row[1] < _LOCKED_FOR}
            self._counts[username] = (self._counts.get(username, (0, now))[0] + 1, now)

    def forget(self, username: str) -> None:
        with self._lock:
            self._counts.pop(username, None)


_failures = _Failures()


# -- people and groups


def add_group(session: Session, group_id: str, *, name: Text) -> None:
    """Add a candidate group, or give an existing one this name."""
    known = session.scalar(select(person_group.c.group_id).where(person_group.c.group_id == group_id))
    names = {"name_zh": name.zh, "name_en": name.en}
    if known:
        session.execute(update(person_group).where(person_group.c.group_id == group_id).values(names))
    else:
        session.execute(insert(person_group).values(group_id=group_id, **names))


def add_person(
    session: Session,
    *,
    username: str,
    name: Text,
    password: str | None = None,
    password_hash: str = "",
    groups: frozenset[str] = frozenset(),
    email: str = "",
    locale: str = "zh",
) -> Person:
    """Add someone who can log in; without a password they cannot until one is set.

    `password_hash`, made by `hash_password`, stands in for a password that need not be long (demonstration).
    Raises Invalid for a bad username, a short password or an unknown group, Conflict for a taken username.
    """
    if not username or len(username) > 120 or username != username.strip().lower():
        raise Invalid("username_invalid", username=username)
    if session.scalar(select(person_table.c.username).where(person_table.c.username == username)):
        raise Conflict("username_taken", username=username)
    known = set(session.scalars(select(person_group.c.group_id)))
    if unknown := sorted(groups - known):
        raise Invalid("group_unknown", groups=", ".join(unknown))
    session.execute(
        insert(person_table).values(
            username=username,
            name_zh=name.zh,
            name_en=name.en,
            email=email,
            locale=locale,
            password_hash=hash_password(_checked(password)) if password is not None else password_hash,
            is_active=True,
            created_at=clock.now(),
        )
    )
    if groups:
        rows = [{"username": username, "group_id": group} for group in sorted(groups)]
        session.execute(insert(membership), rows)
    return Person(username, name, groups, email, locale)


def set_password(session: Session, username: str, *, password: str) -> None:
    """Set a new password and end every session of this person.

    Raises NotFound, Invalid("password_too_short"), Invalid("password_too_long").
    """
    _change(session, username, password_hash=hash_password(_checked(password)))
    session.execute(delete(web_session).where(web_session.c.username == username))
    _failures.forget(username)


def set_locale(session: Session, username: str, *, locale: str) -> None:
    """Remember the language (`zh` or `en`) that this person reads. Raises NotFound, Invalid."""
    if locale not in ("zh", "en"):
        raise Invalid("locale_unknown", locale=locale)
    _change(session, username, locale=locale)


def set_calendar(session: Session, username: str, *, calendar: str) -> None:
    """Let this person work by the calendar with this code; an empty one is the organisation's.

    Mails about clocks wait until it opens. Raises NotFound, Invalid("calendar_unknown").
    """
    if calendar and Calendars(session).find(calendar) is None:
        raise Invalid("calendar_unknown", calendar=calendar)
    _change(session, username, calendar=calendar or None)


def deactivate(session: Session, username: str) -> None:
    """Keep the name in the records, but let this person in no more. Raises NotFound."""
    _change(session, username, is_active=False)
    session.execute(delete(web_session).where(web_session.c.username == username))


def person(session: Session, username: str) -> Person:
    """An active person with their groups. Raises NotFound."""
    row = session.execute(select(person_table).where(person_table.c.username == username)).one_or_none()
    if row is None or not row.is_active:
        raise NotFound("person_not_found", username=username)
    return _person(row, _groups_of(session, [username]).get(username, frozenset()))


def list_people(session: Session) -> list[Account]:
    """Everyone, deactivated people too, by username."""
    rows = session.execute(select(person_table).order_by(person_table.c.username)).all()
    groups = _groups_of(session, None)
    return [
        Account(_person(row, groups.get(row.username, frozenset())), row.is_active, row.created_at)
        for row in rows
    ]


def list_groups(session: Session) -> list[Group]:
    """Every group with the number of its active members, by id."""
    members: dict[str, int] = {}
    for account in list_people(session):
        for group_id in account.person.groups if account.is_active else ():
            members[group_id] = members.get(group_id, 0) + 1
    rows = session.execute(select(person_group).order_by(person_group.c.group_id))
    return [Group(row.group_id, Text(row.name_zh, row.name_en), members.get(row.group_id, 0)) for row in rows]


# -- logging in


def authenticate(session: Session, username: str, password: str) -> Person:
    """The person whose password this is.

    Unknown and deactivated people cost as much time as a wrong password, so that nobody learns who exists.
    Raises NotAllowed("login_failed"), or NotAllowed("login_locked") after ten failures in a row, for a while.
    """
    username = username.strip().lower()
    if _failures.is_locked(username):
        raise NotAllowed("login_locked", minutes=int(_LOCKED_FOR.total_seconds() // 60))
    row = session.execute(select(person_table).where(person_table.c.username == username)).one_or_none()
    may_enter = row is not None and row.is_active and bool(row.password_hash)
    stored = row.password_hash if row is not None and may_enter else _nobodys_hash()
    if not (_verified.holds(stored, password) and may_enter):
        _failures.count(username)
        raise NotAllowed("login_failed")
    _failures.forget(username)
    return person(session, username)


def open_session(session: Session, username: str, *, hours: float = SESSION_HOURS) -> OpenSession:
    """Start a browser session of `hours`; call it on every login, so that no older token stays in use.

    Sessions that are over are removed on the way.
    """
    expire_sessions(session)
    opened = OpenSession(
        secrets.token_urlsafe(32), secrets.token_urlsafe(32), clock.now() + timedelta(hours=hours)
    )
    session.execute(
        insert(web_session).values(
            token_hash=_token_hash(opened.token),
            username=username,
            csrf_token=opened.csrf,
            created_at=clock.now(),
            expires_at=opened.expires_at,
        )
    )
    return opened


def session_person(session: Session, token: str) -> SessionPerson | None:
    """The person of a session token; None when it is unknown, has expired or the person was deactivated."""
    row = session.execute(
        select(person_table, web_session.c.csrf_token)
        .join(web_session, web_session.c.username == person_table.c.username)
        .where(web_session.c.token_hash == _token_hash(token))
        .where(web_session.c.expires_at > clock.now(), person_table.c.is_active)
    ).one_or_none()
    if row is None:
        return None
    groups = _groups_of(session, [row.username]).get(row.username, frozenset())
    return SessionPerson(_person(row, groups), row.csrf_token)


def close_session(session: Session, token: str) -> None:
    """Log out: the token is worth nothing afterwards."""
    session.execute(delete(web_session).where(web_session.c.token_hash == _token_hash(token)))


def expire_sessions(session: Session) -> int:
    """Remove the sessions that are over; returns how many."""
    over = list(
        session.scalars(select(web_session.c.token_hash).where(web_session.c.expires_at <= clock.now()))
    )
    session.execute(delete(web_session).where(web_session.c.token_hash.in_(over)))
    return len(over)


# -- below


def _change(session: Session, username: str, **values: Any) -> None:
    if not session.scalar(select(person_table.c.username).where(person_table.c.username == username)):
        raise NotFound("person_not_found", username=username)
    session.execute(update(person_table).where(person_table.c.username == username).values(**values))


def _groups_of(session: Session, usernames: list[str] | None) -> dict[str, frozenset[str]]:
    query: Select[Any] = select(membership.c.username, membership.c.group_id)
    if usernames is not None:
        query = query.where(membership.c.username.in_(usernames))
    groups: dict[str, set[str]] = {}
    for username, group_id in session.execute(query):
        groups.setdefault(username, set()).add(group_id)
    return {username: frozenset(ids) for username, ids in groups.items()}


def _person(row: Any, groups: frozenset[str]) -> Person:
    return Person(row.username, Text(row.name_zh, row.name_en), groups, row.email, row.locale)


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _checked(password: str) -> str:
    if len(password) < _MIN_PASSWORD:
        raise Invalid("password_too_short", least=_MIN_PASSWORD)
    if len(password) > _MAX_PASSWORD:
        raise Invalid("password_too_long", most=_MAX_PASSWORD)
    return password


def hash_password(password: str) -> str:
    """An argon2id hash, as `add_person` and the person table keep it."""
    with _hashing:
        return _hasher.hash(password)


@cache
def _nobodys_hash() -> str:
    return hash_password(secrets.token_hex())


class _Verified:
    """Checks passwords, and remembers in this process what was right.

    Programs send their password with every request; hashing it each time would take a quarter of a second.
    Only a keyed digest of stored hash and password is kept, so a changed password is forgotten by itself.
    """

    def __init__(self, limit: int = 1000) -> None:
        self._key = secrets.token_bytes(32)
        self._known: dict[bytes, None] = {}
        self._limit = limit

    def holds(self, password_hash: str, password: str) -> bool:
        if len(password) > _MAX_PASSWORD:
            return False
        text = f"{password_hash}\0{password}".encode()
        digest = hashlib.blake2b(text, key=self._key).digest()
        if digest in self._known:
            return True
        with _hashing:
            try:
                _hasher.verify(password_hash, password)
            except (VerificationError, InvalidHashError):
                return False
        if len(self._known) >= self._limit:
            self._known.clear()
        self._known[digest] = None
        return True


_verified = _Verified()
