"""Checks calls: that there is such a function, and that its arguments fit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from laneway.engine.feel.builtins import BUILTINS
from laneway.engine.feel.checks import spelling
from laneway.engine.feel.checks.kinds import is_known, word
from laneway.engine.feel.checks.operators import TYPES, reading
from laneway.engine.feel.checks.results import result_of
from laneway.engine.feel.checks.structures import StructureWalker
from laneway.engine.feel.iso import parse_any
from laneway.engine.feel.reader import Node
from laneway.engine.feel.registry import Param, Signature
from laneway.engine.feel.temporal import Date, DateTime, DayTimeDuration, MonthDuration, Time
from laneway.engine.feel.types import ANY, Type
from laneway.engine.feel.values import Range
from laneway.words import Text

_DAY: Final = Date(2000, 1, 1)
_SAMPLES: Final[dict[str, Any]] = {
    "number": Decimal(1),
    "string": "",
    "boolean": True,
    "context": {},
    "function": BUILTINS["not"],
    "date": _DAY,
    "time": Time(0),
    "date and time": DateTime(_DAY, 0, 0),
    "range": Range(1, 2, True, True),
    "days and time duration": DayTimeDuration(1),
    "years and months duration": MonthDuration(1),
}
"""One value of each kind, to ask a parameter whether it would take it."""

_UNKNOWN: Final = object()


def _sample(ty: Type) -> Any:
    """A value of a type, or `_UNKNOWN`."""
    if ty.base != "list":
        return _SAMPLES.get(str(ty.base), _UNKNOWN)
    item = _sample(ty.item or ANY)
    return _UNKNOWN if item is _UNKNOWN else [item]


def _takes(signature: Signature, param: Param, ty: Type) -> bool:
    """Whether a parameter may take a value of this type; what is not known may fit."""
    value = _sample(ty)
    return value is _UNKNOWN or Signature([param], 0, signature.code).by_position([value]) is not None


def _param(signature: Signature, i: int) -> Param:
    return signature.params[min(i, len(signature.params) - 1)]


def _count_fits(signature: Signature, count: int) -> bool:
    is_many = bool(signature.params) and signature.params[-1].is_many
    return signature.required <= count and (count <= len(signature.params) or is_many)


def _shown(name: str, signatures: Sequence[Signature]) -> str:
    """How a built-in is called: its name and parameters, the optional ones with a question mark."""
    forms = []
    for signature in signatures:
        names = [
            p.name + ("…" if p.is_many else "?" if i >= signature.required or p.is_optional else "")
            for i, p in enumerate(signature.params)
        ]
        forms.append(f"{name}({', '.join(names)})")
    return " / ".join(dict.fromkeys(forms))


class Walker(StructureWalker):
    """The whole walk: `of` an expression, `unary` of tests."""

    def _call(self, node: Node, target: Node, args: list[Node]) -> Type:
        types = [self.of(arg) for arg in args]
        if target[0] != "name":
            return self._call_value(node, self.of(target), len(args))
        name = target[1]
        found, is_hidden = self.look_up(name)
        if found is not None:
            return self._call_variable(node, name, found, len(args))
        if name in BUILTINS:
            return self._by_position(node, name, args, types)
        self._tell_unknown_function(node.pos, name, is_hidden)
        return ANY

    def _named(self, node: Node, target: Node, args: list[tuple[str, Node]]) -> Type:
        types = [self.of(arg) for _, arg in args]
        if target[0] != "name":
            return self._call_value(node, self.of(target), None)
        name = target[1]
        found, is_hidden = self.look_up(name)
        if found is not None:
            return self._call_variable(node, name, found, None)
        if name in BUILTINS:
            return self._by_name(node, name, args, types)
        self._tell_unknown_function(node.pos, name, is_hidden)
        return ANY

    # what is called

    def _tell_unknown_function(self, pos: int, name: str, is_hidden: bool) -> None:
        if not self.tells or self.is_full_width(pos, name):
            return
        meant = spelling.function_like(name, self.bound())
        if meant is None and is_hidden:
            return
        zh, en = spelling.did_you_mean(meant)
        self.refuse("unknown_function", pos, f"没有函数“{name}”{zh}", f"there is no function “{name}”{en}")

    def _call_variable(self, node: Node, name: str, ty: Type, count: int | None) -> Type:
        if is_known(ty) and ty.base != "function" and name in BUILTINS:
            zh = f"变量“{name}”遮住了同名函数：请给变量改名"
            en = f"the variable “{name}” hides the function of that name: rename the variable"
            self.warn("hidden_function", node.pos, zh, en)
            return ANY
        return self._call_value(node, ty, count)

    def _call_value(self, node: Node, ty: Type, count: int | None) -> Type:
        if is_known(ty) and ty.base != "function":
            kind = word(ty)
            self.warn("kinds", node.pos, f"{kind.zh}不是函数", f"a {kind.en} is no function")
            return ANY
        if ty.params is not None and count is not None and len(ty.params) != count:
            wanted = len(ty.params)
            zh = f"函数需要 {wanted} 个参数，实际为 {count} 个"
            en = f"the number of arguments should be {wanted}, but is {count}"
            self.refuse("arguments", node.pos, zh, en)
        return (ty.item or ANY) if ty.base == "function" else ANY

    # built-in functions

    def _by_position(self, node: Node, name: str, args: list[Node], types: list[Type]) -> Type:
        every = BUILTINS[name].signatures
        fitting = [s for s in every if _count_fits(s, len(args))]
        if not fitting:
            shown = _shown(name, every)
            zh, en = f"{name} 的参数个数不对：应为 {shown}", f"wrong number of arguments: call it as {shown}"
            self.refuse("arguments", node.pos, zh, en)
            return result_of(name, types)
        if not any(all(_takes(s, _param(s, i), ty) for i, ty in enumerate(types)) for s in fitting):
            i = next(
                (i for i, ty in enumerate(types) if not any(_takes(s, _param(s, i), ty) for s in fitting)),
                None,
            )
            self._tell_argument(node if i is None else args[i], name, types[i or 0], fitting, i)
        if name == "not":
            self.want_boolean(args[0], types[0], "not(…) 的参数", "the argument of not(…)")
        return self._literal_result(name, args) or result_of(name, types)

    def _tell_argument(
        self, at: Node, name: str, ty: Type, signatures: Sequence[Signature], i: int | None
    ) -> None:
        shown = _shown(name, signatures)
        if i is None:
            zh, en = f"{name} 的参数类型不对：应为 {shown}", f"wrong kinds of arguments: call it as {shown}"
            self.warn("argument_kind", at.pos, zh, en)
            return
        kind, wanted = word(ty), _wanted(signatures, i)
        more = _turned_into(wanted, ty)
        param = _param(signatures[0], i).name
        self.warn(
            "argument_kind",
            at.pos,
            f"{name} 的参数“{param}”不能是{kind.zh}{more[0]}",
            f"“{param}” of {name} cannot be a {kind.en}{more[1]}",
        )

    def _by_name(self, node: Node, name: str, args: list[tuple[str, Node]], types: list[Type]) -> Type:
        every, given = BUILTINS[name].signatures, [key for key, _ in args]
        known = {p.name for s in every for p in s.params}
        shown = _shown(name, every)
        for key, arg in args:
            if key not in known:
                at = max(self.text.rfind(key, 0, arg.pos), node.pos)
                zh, en = spelling.did_you_mean(spelling.variable_like(key, spelling.spellings(known)))
                words = Text(
                    f"{name} 没有参数“{key}”{zh or f'：应为 {shown}'}",
                    f"{name} has no parameter “{key}”{en or f': call it as {shown}'}",
                )
                self.refuse("arguments", at, *words)
                return result_of(name, [])
        if len(set(given)) < len(given):
            self.refuse("arguments", node.pos, "有参数给了两次", "an argument is given twice")
        elif not any(_names_fit(s, given) for s in every):
            zh, en = f"{name} 缺少参数：应为 {shown}", f"an argument is missing: call it as {shown}"
            self.refuse("arguments", node.pos, zh, en)
        else:
            self._named_kinds(name, args, types)
        return result_of(name, [])

    def _named_kinds(self, name: str, args: list[tuple[str, Node]], types: list[Type]) -> None:
        fitting = [s for s in BUILTINS[name].signatures if _names_fit(s, [key for key, _ in args])]
        for (key, arg), ty in zip(args, types, strict=True):
            params = [(s, p) for s in fitting for p in s.params if p.name == key]
            if not any(_takes(s, p, ty) for s, p in params):
                kind = word(ty)
                zh, en = f"{name} 的参数“{key}”不能是{kind.zh}", f"“{key}” of {name} cannot be a {kind.en}"
                self.warn("argument_kind", arg.pos, zh, en)

    def _literal_result(self, name: str, args: list[Node]) -> Type | None:
        """The type of date("…"), time("…") and the like, whose text is told."""
        if len(args) != 1 or args[0][0] != "const" or not isinstance(args[0][1], str):
            return None
        if name == "duration":
            value = parse_any(args[0][1])
            if not isinstance(value, DayTimeDuration | MonthDuration):
                zh, en = (
                    f"“{args[0][1]}”不是时长：请写 P1D、PT4H、P1Y2M 等",
                    f"“{args[0][1]}” is no duration: write P1D, PT4H, P1Y2M or the like",
                )
                self.warn("literal", args[0].pos, zh, en)
                return ANY
            return TYPES[type(value)]
        return None


def _names_fit(signature: Signature, given: Sequence[str]) -> bool:
    names = {p.name for p in signature.params}
    return set(given) <= names and all(p.is_optional or p.name in given for p in signature.params)


def _wanted(signatures: Sequence[Signature], i: int) -> Type | None:
    """The one kind that an argument may have, if there is just one."""
    kinds = {kind for s in signatures for kind in _SAMPLES if _takes(s, _param(s, i), Type(kind))}
    return Type(kinds.pop()) if len(kinds) == 1 else None


def _turned_into(wanted: Type | None, given: Type) -> tuple[str, str]:
    """How an argument becomes the wanted kind, in Chinese and English; empty when nobody knows."""
    if wanted is None or given.base == "list":
        return "", ""
    if wanted.base == "string":
        return "：请用 string(…) 转为文本", ": turn it into text with string(…)"
    return reading(wanted.base) if given.base == "string" else ("", "")
