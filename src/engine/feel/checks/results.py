"""What the built-in functions give: the types of their results (DMN 1.5, 10.3.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from laneway.engine.feel.checks.kinds import (
    BOOLEAN,
    CONTEXT,
    DATE,
    MOMENT,
    MONTHS,
    NUMBER,
    RANGE,
    STRING,
    TIME,
    is_known,
    join,
    list_of,
)
from laneway.engine.feel.types import ANY, Type

_Rule: TypeAlias = Callable[[Sequence[Type]], Type]


def _named(result: Type, *names: str) -> dict[str, Type]:
    return dict.fromkeys(names, result)


def _item(ty: Type) -> Type:
    """The item type of an argument that is a list, or counts as one."""
    return (ty.item or ANY) if ty.base == "list" else ty if is_known(ty) else ANY


def _first(args: Sequence[Type]) -> Type:
    return args[0] if args else ANY


def _same_list(args: Sequence[Type]) -> Type:
    return list_of(_item(_first(args)))


def _extended_list(args: Sequence[Type]) -> Type:
    return list_of(join([_item(_first(args)), *args[1:]]))


def _joined_lists(args: Sequence[Type]) -> Type:
    return list_of(join([_item(arg) for arg in args]))


def _extreme(args: Sequence[Type]) -> Type:
    return _item(args[0]) if len(args) == 1 else join(args)


_FIXED: Final[dict[str, Type]] = {
    **_named(NUMBER, "string length", "count", "mean", "product", "median", "stddev", "decimal", "floor"),
    **_named(NUMBER, "ceiling", "round up", "round down", "round half up", "round half down", "modulo"),
    **_named(NUMBER, "sqrt", "log", "exp", "number", "day of year", "week of year", "random number"),
    **_named(STRING, "substring", "upper case", "lower case", "substring before", "substring after"),
    **_named(STRING, "replace", "string join", "trim", "string", "day of week", "month of year"),
    **_named(STRING, "uuid", "to base64", "to json"),
    **_named(BOOLEAN, "contains", "starts with", "ends with", "matches", "not", "is", "is defined", "even"),
    **_named(BOOLEAN, "odd", "list contains", "all", "any", "is empty", "is blank"),
    **_named(BOOLEAN, "before", "after", "meets", "met by", "overlaps", "overlaps before", "overlaps after"),
    **_named(BOOLEAN, "finishes", "finished by", "includes", "during", "starts", "started by", "coincides"),
    **_named(DATE, "date", "today", "last day of month"),
    **_named(TIME, "time"),
    **_named(MOMENT, "date and time", "now"),
    **_named(MONTHS, "years and months duration"),
    **_named(RANGE, "range"),
    **_named(CONTEXT, "context", "context put", "context merge"),
    **_named(list_of(STRING), "split", "extract"),
    **_named(list_of(NUMBER), "index of", "mode"),
    **_named(list_of(CONTEXT), "get entries"),
    **_named(list_of(list_of(ANY)), "partition"),
    **_named(list_of(ANY), "flatten"),
}
_COMPUTED: Final[dict[str, _Rule]] = {
    **dict.fromkeys(
        ("sublist", "remove", "reverse", "distinct values", "sort", "duplicate values"), _same_list
    ),
    **dict.fromkeys(("append",), _extended_list),
    **dict.fromkeys(("concatenate", "union"), _joined_lists),
    **dict.fromkeys(("min", "max"), _extreme),
    "abs": _extreme,
    "get or else": join,
    "assert": _first,
}


def result_of(name: str, args: Sequence[Type]) -> Type:
    """The type that a built-in gives for arguments of these types; Any where it depends on their values."""
    rule = _COMPUTED.get(name)
    return rule(args) if rule else _FIXED.get(name, ANY)
