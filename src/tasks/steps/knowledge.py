"""Job types for questions of customers: words of an emergency, and articles that may answer (DOMAIN C090)."""

from __future__ import annotations

from typing import Any, Final

from laneway.engine.database import reading
from laneway.records.knowledge import safety, suggesting
from laneway.tasks.registry import Job, handler

SAFETY_WORDS: Final = "laneway:find-safety-words"
SUGGEST: Final = "laneway:suggest-knowledge"


def install() -> None:
    """Serve the job types."""
    handler(SAFETY_WORDS)(find_safety_words)
    handler(SUGGEST)(suggest)


def find_safety_words(job: Job) -> dict[str, Any]:
    """Which safety words stand in `question`: `safety_words`, and `safety_signs` (leak, injury, bulging, fire)."""
    with reading() as session:
        found = safety.found_in(session, str(job.variables.get("question") or ""))
    return {
        "safety_words": [word for listed in found.values() for word in listed],
        "safety_signs": sorted(found),
    }


def suggest(job: Job) -> dict[str, Any]:
    """The articles that may answer `question`, the best first: `suggestions` with code, titles, texts and score.

    The header `limit` (3) is how many.
    """
    question, limit = str(job.variables.get("question") or ""), int(job.headers.get("limit") or 3)
    with reading() as session:
        found = suggesting.suggest(session, question, limit=limit)
    return {
        "suggestions": [
            {
                "code": one.code,
                "title_zh": one.title.zh,
                "title_en": one.title.en,
                "text_zh": one.text.zh,
                "text_en": one.text.en,
                "score": one.score,
            }
            for one in found
        ]
    }
