"""What is wrong with a text is told at its place and with its mend; a text that works is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from laneway.engine.feel import Env, FeelSyntaxError, Meter, compile_expression, properties
from laneway.engine.feel.builtins import BUILTINS
from laneway.engine.feel.checks import Problem, check_expression, join, kind_of, list_of, marked, stored
from laneway.engine.feel.checks.kinds import PROPERTIES
from laneway.engine.feel.types import ANY, NAMED, Type
from laneway.engine.feel.values import kind
from laneway.words import Severity

NUMBER, STRING, BOOLEAN, DATE = (NAMED[name] for name in ("number", "string", "boolean", "date"))
LINE = Type("context", fields={"qty": NUMBER})
KNOWN = {
    "amount": NUMBER,
    "status": STRING,
    "due": STRING,
    "paid": BOOLEAN,
    "lots": list_of(STRING),
    "day": DATE,
    "order": Type("context", fields={"total": NUMBER, "lines": list_of(LINE)}),
    "anything": None,
    "客户等级": STRING,
    "金额": NUMBER,
}


def shown(problem: Problem, text: str) -> tuple[str, str]:
    return problem.code, marked(text, problem.pos)


SYNTAX = [
    ("=amount ▸== 5", "use one ="),
    ("=amount ▸!== 5", "use !="),
    ("=amount ▸<> 5", "use !="),
    ("=amount ▸=< 5", "write <="),
    ("=amount ▸=> 5", "write >="),
    ("paid ▸&& paid", "“and”"),
    ("paid ▸|| paid", "“or”"),
    ("=▸!paid", "not(paid)"),
    ("=status = ▸'open'", "double quotes"),
    ("=status = ▸“open”", "straight quotes"),
    ("=▸${amount}", "leave out ${ and }"),
    ("=▸#{amount}", "leave out #{ and }"),
    ("=amount ▸% 2", "modulo(a, b)"),
    ("=amount ▸^ 2", "**"),
    ("=amount▸; 2", "semicolon"),
    ("=paid ▸? 1 : 2", "if … then … else …"),
    ('=if amount > 5 ▸"x"', "“then” is missing"),
    ('=if amount > 5 then "x"▸', "“else” is missing"),
    ("=some x in lots ▸", "“satisfies” is missing"),
    ("=▸(amount + 1", ") is missing"),
    ("=sum(▸[1, 2", "] is missing"),
    ("=sum([1, 2▸)", "expected ]"),
    ("=amount + 1▸)", "closes nothing"),
    ('=status = ▸"open', "not closed"),
    ('=status▸＝"open"', "write “=”"),
    ("=(amount▸） + 1", "write “)”"),
    ("={a▸：1}", "write “:”"),
    ("=count(lots) > 3 and▸", "end of text"),
    ("=amount > 1▸, 2", "unexpected ','"),
]


@pytest.mark.parametrize(("text", "mend"), SYNTAX)
def test_a_syntax_error_is_told_at_its_place_with_its_mend(text: str, mend: str) -> None:
    plain = text.replace("▸", "")
    [problem] = check_expression(plain, KNOWN)

    assert shown(problem, plain) == ("syntax", text)
    assert problem.severity is Severity.ERROR
    assert mend in problem.text.en
    assert problem.text.zh != problem.text.en


NAMES = [
    ("unknown_variable", "=▸amont > 1", "did you mean “amount”?"),
    ("unknown_variable", "=▸客户等极 = 1", "did you mean “客户等级”?"),
    ("unknown_variable", "=▸金饿 > 1", "did you mean “金额”?"),
    ("unknown_variable", "=▸xyz.b", "no variable “xyz”"),
    ("unknown_variable", "=amount = ▸None", "did you mean “null”?"),
    ("unknown_variable", "=paid = ▸TRUE", "did you mean “true”?"),
    ("unknown_variable", "=▸paid AND paid", "write and instead of “AND”"),
    ("unknown_variable", "=▸status is null", "write = instead of “is”"),
    ("unknown_entry", "=order.▸totl > 1", "did you mean “total”?"),
    ("unknown_function", '=▸substringBefore(status, "-")', "did you mean “substring before”?"),
    ("unknown_function", '=▸contain(status, "-")', "did you mean “contains”?"),
    ("unknown_function", "=▸len(status)", "did you mean “string length”?"),
    ("unknown_function", "=▸IF(paid, 1, 2)", "“if … then … else …”"),
    ("unknown_function", '=▸not contains(status, "x")', "“not(contains(…))”"),
    ("unknown_function", "=▸frobnicate(1)", "no function “frobnicate”"),
    ("unknown_function", '=lots[▸startsWith(item, "x")]', "did you mean “starts with”?"),
    ("full_width", "=amount▸＞5", "write “>”"),
    ("full_width", "=count▸（lots）", "write “(”"),
    ("full_width", "=lots▸、status", "write “,”"),
    ("arguments", "=▸substring(status)", "substring(string, start position, length?)"),
    ("arguments", "=substring(string: status, ▸begin: 1)", "has no parameter “begin”"),
    ("arguments", '=string join(list: lots, ▸delimitr: "x")', "did you mean “delimiter”?"),
    ("arguments", "=▸substring(string: status)", "an argument is missing"),
    ("arguments", "=▸count(list: lots, list: lots)", "given twice"),
    ("arguments", "={f: function(x) x}.▸f(1, 2)", "should be 1, but is 2"),
]


@pytest.mark.parametrize(("code", "text", "mend"), NAMES)
def test_what_nobody_knows_is_told_with_what_was_probably_meant(code: str, text: str, mend: str) -> None:
    plain = text.replace("▸", "")
    [problem] = check_expression(plain, KNOWN)

    assert shown(problem, plain) == (code, text)
    assert mend in problem.text.en
    assert (problem.severity is Severity.ERROR) == (code in ("unknown_function", "arguments"))


KINDS = [
    ("kinds", '=amount ▸> "10"', "number(…)"),
    ("kinds", "=amount ▸= status", "always gives null"),
    ("kinds", "=due ▸> today()", "date(…)"),
    ("kinds", "=day ▸< now()", "date(…)"),
    ("kinds", '=paid ▸= "true"', "without quotes"),
    ("kinds", '=lots ▸= "x"', "list contains"),
    ("kinds", "=order.lines.qty ▸= 5", "list of number"),
    ("kinds", '=amount between 1 and ▸"5"', "always gives null"),
    ("kinds", '=amount in (▸"a", 5)', "always gives null"),
    ("kinds", '=amount in ▸["a".."b"]', "always gives null"),
    ("kinds", "=paid ▸> true", "has no order"),
    ("kinds", "=status ▸+ 1", "string(…)"),
    ("kinds", '=now() ▸+ "P1D"', "duration("),
    ("kinds", "=today() ▸+ 1", "duration("),
    ("kinds", "=status ▸* 2", "has no value"),
    ("kinds", "=▸-status", "no negative"),
    ("kinds", "=order.▸total(1)", "no function"),
    ("kinds", '=for i in 1..▸"9" return i', "whole numbers or dates"),
    ("null_order", "=amount ▸< null", "!= null"),
    ("condition", "=if ▸status then 1 else 2", "should be a boolean"),
    ("condition", "=paid and ▸amount", "what “and” joins"),
    ("condition", "=not(▸amount)", "not(…)"),
    ("condition", "=lots[▸status]", "a filter should be"),
    ("condition", "=some x in lots satisfies ▸x", "the condition of “some”"),
    ("path", "=due.▸year", "date(…)"),
    ("path", "=day.▸yer", "did you mean “year”?"),
    ("path", "=amount.▸total", "a number has no “total”"),
    ("argument_kind", "=upper case(▸amount)", "string(…)"),
    ("argument_kind", "=abs(▸status)", "“n” of abs cannot be a string"),
    ("argument_kind", "=substring(string: ▸amount, start position: 1)", "“string” of substring"),
    ("argument_kind", "=▸date and time(day, 5)", ""),
    ("literal", '=now() + duration(▸"1 day")', "P1D"),
    ("literal", '=▸@"2026-13-01"', "no date"),
    ("entry_twice", "={a: 1, a: ▸2}", "twice"),
    ("unknown_type", "=amount instance of ▸Number", "unknown"),
]


@pytest.mark.parametrize(("code", "text", "words"), KINDS)
def test_a_value_of_a_kind_that_does_not_fit_is_a_warning(code: str, text: str, words: str) -> None:
    plain = text.replace("▸", "")
    [problem] = check_expression(plain, KNOWN)

    assert problem.code == code
    assert words in problem.text.en
    assert problem.severity is Severity.WARNING
    if code != "argument_kind" or words:
        assert marked(plain, problem.pos) == text


GOOD = [
    "amount > 5 and status = null",
    "amount + anything > 1",
    'anything = 5 or anything = "five"',
    "anything.where.ever > 1",
    "anything[severity > 3].name",
    "order.lines[qty > 1 and severity = 2].qty",
    "order.lines[1].qty + 1",
    "order.other = 5",
    'if anything then "a" else 1',
    '(if paid then 1 else "a") + 1',
    "date(due).year > 2025",
    'date(due) + duration("P1D") < today()',
    'lots = [] or list contains(lots, "a")',
    "upper case([status])",
    "{f: function(x) x + 1, r: f(2)}.r",
    "for i in 1..3, j in [i] return i * j + count(partial)",
    "every l in order.lines satisfies l.qty > 0",
    "sort(lots, function(a, b) a < b)",
    "amount in (1, 2, [5..9], > 10)",
    'status in ("a", "b")',
    "amount instance of number",
    "{价格（元）: 5}.价格（元）",
    'get or else(anything, "none") = "none"',
    "金额 * 2 >= 10 and not(paid)",
    "[1, 2, 3][-1] = 3",
    '@"2026-01-01T00:00:00Z" - now() > duration("PT1H")',
    "anything(1)",
    "null = amount",
]


@pytest.mark.parametrize("text", GOOD)
def test_a_text_that_may_give_a_value_is_left_alone(text: str) -> None:
    assert check_expression(text, KNOWN) == []


def test_names_are_not_judged_when_variables_are_not_known() -> None:
    assert check_expression("amont > 1 and a AND b") == []


def test_among_open_variables_only_what_looks_like_a_known_one_is_told() -> None:
    told = {name: check_expression(name, {"amount": None, "orders": None}, is_open=True) for name in NEAR}

    assert [name for name, problems in told.items() if problems] == ["amuont", "Amount"]


NEAR = ("amuont", "Amount", "order", "amount2", "amt", "other", "none")


def test_a_declared_name_with_full_width_signs_is_meant() -> None:
    assert check_expression("价格（元） > 5", {"价格（元）": NUMBER}) == []


def test_a_variable_that_hides_a_function_is_told() -> None:
    [problem] = check_expression('date("2026-01-01")', {"date": STRING})

    assert (problem.code, problem.pos) == ("hidden_function", 0)


def test_positions_count_from_what_was_given() -> None:
    assert [problem.pos for problem in check_expression("  = amont + 1", KNOWN)] == [4]


UNARY = [
    ('▸"a"', NUMBER, "kinds"),
    ('▸> "5"', NUMBER, "kinds"),
    ("▸true", NUMBER, "kinds"),
    ("▸[1..5)", STRING, "kinds"),
    ("1, ▸S1", NUMBER, "unknown_variable"),
    ("? ▸+ 1", NUMBER, "condition"),
    ('not(1, ▸"a")', NUMBER, "kinds"),
    ("▸> null", NUMBER, "null_order"),
]


@pytest.mark.parametrize(("text", "input_type", "code"), UNARY)
def test_a_cell_that_never_fits_its_input_is_told(text: str, input_type: Type, code: str) -> None:
    plain = text.replace("▸", "")
    [problem] = check_expression(plain, KNOWN, is_unary=True, input_type=input_type)

    assert shown(problem, plain) == (code, text)


@pytest.mark.parametrize(
    ("text", "input_type"),
    [
        ("-", NUMBER),
        ("1, 2, [3..5]", NUMBER),
        ('not("a", "b")', STRING),
        ("null", STRING),
        ("amount > 5", STRING),
        ('contains(?, "x")', STRING),
        ('< @"2026-01-01"', DATE),
        ("true", BOOLEAN),
        ('"a"', None),
    ],
)
def test_a_cell_that_fits_is_left_alone(text: str, input_type: Type | None) -> None:
    assert check_expression(text, KNOWN, is_unary=True, input_type=input_type) == []


def test_a_long_text_is_shown_around_the_place_in_one_line() -> None:
    shown = marked("a" * 100 + "\n" + "b" * 100, 101)

    assert shown == "…" + "a" * 59 + " ▸" + "b" * 60 + "…"


def test_item_definitions_are_types_too() -> None:
    text = "amount instance of tMoney"

    assert check_expression(text, KNOWN, type_of={"tMoney": NUMBER}.get) == []


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("1 + anything", "number"),
        ('"a" + anything', "string"),
        ("anything * 2", None),
        ("anything - 2", "number"),
        ("anything / 2", None),
        ("2 / anything", "number"),
        ("now() - anything", None),
        ("anything - now()", "days and time duration"),
        ("now() + anything", "date and time"),
        ('duration("P1D") * anything', "days and time duration"),
        ('duration("P1Y") / duration("P1M")', "number"),
        ("[1, 2][1]", "number"),
        ("[1, 2][item > 1]", "list"),
        ("if anything then 1 else null", "number"),
        ('if anything then 1 else "a"', None),
        ("{a: {b: 1}}.a.b", "number"),
        ("for x in lots return upper case(x)", "list"),
        ("1 +", None),
        ("= amount", "number"),
    ],
)
def test_the_kind_of_a_text_is_told_without_evaluating(text: str, base: str | None) -> None:
    assert kind_of(text, KNOWN).base == base


def test_what_is_stored_is_json() -> None:
    times = kind_of('{at: now(), waits: [duration("P1D")], f: function(x) x}')

    kept = stored(times)

    assert {name: ty.base for name, ty in (kept.fields or {}).items()} == {
        "at": "string",
        "waits": "list",
        "f": None,
    }


def test_types_that_share_their_parts_are_joined_and_stored_soon() -> None:
    parts = ", ".join(f"a{i}: {{p: a{i - 1}, q: a{i - 1}}}" for i in range(1, 50))
    text = f"{{a0: {{x: 1}}, {parts}}}"

    joined = join([kind_of(text), kind_of(text)])

    assert stored(joined).base == "context"


def test_the_properties_are_those_that_evaluation_knows() -> None:
    known = {frozenset(reads) for reads in properties._PROPERTIES.values()}

    assert {frozenset(names) for names in PROPERTIES.values()} == known


LINES = (Path(__file__).parent / "same_values.txt").read_text(encoding="utf-8").splitlines()
TEXTS = sorted(
    {text for line in LINES if not line.startswith("#") for text in line.rpartition(" == ")[::2] if text}
)


def test_what_evaluates_is_never_refused_and_its_kind_is_told_right() -> None:
    wrong = []
    for text in TEXTS:
        try:
            expression = compile_expression(text)
        except FeelSyntaxError:
            continue
        if expression.free - set(BUILTINS):
            continue
        value = expression.run(Env({}, None, Meter()))
        told = kind_of(text)
        if value is not None and (
            told.base not in (None, kind(value))
            or any(p.severity is Severity.ERROR for p in check_expression(text))
        ):
            wrong.append((text, told.base, kind(value), check_expression(text)))
    assert wrong == []


def test_every_problem_stands_inside_the_text_whatever_is_cut_off_it() -> None:
    for text in TEXTS:
        for end in range(0, len(text), 3):
            part = text[:end]
            for problem in check_expression(part, {"x": ANY}):
                assert 0 <= problem.pos <= len(part)
                assert problem.text.zh
                assert problem.text.en
