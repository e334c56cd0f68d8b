"""What can go wrong with FEEL beyond "the value is null": wrong texts and exceeded limits."""

from __future__ import annotations

from laneway.words import Text


class FeelError(Exception):
    """A FEEL text or value cannot be used. `text` tells it in both languages."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.text = Text(zh, en)


class FeelSyntaxError(FeelError):
    """The text is not FEEL. `pos` is the character offset, from 0."""

    def __init__(self, en: str, zh: str, pos: int = 0) -> None:
        super().__init__(en, zh)
        self.pos = pos


class FeelLimit(FeelError):
    """An evaluation went beyond its limits; it is stopped, there is no value."""


class FeelAssertion(FeelError):
    """An `assert` of the text does not hold, which its author wants to stop the work; there is no value."""
