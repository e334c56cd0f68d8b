"""Decision tables: hit policies and aggregators (DMN 1.5, chapter 8.2)."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from laneway.engine.dmn.trace import Trace
from laneway.engine.feel import Code, Env, Meter
from laneway.engine.feel.arithmetic import ARITHMETIC
from laneway.engine.feel.sentences import Word
from laneway.engine.feel.types import Type, coerce
from laneway.engine.feel.values import Value, equal, order
from laneway.words import Text

HIT_POLICIES: Final = frozenset(
    ["UNIQUE", "FIRST", "PRIORITY", "ANY", "COLLECT", "RULE ORDER", "OUTPUT ORDER"]
)
AGGREGATIONS: Final = frozenset(["SUM", "COUNT", "MIN", "MAX"])
_OUTPUT: Final = Word("output")
_SINGLE: Final = frozenset(["UNIQUE", "FIRST", "PRIORITY", "ANY"])


class Input(NamedTuple):
    """A column of inputs: `code` gives the value, `allowed` tests it."""

    input_id: str
    label: str
    title: Text
    code: Code
    type: Type | None
    allowed: Code | None


class Output(NamedTuple):
    """A column of outputs: `listed` gives the output values by priority, `default` the default output."""

    output_id: str
    name: str
    title: Text
    type: Type | None
    listed: Code | None
    default: Code | None


class Rule(NamedTuple):
    """A row: a test per input (None always holds) and a code per output. Numbers count from 1."""

    rule_id: str
    number: int
    tests: Sequence[Code | None]
    outputs: Sequence[Code]


def _null(env: Env) -> None:
    return None


@dataclass(frozen=True)
class Table:
    """A compiled decision table."""

    inputs: Sequence[Input]
    outputs: Sequence[Output]
    rules: Sequence[Rule]
    policy: str
    aggregation: str | None

    def run(self, env: Env) -> Value:
        """The result of the table in a scope."""
        cells = self._cells(env)
        if cells is None:
            return env.m.warn("an input is not one of its allowed values")
        return self._result(env, self._hits(env.m, cells))

    def _cells(self, env: Env) -> list[Env] | None:
        """The scope of each column's tests, or None when an input is not allowed."""
        m, cells = env.m, []
        for column in self.inputs:
            v = coerce(m, column.code(env), column.type, column.label)
            if isinstance(m, Trace):
                m.saw(column.input_id, column.title if all(column.title) else column.label, v)
            cell = Env({"?": v}, env, m)
            if column.allowed is not None and v is not None and not column.allowed(cell):
                return None
            cells.append(cell)
        return cells

    def _hits(self, m: Meter, cells: list[Env]) -> list[Rule]:
        hits = []
        for rule in self.rules:
            m.charge(1 + len(rule.tests))
            for test, cell in zip(rule.tests, cells, strict=False):
                if test is not None and not test(cell):
                    break
            else:
                hits.append(rule)
                if self.policy == "FIRST":
                    break
        return hits

    def _value(self, env: Env, codes: Sequence[Code]) -> Value:
        """The value of one rule: a value, or a context when there are several outputs."""
        values = {
            column.name: coerce(env.m, code(env), column.type, _OUTPUT)
            for column, code in zip(self.outputs, codes, strict=False)
        }
        return next(iter(values.values()), None) if len(self.outputs) == 1 else values

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
