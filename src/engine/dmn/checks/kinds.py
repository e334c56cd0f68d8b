"""Kinds of values in tables: cells against their column, outputs against their type and output values."""

from __future__ import annotations

from collections import Counter
from typing import Final

from laneway.engine.dmn.checks.cells import Cell, Test
from laneway.engine.dmn.checks.sheets import Column, OutputColumn, Scope, Sheet, names_in
from laneway.engine.dmn.checks.texts import Texts, never_fits
from laneway.engine.dmn.checks.universe import literal
from laneway.engine.dmn.checks.words import cell_place, column_place
from laneway.engine.dmn.problems import Problems
from laneway.engine.dmn.xmlns import Xml, child, text_in
from laneway.engine.feel import Env, FeelError, Meter, compile_unary_tests
from laneway.engine.feel.builtins import BUILTINS
from laneway.engine.feel.checks import is_known, word
from laneway.engine.feel.checks.texts import full_width
from laneway.engine.feel.meter import GATEWAY
from laneway.engine.feel.reader import Node
from laneway.engine.feel.types import Type, coerce
from laneway.engine.feel.values import Value, kind, text_of
from laneway.words import Text

_TEMPORAL: Final = ("date", "time", "date and time", "days and time duration", "years and months duration")


def check_inputs(sheet: Sheet, texts: Texts, problems: Problems) -> None:
    """Note what is wrong with the input columns of a table and their cells."""
    for column in sheet.columns:
        expression = child(column.xml, "inputExpression")
        place = column_place(column.title)
        if expression is None or not column.subject:
            problems.add(
                "no_input_expression",
                column.xml,
                f"{place.en} has no expression, so its value is always null",
                f"{place.zh}没有表达式，它的值总是空",
            )
            continue
        texts.check(column.subject, expression, place)
        _check_input_type(column, texts, problems)
        _check_mixed_kinds(column, problems)
        inferred = texts.kind(column.subject)
        ty = column.type or (inferred if is_known(inferred) else None)
        is_text = _is_text_column(column, ty)
        for r, (cell, entry) in enumerate(zip(column.cells, column.entries, strict=True)):
            if cell.is_any:
                continue
            here = cell_place(r, column.title)
            meant = [_meant_text(test.node, texts) for test in cell.tests] if is_text else []
            if any(meant):
                _note_unquoted(", ".join(filter(None, meant)), entry, here, problems)
            elif texts.check(cell.text, entry, here, is_unary=True, ty=ty):
                _check_cell(column, cell, entry, here, problems)


def _check_input_type(column: Column, texts: Texts, problems: Problems) -> None:
    """The expression's kind against the declared one; a text may stand for a date, as variables are JSON."""
    found = texts.kind(column.subject)
    if column.kind is None or not is_known(found) or found.base in (column.kind, "list"):
        return
    if found.base == "string" and column.kind in _TEMPORAL:
        return
    wanted, given = word(Type(column.kind)), word(found)
    place = column_place(column.title)
    problems.add(
        "input_type",
        column.xml,
        f"{place.en}: the type is {wanted.en}, but the expression gives a {given.en}",
        f"{place.zh}：类型是{wanted.zh}，而表达式的结果是{given.zh}",
    )


def _is_text_column(column: Column, ty: Type | None) -> bool:
    """Whether the values of a column are texts, by its type or by its other cells."""
    if ty is not None and ty.base is not None:
        return ty.base == "string"
    kinds = {kind(v) for cell in column.cells for v in cell.constants if v is not None}
    return kinds == {"string"}


def _meant_text(tree: Node, texts: Texts) -> str | None:
    """The text in quotes that a test without quotes was probably meant as: a bare name that nobody knows."""
    if tree[0] != "value":
        return None
    names = set(names_in(tree[1]))
    if not names or any(name in BUILTINS or name == "?" or texts.knows(name) for name in names):
        return None
    if any(full_width(name) for name in names):
        return None
    words = _words(tree[1])
    return None if words is None else f'"{words}"'


def _words(tree: Node) -> str | None:
    """The words of a tree of nothing but names and numbers joined by - and /, as in S1/S2."""
    match tree[0]:
        case "name":
            return str(tree[1])
        case "num":
            return str(tree[1])
        case "group":
            return _words(tree[1])
        case "arith":
            parts = [_words(tree[1])]
            for symbol, operand in tree[2]:
                words = _words(operand)
                parts.append(None if words is None or symbol not in "-/+" else symbol + words)
            return None if None in parts else "".join(part for part in parts if part)
        case _:
            return None


def _note_unquoted(meant: str, where: Xml, place: Text, problems: Problems) -> None:
    problems.add(
        "text_without_quotes",
        where,
        f"{place.en}: without quotes this is the name of a variable: did you mean {meant}?",
        f"{place.zh}：不加引号表示变量名：是否指 {meant}？",
    )


# -- cells that never hold


def _check_cell(column: Column, cell: Cell, where: Xml, place: Text, problems: Problems) -> None:
    """Note a cell, or a part of it, that holds for no input that may come."""
    if not cell.is_decidable:
        return
    never = [test for test in cell.tests if not test.verdict(column.universe).holds & column.allowed]
    if cell.is_negated or not never:
        if not cell.bounds(column.universe)[1] & column.allowed:
            _note_never(cell.text, where, place, problems)
        return
    for test in never:
        strange = _not_allowed(column, test)
        if strange is None:
            _note_never(cell.text, where, place, problems)
            return
        allowed = "; ".join(column.limits)
        problems.add(
            "value_not_allowed",
            where,
            f"{place.en}: {strange} is not among the allowed values: {allowed}",
            f"{place.zh}：{strange} 不在允许的取值之中：{allowed}",
        )


def _not_allowed(column: Column, test: Test) -> str | None:
    """The value that a test asks for, if the allowed values alone keep it from holding."""
    if test.operator or test.constant is None or test.constant.value is None:
        return None
    if not column.limits or not test.verdict(column.universe).holds:
        return None
    return literal(test.constant.value)


def _note_never(text: str, where: Xml, place: Text, problems: Problems) -> None:
    problems.add(
        "cell_never_holds",
        where,
        f"{place.en}: {text} holds for no value, so the rule never applies",
        f"{place.zh}：{text} 对任何值都不成立，这条规则永远不会适用",
    )


def _check_mixed_kinds(column: Column, problems: Problems) -> None:
    """Note cells of another kind than the other cells of a column whose type nobody declares."""
    if column.ref is not None or column.kind is not None:
        return
    kinds = [{kind(v) for v in cell.constants if v is not None} for cell in column.cells]
    counted = Counter(next(iter(found)) for found in kinds if len(found) == 1)
    most = counted.most_common(2)
    if len(most) < 2 or most[0][1] < 2 or most[0][1] == most[1][1]:
        return
    usual = word(Type(most[0][0]))
    for r, found in enumerate(kinds):
        if len(found) == 1 and (own := next(iter(found))) != most[0][0]:
            place, given = cell_place(r, column.title), word(Type(own))
            problems.add(
                "mixed_kinds",
                column.entries[r],
                f"{place.en}: a {given.en}, while other cells of the column hold a {usual.en}",
                f"{place.zh}：这里是{given.zh}，而该列其他单元格是{usual.zh}",
            )


# -- outputs


def check_outputs(sheet: Sheet, texts: Texts, problems: Problems) -> None:
    """Note outputs that do not fit their column: its type, its output values."""
    for output in sheet.outputs:
        cells = list(zip(output.entries, output.texts, strict=True))
        places = [cell_place(r, output.title) for r in range(len(cells))]
        if output.default is not None:
            cells.append((output.default, text_in(output.default) or ""))
            where = column_place(output.title)
            places.append(Text(f"{where.zh}的默认输出", f"the default output of {where.en}"))
        is_text = _is_text_output(output)
        for (entry, text), place in zip(cells, places, strict=True):
            if text:
                _check_output(output, sheet.scope, entry, text, place, texts, problems, is_text=is_text)


def _is_text_output(output: OutputColumn) -> bool:
    if output.type is not None and output.type.base is not None:
        return output.type.base == "string"
    kinds = {kind(c.value) for c in output.constants if c is not None and c.value is not None}
    return kinds == {"string"}


def _check_output(
    output: OutputColumn,
    scope: Scope,
    entry: Xml,
    text: str,
    place: Text,
    texts: Texts,
    problems: Problems,
    *,
    is_text: bool,
) -> None:
    tree = scope.tree(text)
    meant = None
    if is_text and tree is not None:
        meant = _meant_text(Node(("value", tree)), texts)
    if meant:
        _note_unquoted(meant, entry, place, problems)
        return
    if not texts.check(text, entry, place):
        return
    constant = scope.constant(text)
    if constant is None:
        _check_output_kind(output, entry, texts.kind(text), place, problems)
        return
    v, m = constant.value, Meter(GATEWAY)
    if v is not None and output.type is not None and coerce(m, v, output.type) is None:
        _note_misfit(v, output.type, entry, place, problems)
    elif v is not None and output.listed_text and not _is_listed(v, output.listed_text):
        problems.add(
            "output_not_listed",
            entry,
            f"{place.en}: {literal(v)} is not among the output values: {output.listed_text}",
            f"{place.zh}：{literal(v)} 不在输出取值之中：{output.listed_text}",
        )


def _note_misfit(v: Value, ty: Type, entry: Xml, place: Text, problems: Problems) -> None:
    shown, wanted = text_of(Meter(GATEWAY), v, nested=True), word(ty)
    if kind(v) == ty.base:
        en, zh = f"{shown} is not a value of the type {ty.name}", f"{shown} 不是类型 {ty.name} 的取值"
    else:
        en, zh = f"{shown} is not of the type {wanted.en}", f"{shown} 不是{wanted.zh}"
    problems.add("output_type", entry, f"{place.en}: {en}", f"{place.zh}：{zh}")


def _check_output_kind(
    output: OutputColumn, entry: Xml, found: Type, place: Text, problems: Problems
) -> None:
    """A computed output by what can be told of its kind."""
    wanted = output.type
    if wanted is None or not never_fits(found, wanted):
        return
    given, asked = word(found), word(wanted)
    en, zh = f"the result is a {given.en}, not a {asked.en}", f"结果是{given.zh}，不是{asked.zh}"
    problems.add("output_type", entry, f"{place.en}: {en}", f"{place.zh}：{zh}")


def _is_listed(v: Value, listed: str) -> bool:
    try:
        test = compile_unary_tests(listed)
        return test.run(Env({"?": v}, None, Meter(GATEWAY))) is True
    except FeelError:
        return True
