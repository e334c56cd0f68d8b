"""What a name that nobody knows was probably meant to be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from laneway.engine.feel.builtins import BUILTINS

_SEPARATORS: Final = re.compile(r"[\s_\-]+")
_WORDS: Final[dict[str, str]] = {
    **dict.fromkeys(("none", "nil", "undefined", "nan"), "null"),
    **dict.fromkeys(("yes", "on"), "true"),
    **dict.fromkeys(("no", "off"), "false"),
}
"""Words of other languages for the constants."""

_OTHERS: Final[dict[str, str]] = {
    **dict.fromkeys(("len", "strlen", "stringlen"), "string length"),
    **dict.fromkeys(("size", "length", "listlength", "listsize"), "count"),
    **dict.fromkeys(("toupper", "touppercase", "upper", "ucase", "uppercase"), "upper case"),
    **dict.fromkeys(("tolower", "tolowercase", "lower", "lcase", "lowercase"), "lower case"),
    **dict.fromkeys(("avg", "average"), "mean"),
    **dict.fromkeys(("ceil", "roundceiling"), "ceiling"),
    **dict.fromkeys(("tostring", "str", "text", "format"), "string"),
    **dict.fromkeys(("tonumber", "int", "integer", "float", "parseint", "parsefloat", "todecimal"), "number"),
    **dict.fromkeys(("round", "mathround"), "round half up"),
    **dict.fromkeys(("concat", "addall"), "concatenate"),
    **dict.fromkeys(("join", "listjoin", "implode"), "string join"),
    **dict.fromkeys(("substr", "mid", "slice"), "substring"),
    **dict.fromkeys(("indexof", "find"), "index of"),
    **dict.fromkeys(("includesitem", "inlist", "listincludes", "containsitem"), "list contains"),
    **dict.fromkeys(("coalesce", "ifnull", "nvl", "isnull", "default"), "get or else"),
    **dict.fromkeys(("datetime", "timestamp", "todatetime"), "date and time"),
    **dict.fromkeys(("todate", "parsedate"), "date"),
    **dict.fromkeys(("currentdate", "curdate"), "today"),
    **dict.fromkeys(("currenttime", "currentdatetime", "getdate", "sysdate"), "now"),
    **dict.fromkeys(("unique", "distinct", "uniq"), "distinct values"),
    **dict.fromkeys(("merge", "contextmerge", "putall"), "context merge"),
    **dict.fromkeys(("get", "getproperty"), "get value"),
    **dict.fromkeys(("put", "set"), "context put"),
    **dict.fromkeys(("mod", "rem", "remainder"), "modulo"),
    **dict.fromkeys(("regex", "regexmatch", "match", "matchesregex"), "matches"),
    **dict.fromkeys(("replaceall", "regexreplace"), "replace"),
    **dict.fromkeys(("exists", "isset", "defined", "isdefined"), "is defined"),
    **dict.fromkeys(("maximum",), "max"),
    **dict.fromkeys(("minimum",), "min"),
    **dict.fromkeys(("dayofweek",), "day of week"),
}
"""Functions of other languages, squeezed, and ours that do the same."""

_CONSTRUCTS: Final[dict[str, str]] = {
    **dict.fromkeys(("if", "iif", "when", "case"), "if … then … else …"),
    **dict.fromkeys(("pow", "power"), "a ** b"),
    **dict.fromkeys(("and", "or"), "a and b, a or b"),
}
"""Functions of other languages that are no functions in FEEL."""

_NEARNESS: Final = 0.74
_SURE: Final = 0.83
_SHORT: Final = 4
_LONG: Final = 8
_MAX_LENGTH: Final = 80
_MAX_CANDIDATES: Final = 500
_ENDINGS: Final = re.compile(r"(?:s|es|\d+)$")


def _squeezed(name: str) -> str:
    return _SEPARATORS.sub("", name).lower()


def spellings(names: Iterable[str]) -> dict[str, str]:
    """Names by how they read without blanks, underscores and capitals."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(_squeezed(name), name)
    return found


def _nearest(name: str, known: Mapping[str, str], cutoff: float) -> str | None:
    """The known name that reads most like this one, if any does; `known` are spellings."""
    wanted = _squeezed(name)
    if wanted in known or len(wanted) > _MAX_LENGTH:
        return known.get(wanted)
    # Letters that differ in number alone already make two words less alike than the cutoff.
    least, most = cutoff / (2 - cutoff) * len(wanted), (2 - cutoff) / cutoff * len(wanted)
    candidates = [other for other in known if least <= len(other) <= most][:_MAX_CANDIDATES]
    near = difflib.get_close_matches(wanted, candidates, n=1, cutoff=cutoff)
    return known[near[0]] if near else None


def function_like(name: str, bound: Iterable[str]) -> str | None:
    """The function that was probably meant; `bound` are names that are bound inside the text."""
    squeezed = _squeezed(name)
    inner = _BUILTINS.get(squeezed.removeprefix("not")) if squeezed.startswith("not") else None
    if inner:
        return f"not({inner}(…))"
    if squeezed in _CONSTRUCTS:
        return _CONSTRUCTS[squeezed]
    if squeezed in _OTHERS and _OTHERS[squeezed] in BUILTINS:
        return _OTHERS[squeezed]
    return _nearest(name, _BUILTINS, _NEARNESS) or _nearest(name, spellings(bound), _NEARNESS)


def constant_like(name: str, *, is_sure: bool = False) -> str | None:
    """The constant that was probably meant, such as null for None; with `is_sure` only if it cannot be a name."""
    lowered = name.lower()
    if lowered in ("true", "false", "null"):
        return lowered
    return None if is_sure else _WORDS.get(lowered)


def variable_like(name: str, known: Mapping[str, str], *, is_sure: bool = False) -> str | None:
    """The variable that was probably meant; `known` are spellings.

    With `is_sure` other variables may exist as well: only what can hardly be a name of its own counts, so not
    the singular of a known name, nor the same with another number.
    """
    if not is_sure:
        # Of a short name one letter is much: 金饿 for 金额 shares half of it.
        return _nearest(name, known, _NEARNESS if len(_squeezed(name)) > _SHORT else 0.5)
    found = _nearest(name, known, _SURE) if len(_squeezed(name)) >= _SHORT else None
    if found is None or _squeezed(found) == _squeezed(name):
        return found
    if _slips(_squeezed(found), _squeezed(name)) > (1 if len(name) < _LONG else 2):
        return None
    is_variant = _ENDINGS.sub("", found.lower()) == _ENDINGS.sub("", name.lower())
    return None if is_variant else found


def _slips(a: str, b: str) -> int:
    """How many letters were left out, added, mistaken or swapped with the next one."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        above, row = row, [i]
        for j, y in enumerate(b, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y)))
            if i > 1 and j > 1 and (x, y) == (b[j - 2], a[i - 2]):
                row[j] = min(row[j], before[j - 2] + 1)
        before = above
    return row[-1]


_BUILTINS: Final = spellings(BUILTINS)


def did_you_mean(name: str | None, shown: Callable[[str], str] = str) -> tuple[str, str]:
    """The question behind a message, in Chinese and English; empty when there is nothing to ask."""
    return (f"：是否指“{shown(name)}”？", f": did you mean “{shown(name)}”?") if name else ("", "")


def joined_words(name: str) -> tuple[str, str] | None:
    """(word, mend) when a name holds a word that should have been an operator, as `a AND b` or `x is null`."""
    for word in name.split()[1:]:
        mend = _OPERATOR_WORDS.get(word.lower())
        if mend:
            return word, mend
    return None


_OPERATOR_WORDS: Final[Mapping[str, str]] = {
    "and": "and",
    "or": "or",
    "in": "in",
    "is": "=",
    "eq": "=",
    "equals": "=",
    "ne": "!=",
    "neq": "!=",
    "gt": ">",
    "ge": ">=",
    "gte": ">=",
    "lt": "<",
    "le": "<=",
    "lte": "<=",
    "not": "not(…)",
    "like": "matches(…)",
    "then": "then",
    "else": "else",
    "between": "between",
    "mod": "modulo(…)",
    "instanceof": "instance of",
}
