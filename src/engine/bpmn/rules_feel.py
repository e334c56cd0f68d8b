"""Every FEEL text of a diagram can be read, names what exists, and gives what its place takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from laneway.engine.bpmn.feel_texts import FeelText, Wanted, feel_texts
from laneway.engine.bpmn.known_variables import FormFields, variables_of
from laneway.engine.bpmn.model import Process
from laneway.engine.bpmn.rules import Findings, error, is_feel, places, warning
from laneway.engine.feel.checks import Vocabulary, check_expression, is_known, kind_of, marked, stored, word
from laneway.engine.feel.types import Type
from laneway.words import Finding, Text


def expressions_hold(process: Process, forms: FormFields) -> Findings:
    """What is wrong with the expressions of a process; each finding shows the text and the place in it."""
    found = variables_of(process, forms)
    variables = Vocabulary(found.types, is_open=found.is_open)
    for place in places(process):
        for one in feel_texts(place):
            yield from _judged(one, variables)


def _judged(one: FeelText, variables: Vocabulary) -> Iterator[Finding]:
    text = (one.text or "").strip()
    if one.is_required and text and not is_feel(text):
        zh, en = "请以 = 开头", "start it with ="
        if text[:2] in ("${", "#{"):
            zh, en = (
                f"请去掉 {text[:2]} 和 }}，以 = 开头",
                f"leave out {text[:2]} and }}, and start it with =",
            )
        yield error(
            "not_feel",
            one.at,
            f"{one.name.zh}“{text}”应为 FEEL 表达式：{zh}",
            f"{one.name.en} “{text}” should be a FEEL expression: {en}",
        )
    if not is_feel(text):
        return
    problems = check_expression(text, variables)
    for problem in problems:
        told = _at_place(one.name, text, problem.pos, problem.text)
        found = error(f"feel_{problem.code}", one.at, *told)
        yield replace(found, severity=problem.severity)
    if one.wanted is not None and not problems:
        yield from _kind_fits(one, text, one.wanted, variables)


def _kind_fits(one: FeelText, text: str, wanted: Wanted, variables: Vocabulary) -> Findings:
    """A value of another kind than the place takes: an incident for sure, or if the variables are what they seem."""
    for types, tell in ((None, error), (variables, warning)):
        given = kind_of(text, types)
        kind = stored(given) if wanted.is_stored else given
        if is_known(kind) and not _fits(kind, wanted):
            words = Text(
                f"应为{wanted.text.zh}，实际为{word(given).zh}",
                f"it should be {wanted.text.en}, but gives a {word(given).en}",
            )
            yield tell("feel_result", one.at, *_at_place(one.name, text, 0, words))
            return


def _fits(kind: Type, wanted: Wanted) -> bool:
    if kind.base not in wanted.kinds:
        return False
    item = kind.item
    return wanted.items is None or item is None or not is_known(item) or item.base in wanted.items


def _at_place(name: Text, text: str, pos: int, words: Text) -> Text:
    """A message with the property, the text with the place marked, and the place counted from 1."""
    shown = marked(text, pos)
    return Text(
        f"{name.zh}“{shown}”第 {pos + 1} 个字符处：{words.zh}",
        f"{name.en} “{shown}”, at character {pos + 1}: {words.en}",
    )
