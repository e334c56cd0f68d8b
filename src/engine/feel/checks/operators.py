"""Checks what is written with operators: arithmetic, comparison, logic, and tests."""

from __future__ import annotations

from typing import Any, Final

from laneway.engine.feel.checks.base import WalkerBase, mentions
from laneway.engine.feel.checks.kinds import (
    BOOLEAN,
    DATE,
    DAYS,
    DURATIONS,
    MOMENT,
    MOMENTS,
    MONTHS,
    NULL,
    NUMBER,
    ORDERED,
    RANGE,
    STRING,
    TIME,
    arithmetic,
    is_known,
    word,
)
from laneway.engine.feel.reader import Node
from laneway.engine.feel.temporal import Date, DateTime, DayTimeDuration, MonthDuration, Time
from laneway.engine.feel.types import ANY, NAMED, Type

TYPES: Final[dict[type, Type]] = {
    bool: BOOLEAN,
    str: STRING,
    type(None): NULL,
    Date: DATE,
    Time: TIME,
    DateTime: MOMENT,
    DayTimeDuration: DAYS,
    MonthDuration: MONTHS,
}
"""The types of constants by their classes."""

_READERS: Final = {
    "number": "number",
    **{kind: kind for kind in MOMENTS},
    **dict.fromkeys(DURATIONS, "duration"),
}
"""Functions that read a text as a value of a kind."""


def conversion(a: Type, b: Type) -> tuple[str, str]:
    """How two kinds may be brought together, in Chinese and English; empty when nobody knows."""
    kinds = {a.base, b.base}
    if kinds == {"date", "date and time"}:
        return "：请用 date(…) 转换", ": convert with date(…)"
    if "list" in kinds and len(kinds) == 2:
        zh, en = (
            "请用 list contains(列表, 值)，或用 [1] 取出一项",
            "use list contains(list, value), or take one item with [1]",
        )
        return f"：{zh}", f": {en}"
    if "string" in kinds:
        return reading(next(iter(kinds - {"string"}), None))
    return "", ""


def reading(kind: str | None) -> tuple[str, str]:
    """How a text becomes a value of a kind, in Chinese and English; empty when it cannot."""
    if kind == "boolean":
        return "：true 和 false 不要加引号", ": write true and false without quotes"
    function = _READERS.get(str(kind))
    if function is None:
        return "", ""
    return f"：文本请用 {function}(…) 转换", f": convert the text with {function}(…)"


class OperatorWalker(WalkerBase):
    """Everything written with operators."""

    def _num(self, node: Node, value: Any) -> Type:
        return NUMBER

    def _const(self, node: Node, value: Any) -> Type:
        return TYPES.get(type(value), ANY)

    def _at(self, node: Node, value: Any, text: str) -> Type:
        if value is None:
            zh, en = f"“{text}”不是日期、时间或时长", f"“{text}” is no date, time or duration"
            self.warn("literal", node.pos, zh, en)
            return ANY
        return TYPES.get(type(value), ANY)

    def _group(self, node: Node, inner: Node) -> Type:
        return self.of(inner)

    def _neg(self, node: Node, inner: Node) -> Type:
        ty = self.of(inner)
        if is_known(ty) and ty.base != "number" and ty.base not in DURATIONS:
            kind = word(ty)
            self.warn("kinds", node.pos, f"{kind.zh}没有负值", f"a {kind.en} has no negative")
            return ANY
        return ty

    def _arith(self, node: Node, first: Node, rest: list[tuple[str, Node]]) -> Type:
        left = self.of(first)
        for symbol, operand in rest:
            right = self.of(operand)
            both = arithmetic(symbol, left, right)
            if both is None:
                self._tell_arithmetic(node.pos, symbol, left, right)
            left = both or ANY
        return left

    def _tell_arithmetic(self, pos: int, symbol: str, left: Type, right: Type) -> None:
        a, b = word(left), word(right)
        kinds = {left.base, right.base}
        zh, en = conversion(left, right) if len(kinds) > 1 else ("", "")
        if symbol == "+" and kinds == {"string", "number"}:
            zh, en = "：数字请用 string(…) 转为文本", ": turn the number into text with string(…)"
        elif symbol in "+-" and left.base in MOMENTS and right.base in ("string", "number"):
            zh, en = '：时长请写 duration("P1D")', ': write a duration such as duration("P1D")'
        self.warn(
            "kinds",
            pos,
            f"{a.zh} {symbol} {b.zh}没有值{zh}",
            f"{a.en} {symbol} {b.en} has no value{en}",
        )

    # comparison

    def compare(self, pos: int, symbol: str, left: Type, right: Type) -> None:
        """Note a comparison that is always null."""
        if symbol not in ("=", "!="):
            if NULL in (left, right):
                zh, en = (
                    "与空值比大小没有结果：请用 = null 或 != null",
                    "null has no order: use = null or != null",
                )
                self.warn("null_order", pos, zh, en)
                return
            for ty in (left, right):
                if is_known(ty) and ty.base not in ORDERED:
                    kind = word(ty)
                    zh, en = f"{kind.zh}不能比大小", f"a {kind.en} has no order"
                    self.warn("kinds", pos, zh, en)
                    return
        if is_known(left) and is_known(right) and left.base != right.base:
            self._tell_comparison(pos, left, right)

    def _tell_comparison(self, pos: int, left: Type, right: Type) -> None:
        a, b = word(left), word(right)
        zh, en = conversion(left, right)
        self.warn(
            "kinds",
            pos,
            f"比较{a.zh}和{b.zh}总是得空值{zh}",
            f"comparing a {a.en} with a {b.en} always gives null{en}",
        )

    def _cmp(self, node: Node, symbol: str, left: Node, right: Node) -> Type:
        self.compare(node.pos, symbol, self.of(left), self.of(right))
        return BOOLEAN

    def _between(self, node: Node, value: Node, low: Node, high: Node) -> Type:
        ty = self.of(value)
        for end in (low, high):
            self.compare(end.pos, "<=", ty, self.of(end))
        return BOOLEAN

    # logic

    def _and(self, node: Node, items: list[Node]) -> Type:
        return self._logic("and", items)

    def _or(self, node: Node, items: list[Node]) -> Type:
        return self._logic("or", items)

    def _logic(self, symbol: str, items: list[Node]) -> Type:
        for item in items:
            self.want_boolean(item, self.of(item), f"{symbol} 的条件", f"what “{symbol}” joins")
        return BOOLEAN

    # tests

    def _in(self, node: Node, value: Node, tests: list[Node]) -> Type:
        ty = self.of(value)
        for test in tests:
            if test[0] == "compare":
                self.compare(test.pos, test[1], ty, self.of(test[2]))
            else:
                self._match(test.pos, ty, self.of(test[1]))
        return BOOLEAN

    def _match(self, pos: int, value: Type, wanted: Type) -> None:
        """Note that a value can never be in, or equal to, the right side."""
        inner = wanted
        if wanted.base in ("range", "list"):
            inner = wanted.item or ANY
            if value.base == wanted.base or inner.base == "range":
                return
        if is_known(value) and is_known(inner) and value.base != inner.base:
            self._tell_comparison(pos, value, inner)

    def unary(self, node: Node, input_type: Type) -> Type:
        """Unary tests against an input of this type."""
        if node[0] != "any":
            with self.scope({"?": input_type}):
                for test in node[1]:
                    self._unary_test(test, input_type)
        return BOOLEAN

    def _unary_test(self, test: Node, input_type: Type) -> None:
        if test[0] == "compare":
            self.compare(test.pos, test[1], input_type, self.of(test[2]))
            return
        ty = self.of(test[1])
        if mentions(test[1], "?"):
            self.want_boolean(test[1], ty, "含 ? 的条件", "a test with ?")
        elif ty.base != "boolean" or test[1][0] == "const":
            self._match(test.pos, input_type, ty)

    # ranges and types

    def _range(self, node: Node, start: Node, end: Node, *included: bool) -> Type:
        low, high = self.of(start), self.of(end)
        if NULL not in (low, high):
            self.compare(end.pos, "<=", low, high)
        return Type("range", item=low if is_known(low) else high if is_known(high) else ANY)

    def _half(self, node: Node, symbol: str, end: Node) -> Type:
        ty = self.of(end)
        return Type("range", item=ty) if is_known(ty) else RANGE

    def _instance(self, node: Node, value: Node, type_node: Node) -> Type:
        self.of(value)
        self.known_type(type_node)
        return BOOLEAN

    def known_type(self, node: Node) -> Type:
        """The type of a type text; notes the names that nobody knows."""
        if node[0] == "named":
            found = NAMED.get(node[1]) or self.type_of(node[1])
            if found is None:
                zh, en = f"未知的类型“{node[1]}”", f"the type “{node[1]}” is unknown"
                self.warn("unknown_type", node.pos, zh, en)
            return found or ANY
        if node[0] == "of":
            return Type(node[1], item=self.known_type(node[2]))
        if node[0] == "ctx":
            return Type("context", fields={key: self.known_type(field) for key, field in node[1]})
        params = [self.known_type(param) for param in node[1]]
        return Type("function", params=params, item=self.known_type(node[2]))
