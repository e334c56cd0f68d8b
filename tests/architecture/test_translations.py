"""Every text of the product has its Chinese."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

WEB = Path(__file__).parents[2] / "src" / "web"
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]


def said() -> set[str]:
    """English messages in code and templates."""
    found = extract_from_dir(str(WEB), METHODS, keywords=KEYWORDS)
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def translated() -> dict[str, tuple[str, ...]]:
    """Chinese by English message, from every catalogue."""
    texts: dict[str, tuple[str, ...]] = {}
    for path in sorted((WEB / "translations" / "zh_CN").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="zh_CN"):
                if message.id:
                    first = message.id if isinstance(message.id, str) else message.id[0]
                    strings = message.string if isinstance(message.string, tuple) else (message.string,)
                    texts[first] = tuple(str(text) for text in strings)
    return texts


def test_every_message_has_its_chinese():
    texts = translated()
    assert sorted(message for message in said() if not any(texts.get(message, ()))) == []


def test_no_catalogue_keeps_what_nobody_says_any_more():
    assert sorted(set(translated()) - said()) == []


def test_translations_fill_in_the_same_values():
    placeholder = re.compile(r"%\((\w+)\)s|\{(\w+)\}")
    for english, chinese in translated().items():
        for text in chinese:
            assert set(placeholder.findall(text)) <= set(placeholder.findall(english)), english
