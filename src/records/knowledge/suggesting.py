"""Which articles may answer a question: ranked by the words that both have, rare ones before common ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from laneway.engine.tables.department.parties import knowledge_article
from laneway.engine.tables.department.records import record_word
from laneway.records.kinds import words
from laneway.records.knowledge.kinds import ARTICLE
from laneway.words import Text

_MOST_WORDS = 200
_LEAST = 0.2
"""Of the words of a question, weighed by how rare they are, an article has at least this part."""


@dataclass(frozen=True)
class Suggestion:
    """An article for a question. `score`, from 0 to 1, is how much of the question stands in it."""

    code: str
    title: Text
    text: Text
    score: float


def suggest(session: Session, question: str, *, limit: int = 3) -> list[Suggestion]:
    """The articles that fit a question best; none for words that stand in no article."""
    # A single Chinese sign and a short Latin word stand in every other text; pairs and longer words tell.
    found = words.of_record([question])
    asked = sorted(word for word in found if len(word) > (2 if word.isascii() else 1))[:_MOST_WORDS]
    columns = record_word.c
    known = (columns.kind == ARTICLE.id) & columns.word.in_(asked)
    rows = session.execute(select(columns.word, columns.record_key).where(known)).all()
    if not rows:
        return []
    total = session.scalar(select(func.count()).select_from(knowledge_article)) or 1
    having: dict[str, set[int]] = {}
    for row in rows:
        having.setdefault(row.word, set()).add(row.record_key)
    weight = {word: math.log(1 + total / len(keys)) for word, keys in having.items()}
    whole = sum(weight.values())
    scores: dict[int, float] = {}
    for word, keys in having.items():
        for key in keys:
            scores[key] = scores.get(key, 0) + weight[word] / whole
    best = sorted(scores, key=lambda key: (-scores[key], key))
    return _read(session, {key: scores[key] for key in best[:limit] if scores[key] >= _LEAST})


def _read(session: Session, scores: dict[int, float]) -> list[Suggestion]:
    columns = knowledge_article.c
    query = select(knowledge_article).where(columns.key.in_(scores))
    rows = {row.key: row for row in session.execute(query)}
    return [
        Suggestion(
            rows[key].code,
            Text(rows[key].title_zh, rows[key].title_en),
            Text(rows[key].text_zh, rows[key].text_en),
            round(score, 2),
        )
        for key, score in scores.items()
    ]
