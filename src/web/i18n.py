"""Both languages: English is the message id, Chinese comes from the catalogues in translations/zh_CN.

Numbers, days and lengths of time are written as UI rules want them: 11 月 23 日 11:20, 23 Nov, 11:20, 2 小时 10 分.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from flask import Flask, current_app, g, has_request_context, request
from markupsafe import Markup

from laneway.engine import clock
from laneway.words import Text

LOCALES = ("zh", "en")
COOKIE = "laneway_locale"
CATALOGUES = Path(__file__).parent / "translations" / "zh_CN"

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def register(app: Flask, *, time_zone: str) -> None:
    """Give the templates `_`, `ngettext` and the formats, and let times be told in `time_zone` (IANA name)."""
    app.config["TIME_ZONE"] = ZoneInfo(time_zone)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    # The extension of Jinja brings this method; its type hints do not know of it.
    install: Any = getattr(app.jinja_env, "install_gettext_callables")  # noqa: B009 - see above
    install(_translate, _translate_plural, newstyle=True)
    app.jinja_env.filters.update(
        moment=moment,
        second=second,
        day=day,
        pick=pick,
        instant=instant,
        written=written,
        milliseconds=milliseconds,
    )


def locale() -> str:
    """`zh` or `en`: what the person chose, else the cookie of the login page, else what the browser asks for."""
    if not has_request_context():
        return "zh"
    if "locale" not in g:
        g.locale = _locale_of_request()
    chosen: str = g.locale
    return chosen


def _locale_of_request() -> str:
    person = g.get("person")
    if person is not None:
        return "en" if person.locale.startswith("en") else "zh"
    chosen = request.cookies.get(COOKIE, "")
    if chosen in LOCALES:
        return chosen
    return request.accept_languages.best_match(LOCALES) or "zh"


def _(message: str, **params: Any) -> str:
    """The message in the reader's language, with `%(name)s` filled in."""
    translated = _translate(message)
    return translated % params if params else translated


def ngettext(singular: str, plural: str, n: int, **params: Any) -> str:
    """The message for this number of things; `%(num)s` is the number."""
    return _translate_plural(singular, plural, n) % {"num": n, **params}


def N_(message: str) -> str:  # noqa: N802 - the name that catalogue tools look for
    """Mark a message that is translated later, with `_`, when the reader is known."""
    return message


def in_chinese(message: str) -> str:
    """The Chinese of a message, whoever reads; the message itself where there is none."""
    return _chinese().get(message, message)


def _translate(message: str) -> str:
    return _chinese().get(message, message) if locale() == "zh" else message


def _translate_plural(singular: str, plural: str, n: int) -> str:
    if locale() == "zh":
        return _chinese().get(singular, plural)
    return singular if n == 1 else plural


@cache
def _chinese() -> Mapping[str, str]:
    """Chinese by English, from every catalogue."""
    found: dict[str, str] = {}
    for path in sorted(CATALOGUES.glob("*.po")):
        with path.open("rb") as file:
            for entry in read_po(file, locale="zh_CN"):
                if not entry.id or not entry.string:
                    continue
                message = entry.id[0] if isinstance(entry.id, list | tuple) else entry.id
                text = entry.string[0] if isinstance(entry.string, list | tuple) else entry.string
                found[str(message)] = str(text)
    return found


# -- how things are written


def pick(text: Text | None) -> str:
    """A bilingual text in the reader's language."""
    return text.pick(locale()) if text is not None else ""


def zone() -> tzinfo:
    """The time zone in which times are told."""
    found: tzinfo = current_app.config["TIME_ZONE"]
    return found


def local(at: datetime) -> datetime:
    """An instant on the wall clock of the department."""
    return at.astimezone(zone())


def day_end(now: datetime) -> datetime:
    """The instant at which the reader's day ends."""
    start = local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return start + timedelta(days=1)


def instant(at: datetime) -> str:
    """An instant for machines, as attributes carry it."""
    return at.isoformat(timespec="seconds")


def moment(at: datetime) -> str:
    """A moment for people: the time alone today, otherwise with the day."""
    here = local(at)
    time = f"{here:%H:%M}"
    if here.date() == local(clock.now()).date():
        return time
    return f"{day(at)} {time}" if locale() == "zh" else f"{day(at)}, {time}"


def second(at: datetime) -> str:
    """A time of day for people, to the second."""
    return f"{local(at):%H:%M:%S}"


def day(at: datetime | date) -> str:
    """A day for people, with the year only when it is not this one."""
    here = local(at).date() if isinstance(at, datetime) else at
    other_year = here.year != local(clock.now()).year
    if locale() == "zh":
        written = f"{here.month} 月 {here.day} 日"
        return f"{here.year} 年 {written}" if other_year else written
    written = f"{here.day} {_MONTHS[here.month - 1]}"
    return f"{written} {here.year}" if other_year else written


def length(span: timedelta) -> str:
    """A length of time in two units at most, rounded down."""
    minutes = int(span.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return _("%(days)sd %(hours)sh", days=days, hours=hours) if hours else _("%(days)sd", days=days)
    if hours:
        return (
            _("%(hours)sh %(minutes)sm", hours=hours, minutes=minutes)
            if minutes
            else _("%(hours)sh", hours=hours)
        )
    return _("%(minutes)sm", minutes=minutes) if minutes else _("under 1m")


def milliseconds(microseconds: int | None) -> str:
    """A short time: 0.4 毫秒, 12 ms; a dash where it was not measured."""
    if microseconds is None:
        return "–"
    amount = microseconds / 1000
    return _("%(amount)s ms", amount=number(round(amount, 2 if amount < 1 else 1 if amount < 10 else None)))


def number(amount: float) -> str:
    """A number with separators, and no more decimals than it has."""
    return format_decimal(amount, locale="zh_CN" if locale() == "zh" else "en")


def written(content: Any) -> str:
    """A value as expressions write it, for those who draw them: texts as they are, all else as JSON."""
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def value(content: Any, options: Mapping[str, Text] | None = None) -> str | Markup:
    """A variable's value for people: options by their label, yes and no in words, numbers by locale."""
    if content is None or content == "" or content == []:
        return "–"
    if isinstance(content, bool):
        return _("Yes") if content else _("No")
    if content in ("yes", "no") and not options:
        return _("Yes") if content == "yes" else _("No")
    if options and isinstance(content, str) and content in options:
        return pick(options[content])
    if isinstance(content, int | float):
        return number(content)
    if isinstance(content, list):
        separator = "、" if locale() == "zh" else ", "
        return separator.join(str(value(part, options)) for part in content)
    if isinstance(content, dict):
        separator = "；" if locale() == "zh" else "; "
        return separator.join(f"{name}: {value(part)}" for name, part in content.items())
    return str(content)
