"""What the characters of a text give away: operators of other languages, full-width signs, open brackets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from laneway.engine.feel.errors import FeelSyntaxError
from laneway.words import Text

MAX_LOOKED_AT: Final = 4_000
"""Of longer texts only the beginning is looked at: hints are for what people write."""

FULL_WIDTH: Final = {
    **dict(zip("（）［］｛｝，：；＝＞＜！＋－＊／＂＇％＆｜．？", "()[]{},:;=><!+-*/\"'%&|.?", strict=True)),
    "、": ",",
    "。": ".",
    "【": "[",
    "】": "]",
    "〈": "<",
    "〉": ">",
}
"""Signs that FEEL takes for letters of a name, and those that are probably meant."""

_QUOTES: Final = "“”„‟«»‘’‚‛「」『』"
_HIDDEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n\r]*|/\*.*?\*/', re.DOTALL)
_OPENING, _CLOSING = "([{", ")]}"


class Hint(NamedTuple):
    """How to mend a text, and where (from 0)."""

    pos: int
    text: Text


def masked(text: str) -> str:
    """The beginning of a text with blanks instead of the contents of strings and comments."""
    return _HIDDEN.sub(_blank, text[:MAX_LOOKED_AT])


def _blank(found: re.Match[str]) -> str:
    length = len(found[0])
    return f'"{" " * (length - 2)}"' if found[0][0] == '"' else " " * length


def full_width(text: str, start: int = 0, end: int | None = None) -> Hint | None:
    """The first full-width sign of a masked text that should be a plain one."""
    for pos in range(start, min(len(text), len(text) if end is None else end)):
        plain = FULL_WIDTH.get(text[pos])
        if plain is not None:
            return Hint(
                pos,
                Text(
                    f"全角“{text[pos]}”会被当作名称的一部分：请改用半角“{plain}”",
                    f"the full-width “{text[pos]}” is taken for a part of a name: write “{plain}”",
                ),
            )
    return None


def _say(zh: str, en: str) -> Callable[[re.Match[str]], Text]:
    return lambda found: Text(zh.format(found[0]), en.format(found[0]))


def _negation(found: re.Match[str]) -> Text:
    what = found[1] or "…"
    return Text(f"否定请写 not({what})", f"write not({what})")


_FOREIGN: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Text]], ...]] = (
    (re.compile(r"(?<![!<>])===?"), _say("相等请用一个 =", "use one = to compare")),
    (re.compile(r"!=="), _say("不等请用 !=", "use != for “not equal”")),
    (re.compile(r"=>"), _say("“大于等于”请写 >=", "write >= for “greater or equal”")),
    (re.compile(r"=<"), _say("“小于等于”请写 <=", "write <= for “less or equal”")),
    (re.compile(r"<>"), _say("不等请用 !=", "use != for “not equal”")),
    (re.compile(r":="), _say("FEEL 没有赋值：请只写表达式", "FEEL has no assignment: write the value only")),
    (
        re.compile(r"[+\-*/]="),
        _say("FEEL 没有赋值：请只写表达式", "FEEL has no assignment: write the value only"),
    ),
    (re.compile(r"&&?"), _say("“并且”请写 and", "write “and” instead of {0}")),
    (re.compile(r"\|\|?"), _say("“或者”请写 or", "write “or” instead of {0}")),
    (re.compile(r"!(?!=)\s*([\w.]*)"), _negation),
    (
        re.compile(r"[$#]\{"),
        _say("请去掉 {0} 和 }}，只写其中的表达式", "leave out {0} and }}: write only what is inside"),
    ),
    (
        re.compile(r"\{\{"),
        _say("请去掉 {0} 和 }}}}，只写其中的表达式", "leave out {0} and }}}}: write only what is inside"),
    ),
    (re.compile("['`]"), _say('字符串请用双引号 "', 'put texts in double quotes "')),
    (
        re.compile(f"[{_QUOTES}]"),
        _say('字符串请用半角直引号 "，不要用 {0}', 'put texts in straight quotes ", not {0}'),
    ),
    (re.compile("%"), _say("求余请写 modulo(a, b)", "write modulo(a, b) for the remainder")),
    (re.compile(r"\^"), _say("乘方请写 **", "write ** for powers")),
    (
        re.compile(r";"),
        _say("FEEL 是单个表达式：请去掉分号", "FEEL is one expression: leave out the semicolon"),
    ),
    (re.compile(r"\bels?e?if\b|\belif\b"), _say("请写 else if", "write “else if”")),
    (re.compile(r"\?[^?]*?:"), _say("条件请写 if … then … else …", "write if … then … else …")),
    (re.compile(r"\$"), _say("变量名前不要写 $", "names have no $ before them")),
)
_TOGETHER: Final = (("if", "then"), ("if", "else"), ("for", "return"), (r"some|every", "satisfies"))


def _foreign(text: str) -> Iterator[Hint]:
    for pattern, say in _FOREIGN:
        found = pattern.search(text)
        if found is not None:
            yield Hint(found.start(), say(found))


def _missing_word(text: str) -> Text | None:
    """A word that belongs to another one and stands there less often."""
    for first, second in _TOGETHER:
        count = len(re.findall(rf"(?<!\w)(?:{first})(?!\w)", text))
        if count > len(re.findall(rf"(?<!\w){second}(?!\w)", text)):
            opening = first.replace("|", "/")
            return Text(f"{opening} 之后缺少 {second}", f"“{second}” is missing after “{opening}”")
    return None


def _bracket(text: str, pos: int) -> Hint | None:
    """A bracket that is never closed, when the text just ends; or the one at `pos` that closes nothing."""
    if ".." in text:
        return None  # the brackets of ranges need not match
    waiting: list[int] = []
    for i, character in enumerate(text):
        if character in _OPENING:
            waiting.append(i)
        elif character in _CLOSING:
            if waiting and _CLOSING.index(character) == _OPENING.index(text[waiting[-1]]):
                waiting.pop()
            elif i == pos and not waiting:
                return Hint(i, Text(f"“{character}”没有对应的左括号", f"this {character} closes nothing"))
            elif i == pos:
                wanted = _CLOSING[_OPENING.index(text[waiting[-1]])]
                return Hint(i, Text(f"此处应为“{wanted}”", f"expected {wanted} here"))
    if waiting and pos >= len(text.rstrip()):
        opening = text[waiting[-1]]
        closing = _CLOSING[_OPENING.index(opening)]
        return Hint(
            waiting[-1],
            Text(
                f"“{opening}”没有结束：缺少“{closing}”", f"this {opening} is not closed: {closing} is missing"
            ),
        )
    return None


def mend(text: str, error: FeelSyntaxError) -> Hint:
    """Where a text is wrong and how to mend it; the words of the error itself where nothing better is known."""
    looked_at = masked(text)
    if error.pos >= MAX_LOOKED_AT:
        return Hint(error.pos, error.text)
    # A hint stands at the place of the error or before it: what follows was not even read.
    wide = full_width(looked_at, 0, error.pos + 1)
    hints = [hint for hint in _foreign(looked_at) if hint.pos <= error.pos + 1] + ([wide] if wide else [])
    if hints:
        return max(hints, key=lambda hint: hint.pos)
    bracket = _bracket(looked_at, error.pos)
    if bracket is not None:
        return bracket
    word = _missing_word(looked_at)
    if word is not None:
        return Hint(error.pos, word)
    return Hint(error.pos, error.text)
