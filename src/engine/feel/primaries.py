"""The middle of the parser: literals, lists, contexts, ranges, functions, loops and calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from laneway.engine.feel.errors import FeelSyntaxError
from laneway.engine.feel.iso import parse_any
from laneway.engine.feel.names import Names
from laneway.engine.feel.reader import KEYWORDS, STOP, Node, Reader


class Primaries(Reader):
    """What an expression starts with; `parser.Parser` adds the operators."""

    in_end = False
    """Whether the end of a range is being read, where [ may close the range."""

    def expression(self) -> Node:
        """Any expression."""
        raise NotImplementedError

    def additive(self) -> Node:
        """An expression without comparisons and logic."""
        raise NotImplementedError

    def test(self) -> Node:
        """One positive unary test."""
        raise NotImplementedError

    def primary(self) -> Node:
        """A literal, a name, or whatever a keyword or bracket opens."""
        token = self.tok
        if token.kind == "num":
            self.i += 1
            return ("num", token.value)
        if token.kind == "str":
            self.i += 1
            return ("const", token.value)
        if token.kind == "word":
            if token.text in STOP:
                self.fail()
            if token.text in KEYWORDS:
                self.i += 1
                return self._keyword(token.text)
            return ("name", self.name())
        opened: dict[str, Callable[[], Node]] = {
            "(": self._paren,
            "[": self._bracket,
            "]": self._open_range,
            "{": self._context,
            "@": self._at_literal,
        }
        if token.kind != "op" or token.text not in opened:
            self.fail()
        self.i += 1
        return opened[token.text]()

    def _keyword(self, word: str) -> Node:
        if word == "if":
            return self._if()
        if word == "for":
            return self._for()
        if word == "function":
            return self._function()
        if word in ("some", "every"):
            return self._quantified(word)
        return ("const", {"true": True, "false": False, "null": None}[word])

    def _at_literal(self) -> Node:
        token = self.tok
        if token.kind != "str":
            self.fail("expected a string after @, found", "@ 后应为字符串，实际为")
        self.i += 1
        return ("at", parse_any(token.value), token.value)

    # ranges, lists, contexts

    def _half_open(self) -> Node | None:
        """A range such as `> 5` inside brackets, or None when there is none."""
        if self.at_comparison() and self.tok.text != "!=":
            _, operator, end = self.test()
            return ("half", operator, end)
        return None

    def _paren(self) -> Node:
        half = self._half_open()
        if half:
            self.need(")")
            return half
        node = self.expression()
        if self.take(".."):
            return self._range_end(node, False)
        self.need(")")
        # In a filter, [1] is a fixed position, and [(1)] is computed: the group keeps them apart.
        return ("group", node) if node[0] in ("name", "num") else node

    def _bracket(self) -> Node:
        if self.take("]"):
            return ("list", [])
        if self.at(".."):
            self.fail()
        first = self._half_open() or self.expression()
        if self.take(".."):
            return self._range_end(first, True)
        items = [first]
        while self.take(","):
            items.append(self._half_open() or self.expression())
        self.need("]")
        return ("list", items)

    def _open_range(self) -> Node:
        node = self.expression()
        self.need("..")
        return self._range_end(node, False)

    def _range_end(self, start: Node, included: bool) -> Node:
        saved, self.in_end = self.in_end, True
        end = self.additive()
        self.in_end = saved
        if self.take("]"):
            return ("range", start, end, included, True)
        if self.take(")") or self.take("["):
            return ("range", start, end, included, False)
        return self._fail_open_range()

    def _fail_open_range(self) -> NoReturn:
        self.fail("expected the end of a range, found", "此处应为区间的结束，实际为")

    def _context(self) -> Node:
        entries: list[tuple[str, Node]] = []
        names = Names()
        with self.scope(names):
            if self.take("}"):
                return ("context", entries)
            while True:
                key = self.declared(":")
                self.need(":")
                entries.append((key, self.expression()))
                names.add(key)
                self.keys.add(key)
                if not self.take(","):
                    break
            self.need("}")
        return ("context", entries)

    # control

    def _if(self) -> Node:
        cases = []
        while True:
            condition = self.expression()
            self.need("then")
            cases.append((condition, self.expression()))
            self.need("else")
            if not self.take("if"):
                return ("if", cases, self.expression())

    def _for(self) -> Node:
        names = Names()
        with self.scope(names):
            loops = self._iterators(names)
            self.need("return")
            names.add("partial")
            return ("for", loops, self.expression())

    def _iterators(self, names: Names) -> list[tuple[str, Node]]:
        loops = []
        while True:
            variable = self.declared("in")
            self.need("in")
            source = self.expression()
            if self.take(".."):
                source = ("span", source, self.expression())
            loops.append((variable, source))
            names.add(variable)
            if not self.take(","):
                return loops

    def _quantified(self, kind: str) -> Node:
        names = Names()
        with self.scope(names):
            loops = self._iterators(names)
            self.need("satisfies")
            return (kind, loops, self.expression())

    # functions

    def _function(self) -> Node:
        self.need("(")
        params, names = [], Names()
        while not self.at(")"):
            name = self.declared(":", ",", ")")
            params.append((name, self.type() if self.take(":") else None))
            names.add(name)
            if not self.take(","):
                break
        self.need(")")
        if self.at("external"):
            raise FeelSyntaxError("external functions are not supported", "不支持外部函数", self.tok.pos)
        with self.scope(names):
            return ("function", params, self.expression())

    def call(self, target: Node) -> Node:
        """The arguments in parentheses, by position or by name."""
        self.need("(")
        args: list[Node | tuple[str, Node]] = []
        named = self._named_follows()
        while not self.at(")"):
            if named:
                key = self.declared(":")
                self.need(":")
                args.append((key, self.expression()))
            else:
                args.append(self.expression())
            if not self.take(","):
                break
            if self.at(")"):
                self.fail()
        self.need(")")
        return ("named" if named else "call", target, args)

    def _named_follows(self) -> bool:
        """Whether the arguments have names: everything up to the first colon can be one."""
        j = self.i
        while (token := self.tokens[j]).kind in ("word", "num") or (
            token.kind == "op" and token.text in "+-*/.'"
        ):
            j += 1
        return j > self.i and self.tokens[j].text == ":" and self.tokens[self.i].text != "function"
