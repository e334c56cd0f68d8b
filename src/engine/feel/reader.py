"""The lower half of the parser: a cursor over tokens, names, declared names and types.

Names: a known name (of the scope, a built-in, a property) is matched as the longest run of tokens;
otherwise words that follow each other are joined ("Monthly Salary"), because two words in a row mean nothing
else in FEEL.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from laneway.engine.feel.errors import FeelSyntaxError
from laneway.engine.feel.lexer import Token, tidy, tokenize
from laneway.engine.feel.names import Names
from laneway.engine.feel.types import NAMED


class Node(tuple[Any, ...]):
    """A node of the syntax tree: its kind, then its parts. `compiler` has one method per kind.

    `pos` is the character (from 0) that messages about it show: its operator, else its beginning.
    """

    pos: int = 0


def node(pos: int, *parts: Any) -> Node:
    """A node at a position of the text."""
    made = Node(parts)
    made.pos = pos
    return made


STOP: Final = frozenset(
    ["and", "or", "in", "between", "instance", "then", "else", "return", "satisfies", "external"]
)
KEYWORDS: Final = STOP | {"if", "for", "some", "every", "function", "true", "false", "null"}
COMPARISONS: Final = frozenset(["=", "!=", "<", "<=", ">", ">="])
MAX_DEPTH: Final = 60
MAX_TEXT: Final = 100_000
_CLOSES_A_NAME: Final = frozenset("()[]{},")
_TYPE_NAMES: Final = Names(NAMED)


class Reader:
    """A cursor over the tokens of one text.

    `names` are those of the root scope, `members` those that may follow a dot.
    Raises `FeelSyntaxError` for a text that is too long or cannot be cut into tokens.
    """

    def __init__(self, text: str, names: Names, builtins: Names, members: Names | None = None) -> None:
        if len(text) > MAX_TEXT:
            raise FeelSyntaxError("the expression is too long", "表达式过长")
        self.text, self.tokens, self.i, self.depth = text, tokenize(text), 0, 0
        self.scopes = [builtins, names]
        self.members, self.keys = members or Names(), Names()

    # tokens

    @property
    def tok(self) -> Token:
        """The next token."""
        return self.tokens[self.i]

    def fail(self, en: str = "unexpected", zh: str = "此处不应出现") -> NoReturn:
        """Raise `FeelSyntaxError` with these words and the next token."""
        token = self.tok
        if token.kind == "end":
            raise FeelSyntaxError(f"{en} end of text", f"{zh} 文本末尾", token.pos)
        raise FeelSyntaxError(f"{en} {token.text!r}", f"{zh} {token.text!r}", token.pos)

    def at(self, text: str) -> bool:
        """Whether the next token is this operator or word."""
        token = self.tokens[self.i]
        return token.text == text and token.kind != "str"

    def take(self, text: str) -> bool:
        """Consume the token if it is there."""
        if self.at(text):
            self.i += 1
            return True
        return False

    def need(self, text: str) -> None:
        """Consume the token or fail."""
        if not self.take(text):
            self.fail(f"expected {text!r}, found", f"此处应为 {text!r}，实际为")

    def at_comparison(self) -> bool:
        """Whether the next token is a comparison operator."""
        return self.tok.kind == "op" and self.tok.text in COMPARISONS

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level of nesting; too many fail."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FeelSyntaxError("nested too deeply", "嵌套过深", self.tok.pos)
        yield
        self.depth -= 1

    @contextmanager
    def scope(self, names: Names) -> Iterator[None]:
        """More names for a part of the text."""
        self.scopes.append(names)
        yield
        self.scopes.pop()

    # names

    def name(self) -> str:
        """The longest known name here, or joined words; of equals the innermost."""
        best = None
        for scope in self.scopes:
            hit = scope.match(self.tokens, self.i)
            if hit and (best is None or hit[1] >= best[1]):
                best = hit
        return self._use(best)

    def member(self) -> str:
        """A name after a dot."""
        if self.tok.kind == "quoted":
            self.i += 1
            return str(self.tokens[self.i - 1].value)
        if self.tok.kind != "word":
            self.fail("expected a name, found", "此处应为名称，实际为")
        hits = [hit for names in (self.members, self.keys) if (hit := names.match(self.tokens, self.i))]
        return self._use(max(hits, key=lambda hit: hit[1], default=None))

    def _use(self, best: tuple[str, int] | None) -> str:
        words = 1
        while self.tokens[self.i + words].kind == "word" and self.tokens[self.i + words].text not in STOP:
            words += 1
        if best is None or (best[1] < words and best[0] != "?"):
            first = self.tok
            self.i += words
            return tidy(self.text[first.pos : self.tokens[self.i - 1].end])
        self.i += best[1]
        return best[0]

    def declared(self, *stops: str) -> str:
        """A name that is being declared: everything up to one of the stop tokens."""
        start = self.i
        if self.tok.kind == "quoted" or (self.tok.kind == "str" and ":" in stops):
            self.i += 1
            return str(self.tokens[start].value)
        if self.tok.kind not in ("word", "op") or self.tok.text in _CLOSES_A_NAME:
            self.fail("expected a name, found", "此处应为名称，实际为")
        while self.tok.kind != "end" and not (self.tok.text in stops and self.tok.kind != "str"):
            if self.tok.kind == "str" or self.tok.text in _CLOSES_A_NAME:
                self.fail()
            self.i += 1
        if self.i == start or (self.tokens[start].kind != "word" and ":" not in stops):
            self.fail("expected a name, found", "此处应为名称，实际为")
        return tidy(self.text[self.tokens[start].pos : self.tokens[self.i - 1].end])

    # types

    def type(self) -> Node:
        """A type text: ("named", name), ("of", base, type), ("ctx", fields) or ("fn", params, result)."""
        with self.deeper():
            base, pos = self.tok.text, self.tok.pos
            if base in ("list", "range", "context", "function") and self.tokens[self.i + 1].text == "<":
                self.i += 2
                return self._parameterised(base, pos)
            return self._named_type(pos)

    def _parameterised(self, base: str, pos: int) -> Node:
        if base == "context":
            return node(pos, "ctx", self._fields())
        if base == "function":
            params: list[Node] = []
            while not self.at(">"):
                params.append(self.type())
                if not self.take(","):
                    break
            self.need(">")
            self.need("->")
            return node(pos, "fn", params, self.type())
        inner = self.type()
        self.need(">")
        return node(pos, "of", base, inner)

    def _fields(self) -> list[tuple[str, Node]]:
        fields = []
        while True:
            key = self.declared(":")
            self.need(":")
            fields.append((key, self.type()))
            if not self.take(","):
                break
        self.need(">")
        return fields

    def _named_type(self, pos: int) -> Node:
        hit = _TYPE_NAMES.match(self.tokens, self.i)
        if hit:
            self.i += hit[1]
            if hit[0] != "Null" or not self.at("."):
                return node(pos, "named", hit[0])
        elif self.tok.kind != "word":
            self.fail("expected a type, found", "此处应为类型，实际为")
        start = self.i
        while (self.tok.kind == "word" and self.tok.text not in STOP) or (
            self.at(".") and self.tokens[self.i + 1].text != "."
        ):
            self.i += 1
        return node(pos, "named", tidy(self.text[self.tokens[start].pos : self.tokens[self.i - 1].end]))
