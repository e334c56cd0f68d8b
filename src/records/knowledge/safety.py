"""Words that make a question an emergency (DOMAIN C090: leak, injury, bulging drum): data with owner and review date."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.engine.tables.department.parties import safety_word
from laneway.records.kinds import known, store, words
from laneway.records.kinds.declared import Field, Kind, Type
from laneway.words import Text

SIGNS = {
    "leak": Text("泄漏", "Leak"),
    "injury": Text("受伤或接触", "Injury or exposure"),
    "bulging": Text("鼓桶", "Bulging drum"),
    "fire": Text("起火或反应", "Fire or reaction"),
}

SAFETY_WORD = known.add(
    Kind(
        id="safety_word",
        name=Text("安全词", "Safety word"),
        plural=Text("安全词", "Safety words"),
        icon="flag",
        table=safety_word,
        code="word",
        title=("word", "word"),
        listed=("sign", "owner_group", "review_on"),
        searched=("word", "source"),
        sorted_by=("word",),
        filtered_by=("sign",),
        edited_by=frozenset({"hse", "complaint_lead", "cs_manager", "process_owner"}),
        fields=(
            Field(
                "word",
                Text("词", "Word"),
                is_required=True,
                shortest=2,
                longest=60,
                help=Text(
                    "文中含有即视为 S1，不分大小写", "A text that holds it counts as S1, in either case"
                ),
            ),
            Field("sign", Text("征兆", "Sign"), Type.CHOICE, is_required=True, options=SIGNS),
            Field("source", Text("出处", "Source"), is_required=True),
            Field("owner_group", Text("负责组", "Owner"), is_required=True, longest=120),
            Field("review_on", Text("复核日", "Review on"), Type.DATE, is_required=True),
        ),
    )
)


def found_in(session: Session, text: str) -> dict[str, list[str]]:
    """The safety words in a text by their sign. A word inside another one counts: rather once too often.

    Where no words are kept, those that are delivered count.
    """
    folded = words.folded(text)
    columns = safety_word.c
    kept = session.execute(select(columns.word, columns.sign).order_by(columns.word)).all()
    listed = [(row.word, row.sign) for row in kept] or [
        (word, sign) for sign, words_ in _delivered()["words"].items() for word in words_
    ]
    found: dict[str, list[str]] = {}
    for word, sign in listed:
        if words.folded(word) in folded:
            found.setdefault(sign, []).append(word)
    return found


def load(session: Session) -> None:
    """Bring the delivered words into the database, unless there are words already: their owners may have dropped some."""
    if session.scalar(select(safety_word.c.key).limit(1)) is None:
        told = _delivered()
        given = {name: told[name] for name in ("source", "owner_group", "review_on")}
        for sign, listed in told["words"].items():
            for word in listed:
                store.create(session, SAFETY_WORD, {**given, "word": word, "sign": sign}, by=None)


@cache
def _delivered() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("safety.toml").read_text("utf-8"))
