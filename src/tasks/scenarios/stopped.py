"""Why a step of a story cannot be done."""

from __future__ import annotations

from laneway.words import Text


class Stopped(LookupError):
    """A step asks for what is not there, or a refusal did not come; `text` tells it in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.text = Text(zh, en)
