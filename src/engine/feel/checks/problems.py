"""What checks of a text find, and how a place in it is shown."""

from __future__ import annotations

from typing import Final, NamedTuple

from laneway.words import Severity, Text

MARK: Final = "▸"
_AROUND: Final = 60
"""Characters that are shown before and after the place."""


class Problem(NamedTuple):
    """Something wrong with a text. `pos` is the character (from 0) of the text as it was given.

    An error can never give a value; a warning gives null, or something that is probably not meant.
    """

    code: str
    text: Text
    pos: int
    severity: Severity = Severity.ERROR


def marked(text: str, pos: int) -> str:
    """The text with a mark before the character at `pos`, in one line; of a long text only what is near."""
    start, end = max(0, pos - _AROUND), pos + _AROUND
    before, after = " ".join(text[start:pos].split("\n")), " ".join(text[pos:end].split("\n"))
    return f"{'…' * (start > 0)}{before}{MARK}{after}{'…' * (end < len(text))}"
