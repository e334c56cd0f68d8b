"""Everything that pages and errors say is there in both languages, and written as people write it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask, g

from laneway.engine.access import Action
from laneway.engine.model import Person
from laneway.errors import Conflict
from laneway.web import clocks, errors, i18n
from laneway.web.error_texts import RIGHTS, TEXTS
from laneway.web.i18n import CATALOGUES
from laneway.words import Text

SOURCE = Path(__file__).parents[2] / "src"
RAISED = {"NotFound", "NotAllowed", "Conflict", "Invalid", "Unavailable", "LanewayError"}
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]

Message = tuple[str, ...]
Speak = Callable[[str], None]


def messages_of_source() -> dict[Message, str]:
    """Every message that pages show (one text, or singular and plural), with the place of one use."""
    found = extract_from_dir(SOURCE / "web", method_map=METHODS)
    return {
        ((said,) if isinstance(said, str) else tuple(said)): f"{file}:{line}"
        for file, line, said, _comments, _context in found
    }


def chinese() -> dict[str, str]:
    known = {}
    for path in CATALOGUES.glob("*.po"):
        with path.open("rb") as file:
            for entry in read_po(file, locale="zh_CN"):
                key = entry.id if isinstance(entry.id, str) else entry.id[0]
                known[key] = entry.string if isinstance(entry.string, str) else entry.string[0]
    return known


def test_every_message_has_a_chinese_translation() -> None:
    known = chinese()

    assert {place: said for said, place in messages_of_source().items() if not known.get(said[0])} == {}


def test_no_translation_is_left_over() -> None:
    used = {said[0] for said in messages_of_source()}

    assert sorted(set(chinese()) - used - {""}) == []


def test_translations_fill_in_the_same_values() -> None:
    known = chinese()
    holes = re.compile(r"%\((\w+)\)s")

    for said in messages_of_source():
        assert set(holes.findall(said[-1])) == set(holes.findall(known[said[0]])), said


def error_codes() -> set[str]:
    """The code of every error that the source raises by name."""
    codes = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
                continue
            first = node.args[0]
            if node.func.id in RAISED and isinstance(first, ast.Constant) and isinstance(first.value, str):
                codes.add(first.value)
    return codes


def test_every_error_code_has_words() -> None:
    assert sorted(error_codes() - set(TEXTS)) == []


def test_every_denied_action_has_words() -> None:
    assert set(RIGHTS) == {f"not_allowed_{action}" for action in Action}


@pytest.fixture
def speak(app: Flask, frozen_clock: object) -> Iterator[Speak]:
    """Makes the reader's language that of the argument for the rest of the test."""
    context = app.test_request_context("/")
    context.push()

    def speak(language: str) -> None:
        g.pop("locale", None)
        g.person = Person("reader", Text("读者", "Reader"), locale=language)

    yield speak
    context.pop()


NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # 17:00 in Shanghai


@pytest.mark.parametrize(
    ("language", "at", "written"),
    [
        ("zh", NOW, "17:00"),
        ("en", NOW, "17:00"),
        ("zh", NOW + timedelta(days=1), "3 月 3 日 17:00"),
        ("en", NOW + timedelta(days=1), "3 Mar, 17:00"),
        ("zh", NOW - timedelta(days=90), "2025 年 12 月 2 日 17:00"),
        ("en", NOW - timedelta(days=90), "2 Dec 2025, 17:00"),
    ],
)
def test_moments_are_written_as_people_write_them(
    speak: Speak, language: str, at: datetime, written: str
) -> None:
    speak(language)

    assert i18n.moment(at) == written


@pytest.mark.parametrize(
    ("hours_left", "state", "zh", "en"),
    [
        (20.8, "ok", "20 小时 48 分", "20h 48m"),
        (0.8, "risk", "48 分", "48m"),
        (-2.17, "breach", "超 2 小时 10 分", "2h 10m over"),
        (27, "ok", "1 天 3 小时", "1d 3h"),
        (72, "ok", "3 月 5 日", "5 Mar"),
    ],
)
def test_clocks_say_how_much_time_is_left(
    speak: Speak, hours_left: float, state: str, zh: str, en: str
) -> None:
    due = NOW + timedelta(hours=hours_left)
    start = NOW - timedelta(hours=4)
    for language, text in (("zh", zh), ("en", en)):
        speak(language)
        clock = clocks.running(due, start)
        assert (clock.state, clock.text) == (state, text)


def test_an_error_names_people_and_moments_and_not_keys(speak: Speak) -> None:
    conflict = Conflict("user_task_already_claimed", holder="mei", at=NOW)

    speak("en")
    assert errors.message(conflict) == "Mei claimed this task at 17:00."
    speak("zh")
    assert errors.message(conflict) == "梅 已在 17:00 认领此任务。"


def test_values_are_written_in_the_language_of_the_reader(speak: Speak) -> None:
    labels = {"exchange": Text("换货", "Exchange")}
    speak("zh")
    assert [i18n.value(one, labels) for one in (True, "exchange", 86400, ["exchange"], None)] == [
        "是",
        "换货",
        "86,400",
        "换货",
        "–",
    ]
