"""Turns FEEL text into tokens. Names are single words here; the parser joins words to names."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final, NamedTuple

from laneway.engine.feel.errors import FeelSyntaxError

# The character classes of names and white space are those of DMN 1.5, grammar rules 27 to 29 and 61 to 62.
_SPACE: Final = r"\t-\r \x85\xa0\u1680\u180e\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
_START: Final = (
    r"A-Z_a-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u167f\u1681-\u180d\u180f-\u1FFF"
    r"\u200C-\u200D\u2070-\u218F\u2C00-\u2FEF\u3001-\uD7FF\uE000-\uFDCF\uFDF0-\uFEFE\uFF00-\uFFFD"
    r"\U00010000-\U000EFFFF"
)
_PART: Final = _START + r"0-9\u00B7\u0300-\u036F\u203F-\u2040"
_TOKEN: Final = re.compile(
    rf"(?P<space>[{_SPACE}]+|//[^\n\r]*|/\*.*?\*/)"
    rf"|(?P<word>[{_START}][{_PART}]*|\?)"
    r"|(?P<num>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r'|(?P<str>"(?:[^"\\]|\\.)*")'
    r"|(?P<quoted>`[^`\n\r]+`)"
    r"|(?P<op>\*\*|\.\.|->|<=|>=|!=|.)",
    re.DOTALL,
)
_SPACES: Final = re.compile(f"[{_SPACE}]+")
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{6}|.)", re.DOTALL)
_SIMPLE: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}
MAX_DIGITS: Final = 200
MAX_TOKENS: Final = 10_000
MAX_EXPONENT: Final = 6144


class Token(NamedTuple):
    """A piece of the text: `kind` is word, num, str, quoted (a name in backticks), op or end.

    `value` is that of a number, string or quoted name.
    """

    kind: str
    text: str
    pos: int
    end: int
    value: Any = None


def _unescape(body: str, pos: int) -> str:
    """The value of a string literal without its quotes; surrogate pairs become one character."""
    if "\\" not in body:
        return body

    def replace_one(match: re.Match[str]) -> str:
        escaped = match[1]
        if len(escaped) > 1:
            code = int(escaped[1:], 16)
            if code > 0x10FFFF:
                raise FeelSyntaxError("there is no such character", "没有这个字符", pos)
            return chr(code)
        return _SIMPLE.get(escaped, match[0])

    text = _ESCAPE.sub(replace_one, body)
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise FeelSyntaxError(
            "a string holds half of a surrogate pair", "字符串中有不完整的代理字符", pos
        ) from None


def _number(raw: str, pos: int) -> Decimal:
    try:
        value = Decimal(raw)
    except ArithmeticError:
        raise FeelSyntaxError("number out of range", "数值超出范围", pos) from None
    if len(raw) > MAX_DIGITS or abs(value.adjusted()) > MAX_EXPONENT:
        raise FeelSyntaxError("number out of range", "数值超出范围", pos)
    return value


def tokenize(text: str) -> list[Token]:
    """All tokens of a text, closed by one of kind `end`. Raises `FeelSyntaxError`."""
    out: list[Token] = []
    pos = 0
    for match in _TOKEN.finditer(text):
        kind, raw, pos = str(match.lastgroup), match[0], match.end()
        if kind == "space":
            continue
        start = match.start()
        if kind == "op" and raw == '"':
            raise FeelSyntaxError("a string is not closed", "字符串没有结束引号", start)
        if kind == "op" and raw == "\\":
            raise FeelSyntaxError("stray backslash", "多余的反斜杠", start)
        value: Any = None
        if kind == "num":
            value = _number(raw, start)
        elif kind == "str":
            value = _unescape(raw[1:-1], start)
        elif kind == "quoted":
            value = raw[1:-1]
        if len(out) == MAX_TOKENS:
            raise FeelSyntaxError("the expression is too long", "表达式过长", start)
        out.append(Token(kind, raw, start, pos, value))
    out.append(Token("end", "", len(text), len(text)))
    return out


def name_key(name: str) -> tuple[str, ...]:
    """The token texts of a name, used to find it in an expression. Raises `FeelSyntaxError`."""
    return tuple(token.text for token in tokenize(name)[:-1])


def tidy(name: str) -> str:
    """The name with each inner white space as one blank."""
    return " ".join(_SPACES.split(name.strip()))
