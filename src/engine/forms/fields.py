"""The rules of single form fields: is this a value of its kind, and does it keep to the limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import regex

from laneway.engine import clock
from laneway.engine.forms.feel_texts import Component
from laneway.words import Text

MAX_TEXT: Final = 100_000
PATTERN_SECONDS: Final = 0.1

_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[a-z0-9-]+(\.[a-z0-9-]+)+", re.ASCII | re.IGNORECASE)
_PHONE = re.compile(r"(\+|00)[\d ()-]{6,20}", re.ASCII)

_WORDS: Final[dict[str, Text]] = {
    "required": Text("此项必填", "this field is required"),
    "type": Text("值的类型不对", "this kind of value does not fit here"),
    "not_number": Text("请填写数字", "enter a number"),
    "decimals": Text("最多 {limit} 位小数", "at most {limit} decimal places"),
    "min": Text("不能小于 {limit}", "must be {limit} or more"),
    "max": Text("不能大于 {limit}", "must be {limit} or less"),
    "min_length": Text("至少 {limit} 个字符", "at least {limit} characters"),
    "max_length": Text("最多 {limit} 个字符", "at most {limit} characters"),
    "pattern": Text("格式不对", "the format does not fit"),
    "email": Text("请填写有效的邮箱地址", "enter a valid e-mail address"),
    "phone": Text("请填写国际电话号码，如 +86 21 5555 0100", "enter a number such as +86 21 5555 0100"),
    "option": Text("请从选项中选择", "choose one of the options"),
    "date": Text("请填写有效的日期或时间", "enter a valid date or time"),
    "date_past": Text("日期不能早于今天", "the date cannot be in the past"),
    "too_many": Text("最多 {limit} 行", "at most {limit} rows"),
}


class FieldError(Exception):
    """A value does not fit its field. `code` is stable; `problem_text` has its words."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def problem_text(code: str, params: Mapping[str, Any]) -> Text:
    """The words of a problem. `params` may hold `limit`, or a `message` that the form itself gives."""
    if params.get("message"):
        return Text(str(params["message"]), str(params["message"]))
    words = _WORDS.get(code, _WORDS["type"])
    return Text(words.zh.format_map(_Params(params)), words.en.format_map(_Params(params)))


class _Params(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def checked(component: Component, rules: Mapping[str, Any], options: Sequence[Any] | None, value: Any) -> Any:
    """The value as it is stored. `rules` are those of `validate` with FEEL evaluated. Raises `FieldError`."""
    if _is_empty(value) or (component["type"] == "checkbox" and value is False):
        if rules.get("required") is True:
            raise FieldError("required")
        return value
    return _CHECKS[component["type"]](component, rules, options or (), value)


def _is_empty(value: Any) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _text(component: Component, rules: Mapping[str, Any], options: Sequence[Any], value: Any) -> str:
    if not isinstance(value, str):
        raise FieldError("type")
    length = len(value.strip())
    if (limit := _number(rules.get("minLength"))) is not None and length < limit:
        raise FieldError("min_length", limit=_plain(limit))
    limit = _number(rules.get("maxLength"))
    limit = Decimal(MAX_TEXT) if limit is None else limit
    if length > limit or len(value) > MAX_TEXT:
        raise FieldError("max_length", limit=_plain(limit))
    if rules.get("pattern") and not _matches(str(rules["pattern"]), value):
        message = rules.get("patternErrorMessage")
        raise FieldError("pattern", **({"message": message} if message else {}))
    if rules.get("validationType") == "email" and not _EMAIL.fullmatch(value):
        raise FieldError("email")
    if rules.get("validationType") == "phone" and not _PHONE.fullmatch(value):
        raise FieldError("phone")
    return value


def _matches(pattern: str, value: str) -> bool:
    """Whether the pattern is found, as a browser looks for it; one that takes too long does not match."""
    try:
        return regex.search(pattern, value, flags=regex.ASCII, timeout=PATTERN_SECONDS) is not None
    except (TimeoutError, regex.error):
        return False


def _number_field(
    component: Component, rules: Mapping[str, Any], options: Sequence[Any], value: Any
) -> int | float | str:
    number = _number(value)
    if number is None:
        raise FieldError("not_number")
    digits = component.get("decimalDigits")
    exponent = number.normalize().as_tuple().exponent
    if isinstance(digits, int) and isinstance(exponent, int) and -exponent > digits:
        raise FieldError("decimals", limit=digits)
    if (limit := _number(rules.get("min"))) is not None and number < limit:
        raise FieldError("min", limit=_plain(limit))
    if (limit := _number(rules.get("max"))) is not None and number > limit:
        raise FieldError("max", limit=_plain(limit))
    if component.get("serializeToString") is True:
        return str(value)
    return value if isinstance(value, int | float) else _plain(number)


def _number(value: Any) -> Decimal | None:
    """A number, or a text that is one; None for anything else, infinity and NaN too."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    # Beyond this range a number could not be stored as JSON without becoming infinite.
    return number if number.is_finite() and abs(number.adjusted()) < 300 else None


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def _choice(component: Component, rules: Mapping[str, Any], options: Sequence[Any], value: Any) -> Any:
    if not _offers(options, value):
        raise FieldError("option")
    return value


def _choices(component: Component, rules: Mapping[str, Any], options: Sequence[Any], value: Any) -> Any:
    if not isinstance(value, list):
        raise FieldError("type")
    if not all(_offers(options, one) for one in value):
        raise FieldError("option")
    return value


def _offers(options: Sequence[Any], value: Any) -> bool:
    """Whether the value is among the options; true is not 1 here."""
    return any(type(option) is type(value) and option == value for option in options)


def _checkbox(component: Component, rules: Mapping[str, Any], options: Sequence[Any], value: Any) -> bool:
    if not isinstance(value, bool):
        raise FieldError("type")
    return value


def _moment(component: Component, rules: Mapping[str, Any], options: Sequence[Any], value: Any) -> str:
    if not isinstance(value, str):
        raise FieldError("type")
    subtype = component.get("subtype") or "datetime"
    try:
        if subtype == "time":
            time.fromisoformat(value)
            return value
        day = date.fromisoformat(value) if subtype == "date" else datetime.fromisoformat(value).date()
    except ValueError:
        raise FieldError("date") from None
    # Where the person sits it may still be yesterday by up to half a day.
    if component.get("disallowPassedDates") is True and day < (clock.now() - timedelta(hours=12)).date():
        raise FieldError("date_past")
    return value


_Check = Callable[[Component, Mapping[str, Any], Sequence[Any], Any], Any]
_CHECKS: Final[dict[str, _Check]] = {
    "textfield": _text,
    "textarea": _text,
    "number": _number_field,
    "radio": _choice,
    "select": _choice,
    "checklist": _choices,
    "taglist": _choices,
    "checkbox": _checkbox,
    "datetime": _moment,
}
