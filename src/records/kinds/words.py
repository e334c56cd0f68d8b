"""Words by which records are found: the same whatever the case, the accents, the width of signs or the language.

Chinese is not written with spaces, so each two neighbouring signs count as a word, and each single one too; a search
for any part of a Chinese name finds it. Other words are found by their beginning.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_RUN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[^\W_]+", re.UNICODE)
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LONGEST = 60
_MOST_WORDS = 200
# Letters that no accent makes: what people without them on their keyboard write.
_ALIKE = str.maketrans({"ß": "ss", "ı": "i", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe"})


def folded(text: str) -> str:
    """Text without case, accents and width."""
    plain = unicodedata.normalize("NFKD", text).casefold().translate(_ALIKE)
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def of_record(texts: Iterable[str]) -> set[str]:
    """The words that a record with these texts is found by."""
    found: set[str] = set()
    for text in texts:
        for run in _runs(text):
            if _HAN.match(run):
                found.update(run)
                found.update(run[at : at + 2] for at in range(len(run) - 1))
            else:
                found.add(run[:_LONGEST])
        if len(found) > _MOST_WORDS:
            break
    return found


def of_search(text: str) -> list[str]:
    """The words that a record must have, by their beginnings, to be found with this text."""
    found: list[str] = []
    for run in _runs(text):
        if _HAN.match(run) and len(run) > 1:
            found += [run[at : at + 2] for at in range(len(run) - 1)]
        else:
            found.append(run[:_LONGEST])
    return list(dict.fromkeys(found))[:8]


def _runs(text: str) -> list[str]:
    """Unbroken pieces; Chinese and other letters are never in one piece."""
    plain = folded(text)
    spaced = re.sub(r"([\u3400-\u9fff\uf900-\ufaff]+)", r" \1 ", plain)
    return _RUN.findall(spaced)
