"""Decision tables: hit policies and aggregators (DMN 1.5, chapter 8.2)."""

from __future__ import annotations

import bisect
import functools
import itertools
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from laneway.engine.dmn.trace import Trace
from laneway.engine.feel import Code, Env, Meter
from laneway.engine.feel.arithmetic import ARITHMETIC
from laneway.engine.feel.compiler.constants import Quick
from laneway.engine.feel.values import Value, equal, order
from laneway.words import Text

HIT_POLICIES: Final = frozenset(
    ["UNIQUE", "FIRST", "PRIORITY", "ANY", "COLLECT", "RULE ORDER", "OUTPUT ORDER"]
)
AGGREGATIONS: Final = frozenset(["SUM", "COUNT", "MIN", "MAX"])
_SINGLE: Final = frozenset(["UNIQUE", "FIRST", "PRIORITY", "ANY"])


class Test(NamedTuple):
    """Unary tests of `?`; `quick` decides alone for the values that it is for."""

    code: Code
    quick: Quick | None

    def holds(self, env: Env, v: Value) -> bool:
        """Whether a value passes, in the scope of the table."""
        if self.quick is not None and type(v) is self.quick.of:
            return self.quick.holds(v)
        return bool(self.code(Env({"?": v}, env, env.m)))


class Input(NamedTuple):
    """A column of inputs: `code` gives the value in its type, `allowed` tests it."""

    input_id: str
    label: str
    title: Text
    code: Code
    allowed: Test | None


class Output(NamedTuple):
    """A column of outputs: `listed` gives the output values by priority, `default` the default output."""

    output_id: str
    name: str
    title: Text
    listed: Code | None
    default: Code | None


class Rule(NamedTuple):
    """A row: a test per input (None always holds), a code per output for the value in its type.

    Numbers count from 1.
    """

    rule_id: str
    number: int
    tests: Sequence[Test | None]
    outputs: Sequence[Code]


def _null(env: Env) -> None:
    return None


class _Column:
    """The tests of one input by row. When all are quick and for one class, `of` is that class."""

    def __init__(self, tests: Sequence[Test | None]) -> None:
        self.tests = [None if test is None else test.code for test in tests]
        self._quick = [test.quick if test is not None else None for test in tests]
        classes = {test.quick and test.quick.of for test in tests if test is not None}
        self.is_open = not classes
        self.of = classes.pop() if len(classes) == 1 else None
        self._marks = sorted({mark for quick in self._quick if quick and self.of for mark in quick.marks})
        self._matching: dict[int, int] = {}

    def matching(self, v: Value) -> int:
        """The rows whose test a value of class `of` passes, as bits: an index that fills itself.

        Tests only compare with the marks, so all values between two marks match the same rows.
        """
        at = bisect.bisect_left(self._marks, v)
        piece = 2 * at + (at < len(self._marks) and self._marks[at] == v)
        rows = self._matching.get(piece)
        if rows is None:
            rows = sum(1 << row for row, quick in enumerate(self._quick) if quick is None or quick.holds(v))
            self._matching[piece] = rows
        return rows


class Table:
    """A compiled decision table."""

    def __init__(
        self,
        inputs: Sequence[Input],
        outputs: Sequence[Output],
        rules: Sequence[Rule],
        policy: str,
        aggregation: str | None,
    ) -> None:
        self.inputs, self.outputs, self.rules = inputs, outputs, rules
        self.policy, self.aggregation = policy, aggregation
        by_row = [[*rule.tests, *[None] * len(inputs)][: len(inputs)] for rule in rules]
        self._columns = [_Column([tests[i] for tests in by_row]) for i in range(len(inputs))]

    def run(self, env: Env) -> Value:
        """The result of the table in a scope."""
        values = self._values(env)
        if values is None:
            return env.m.warn("an input is not one of its allowed values")
        return self._result(env, self._hits(env, values))

    def _values(self, env: Env) -> list[Value] | None:
        """The inputs, or None when one is not allowed."""
        m, values = env.m, []
        for column in self.inputs:
            v = column.code(env)
            if isinstance(m, Trace):
                m.saw(column.input_id, column.title if all(column.title) else column.label, v)
            if column.allowed is not None and v is not None and not column.allowed.holds(env, v):
                return None
            values.append(v)
        return values

    def _hits(self, env: Env, values: list[Value]) -> list[Rule]:
        """The rules that match: first by the columns that are decided without a scope, which never warn."""
        m, rows = env.m, (1 << len(self.rules)) - 1
        m.charge((1 + len(values)) * len(self.rules))
        slow: list[tuple[list[Code | None], Env]] = []
        for column, v in zip(self._columns, values, strict=True):
            if type(v) is column.of:
                rows &= column.matching(v)
            elif not column.is_open:
                slow.append((column.tests, Env({"?": v}, env, m)))
        hits = []
        while rows:
            row = (rows & -rows).bit_length() - 1
            rows &= rows - 1
            for tests, cell in slow:
                test = tests[row]
                if test is not None and not test(cell):
                    break
            else:
                hits.append(self.rules[row])
                if self.policy == "FIRST":
                    break
        return hits

    def _value(self, env: Env, codes: Sequence[Code]) -> Value:
        """The value of one rule: a value, or a context when there are several outputs."""
        if len(self.outputs) == 1:
            return codes[0](env) if codes else None
        return {column.name: code(env) for column, code in zip(self.outputs, codes, strict=False)}

    def _result(self, env: Env, hits: list[Rule]) -> Value:
        m, policy = env.m, self.policy
        if not hits:
            return self._default(env)
        if policy == "UNIQUE" and len(hits) > 1:
            self._tell(m, hits)
            return m.warn("%d rules match, but the hit policy is UNIQUE", len(hits))
        values = [self._value(env, rule.outputs) for rule in hits]
        self._tell(m, hits, values)
        if policy in ("UNIQUE", "FIRST"):
            return values[0]
        if policy == "ANY":
            if all(equal(m, values[0], v) is True for v in values):
                return values[0]
            return m.warn("rules with different outputs match, but the hit policy is ANY")
        if policy in ("PRIORITY", "OUTPUT ORDER"):
            values = self._ranked(env, values)
            return values[0] if policy == "PRIORITY" else values
        return self._aggregate(m, values) if self.aggregation else values

    def _tell(self, m: Meter, hits: list[Rule], values: Sequence[Value] = ()) -> None:
        """Note the rules that matched, with what they gave where that is known."""
        if not isinstance(m, Trace):
            return
        for rule, v in itertools.zip_longest(hits, values):
            row = v if len(self.outputs) > 1 else {column.name: v for column in self.outputs}
            given = [
                (column.output_id, column.title if all(column.title) else column.name, row[column.name])
                for column in (self.outputs if values else ())
            ]
            m.matched(rule.rule_id, rule.number, given)

    def _default(self, env: Env) -> Value:
        """The value when no rule matches."""
        if any(column.default is not None for column in self.outputs):
            value = self._value(env, [column.default or _null for column in self.outputs])
            return value if self.policy in _SINGLE or self.aggregation else [value]
        if self.policy in _SINGLE or self.aggregation in ("SUM", "MIN", "MAX"):
            return env.m.warn("no rule matches")
        return Decimal(0) if self.aggregation == "COUNT" else []

    def _ranked(self, env: Env, values: list[Value]) -> list[Value]:
        """Values by the order of the listed output values; earlier outputs count more."""
        m = env.m
        lists = [(column.name, column.listed(env)) for column in self.outputs if column.listed]

        def rank(v: Value) -> list[int]:
            key = []
            for name, listed in lists:
                x = v if len(self.outputs) == 1 else v[name]
                places = (n for n, y in enumerate(listed or []) if equal(m, x, y) is True)
                key.append(next(places, len(listed or [])))
            return key

        return sorted(values, key=rank)

    def _aggregate(self, m: Meter, values: list[Value]) -> Value:
        if self.aggregation == "COUNT":
            return Decimal(len(values))
        if self.aggregation == "SUM":
            return functools.reduce(lambda a, b: ARITHMETIC["+"](m, a, b), values)
        sign, best = (-1 if self.aggregation == "MIN" else 1), values[0]
        for v in values[1:]:
            c = order(m, v, best)
            if c is None:
                return None
            if c == sign:
                best = v
        return best
