"""Recursive-descent parser of FEEL (DMN 1.5, 10.3.1.2): one method per level of precedence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from laneway.engine.feel.lexer import Token
from laneway.engine.feel.names import Names
from laneway.engine.feel.primaries import Primaries
from laneway.engine.feel.reader import COMPARISONS, STOP, Node, node

_BRACKETS: Final = "()[]{}"
_BEFORE_A_TEST: Final = frozenset("(,[{") | {"in"}


class Parser(Primaries):
    """One pass over one text: call `expression_only` or `unary_tests_only`; both raise `FeelSyntaxError`."""

    def expression_only(self) -> Node:
        """A whole text as an expression."""
        return self._whole(self.expression)

    def unary_tests_only(self) -> Node:
        """A whole text as unary tests: ("any",), ("not", tests) or ("tests", tests)."""
        return self._whole(self._unary_tests)

    def _whole(self, part: Callable[[], Node]) -> Node:
        whole = part()
        if self.tok.kind != "end":
            self.fail()
        return whole

    # unary tests

    def _unary_tests(self) -> Node:
        if self.at("-") and self.tokens[self.i + 1].kind == "end":
            self.i += 1
            return node(0, "any")
        if self.at("not") and self.tokens[self.i + 1].text == "(" and self._closes_at_end(self.i + 1):
            self.i += 2
            tests = self._tests()
            self.need(")")
            return node(0, "not", tests)
        return node(0, "tests", self._tests())

    def _closes_at_end(self, i: int) -> bool:
        """Whether the parenthesis that opens at token i is closed by the last token.

        A range may open and close with different brackets: (1..5], ]1..5[.
        """
        opened: list[str] = []
        for j in range(i, len(self.tokens)):
            text, before = self.tokens[j].text, self.tokens[j - 1].text
            if self.tokens[j].kind != "op" or text not in _BRACKETS:
                continue
            closes_range = text == "[" and opened[-1:] == ["]"]
            opens_range = text == "]" and (before in _BEFORE_A_TEST or before in COMPARISONS)
            if opens_range or (text in "([{" and not closes_range):
                opened.append(text)
            else:
                opened.pop()
            if not opened:
                return self.tokens[j + 1].kind == "end"
        return False

    def _tests(self) -> list[Node]:
        out = [self.test()]
        while self.take(","):
            out.append(self.test())
        return out

    def test(self) -> Node:
        """One positive unary test: ("compare", operator, value) or ("value", expression)."""
        if self.at_comparison():
            operator = self._next()
            return node(operator.pos, "compare", operator.text, self.additive())
        return node(self.tok.pos, "value", self.expression())

    def _next(self) -> Token:
        token = self.tok
        self.i += 1
        return token

    # levels of precedence

    def expression(self) -> Node:
        """The lowest level: `or`."""
        with self.deeper():
            saved, self.in_end = self.in_end, False
            whole = self._chain("or", self._conjunction)
            self.in_end = saved
            return whole

    def _conjunction(self) -> Node:
        return self._chain("and", self._comparison)

    def _chain(self, word: str, part: Callable[[], Node]) -> Node:
        first = part()
        if not self.at(word):
            return first
        pos, items = self.tok.pos, [first]
        while self.take(word):
            items.append(part())
        return node(pos, word, items)

    def _comparison(self) -> Node:
        left = self.additive()
        while True:
            pos = self.tok.pos
            if self.at_comparison():
                left = node(pos, "cmp", self._next().text, left, self.additive())
            elif self.take("between"):
                low = self.additive()
                self.need("and")
                left = node(pos, "between", left, low, self.additive())
            elif self.take("in"):
                left = node(pos, "in", left, self._in_tests())
            else:
                return left

    def _in_tests(self) -> list[Node]:
        """The right side of `in`: one test or tests in parentheses."""
        if self.at("("):
            start = self.i
            self.i += 1
            tests = self._tests()
            if self.take(")") and not (self.tok.kind == "op" and self.tok.text in ".[*/+-**"):
                return tests
            self.i = start  # it was an expression that only begins with a parenthesis
        if self.at_comparison():
            return [self.test()]
        return [node(self.tok.pos, "value", self.additive())]

    def additive(self) -> Node:
        """Sums."""
        return self._operators(("+", "-"), self._multiplicative)

    def _multiplicative(self) -> Node:
        return self._operators(("*", "/"), self._power)

    def _power(self) -> Node:
        return self._operators(("**",), self._unary)

    def _operators(self, operators: tuple[str, ...], part: Callable[[], Node]) -> Node:
        first = part()
        pos, rest = self.tok.pos, []
        while self.tok.kind == "op" and self.tok.text in operators:
            operator = self._next().text
            rest.append((operator, part()))
        return node(pos, "arith", first, rest) if rest else first

    def _unary(self) -> Node:
        minus, pos = 0, self.tok.pos
        while self.take("-"):
            minus += 1
        operand = self._postfix(self.primary())
        if minus % 2:
            is_number = operand[0] == "num"
            operand = node(pos, "num", operand[1].copy_negate()) if is_number else node(pos, "neg", operand)
        elif minus:
            operand = node(pos, "neg", node(pos, "neg", operand))
        while self.at("instance"):
            pos = self._next().pos
            self.need("of")
            operand = node(pos, "instance", operand, self.type())
        return operand

    def _postfix(self, before: Node) -> Node:
        while self.tok.kind == "op":
            pos = self.tokens[self.i + 1].pos if self.at(".") else self.tok.pos
            if self.take("."):
                before = node(pos, "path", before, self.member())
            elif self.at("[") and not (self.in_end and self._closes_range()):
                self.i += 1
                with self.scope(Names(["item"])):
                    before = node(pos, "filter", before, self.expression())
                self.need("]")
            elif self.at("("):
                before = self.call(before)
            else:
                break
        return before

    def _closes_range(self) -> bool:
        """Whether `[` after the end of a range closes it (]1..10[) rather than opens a filter."""
        token = self.tokens[self.i + 1]
        return token.kind == "end" or token.text in ".,)]}=!=<=>=+-*/" or token.text in STOP
