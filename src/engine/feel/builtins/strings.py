"""Built-ins on strings (DMN 1.5, 10.3.4.3)."""

from __future__ import annotations

import base64
import uuid
from decimal import Decimal

from laneway.engine.feel import regexes
from laneway.engine.feel.meter import Meter
from laneway.engine.feel.registry import builtin
from laneway.engine.feel.values import Value


@builtin("substring", "string:s, start position:n, length:n?")
def substring(m: Meter, text: str, position: Decimal, length: Decimal | None) -> Value:
    """From a position (1 is the first character, -1 the last); null outside of the text."""
    start = int(position)
    if start == 0 or abs(start) > len(text) or (length is not None and length < 1):
        return m.warn("substring: position out of range")
    at = start - 1 if start > 0 else len(text) + start
    return text[at:] if length is None else text[at : at + int(min(length, Decimal(len(text))))]


@builtin("string length", "string:s")
def string_length(m: Meter, text: str) -> Decimal:
    """The number of characters (code points)."""
    return Decimal(len(text))


@builtin("upper case", "string:s")
def upper_case(m: Meter, text: str) -> str:
    """The text in capitals."""
    return text.upper()


@builtin("lower case", "string:s")
def lower_case(m: Meter, text: str) -> str:
    """The text in small letters."""
    return text.lower()


@builtin("substring before", "string:s, match:s")
def substring_before(m: Meter, text: str, match: str) -> str:
    """What stands before the first match; empty without a match."""
    return text.partition(match)[0] if match and match in text else ""


@builtin("substring after", "string:s, match:s")
def substring_after(m: Meter, text: str, match: str) -> str:
    """What stands after the first match; empty without a match."""
    return text.partition(match)[2] if match else text


@builtin("contains", "string:s, match:s")
def contains(m: Meter, text: str, match: str) -> bool:
    """Whether the text has the match in it."""
    return match in text


@builtin("starts with", "string:s, match:s")
def starts_with(m: Meter, text: str, match: str) -> bool:
    """Whether the text begins with the match."""
    return text.startswith(match)


@builtin("ends with", "string:s, match:s")
def ends_with(m: Meter, text: str, match: str) -> bool:
    """Whether the text ends with the match."""
    return text.endswith(match)


@builtin("replace", "input:s, pattern:s, replacement:s, flags:s?")
def replace(m: Meter, text: str, pattern: str, replacement: str, flags: str | None) -> str:
    """All matches of an XPath pattern replaced; $1 stands for a group. Raises `FeelLimit`."""
    m.charge(len(text) // 8)
    if len(text) * len(replacement) > 100_000:
        # Worst case before the work: every position replaced, a group standing for some 20 characters.
        m.text((len(text) + 1) * (len(replacement) + 20 * ("$" in replacement)))
    out = regexes.replace(text, pattern, replacement, flags or "", m.regex_seconds())
    m.text(len(out))
    return out


@builtin("matches", "input:s, pattern:s, flags:s?")
def matches(m: Meter, text: str, pattern: str, flags: str | None) -> bool:
    """Whether an XPath pattern occurs in the text."""
    m.charge(len(text) // 8)
    return regexes.search(text, pattern, flags or "", m.regex_seconds())


@builtin("split", "string:s, delimiter:s")
def split(m: Meter, text: str, delimiter: str) -> list[str]:
    """The parts between the matches of an XPath pattern."""
    m.charge(len(text))
    return regexes.split(text, delimiter, m.regex_seconds())


@builtin("string join", "list:l, delimiter:s?")
def string_join(m: Meter, items: list[Value], delimiter: str | None) -> Value:
    """The texts of a list in one, nulls left out; null if there is anything else in it."""
    m.charge(len(items))
    if any(x is not None and type(x) is not str for x in items):
        return m.warn("string join: not a list of strings")
    texts = [x for x in items if x is not None]
    m.text(sum(map(len, texts)) + len(delimiter or "") * len(texts))
    return (delimiter or "").join(texts)


# Additions of the Camunda dialect.


@builtin("string join", "list:l, delimiter:s?, prefix:s?, suffix:s?", required=4)
def string_join_between(
    m: Meter, items: list[Value], delimiter: str | None, prefix: str | None, suffix: str | None
) -> Value:
    """`string join` with a text before and one after the result."""
    joined = string_join(m, items, delimiter)
    if joined is None:
        return None
    m.text(len(prefix or "") + len(joined) + len(suffix or ""))
    return (prefix or "") + joined + (suffix or "")


@builtin("extract", "string:s, pattern:s")
def extract(m: Meter, text: str, pattern: str) -> list[str]:
    """All matches of an XPath pattern, each as a whole."""
    m.charge(len(text))
    found = regexes.find_all(text, pattern, m.regex_seconds())
    m.list(len(found))
    return found


@builtin("to base64", "value:s")
def to_base64(m: Meter, text: str) -> str:
    """The text's UTF-8 bytes in Base64."""
    m.text(4 * len(text) // 3)
    return base64.b64encode(text.encode()).decode()


@builtin("uuid")
def new_uuid(m: Meter) -> str:
    """A random UUID (version 4) of 36 characters."""
    return str(uuid.uuid4())


@builtin("trim", "string:s")
def trim(m: Meter, text: str) -> str:
    """The text without white space around it."""
    return text.strip()


@builtin("is blank", "string:s")
def is_blank(m: Meter, text: str) -> bool:
    """Whether there is nothing but white space."""
    return not text.strip()
