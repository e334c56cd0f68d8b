"""The ground of the walk over a syntax tree: scopes, names, and noting what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from laneway.engine.feel.builtins import BUILTINS
from laneway.engine.feel.checks import spelling
from laneway.engine.feel.checks.kinds import FUNCTION, is_known, word
from laneway.engine.feel.checks.problems import Problem
from laneway.engine.feel.checks.texts import full_width, masked
from laneway.engine.feel.checks.vocabulary import Vocabulary
from laneway.engine.feel.reader import Node
from laneway.engine.feel.types import ANY, Type
from laneway.words import Severity, Text


@dataclass
class Scope:
    """Names bound inside the text. An open one may hold others as well: the members of a filtered item."""

    names: dict[str, Type] = field(default_factory=dict)
    is_open: bool = False


def no_type(name: str) -> Type | None:
    """Finds no item definition."""
    return None


class WalkerBase:
    """Gives the type of each node by one method per kind, named `_<kind>`, and notes problems on the way.

    `vocabulary` are the names of the root scope. Without `tells` only types are asked for.
    """

    def __init__(
        self, text: str, vocabulary: Vocabulary, type_of: Callable[[str], Type | None], *, tells: bool = True
    ) -> None:
        self.text, self.masked = text, masked(text)
        self.vocabulary, self.type_of = vocabulary, type_of
        self.variables, self.tells = vocabulary.variables, tells
        self.problems: list[Problem] = []
        self.scopes: list[Scope] = []

    def of(self, node: Node) -> Type:
        """The type of a node."""
        found: Type = getattr(self, "_" + node[0])(node, *node[1:])
        return found

    def warn(self, code: str, pos: int, zh: str, en: str) -> None:
        """Note something that gives null or is probably not meant."""
        self.problems.append(Problem(code, Text(zh, en), pos, Severity.WARNING))

    def refuse(self, code: str, pos: int, zh: str, en: str) -> None:
        """Note something that can never work."""
        self.problems.append(Problem(code, Text(zh, en), pos))

    @contextmanager
    def scope(self, names: dict[str, Type], *, is_open: bool = False) -> Iterator[dict[str, Type]]:
        """More names for a part of the text."""
        self.scopes.append(Scope(names, is_open))
        yield names
        self.scopes.pop()

    # names

    def look_up(self, name: str) -> tuple[Type | None, bool]:
        """(type of the name, whether an item's member might hide it); no type when the name is not bound."""
        is_hidden = False
        for scope in reversed(self.scopes):
            if name in scope.names:
                return (ANY if is_hidden else scope.names[name]), is_hidden
            is_hidden = is_hidden or scope.is_open
        if self.variables is not None and name in self.variables:
            return (ANY if is_hidden else self.variables[name] or ANY), is_hidden
        return None, is_hidden

    def _name(self, node: Node, name: str) -> Type:
        found, is_hidden = self.look_up(name)
        if found is not None:
            return found
        if name in BUILTINS:
            return ANY if is_hidden else FUNCTION
        if self.tells and not (
            name == "?" or self.is_full_width(node.pos, name) or is_hidden or self.variables is None
        ):
            self._tell_unknown(node.pos, name)
        return ANY

    def is_full_width(self, pos: int, name: str) -> bool:
        """Note a name that is one only because of full-width signs; whether it is."""
        hint = full_width(name)
        if hint is not None:
            at = self.masked.find(name[hint.pos], pos)
            place = pos if at < 0 else at
            self.problems.append(Problem("full_width", hint.text, place, Severity.WARNING))
        return hint is not None

    def bound(self) -> list[str]:
        """The names that are bound inside the text, here."""
        return [name for scope in self.scopes for name in scope.names]

    def _tell_unknown(self, pos: int, name: str) -> None:
        words = spelling.joined_words(name)
        if words is not None:
            zh = f"“{name}”会被当作一个名称：“{words[0]}”请改写为 {words[1]}"
            en = f"“{name}” is taken for one name: write {words[1]} instead of “{words[0]}”"
            self.warn("unknown_variable", pos, zh, en)
            return
        is_open = self.vocabulary.is_open
        meant = spelling.constant_like(name, is_sure=is_open) or self.vocabulary.like(name, self.bound())
        if meant is None and is_open:
            return
        zh, en = spelling.did_you_mean(meant)
        self.warn("unknown_variable", pos, f"没有变量“{name}”{zh}", f"there is no variable “{name}”{en}")

    # kinds

    def want_boolean(self, node: Node, ty: Type, zh: str, en: str) -> None:
        """Note that a condition is of another kind. The words name the condition."""
        if is_known(ty) and ty.base != "boolean":
            kind = word(ty)
            self.warn(
                "condition",
                node.pos,
                f"{zh}应为布尔值，实际为{kind.zh}",
                f"{en} should be a boolean, but is a {kind.en}",
            )


def parts(node: Any) -> Iterator[Node]:
    """The nodes directly inside a node."""
    for part in node:
        if isinstance(part, Node):
            yield part
        elif isinstance(part, tuple | list):
            yield from parts(part)


def mentions(node: Node, name: str) -> bool:
    """Whether a text uses a name."""
    return node[:2] == ("name", name) or any(mentions(part, name) for part in parts(node))
