"""Texts that try to use up time or memory, or to reach Python, end soon with a value or a clean error."""

from __future__ import annotations

from typing import Any

import pytest

from laneway.engine.feel import GATEWAY, SCRIPT, Budget, FeelError, Meter, from_feel, parse_and_compile

LONG = 'string join(for i in 1..4000 return "aaaaaaaaaaaaaaaa")'
SHARED_CONTEXTS = "{f: function(c, n) if n = 0 then c else f({a: c, b: c}, n - 1), r: f(1, 50)"
SHARED_ALL = "(for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]])"
SHARED = SHARED_ALL + "[-1]"
"""Sixty small lists that double at each level when they are written out."""

ATTACKS = {
    "huge range": "for i in 1..1000000000000 return i",
    "huge range, decimals": "for i in 1..1E30 return i",
    "huge date range": 'for d in @"0001-01-01"..@"999999999-01-01" return d',
    "nested for": "for a in 1..1000, b in 1..1000, c in 1..1000 return a",
    "for in for": "for a in 1..900 return for b in 1..900 return for c in 1..900 return a*b*c",
    "count of nested for": "count(for a in 1..100000 return count(for b in 1..100000 return 1))",
    "some over pairs": "some x in 1..100000, y in 1..100000 satisfies x + y = 0",
    "filter of filter": "(for i in 1..5000 return i)[count((for j in 1..5000 return j)[item > 0]) < 0]",
    "string doubling": '(for i in 1..100 return if i = 1 then "0123456789" else partial[-1] + partial[-1])[-1]',
    "string doubling, function": '{f: function(s, n) if n = 0 then s else f(s + s, n - 1), r: f("ab", 59)}.r',
    "string join": 'string join(for i in 1..100000 return "0123456789012345678901234567890123456789")',
    "replace growth": 'replace(string join(for i in 1..10000 return "a"), "a", "' + "b" * 1000 + '")',
    "replace group growth": 'replace(string join(for i in 1..10000 return "aaaaaaaaaa"), "(a+)", "'
    + "$1" * 500
    + '")',
    "replace growth, round 2": '{f: function(s, n) if n = 0 then s else f(replace(s, "a", "aaaaaaaa"), n - 1), '
    'r: f("a", 20)}.r',
    "list doubling": "(for i in 1..60 return if i = 1 then [1] else concatenate(partial[-1], partial[-1]))[-1]",
    "shared list, shown": f"string({SHARED})",
    "shared list, compared": f"{{l: {SHARED_ALL}, e: l[-1] = [l[-2], l[-2]]}}.e",
    "shared list, copied out": SHARED,
    "shared list, distinct": f"distinct values({SHARED})",
    "shared list, flattened": f"flatten({SHARED})",
    "shared list, typed": f"{SHARED} instance of list<list<Any>>",
    "shared list, smallest": f"min({SHARED}, {SHARED})",
    "shared list, searched": f"list contains([{SHARED}], {SHARED})",
    "shared list, positions": f"index of([{SHARED}, {SHARED}], {SHARED})",
    "shared list, united": f"union([{SHARED}], [{SHARED}])",
    "shared list, in a list": f"{{l: {SHARED_ALL}, e: l[-1] in ([[l[-2], l[-2]]])}}.e",
    "shared list, duplicates": f"duplicate values([{SHARED}, {SHARED}])",
    "shared list, in a warning": f"get value({{a: 1}}, [{SHARED}])",
    "shared context, compared": f"{SHARED_CONTEXTS} = f(1, 50)}}.r",
    "shared context, copied out": SHARED_CONTEXTS + "}.r",
    "many functions": "for i in 1..100000 return function(x) x + i",
    "many contexts": "for i in 1..100000 return {a: i, b: {c: i}}",
    "many entries": "{c: context(for i in 1..3000 return {key: string(i), value: i}), "
    "r: for i in 1..15000 return get entries(c)}.r",
    "many lists": "for i in 1..100000 return [i, [i, [i]]]",
    "many ranges": "for i in 1..100000 return [i..i + 1]",
    "many times": 'for i in 1..100000 return date and time("2020-01-01T00:00:00@Europe/Paris")',
    "several long lists": "[" + ", ".join(["for i in 1..90000 return i"] * 8) + "]",
    "string of numbers": "for i in 1..100000 return string(1E6000)",
    "upper case, many times": f"{{s: {LONG}, r: for i in 1..100000 return upper case(s)}}.r",
    "split, many times": f'{{s: {LONG}, r: for i in 1..100000 return count(split(s, "b"))}}.r',
    "search, many times": f'{{s: {LONG}, r: for i in 1..100000 return contains(s, "aaab")}}.r',
    "range text, many times": f'{{s: {LONG}, r: for i in 1..100000 return range("[" + s)}}.r',
    "number text, many times": f"{{s: {LONG}, r: for i in 1..100000 return number(s)}}.r",
    "date text, many times": f"{{s: {LONG}, r: for i in 1..100000 return date(s)}}.r",
    "long texts compared": f"{{s: {LONG}, t: s + s, r: count(for i in 1..100000 return s + s = t)}}.r",
    "replace, many times": f'{{s: {LONG}, r: for i in 1..100000 return replace(s, "a", "b")}}.r',
    "list functions, many times": "{l: for i in 1..10000 return i, r: for i in 1..10000 return reverse(l)}.r",
    "list functions in a chain": "{f: function(l, n) if n = 0 then l else f(append(l, n), n - 1), "
    "r: for i in 1..10000 return f([], 40)}.r",
    "partial copies": "count(for i in 1..100000 return count(partial))",
    "self call": "{f: function(x) f(x), r: f(1)}.r",
    "two calls": "{f: function(n) if n = 0 then 1 else f(n - 1) + f(n - 1), r: f(50)}.r",
    "omega": "(function(x) x(x))(function(x) x(x))",
    "deep parentheses": "(" * 20000 + "1" + ")" * 20000,
    "deep lists": "[" * 20000 + "]" * 20000,
    "deep contexts": "{a:" * 5000 + "1" + "}" * 5000,
    "deep if": "if true then " * 5000 + "1" + " else 2" * 5000,
    "deep minus": "-" * 50000 + "1",
    "deep calls": "abs(" * 5000 + "1" + ")" * 5000,
    "deep not": "not(" * 50 + "true" + ")" * 50,
    "deep functions": "function(x) " * 5000 + "x",
    "deep ranges": "]1.." * 5000 + "2" + "[" * 5000,
    "deep types": "1 instance of " + "list<" * 5000 + "number" + ">" * 5000,
    "long sum": "+".join(["1"] * 40000),
    "long and": " and ".join(["true"] * 10000),
    "long comparison": " = ".join(["1"] * 10000),
    "long path": "a" + ".b" * 40000,
    "long call chain": "f" + "()" * 40000,
    "long filter chain": "[1]" + "[1]" * 30000,
    "long else if": "if a then 1 else " * 5000 + "2",
    "long word row": "a " * 40000,
    "long row of words and dots": "a b." * 10000 + "c",
    "long name with colon": "f(" * 50 + "a " * 40000,
    "many brackets": "[1][" * 40 + "1" + "]" * 40,
    "regex bomb": 'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "^(a+)+$")',
    "regex bomb 2": 'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "(a|aa)+$")',
    "regex bomb 3": 'replace("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "(.*)*b", "x")',
    "regex bomb, many times": 'for i in 1..1000 return matches("' + "a" * 47 + '!", "^(a+)+$")',
    "regex counts": 'matches("a", "((a{1,1000}){1,1000}){1,1000}")',
    "regex depth": 'matches("a", "' + "(" * 900 + "a" + ")" * 900 + '")',
    "regex bomb, alternatives": 'matches("' + "a" * 40 + '", "^(a|a|a)*b$")',
    "regex bomb, lazy": 'matches("' + "a" * 40 + '!", "^(a+?)+?$")',
    "regex bomb, back reference": 'matches("' + "a" * 40 + '!", "^(a*)*\\\\1b$")',
    "regex bomb, in extract": 'extract("' + "a" * 40 + '!", "^(a+)+$")',
    "regexes that differ": 'for i in 1..100000 return matches("a", string(i) + "(b|c)*")',
    "split bomb": 'split("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "(a+)+b")',
    "big exponent": "9 ** 9 ** 9 ** 9",
    "big exponent 2": "1.0000001 ** 1E300",
    "big literal": "1E999999999",
    "big literal 2": "1" * 90000,
    "exp": "exp(1E6000)",
    "log": "log(1E-6000)",
    "big index": "[1,2][1E6000]",
    "big sublist": "sublist([1,2], 1, 1E6000)",
    "big substring": 'substring("abc", 1E6000, 1E6000)',
    "big round": "decimal(1E6000, 6000)",
    "big duration": '@"P999999999Y" * 1E6000',
    "big duration 2": '@"P999999999999999999DT999999999999999999H" * 1000000',
    "big date": '@"999999999-12-31" + @"P999999999Y"',
    "big scale": "for i in 1..100000 return ceiling(3, -1E6000)",
    "big position": 'for i in 1..100000 return substring("a", 1E6000, 3)',
    "big remainder": "for i in 1..100000 return modulo(1E6144, 7)",
    "big parity": "for i in 1..100000 return odd(1E6144 - i)",
    "big root": "for i in 1..100000 return sqrt(1E6144 + i) ** 0.3333",
    "big sum": "sum(for i in 1..100000 return 1E6144)",
    "big spread": "stddev(for i in 1..100000 return i ** 34)",
    "many zones": 'for i in 1..100000 return time("10:00:00@Etc/GMT+" + string(i))',
    "long number text": 'number("' + "1" * 50000 + '")',
    "sort with a bad order": "count(sort(for i in 1..20000 return i, function(x, y) true))",
    "sort, slow order": "sort(for i in 1..2000 return i, function(x, y) count(for j in 1..1000 return j) > 1)",
    "context growth": "(for i in 1..20000 return if i = 1 then {} else context put(partial[-1], string(i), i))[-1]",
    "zone path": '@"10:00:00@../../../etc/passwd"',
    "python": '__import__("os").system("id")',
    "python attribute": '"".__class__.__mro__',
    "python function": "(function(x) x).__globals__",
    "python built-in": "sum.signatures",
    "python method": '"{0.__class__}".format(1)',
    "python item": 'a["__class__"]',
    "python scope": "a.__class__.__subclasses__()",
    "python file": 'open("/etc/passwd")',
    "python import": "import os",
    "python lambda": "lambda: 0",
    "python format": '"%999999999d" % 1',
    "big exponent 3": "9**9**9",
}
ESCAPES = [text for name, text in ATTACKS.items() if name.startswith("python")]


def outcome(text: str, budget: Budget = SCRIPT) -> Any:
    """The JSON value of a text, or the FeelError that stopped it; nothing else is caught."""
    m = Meter(budget)
    try:
        return from_feel(parse_and_compile(text).evaluate_metered({"a": {"b": 1}}, m).value, m)
    except FeelError as error:
        return error


@pytest.mark.parametrize("budget", [GATEWAY, SCRIPT], ids=["gateway", "script"])
@pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS.keys())
def test_an_attack_ends_with_a_value_or_a_clean_error(text: str, budget: Budget) -> None:
    ended = outcome(text, budget)  # most would run for hours, or fill the memory, if nothing were counted

    if isinstance(ended, FeelError):
        assert ended.text.zh != ended.text.en


@pytest.mark.parametrize("text", [*ESCAPES, ATTACKS["zone path"]])
def test_python_cannot_be_reached(text: str) -> None:
    ended = outcome(text)

    assert ended is None or ended == [] or isinstance(ended, FeelError)


def test_a_limit_names_itself_in_both_languages() -> None:
    ended = outcome(ATTACKS["omega"])

    assert isinstance(ended, FeelError)
    assert ended.text.en == "functions call each other too deeply"
    assert ended.text.zh == "函数嵌套调用过深"
