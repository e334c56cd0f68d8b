"""The middle of the parser: literals, lists, contexts, ranges, functions, loops and calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from laneway.engine.feel.errors import FeelSyntaxError
from laneway.engine.feel.iso import parse_any
from laneway.engine.feel.names import Names
from laneway.engine.feel.reader import KEYWORDS, STOP, Node, Reader, node


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
            return node(token.pos, "num", token.value)
        if token.kind == "str":
            self.i += 1
            return node(token.pos, "const", token.value)
        if token.kind == "quoted":  # Camunda's way to write a name with blanks or operators in it
            self.i += 1
            return node(token.pos, "name", token.value)
        if token.kind == "word":
            if token.text in STOP:
                self.fail()
            if token.text in KEYWORDS:
                self.i += 1
                return self._keyword(token.text, token.pos)
            return node(token.pos, "name", self.name())
        opened: dict[str, Callable[[int], Node]] = {
            "(": self._paren,
            "[": self._bracket,
            "]": self._open_range,
            "{": self._context,
            "@": self._at_literal,
        }
        if token.kind != "op" or token.text not in opened:
            self.fail()
        self.i += 1
        return opened[token.text](token.pos)

    def _keyword(self, word: str, pos: int) -> Node:
        if word == "if":
            return self._if(pos)
        if word == "for":
            return self._for(pos)
        if word == "function":
            return self._function(pos)
        if word in ("some", "every"):
            return self._quantified(word, pos)
        return node(pos, "const", {"true": True, "false": False, "null": None}[word])

    def _at_literal(self, pos: int) -> Node:
        token = self.tok
        if token.kind != "str":
            self.fail("expected a string after @, found", "@ 后应为字符串，实际为")
        self.i += 1
        return node(pos, "at", parse_any(token.value), token.value)

    # ranges, lists, contexts

    def _half_open(self) -> Node | None:
        """A range such as `> 5` inside brackets, or None when there is none."""
        if self.at_comparison() and self.tok.text != "!=":
            test = self.test()
            return node(test.pos, "half", *test[1:])
        return None

    def _paren(self, pos: int) -> Node:
        half = self._half_open()
        if half:
            self.need(")")
            return half
        inner = self.expression()
        if self.take(".."):
            return self._range_end(pos, inner, False)
        self.need(")")
        # In a filter, [1] is a fixed position, and [(1)] is computed: the group keeps them apart.
        return node(pos, "group", inner) if inner[0] in ("name", "num") else inner

    def _bracket(self, pos: int) -> Node:
        if self.take("]"):
            return node(pos, "list", [])
        if self.at(".."):
            self.fail()
        first = self._half_open() or self.expression()
        if self.take(".."):
            return self._range_end(pos, first, True)
        items = [first]
        while self.take(","):
            items.append(self._half_open() or self.expression())
        self.need("]")
        return node(pos, "list", items)

    def _open_range(self, pos: int) -> Node:
        start = self.expression()
        self.need("..")
        return self._range_end(pos, start, False)

    def _range_end(self, pos: int, start: Node, included: bool) -> Node:
        saved, self.in_end = self.in_end, True
        end = self.additive()
        self.in_end = saved
        if self.take("]"):
            return node(pos, "range", start, end, included, True)
        if self.take(")") or self.take("["):
            return node(pos, "range", start, end, included, False)
        return self._fail_open_range()

    def _fail_open_range(self) -> NoReturn:
        self.fail("expected the end of a range, found", "此处应为区间的结束，实际为")

    def _context(self, pos: int) -> Node:
        entries: list[tuple[str, Node]] = []
        names = Names()
        with self.scope(names):
            if self.take("}"):
                return node(pos, "context", entries)
            while True:
                key = self.declared(":")
                self.need(":")
                entries.append((key, self.expression()))
                names.add(key)
                self.keys.add(key)
                if not self.take(","):
                    break
            self.need("}")
        return node(pos, "context", entries)

    # control

    def _if(self, pos: int) -> Node:
        cases = []
        while True:
            condition = self.expression()
            self.need("then")
            cases.append((condition, self.expression()))
            self.need("else")
            if not self.take("if"):
                return node(pos, "if", cases, self.expression())

    def _for(self, pos: int) -> Node:
        names = Names()
        with self.scope(names):
            loops = self._iterators(names)
            self.need("return")
            names.add("partial")
            return node(pos, "for", loops, self.expression())

    def _iterators(self, names: Names) -> list[tuple[str, Node]]:
        loops = []
        while True:
            variable = self.declared("in")
            self.need("in")
            source = self.expression()
            if self.take(".."):
                source = node(source.pos, "span", source, self.expression())
            loops.append((variable, source))
            names.add(variable)
            if not self.take(","):
                return loops

    def _quantified(self, kind: str, pos: int) -> Node:
        names = Names()
        with self.scope(names):
            loops = self._iterators(names)
            self.need("satisfies")
            return node(pos, kind, loops, self.expression())

    # functions

    def _function(self, pos: int) -> Node:
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
            return node(pos, "function", params, self.expression())

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
        return node(target.pos, "named" if named else "call", target, args)

    def _named_follows(self) -> bool:
        """Whether the arguments have names: everything up to the first colon can be one."""
        j = self.i
        while (token := self.tokens[j]).kind in ("word", "num", "quoted") or (
            token.kind == "op" and token.text in "+-*/.'"
        ):
            j += 1
        return j > self.i and self.tokens[j].text == ":" and self.tokens[self.i].text != "function"
