"""XPath/XQuery regular expressions (DMN 1.5, table 76) on top of the `regex` package.

All functions raise `PatternError` for a bad pattern and TimeoutError after `seconds`.
"""

from __future__ import annotations

import functools
from typing import Any, Final

import regex

MAX_PATTERN: Final = 2000
_FLAGS: Final = {"s": regex.DOTALL, "m": regex.MULTILINE, "i": regex.IGNORECASE, "x": 0, "q": 0}
_NAME_CLASS: Final = {"i": r"_:\p{L}", "c": r"\-._:\p{L}\p{N}\p{M}"}
_QUANTIFIER: Final = regex.compile(r"\{[0-9]{1,6}(,([0-9]{1,6})?)?\}")


class PatternError(Exception):
    """The pattern, a flag or the replacement is not valid."""


class _Translation:
    """One pass over an XPath pattern that writes it in the syntax of the regex package (V1)."""

    def __init__(self, pattern: str, flags: str) -> None:
        self.pattern = _without_space(pattern) if "x" in flags else pattern
        self.flags, self.at, self.level, self.groups = flags, 0, 0, 0
        self.out: list[str] = []

    def run(self) -> str:
        """The translated pattern. Raises `PatternError`."""
        while self.at < len(self.pattern):
            c = self.pattern[self.at]
            if c == "\\":
                self._escape()
            else:
                if self.level:
                    self._in_class(c)
                else:
                    self._outside(c)
                self.at += 1
        if self.level:
            raise PatternError("class not closed")
        return "".join(self.out)

    def _next(self, distance: int = 1) -> str:
        return self.pattern[self.at + distance : self.at + distance + 1]

    def _escape(self) -> None:
        escaped = self._next()
        if not escaped:
            raise PatternError("stray backslash")
        self.at += 2
        if escaped in "iIcC":
            inner = _NAME_CLASS[escaped.lower()]
            if self.level and escaped.islower():
                self.out.append(inner)
            else:
                self.out.append(f"[^{inner}]" if escaped.isupper() else f"[{inner}]")
        elif escaped in "pP":
            end = self.pattern.find("}", self.at)
            if self._next(0) != "{" or end < 0:
                raise PatternError("bad category")
            name = self.pattern[self.at + 1 : end]
            block = "In" + name[2:].replace("-", "") if name.startswith("Is") else name
            self.out.append(f"\\{escaped}{{{block}}}")
            self.at = end + 1
        elif escaped in "123456789" and not self.level:
            self._back_reference(escaped)
        elif escaped in "dDwWsSnrt\\|.?*+(){}[]-^$":
            self.out.append("\\" + escaped)
        else:
            raise PatternError("bad escape")

    def _back_reference(self, digits: str) -> None:
        """\\12 is group 12 only where there are so many, else group 1 and a 2; a group without match is empty."""
        while self._next(0) in tuple("0123456789") and int(digits + self._next(0)) <= self.groups:
            digits += self._next(0)
            self.at += 1
        if int(digits) > self.groups:
            raise PatternError("no group " + digits)
        self.out.append(rf"(?:(?({digits})\g<{digits}>|))")

    def _in_class(self, c: str) -> None:
        if c == "[":  # class subtraction: [a-z-[aeiou]]
            if self.out[-1] != "-":
                raise PatternError("bad character class")
            self.out[-1] = "--"
            self._open_class()
        elif c == "]":
            self.level -= 1
            self.out.append(c)
        else:
            self.out.append("\\" + c if c in "&|~" else c)

    def _open_class(self) -> None:
        self.level += 1
        self.out.append("[")
        if self._next() == "^":
            self.out.append("^")
            self.at += 1

    def _outside(self, c: str) -> None:
        if c == "[":
            self._open_class()
        elif c == "(" and self._next() == "?":
            if self._next(2) != ":":
                raise PatternError("(? is only allowed as (?:")
            self.out.append("(?:")
            self.at += 2
        elif c == "(":
            self.groups += 1
            self.out.append(c)
        elif c == "$" and "m" not in self.flags:
            self.out.append(r"\Z")
        elif c == "." and "s" not in self.flags:
            self.out.append(r"[^\n\r]")
        elif c == "^" and "m" not in self.flags:
            self.out.append(r"\A")
        else:
            self._check_plain(c)
            self.out.append(c)

    def _check_plain(self, c: str) -> None:
        if c in "+*?}" and self._next() == "+":
            raise PatternError("possessive quantifier")
        if c == "{" and not _QUANTIFIER.match(self.pattern, self.at):
            raise PatternError("bad quantifier")
        if c == "}" and "{" not in self.pattern[: self.at]:
            raise PatternError("bad quantifier")
        if c == "]":
            raise PatternError("stray ]")


def _without_space(pattern: str) -> str:
    """The flag x: white space goes, except inside character classes."""
    out, level, escaped = [], 0, False
    for c in pattern:
        if c in " \t\n\r" and not level:
            continue
        out.append(c)
        level += 0 if escaped else (c == "[") - (c == "]" and level > 0)
        escaped = c == "\\" and not escaped
    return "".join(out)


@functools.lru_cache(maxsize=512)
def _compiled(pattern: str, flags: str) -> Any:
    """The compiled pattern. Raises `PatternError`."""
    if len(pattern) > MAX_PATTERN:
        raise PatternError("the pattern is too long")
    bits = regex.V1
    for flag in flags:
        if flag not in _FLAGS:
            raise PatternError("unknown flag")
        bits |= _FLAGS[flag]
    try:
        text = regex.escape(pattern) if "q" in flags else _Translation(pattern, flags).run()
        return regex.compile(text, bits)
    except (regex.error, RecursionError, OverflowError, MemoryError, IndexError) as error:
        raise PatternError(str(error)) from None


def search(text: str, pattern: str, flags: str, seconds: float) -> bool:
    """Whether the pattern occurs in the text."""
    return _compiled(pattern, flags).search(text, timeout=seconds) is not None


def replace(text: str, pattern: str, replacement: str, flags: str, seconds: float) -> str:
    """fn:replace; a pattern that matches the empty text is wrong."""
    code = _not_empty(pattern, flags, seconds)
    parts: list[str | int] = [replacement] if "q" in flags else _replacement(replacement, code.groups)

    def fill(match: Any) -> str:
        return "".join(
            part if isinstance(part, str) else (match[part] or "") if part <= code.groups else ""
            for part in parts
        )

    return str(code.sub(fill, text, timeout=seconds))


def _not_empty(pattern: str, flags: str, seconds: float) -> Any:
    code = _compiled(pattern, flags)
    if code.search("", timeout=seconds):
        raise PatternError("the pattern matches the empty text")
    return code


def _replacement(text: str, groups: int) -> list[str | int]:
    """The texts and group numbers of a replacement; $12 is group 12 only where there are so many groups."""
    parts: list[str | int] = []
    i = 0
    while i < len(text):
        c = text[i]
        if c == "\\":
            if text[i + 1 : i + 2] not in ("\\", "$"):
                raise PatternError("stray backslash in the replacement")
            parts.append(text[i + 1])
            i += 2
        elif c == "$":
            end = i + 1
            while text[end : end + 1] in tuple("0123456789") and (
                end == i + 1 or int(text[i + 1 : end + 1]) <= groups
            ):
                end += 1
            if end == i + 1:
                raise PatternError("stray $ in the replacement")
            parts.append(int(text[i + 1 : end]))
            i = end
        else:
            parts.append(c)
            i += 1
    return parts


def split(text: str, pattern: str, seconds: float) -> list[str]:
    """fn:tokenize."""
    out, last = [], 0
    for match in _not_empty(pattern, "", seconds).finditer(text, timeout=seconds):
        out.append(text[last : match.start()])
        last = match.end()
    return [*out, text[last:]]


def find_all(text: str, pattern: str, seconds: float) -> list[str]:
    """All matches, each as a whole."""
    return [match[0] for match in _compiled(pattern, "").finditer(text, timeout=seconds)]
