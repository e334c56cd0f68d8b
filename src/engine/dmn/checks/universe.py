"""The values of one input column, cut into atoms: sets of values that no cell of the column tells apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from laneway.engine.dmn.checks.regions import bits
from laneway.engine.dmn.checks.scales import Key, key_of, sample, scale, scale_name
from laneway.engine.feel import Meter
from laneway.engine.feel.temporal import Temporal
from laneway.engine.feel.values import Range, Value, kind, text_of
from laneway.words import Text

_OTHER_TEXT: Final = Text("其他文本", "any other text")
_ANYTHING: Final = Text("任意值", "any value")
_SHOWN_PIECES: Final = 4


class Verdict(NamedTuple):
    """The atoms for which a test holds, and those for which it gives neither true nor false."""

    holds: int
    unknown: int = 0


class Atom(NamedTuple):
    """A point (`low` is `high`) or an open interval of a scale (None: no limit), or what has no scale.

    `scale` is the name of the scale, or boolean, Null, text (any text that no cell names) or anything.
    """

    scale: str
    low: Key | None
    high: Key | None
    sample: Value

    @property
    def is_point(self) -> bool:
        return self.low is not None and self.low == self.high


class Universe:
    """All values of a column. Atom 0 is null; then come the scales, each in its order.

    `kind` is the declared type's or None: then values are of the kinds of the constants. `is_whole`: numbers
    are whole; `least` is the least number there is; `orders_texts`: some cell asks which text comes first.
    """

    def __init__(
        self,
        constants: Iterable[Value],
        kind_: str | None = None,
        *,
        is_whole: bool = False,
        least: Decimal | None = None,
        orders_texts: bool = False,
    ) -> None:
        self._is_whole, self._orders_texts = is_whole, orders_texts
        self.atoms: list[Atom] = [Atom("Null", None, None, None)]
        self._points: dict[tuple[str, Key], int] = {}
        self._spans: dict[str, tuple[int, int]] = {}
        found = [v for v in constants if v is not None and kind_ in (None, kind(v))]
        by_scale: dict[str, set[Key]] = {}
        for v in found:
            name = self._scale_of(v)
            if name is not None:
                by_scale.setdefault(name, set()).add(key_of(v))
        if kind_ and not by_scale:
            by_scale[kind_] = set()
        for name, keys in by_scale.items():
            self._add_scale(name, sorted(keys), least)
        if not by_scale:
            self.atoms.append(Atom("anything", None, None, None))
        self.all = (1 << len(self.atoms)) - 1
        self.null = 1
        self.mixes_clocks = any(f"zoned {name}" in by_scale for name in by_scale)
        """Whether local times stand beside zoned ones: they are ordered, but not on one scale."""

    def _scale_of(self, v: Value) -> str | None:
        return "boolean" if type(v) is bool else scale_name(v, self._is_whole)

    def _add_scale(self, name: str, keys: Sequence[Key], least: Decimal | None) -> None:
        begin = len(self.atoms)
        if name == "boolean":
            self.atoms += [Atom(name, v, v, v) for v in (False, True)]
            self._points.update({(name, v): begin + v for v in (False, True)})
        elif name == "string" and not self._orders_texts:
            self._add_texts(keys)
        else:
            name = "whole number" if name == "number" and self._is_whole else name
            self._add_intervals(name, [key for key in keys if least is None or key >= least], least)
        self._spans[name] = (begin, len(self.atoms))

    def _add_texts(self, texts: Sequence[str]) -> None:
        for text in texts:
            self._points["string", text] = len(self.atoms)
            self.atoms.append(Atom("string", text, text, text))
        other = "\N{HORIZONTAL ELLIPSIS}"
        while other in texts:
            other += other
        self.atoms.append(Atom("text", None, None, other))

    def _add_intervals(self, name: str, keys: Sequence[Key], least: Decimal | None) -> None:
        on = scale(name)
        if least is not None and least not in keys:
            keys = [least, *keys]
        if not keys:
            zero = {"string": ""}.get(on.name, Decimal(0) if on.name == "number" else 0)
            self.atoms.append(Atom(name, None, None, on.make(zero)))
            return
        low: Key | None = None
        for key in keys:
            if least is None or low is not None:
                self._add_between(name, low, key)
            self._points[name, key] = len(self.atoms)
            self.atoms.append(Atom(name, key, key, on.make(key)))
            low = key
        self._add_between(name, low, None)

    def _add_between(self, name: str, low: Key | None, high: Key | None) -> None:
        found = sample(scale(name), low, high)
        if found is not None:
            self.atoms.append(Atom(name, low, high, found))

    # tests

    def compare(self, operator: str, v: Value) -> Verdict | None:
        """The atoms for which `operator v` holds, for a value with a scale; None when that is not simple."""
        name = self._scale_of(v)
        if name is None or (name == "boolean" and operator not in ("=", "!=")):
            return None
        begin, end = self._spans.get(name, (1, 1))
        ours = (1 << end) - (1 << begin)
        if operator in ("=", "!="):
            at = self._points.get((name, key_of(v)))
            equal = 0 if at is None else 1 << at
            apart = self.null | (ours & ~equal) | self._same_kind(name)
            unknown = self.all & ~equal & ~apart
            return Verdict(equal if operator == "=" else apart, unknown)
        at = self._points.get((name, key_of(v)))
        if self.mixes_clocks and self._same_kind(name):
            return None
        if at is None:
            return None if begin < end else Verdict(0, self.all)
        below, here = (1 << at) - (1 << begin), 1 << at
        above = ours & ~below & ~here
        holds = {"<": below, "<=": below | here, ">": above, ">=": above | here}[operator]
        return Verdict(holds, self.all & ~ours)

    def _same_kind(self, name: str) -> int:
        """Atoms of the same kind on another scale: equality with them is false, not unknown."""
        twin = name.removeprefix("zoned ") if name.startswith("zoned ") else f"zoned {name}"
        begin, end = self._spans.get(twin, (0, 0))
        return (1 << end) - (1 << begin)

    def within(self, r: Range) -> Verdict | None:
        """The atoms that lie in a range; None when that is not simple."""
        lower = (
            Verdict(self.all) if r.start is None else self.compare(">=" if r.start_included else ">", r.start)
        )
        upper = Verdict(self.all) if r.end is None else self.compare("<=" if r.end_included else "<", r.end)
        if lower is None or upper is None:
            return None
        unknown = (lower.unknown | upper.unknown | self.null) & self.all
        return Verdict(lower.holds & upper.holds & ~unknown, unknown)

    def probe(self, test: Callable[[Value], bool | None]) -> Verdict:
        """The verdict of any test that tells no two values of an atom apart, asked for a sample of each."""
        holds = unknown = 0
        for i, atom in enumerate(self.atoms):
            result = test(atom.sample)
            holds |= (result is True) << i
            unknown |= (result is None) << i
        return Verdict(holds, unknown)

    # words

    def example(self, mask: int) -> Text:
        """A value of a set of atoms as FEEL writes it."""
        some = mask & ~self.null or mask
        atom = self.atoms[next(bits(some))]
        return self._value(atom)

    def describe(self, mask: int, subject: str) -> Text:
        """A set of atoms as a condition about the subject: `amount > 5`, `amount in [1..3)`."""
        runs = list(self._runs(mask))
        pieces = [self._piece(first, last) for first, last in runs]
        if len(pieces) > 1:
            more = len(pieces) - _SHOWN_PIECES
            shown = pieces[:_SHOWN_PIECES] + ([Text("……", "…")] if more > 0 else [])
            zh, en = (", ".join(piece.pick(locale) for piece in shown) for locale in ("zh", "en"))
            return Text(f"{subject} in ({zh})", f"{subject} in ({en})")
        (first, last), piece = runs[0], pieces[0]
        is_value = first is last and (first.is_point or first.scale in ("Null", "text", "anything"))
        link = " = " if is_value else " " if piece.en[0] in "<>" else " in "
        return Text(subject + link + piece.zh, subject + link + piece.en)

    def _runs(self, mask: int) -> Iterable[tuple[Atom, Atom]]:
        """(first, last) of neighbouring atoms of one scale."""
        first = before = -1
        for i in bits(mask):
            joins = i == before + 1 and self.atoms[i].scale == self.atoms[first].scale
            joins = joins and self.atoms[i].scale not in ("boolean", "Null") and not self._is_text(i)
            if not joins:
                if first >= 0:
                    yield self.atoms[first], self.atoms[before]
                first = i
            before = i
        yield self.atoms[first], self.atoms[before]

    def _is_text(self, i: int) -> bool:
        return self.atoms[i].scale == "string" and not self._orders_texts

    def _piece(self, first: Atom, last: Atom) -> Text:
        if first is last and (first.is_point or first.scale in ("Null", "text", "anything")):
            return self._value(first)
        low, high = self._edge(first.low, first), self._edge(last.high, last)
        if not low and not high:
            return _ANYTHING
        if not low:
            text = f"<{'=' * last.is_point} {high}"
        elif not high:
            text = f">{'=' * first.is_point} {low}"
        else:
            text = f"{'[' if first.is_point else '('}{low}..{high}{']' if last.is_point else ')'}"
        return Text(text, text)

    def _edge(self, key: Key | None, atom: Atom) -> str:
        return "" if key is None else literal(scale(atom.scale).make(key))

    def _value(self, atom: Atom) -> Text:
        if atom.scale in ("text", "anything"):
            return _OTHER_TEXT if atom.scale == "text" else _ANYTHING
        text = literal(atom.sample)
        return Text(text, text)


def literal(v: Value) -> str:
    """A value as FEEL writes it."""
    text = text_of(Meter(), v, nested=True)
    return f'@"{text}"' if isinstance(v, Temporal) else text
