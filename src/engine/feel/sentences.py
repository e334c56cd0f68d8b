"""What evaluations warn of, in both languages: each English sentence with its Chinese one.

Code warns with an English format (`m.warn("no variable %r", name)`); `tell` finds the Chinese format here. A
test holds the list against every sentence that FEEL and DMN warn with.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from laneway.words import Text

MAX_LENGTH: Final = 300
_MAX_ARGUMENT: Final = 120


class FeelWarning(NamedTuple):
    """Something that gave null. `pos` is the character of the text (from 0) that it is about, where known.

    `element_id` is that of the DMN element whose text it is: a cell, an expression, a table or a decision.
    """

    text: Text
    pos: int | None = None
    element_id: str | None = None

    def __str__(self) -> str:
        return self.text.en


class Word(str):
    """An argument of a sentence that is a word of ours (not data): it is told in the sentence's language.

    A list of words is told as an enumeration.
    """

    __slots__ = ()


def tell(sentence: str, args: tuple[object, ...]) -> Text:
    """A sentence in both languages with its `%` places filled."""
    chinese = SENTENCES.get(sentence, sentence)
    if not args:
        return Text(chinese, sentence)
    zh, en = tuple(_zh(arg) for arg in args), tuple(_en(arg) for arg in args)
    return Text((chinese % zh)[:MAX_LENGTH], (sentence % en)[:MAX_LENGTH])


def _zh(arg: object) -> object:
    arg = _shown(arg)
    if isinstance(arg, Word):
        return WORDS.get(arg, arg)
    return "、".join(WORDS.get(word) or word for word in arg) if isinstance(arg, list) else arg


def _en(arg: object) -> object:
    arg = _shown(arg)
    return ", ".join(arg) if isinstance(arg, list) else arg


def _shown(arg: object) -> object:
    """What of an argument is shown: words, numbers, the beginning of other texts.

    Of lists and contexts only that they are: written out, one with shared parts would fill the memory.
    """
    if isinstance(arg, Word | int | Decimal) or arg is None:
        return arg
    if isinstance(arg, list) and all(isinstance(word, Word) for word in arg):
        return arg
    word = _CLASSES.get(type(arg).__name__)
    return str(arg)[:_MAX_ARGUMENT] if word is None else Word(word)


_CLASSES: Final = {
    "list": "list",
    "dict": "context",
    "Range": "range",
    "Function": "function",
    "Builtin": "function",
}

WORDS: Final[dict[str, str]] = {
    # kinds of values
    "Null": "空值",
    "Any": "任意值",
    "boolean": "布尔值",
    "number": "数字",
    "string": "字符串",
    "list": "列表",
    "context": "上下文",
    "date": "日期",
    "time": "时间",
    "date and time": "日期时间",
    "days and time duration": "天时时长",
    "years and months duration": "年月时长",
    "range": "区间",
    "function": "函数",
    # places
    "value": "值",
    "expression": "表达式",
    "output": "输出",
    "input": "输入",
    # why a built-in has no value
    "no value": "没有值",
    "no such date": "没有这个日期",
    "no such time": "没有这个时间",
    "no such offset": "没有这个时差",
    "offset out of range": "时差超出范围",
    "duration out of range": "时长超出范围",
    "unknown zone": "未知的时区",
    "not a whole number": "不是整数",
    "no order between the values": "这些值之间没有大小顺序",
    # what is wrong with a pattern
    "class not closed": "字符类没有结束",
    "stray backslash": "多余的反斜杠",
    "bad category": "字符类别有误",
    "bad escape": "转义有误",
    "bad character class": "字符类有误",
    "(? is only allowed as (?:": "(? 只能写作 (?:",
    "possessive quantifier": "不支持占有型量词",
    "bad quantifier": "量词有误",
    "stray ]": "多余的 ]",
    "the pattern is too long": "正则表达式过长",
    "unknown flag": "未知的标志",
    "the pattern matches the empty text": "正则表达式会匹配空文本",
    "stray backslash in the replacement": "替换文本中有多余的反斜杠",
    "stray $ in the replacement": "替换文本中有多余的 $",
}
"""The words that stand in sentences as a `Word`; one without an entry is shown as it is."""

SENTENCES: Final[dict[str, str]] = {
    # operators
    "%s %s %s has no value": "%s %s %s 没有值",
    "- %s has no value": "- %s 没有值",
    "cannot compare %s with %s": "不能比较%s与%s",
    "functions cannot be compared": "函数不能比较",
    "no order between %s and %s": "%s与%s之间没有大小顺序",
    "unknown type in `instance of`": "`instance of` 中的类型未知",
    # names, members, items
    "no variable %r": "没有变量 %r",
    "no entry %r": "没有条目 %r",
    "null has no %r": "空值没有 %r",
    "%s has no %r": "%s没有 %r",
    "no item %s": "没有第 %s 项",
    "null has no items": "空值没有项",
    "a filter is neither a boolean nor a number": "筛选条件既不是布尔值也不是数字",
    "a context has two entries of one name": "上下文中有两个同名条目",
    # ranges and literals
    "a range needs an end": "区间至少需要一端",
    "a range must go from the lower to the higher end": "区间必须从小到大",
    '@"%s" is no date, time or duration': '@"%s" 不是日期、时间或时长',
    # loops
    "an iteration needs whole numbers": "循环的起止必须是整数",
    "no iteration from %s to %s": "不能从%s循环到%s",
    "`for` needs a list": "`for` 需要列表",
    "`some` and `every` need a list": "`some` 和 `every` 需要列表",
    "the condition of `some` or `every` is not a boolean": "`some` 或 `every` 的条件不是布尔值",
    # calls
    "%s is not a function": "%s不是函数",
    "%s wants %d arguments": "%s 需要 %d 个参数",
    "an argument is given twice": "有参数给了两次",
    "%s has no such parameter": "%s 没有这个参数",
    "%s(%s): wrong number or type of arguments": "%s(%s)：参数个数或类型不符",
    "%s: wrong names or types of arguments": "%s：参数名称或类型不符",
    "%s: %s": "%s：%s",
    "%s: bad pattern: %s": "%s：正则表达式有误：%s",
    # types and JSON
    "%s: %s is not a valid %s": "%s：%s不是有效的%s",
    "a variable of type %s has no FEEL value": "类型为 %s 的变量没有对应的 FEEL 值",
    "a number is too large for a variable": "数值过大，不能作为变量",
    "a range or function cannot be a variable": "区间或函数不能作为变量",
    # built-in functions
    "%s needs a list": "%s 需要列表",
    "%s needs a list of numbers": "%s 需要数字列表",
    "no order between the items": "各项之间没有大小顺序",
    "not a list of numbers": "不是数字列表",
    "mode needs numbers": "mode 需要数字",
    "no date: %r": "不是日期：%r",
    "%s needs a function of two arguments": "%s 需要有两个参数的函数",
    "no date and time: %r": "不是日期时间：%r",
    "no time: %r": "不是时间：%r",
    "no time zone: %r": "不是时区：%r",
    "no duration: %r": "不是时长：%r",
    "no number: %r": "不是数字：%r",
    "no range: %r": "不是区间：%r",
    "number: wrong separators": "number：分隔符有误",
    "sublist: position out of range": "sublist：位置超出范围",
    "position out of range": "位置超出范围",
    "list replace: the match function must give a boolean": "list replace：匹配函数的结果必须是布尔值",
    "partition: the size must be positive": "partition：大小必须为正数",
    "substring: position out of range": "substring：位置超出范围",
    "string join: not a list of strings": "string join：不是字符串列表",
    "%s: scale out of range": "%s：小数位数超出范围",
    "log of a number that is not positive": "只有正数才有对数",
    "context: entries need a key and a value": "context：每个条目需要 key 和 value",
    "context: each key may be there only once": "context：每个键只能出现一次",
    "context put: keys must be strings": "context put：键必须是字符串",
    "context put: %r is no context": "context put：%r 不是上下文",
    "context merge: not a list of contexts": "context merge：不是上下文列表",
    # decisions
    "the requirements of %s go round in a circle": "%s 的依赖关系成环",
    "%s has no logic": "%s 没有决策逻辑",
    "an input is not one of its allowed values": "某个输入不在允许的取值之内",
    "%d rules match, but the hit policy is UNIQUE": "匹配了 %d 条规则，而命中策略是 UNIQUE",
    "rules with different outputs match, but the hit policy is ANY": "匹配的规则输出不同，而命中策略是 ANY",
    "no rule matches": "没有规则匹配",
    "there is no expression": "没有表达式",
    "an input has no expression": "有输入列没有表达式",
    "external functions are not supported": "不支持外部函数",
    "the expression language is not supported": "不支持该表达式语言",
    "the expression is wrong": "表达式有误",
    "the expression is empty": "表达式为空",
    "the hit policy is unknown": "命中策略未知",
}
"""The Chinese format of each English format, with the same places in the same order."""
