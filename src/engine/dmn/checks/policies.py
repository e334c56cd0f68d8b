"""Hit policies that do not go with the outputs of their table."""

from __future__ import annotations

from typing import Final

from laneway.engine.dmn.checks.sheets import OutputColumn, Sheet
from laneway.engine.dmn.checks.texts import Texts
from laneway.engine.dmn.checks.words import column_place
from laneway.engine.dmn.problems import Problems
from laneway.engine.feel.checks import is_known, word
from laneway.engine.feel.types import Type
from laneway.engine.feel.values import Range, kind

_AMOUNTS: Final = frozenset(["number", "days and time duration", "years and months duration"])
_UNORDERED: Final = frozenset(["boolean", "list", "context", "range", "function"])
_ORDERING: Final = frozenset(["PRIORITY", "OUTPUT ORDER"])


def check_policy(sheet: Sheet, texts: Texts, problems: Problems) -> None:
    """Note what keeps the hit policy from working, or leaves it without effect."""
    if sheet.aggregation and sheet.policy != "COLLECT":
        problems.add(
            "aggregation_unused",
            sheet.xml,
            f"the aggregation {sheet.aggregation} works with the hit policy COLLECT only",
            f"聚合 {sheet.aggregation} 只对命中策略 COLLECT 有效",
        )
    if sheet.aggregation and sheet.policy == "COLLECT":
        _check_aggregation(sheet, texts, problems)
    if sheet.policy in _ORDERING and not any(_ranks(sheet, output) for output in sheet.outputs):
        problems.add(
            "no_output_values",
            sheet.xml,
            f"{sheet.policy} needs a list of output values, highest priority first",
            f"{sheet.policy} 需要输出取值列表，优先级高的在前",
        )


def _ranks(sheet: Sheet, output: OutputColumn) -> bool:
    """Whether an output has a list of values by which it can be ranked."""
    text = output.ranking_text
    constant = sheet.scope.constant(f"[{text}]") if text else None
    values = constant.value if constant is not None else None
    return type(values) is list and not any(type(v) is Range for v in values)


def _check_aggregation(sheet: Sheet, texts: Texts, problems: Problems) -> None:
    if len(sheet.outputs) > 1:
        problems.add(
            "aggregation_outputs",
            sheet.xml,
            f"{sheet.aggregation} needs a table with one output, this one has {len(sheet.outputs)}",
            f"{sheet.aggregation} 只用于单个输出，此表有 {len(sheet.outputs)} 个",
        )
        return
    for output in sheet.outputs:
        base = next((b for b in _bases(output, texts) if not _suits(sheet.aggregation or "", b)), None)
        if base is not None:
            place, given = column_place(output.title), word(Type(base))
            problems.add(
                "aggregation_type",
                output.xml,
                f"{place.en}: {sheet.aggregation} cannot be made of a {given.en}",
                f"{place.zh}：{given.zh}不能用 {sheet.aggregation} 聚合",
            )


def _bases(output: OutputColumn, texts: Texts) -> list[str]:
    """The kinds of an output: the declared one, else those of its entries as far as they can be told."""
    if output.type is not None and is_known(output.type):
        return [output.type.base or ""]
    constants = [c.value for c in output.constants if c is not None and c.value is not None]
    computed = [
        texts.kind(text) for text, c in zip(output.texts, output.constants, strict=True) if text and c is None
    ]
    return [kind(v) for v in constants] + [ty.base or "" for ty in computed if is_known(ty)]


def _suits(aggregation: str, base: str) -> bool:
    if aggregation == "COUNT":
        return True
    return base in _AMOUNTS if aggregation == "SUM" else base not in _UNORDERED
