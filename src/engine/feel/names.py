"""Names that a text may use, found as the longest run of tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from laneway.engine.feel.errors import FeelSyntaxError
from laneway.engine.feel.lexer import Token, name_key


class Names:
    """Known names, found by their first token. Names that cannot be written in FEEL are left out."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Make a name known."""
        try:
            key = name_key(name)
        except FeelSyntaxError:
            return
        if key:
            row = self._by_first.setdefault(key[0], [])
            if (key, name) not in row:
                row.append((key, name))
                row.sort(key=lambda entry: -len(entry[0]))

    def match(self, tokens: Sequence[Token], i: int) -> tuple[str, int] | None:
        """(name, number of tokens) of the longest known name at token i, or None."""
        for key, name in self._by_first.get(tokens[i].text, ()):
            n = len(key)
            if n == 1 or tuple(token.text for token in tokens[i : i + n]) == key:
                return name, n
        return None
