"""Combinations of inputs: doubles of rules, overlaps, rules that never decide, gaps."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from laneway.engine.dmn.checks.regions import Box, TooLarge, Work, bits
from laneway.engine.dmn.checks.sheets import Sheet
from laneway.engine.dmn.checks.universe import Atom
from laneway.engine.dmn.checks.words import example_words, region_words
from laneway.engine.dmn.problems import Problems
from laneway.engine.feel import Meter
from laneway.engine.feel.values import Value, equal
from laneway.words import Text

STEPS: Final = 1_000_000
"""Steps of one search through a table; about a second."""

_STEPS_PER_RULE: Final = 0.05
"""The part of them that a single rule may take, so that a hard one does not hide the others."""

_MOST_MARKS: Final = 16_000_000
"""Rules times atoms, summed over the columns, up to which a table is looked at as a whole."""

_SHOWN_PAIRS: Final = 8
_SHOWN_RULES: Final = 20
_SHOWN_NUMBERS: Final = 6
_SHOWN_GAPS: Final = 4
_SINGLE: Final = frozenset(["UNIQUE", "ANY", "FIRST", "PRIORITY"])


def check_combinations(sheet: Sheet, problems: Problems, steps: int = STEPS) -> None:
    """Note what is wrong with the rules of a table taken together; `steps` bound the search."""
    if not sheet.rules:
        problems.add("no_rules", sheet.xml, "the table has no rules", "决策表没有规则")
        return
    if not sheet.columns:
        return
    marks = sum(len(sheet.rules) * len(column.universe.atoms) for column in sheet.columns)
    if marks > _MOST_MARKS or not _note_combinations(sheet, problems, steps):
        problems.add(
            "table_too_large",
            sheet.xml,
            "the table is too large to be checked wholly for overlaps, gaps and rules that never decide",
            "决策表过大，未能完整检查重叠、遗漏的组合和不起作用的规则",
        )


def _note_combinations(sheet: Sheet, problems: Problems, steps: int) -> bool:
    """Whether everything could be looked at."""
    doubles = _note_doubles(sheet, problems)
    if sheet.policy in ("UNIQUE", "ANY"):
        _note_overlaps(sheet, problems, doubles)
    is_whole = True
    if sheet.policy in ("FIRST", "PRIORITY"):
        is_whole = _note_idle_rules(sheet, problems, doubles, steps)
    if sheet.policy in _SINGLE and all(output.default is None for output in sheet.outputs):
        is_whole = _note_gaps(sheet, problems, Work(steps)) and is_whole
    return is_whole


def _note_doubles(sheet: Sheet, problems: Problems) -> int:
    """Note rules that say the same as one before; gives the set of them."""
    first: dict[object, int] = {}
    doubles = 0
    for r, rule in enumerate(sheet.rules):
        other = first.setdefault((sheet.condition_key(r), sheet.output_key(r)), r)
        if other == r:
            continue
        doubles |= 1 << r
        problems.add(
            "duplicate_rule",
            rule,
            f"rule {r + 1} says the same as rule {other + 1}: one of them can go",
            f"规则 {r + 1} 与规则 {other + 1} 相同：可以删去其中一条",
        )
    return doubles


# -- overlaps


def _note_overlaps(sheet: Sheet, problems: Problems, doubles: int) -> None:
    boxes = sheet.sure.boxes
    conflicting = [sheet.sure.all] * len(boxes) if sheet.policy == "UNIQUE" else _differing(sheet)
    shown = hidden = 0
    for r, box in enumerate(boxes):
        if doubles >> r & 1:
            continue
        others = sheet.sure.touching(box) & ((1 << r) - 1) & conflicting[r] & ~doubles
        for other in bits(others):
            if shown == _SHOWN_PAIRS:
                break
            shown += 1
            others ^= 1 << other
            _note_overlap(sheet, problems, other, r)
        hidden += others.bit_count()
    if hidden:
        problems.add(
            "more_rules_overlap",
            sheet.xml,
            f"{hidden} more pairs of rules overlap",
            f"另有 {hidden} 对规则重叠",
        )


def _note_overlap(sheet: Sheet, problems: Problems, a: int, b: int) -> None:
    common = tuple(x & y for x, y in zip(sheet.sure.boxes[a], sheet.sure.boxes[b], strict=True))
    space = tuple(column.allowed for column in sheet.columns)
    example = example_words(sheet.columns, common, space)
    is_unique = sheet.policy == "UNIQUE"
    why_en = "UNIQUE allows only one" if is_unique else "their outputs differ"
    why_zh = "UNIQUE 只允许一条" if is_unique else "但输出不同"
    problems.add(
        "rules_overlap",
        sheet.rules[b],
        f"rules {a + 1} and {b + 1} both hold, for example for {example.en}; {why_en}",
        f"规则 {a + 1} 和规则 {b + 1} 同时成立，例如 {example.zh}；{why_zh}",
    )


def _differing(sheet: Sheet) -> list[int]:
    """For each rule the set of rules that give other outputs for sure: none where one is computed."""
    agreeing: dict[object, int] = {}
    keys: list[object] = []
    for r in range(len(sheet.rules)):
        is_known = all(output.constants[r] is not None for output in sheet.outputs)
        keys.append(sheet.output_key(r) if is_known else None)
        if is_known:
            agreeing[keys[r]] = agreeing.get(keys[r], 0) | 1 << r
    known = functools.reduce(operator.or_, agreeing.values(), 0)
    return [0 if key is None else known & ~agreeing[key] for key in keys]


# -- rules that never decide


def _note_idle_rules(sheet: Sheet, problems: Problems, doubles: int, steps: int) -> bool:
    """Note rules that others outdo in all their cases; whether all rules could be judged."""
    work, is_whole, idle = Work(steps), True, 0
    for r, stronger in enumerate(_stronger(sheet)):
        box = sheet.possible.boxes[r]
        by = stronger & sheet.sure.touching(box)
        if doubles >> r & 1 or not by or not all(box):
            continue
        own = Work(min(work.steps, int(steps * _STEPS_PER_RULE)))
        before = own.steps
        try:
            is_open = sheet.sure.uncovered(box, by, own, limit=1)
        except TooLarge:
            is_whole, is_open = False, [box]
        work.steps -= before - max(own.steps, 0)
        if is_open:
            continue
        idle += 1
        if idle <= _SHOWN_RULES:
            _note_idle(sheet, problems, r, by)
    if idle > _SHOWN_RULES:
        more = idle - _SHOWN_RULES
        problems.add(
            "more_rules_never_decide",
            sheet.xml,
            f"{more} more rules never decide",
            f"另有 {more} 条规则从不起作用",
        )
    return is_whole


def _note_idle(sheet: Sheet, problems: Problems, r: int, by: int) -> None:
    boxes, is_first = sheet.sure.boxes, sheet.policy == "FIRST"
    alone = next((n for n in bits(by) if _contains(boxes[n], sheet.possible.boxes[r])), None)
    if alone is not None:
        en = f"rule {alone + 1}, which {'comes first' if is_first else 'has priority'}, holds"
        zh = f"{'排在前面' if is_first else '优先级更高'}的规则 {alone + 1} "
    else:
        listed = " " + ", ".join(str(n + 1) for n in bits(by)) if by.bit_count() <= _SHOWN_NUMBERS else ""
        en = f"the rules{listed} that {'come first' if is_first else 'have priority'} together hold"
        zh = f"{'排在前面' if is_first else '优先级更高'}的规则{listed}合起来"
    problems.add(
        "rule_never_decides",
        sheet.rules[r],
        f"rule {r + 1} never decides: {en} in all its cases",
        f"规则 {r + 1} 从不起作用：{zh}已涵盖它的全部情形",
    )


def _stronger(sheet: Sheet) -> list[int]:
    """For each rule the set of rules that win over it when both hold; none where an output is computed."""
    if sheet.policy == "FIRST":
        return [(1 << r) - 1 for r in range(len(sheet.rules))]
    stronger, seen = [0] * len(sheet.rules), 0
    for _, r in sorted((rank, r) for r, rank in enumerate(_ranks(sheet)) if rank is not None):
        stronger[r] = seen
        seen |= 1 << r
    return stronger


def _contains(outer: Box, inner: Box) -> bool:
    return all(a & b == b for a, b in zip(outer, inner, strict=True))


def _ranks(sheet: Sheet) -> list[tuple[int, ...] | None]:
    """The priority of each rule's outputs, lower first; None where an output is computed."""
    listed: list[list[Value]] = []
    for output in sheet.outputs:
        constant = sheet.scope.constant(f"[{output.ranking_text}]")
        listed.append(constant.value if constant is not None and type(constant.value) is list else [])
    ranks: list[tuple[int, ...] | None] = []
    for r in range(len(sheet.rules)):
        constants = [output.constants[r] for output in sheet.outputs]
        known = [c.value for c in constants if c is not None]
        is_known = len(known) == len(constants)
        ranks.append(tuple(map(_place, known, listed)) if is_known else None)
    return ranks


def _place(v: Value, listed: list[Value]) -> int:
    return next((n for n, x in enumerate(listed) if equal(Meter(), x, v) is True), len(listed))


# -- gaps


def _note_gaps(sheet: Sheet, problems: Problems, work: Work) -> bool:
    """Note the inputs that meet no rule; whether the search came to its end."""
    space, grid = sheet.gap_space(), sheet.covering()
    if not all(space):
        return True
    try:
        uncovered = grid.uncovered(space, grid.all, work)
    except TooLarge:
        return False
    regions: list[Box] = []
    for region in uncovered:
        wide = _widened(grid.boxes, region, space)
        if not any(_contains(other, wide) for other in regions):
            regions = [other for other in regions if not _contains(wide, other)] + [wide]
    if regions:
        _tell_gaps(sheet, problems, regions, space)
    return True


def _tell_gaps(sheet: Sheet, problems: Problems, regions: list[Box], space: Box) -> None:
    shown = [region_words(sheet.columns, region, space) for region in regions[:_SHOWN_GAPS]]
    more = Text(" 等", " and more") if len(regions) > _SHOWN_GAPS else Text("", "")
    hint = Text("", "")
    if all(_is_between_whole_numbers(sheet, region, space) for region in regions):
        hint = Text(
            "；如果只有整数，请把列的类型设为 integer",
            "; if there are only whole numbers, give the column the type integer",
        )
    en, zh = "; ".join(part.en for part in shown), "；".join(part.zh for part in shown)
    problems.add(
        "rules_gap",
        sheet.xml,
        f"no rule holds for: {en}{more.en}{hint.en}",
        f"没有规则适用于：{zh}{more.zh}{hint.zh}",
    )


def _widened(boxes: Sequence[Box], region: Box, space: Box) -> Box:
    """The region with as many columns left open as no rule forbids."""
    wide = list(region)
    for c, whole in enumerate(space):
        tried = [*wide[:c], whole, *wide[c + 1 :]]
        if not any(all(a & b for a, b in zip(box, tried, strict=True)) for box in boxes):
            wide = tried
    return tuple(wide)


def _is_between_whole_numbers(sheet: Sheet, region: Box, space: Box) -> bool:
    """Whether a gap is only there because a number might lie between two neighbouring whole ones."""
    return any(
        mask != whole and all(_is_narrow(column.universe.atoms[i]) for i in bits(mask))
        for column, mask, whole in zip(sheet.columns, region, space, strict=True)
    )


def _is_narrow(atom: Atom) -> bool:
    low, high = atom.low, atom.high
    if type(low) is not Decimal or type(high) is not Decimal or atom.is_point:
        return False
    return low == low.to_integral_value() and high - low == 1
