"""What every page has: navigation by rights, theme and density, the clock, the forgery token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import g, render_template, request

from laneway.engine import access, clock, outbox
from laneway.engine.access import Action
from laneway.engine.database import reading
from laneway.engine.model import OutgoingState, Person
from laneway.engine.queries import inbox
from laneway.web import i18n
from laneway.web.i18n import N_
from laneway.words import Text


@dataclass(frozen=True)
class Place:
    """An entry of the navigation."""

    name: str
    icon: str
    label: str
    url: str


def places(person: Person) -> list[Place]:
    """Where this person may go, in the order of the rail."""
    all_places = (
        (access.is_staff(person), Place("inbox", "inbox", N_("Inbox"), "/inbox")),
        (access.may(person, Action.SEE_CASE), Place("cases", "case", N_("Cases"), "/cases")),
        (access.is_staff(person), Place("start", "plus", N_("Start"), "/start")),
        (access.may(person, Action.SEE_MAIL), Place("mail", "mail", N_("Mail"), "/mail")),
        (access.may(person, Action.SEE_BOARD), Place("board", "board", N_("Board"), "/board")),
        (access.may(person, Action.SEE_DISPATCH), Place("dispatch", "cal", N_("Dispatch"), "/dispatch")),
        (access.may(person, Action.SEE_RECORD), Place("records", "users", N_("Records"), "/records")),
        (access.may(person, Action.SEE_PROCESSES), Place("processes", "flow", N_("Processes"), "/processes")),
        (
            access.may(person, Action.SEE_PROCESSES),
            Place("decisions", "table", N_("Decisions"), "/decisions"),
        ),
        (access.may(person, Action.SEE_OUTBOX), Place("outbox", "send", N_("Outbox"), "/operations/outbox")),
        (access.may(person, Action.ADMIN_PEOPLE), Place("admin", "gear", N_("Admin"), "/admin")),
    )
    return [place for is_open, place in all_places if is_open]


def at_now() -> inbox.Moment:
    """Now, with the end of the reader's day."""
    now = clock.now()
    return inbox.Moment(now, i18n.day_end(now))


def page(template: str, *, nav: str, **values: Any) -> str:
    """A whole page. `nav` names the entry of the navigation that is current."""
    person: Person | None = g.get("person")
    if "counts" in values:
        counts: dict[inbox.View, int] = values.pop("counts")
    else:
        counts = _counts(person) if person is not None and access.is_staff(person) else {}
    return render_template(
        template,
        nav=nav,
        me=person,
        places=places(person) if person is not None else [],
        my_tasks=counts.get(inbox.View.MINE, 0),
        counts=counts,
        given_up_messages=_given_up(person),
        locale=i18n.locale(),
        csrf=g.get("csrf", ""),
        now=clock.now(),
        staleness=g.get("staleness"),
        theme=_choice("laneway_theme", ("light", "dark")),
        density=_choice("laneway_density", ("compact",)) or "comfortable",
        here=request.full_path.rstrip("?") if request.method == "GET" else "/",
        **values,
    )


def piece(template: str, **values: Any) -> str:
    """A part of a page that is swapped in."""
    return render_template(
        template, me=g.get("person"), locale=i18n.locale(), csrf=g.get("csrf", ""), now=clock.now(), **values
    )


def initials(name: Text, locale: str) -> str:
    """Two letters, or the family name's character, for a person's mark."""
    words = name.pick(locale).split()
    if not words:
        return "?"
    if words[0][0] > "\u2e80":
        return words[0][0]
    return "".join(word[0] for word in words[:2]).upper()


def _counts(person: Person) -> dict[inbox.View, int]:
    with reading() as session:
        return inbox.counts(session, person, at=at_now())


def _given_up(person: Person | None) -> int:
    if person is None or not access.may(person, Action.SEE_OUTBOX):
        return 0
    with reading() as session:
        return outbox.counts(session)[OutgoingState.FAILED]


def _choice(cookie: str, allowed: tuple[str, ...]) -> str:
    chosen = request.cookies.get(cookie, "")
    return chosen if chosen in allowed else ""
