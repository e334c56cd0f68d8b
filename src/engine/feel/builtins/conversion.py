"""Built-ins that make one kind of value from others (DMN 1.5, 10.3.4.1), and those on any value."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from laneway.engine.feel.arithmetic import CONTEXT, number, whole
from laneway.engine.feel.civil import NS
from laneway.engine.feel.errors import FeelAssertion, FeelSyntaxError
from laneway.engine.feel.iso import parse_date, parse_date_time, parse_duration, parse_time
from laneway.engine.feel.meter import Meter
from laneway.engine.feel.names import Names
from laneway.engine.feel.parser import Parser
from laneway.engine.feel.reader import Node
from laneway.engine.feel.registry import BUILTINS, builtin
from laneway.engine.feel.temporal import (
    Date,
    DateTime,
    DayTimeDuration,
    MonthDuration,
    Temporal,
    Time,
    months_between,
)
from laneway.engine.feel.values import Value, equal, kind, make_range, text_of

_NUMBER: Final = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def whole_number(n: Decimal) -> int:
    """The int of a number. Raises ValueError when it has a fraction."""
    i = whole(n)
    if i is None:
        raise ValueError("not a whole number")
    return i


@builtin("date", "from:s")
def date_of_text(m: Meter, text: str) -> Value:
    """The date of an ISO text."""
    return parse_date(text) or m.warn("no date: %r", text)


@builtin("date", "from:dD")
def date_of_moment(m: Meter, v: Date | DateTime) -> Value:
    """A date as it is, or the date of a date and time."""
    return v.date if isinstance(v, DateTime) else v


@builtin("date", "year:n, month:n, day:n")
def date_of_numbers(m: Meter, year: Decimal, month: Decimal, day: Decimal) -> Value:
    """The date of its parts; null for a day that does not exist."""
    return Date(whole_number(year), whole_number(month), whole_number(day))


@builtin("date and time", "from:s")
def date_and_time_of_text(m: Meter, text: str) -> Value:
    """The date and time of an ISO text; a date alone is its local midnight."""
    date = parse_date(text)
    if date:
        return DateTime(date, 0)
    return parse_date_time(text) or m.warn("no date and time: %r", text)


@builtin("date and time", "from:D")
def date_and_time_of_itself(m: Meter, v: DateTime) -> Value:
    """A date and time as it is."""
    return v


@builtin("date and time", "date:dD, time:t")
def date_and_time_of_parts(m: Meter, date: Date | DateTime, time: Time) -> Value:
    """A date (or that of a date and time) with a time and its zone."""
    return DateTime(date.date if isinstance(date, DateTime) else date, time.ns, time.offset, time.zone)


@builtin("time", "from:s")
def time_of_text(m: Meter, text: str) -> Value:
    """The time of an ISO text."""
    return parse_time(text) or m.warn("no time: %r", text)


@builtin("time", "from:tDd")
def time_of_moment(m: Meter, v: Time | DateTime | Date) -> Value:
    """A time as it is, that of a date and time, or midnight UTC of a date."""
    if isinstance(v, Date):
        return Time(0, 0)
    return v.time() if isinstance(v, DateTime) else v


@builtin("time", "hour:n, minute:n, second:n, offset:u?")
def time_of_numbers(m: Meter, hour: Decimal, minute: Decimal, second: Decimal, offset: Value) -> Value:
    """The time of its parts, with an offset as days and time duration; null for no such time."""
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60) or isinstance(offset, MonthDuration):
        raise ValueError("no such time")
    seconds = None if offset is None else int(Decimal(offset.ns) / NS)
    if seconds is not None and abs(seconds) > 18 * 3600:
        raise ValueError("no such offset")
    return Time((whole_number(hour) * 3600 + whole_number(minute) * 60) * NS + int(second * NS), seconds)


@builtin("duration", "from:s")
def duration_of_text(m: Meter, text: str) -> Value:
    """Either kind of duration of an ISO text."""
    return parse_duration(text) or m.warn("no duration: %r", text)


@builtin("duration", "from:u")
def duration_of_itself(m: Meter, v: DayTimeDuration | MonthDuration) -> Value:
    """A duration as it is."""
    return v


@builtin("years and months duration", "from:dD, to:dD")
def months_from_to(m: Meter, start: Date | DateTime, end: Date | DateTime) -> Value:
    """Whole months between two days, towards zero."""
    return MonthDuration(months_between(start, end))


# The three parameters may be null but not left out.
@builtin("number", "from:s, grouping separator:s?, decimal separator:s?", required=3)
def number_of_formatted_text(m: Meter, text: str, grouping: str | None, point: str | None) -> Value:
    """The number of a text with separators for groups and decimals, either of which may be null."""
    if grouping not in (None, " ", ",", ".") or point not in (None, ",", "."):
        return m.warn("number: wrong separators")
    if grouping is not None and grouping == point:
        return m.warn("number: wrong separators")
    plain = text.replace(grouping, "") if grouping else text
    if point == ",":
        if "." in plain:
            return m.warn("no number: %r", text)
        plain = plain.replace(",", ".")
    return number_of_text(m, plain)


@builtin("number", "from:s")
def number_of_text(m: Meter, text: str) -> Value:
    """The number of a text in FEEL's own notation."""
    if len(text) > 200 or not _NUMBER.fullmatch(text):
        return m.warn("no number: %r", text)
    return number(Decimal(text))


@builtin("string", "from:a")
def string_of_value(m: Meter, v: Value) -> Value:
    """The text of a value; null stays null."""
    return None if v is None else text_of(m, v)


_LITERAL_CALLS: Final = ("date", "time", "date and time", "duration")
_LITERAL_NAMES: Final = Names(_LITERAL_CALLS)
_OPEN_END: Final = re.compile(r"(\s*[(\]]\s*)(\.\..+)|(.+\.\.)(\s*[)\[]\s*)", re.DOTALL)


@builtin("range", "from:s")
def range_of_text(m: Meter, text: str) -> Value:
    """range("[1..3]"): only a range literal whose ends are literals, never a computation.

    An end without limit is left out, with its bracket open: "(..3]" or "[1..)".
    """
    m.charge(2 * len(text))
    open_end = _OPEN_END.fullmatch(text) is not None
    try:
        closed = _OPEN_END.sub(r"\1\3 null \2\4", text) if open_end else text
        node = Parser(closed, Names(), _LITERAL_NAMES).expression_only()
    except FeelSyntaxError:
        return m.warn("no range: %r", text)
    if node[0] != "range" or not all(_is_literal(end, may_be_open=open_end) for end in node[1:3]):
        return m.warn("no range: %r", text)
    return make_range(m, _literal(m, node[1]), _literal(m, node[2]), node[3], node[4])


def _is_literal(node: Node, *, may_be_open: bool) -> bool:
    if node[0] == "call":
        (target, args) = node[1:]
        return (
            target[0] == "name" and target[1] in _LITERAL_CALLS and len(args) == 1 and args[0][0] == "const"
        )
    if node[0] == "const":
        return type(node[1]) is str or (may_be_open and node[1] is None)
    return node[0] in ("num", "at")


def _literal(m: Meter, node: Node) -> Value:
    if node[0] == "call":
        return BUILTINS[node[1][1]].call(m, [node[2][0][1]])
    return CONTEXT.plus(node[1]) if node[0] == "num" else node[1]


@builtin("not", "negand:a")
def negation(m: Meter, v: Value) -> Value:
    """The opposite of a boolean; null for anything else."""
    return not v if type(v) is bool else None


@builtin("is", "value1:a, value2:a")
def same_value(m: Meter, a: Value, b: Value) -> bool:
    """Equal and of one kind; of two times also written with the same offset or zone."""
    if kind(a) != kind(b):
        return False
    return str(a) == str(b) if isinstance(a, Temporal) else equal(m, a, b) is True


# Additions of the Camunda dialect.


@builtin("is defined", "value:a")
def is_defined(m: Meter, v: Value) -> bool:
    """Whether a value is not null."""
    return v is not None


@builtin("get or else", "value:a, default:a")
def get_or_else(m: Meter, v: Value, default: Value) -> Value:
    """The value, or the default for null."""
    return default if v is None else v


@builtin("assert", "value:a, condition:a, cause:s?")
def assertion(m: Meter, v: Value, condition: Value, cause: str | None) -> Value:
    """The value when the condition is true. Raises `FeelAssertion`, with the cause as its text, otherwise."""
    if condition is True:
        return v
    raise FeelAssertion(cause or "the assertion does not hold", cause or "断言不成立")


@builtin("fromAi", "value:a, description:s?, type:s?, schema:c?, options:c?")
def tagged_value(m: Meter, v: Value, *tags: Value) -> Value:
    """The value as it is; the other arguments are for tools that read the diagram."""
    return v


@builtin("number", "from:s, grouping separator:s")
def number_of_grouped_text(m: Meter, text: str, grouping: str) -> Value:
    """The number of a text with a separator for groups and a point for decimals."""
    return number_of_formatted_text(m, text, grouping, None)


@builtin("date and time", "date:D, timezone:s")
def date_and_time_in_zone(m: Meter, v: DateTime, timezone: str) -> Value:
    """The same moment on the clock of a zone: IANA name, offset or Z. A local one is read in the meter's zone."""
    sample = parse_time("00:00:00" + timezone) or parse_time("00:00:00@" + timezone)
    if sample is None or not timezone:
        return m.warn("no time zone: %r", timezone)
    if v.utc_offset() is None:
        offset = m.clock().utcoffset()
        v = DateTime(v.date, v.ns, 0 if offset is None else int(offset.total_seconds()))
    return v.at(sample.offset, sample.zone)
