"""The names that texts may use, prepared once for all texts of a diagram."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from laneway.engine.feel.checks import spelling
from laneway.engine.feel.names import Names
from laneway.engine.feel.properties import WORDY
from laneway.engine.feel.types import Type

Variables = Mapping[str, Type | None]

_LOOKED_UP_AT_MOST: Final = 200
"""Unknown names that are compared with all known ones: a huge diagram must not hold the server up."""


class Vocabulary:
    """The variables of the root scope with their types; None when they are not known.

    With `is_open` there may be others as well, so that only a name that looks like a known one is told.
    """

    def __init__(self, variables: Variables | None, *, is_open: bool = False) -> None:
        self.variables, self.is_open = variables, is_open
        # The parser joins words by itself: it needs to be told of other names only.
        self.names = Names(name for name in variables or () if not name.isidentifier())
        members = sorted(name for name in _members(variables or {}) if not name.isidentifier())
        self.members = Names([*WORDY, *members])
        self._spellings = spelling.spellings(variables or ())
        self._found: dict[str, str | None] = {}

    def like(self, name: str, bound: Iterable[str]) -> str | None:
        """The variable that was probably meant; `bound` are names that are bound inside the text."""
        found = spelling.variable_like(name, spelling.spellings(bound), is_sure=self.is_open)
        if found is None and name not in self._found and len(self._found) < _LOOKED_UP_AT_MOST:
            self._found[name] = spelling.variable_like(name, self._spellings, is_sure=self.is_open)
        return found or self._found.get(name)


def _members(variables: Variables) -> set[str]:
    """All names of fields in the types, which may follow a dot."""
    found: set[str] = set()
    waiting = [ty for ty in variables.values() if ty is not None]
    seen: set[int] = set()
    while waiting:
        ty = waiting.pop()
        if id(ty) in seen:
            continue  # contexts share their parts, and an item definition may contain itself
        seen.add(id(ty))
        found.update(ty.fields or ())
        waiting += [*(ty.fields or {}).values(), *([ty.item] if ty.item else [])]
    return found
