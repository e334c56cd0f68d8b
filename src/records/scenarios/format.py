"""Reads stories: TOML with `zh`, `en`, `[given]`, `[[when]]` and `[then]`, every key known, every value of its kind."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, NoReturn

from laneway.engine import feel
from laneway.errors import Invalid
from laneway.records.scenarios.check_kinds import CHECKS
from laneway.records.scenarios.step_kinds import COUNT, DURATION, KINDS, MOMENT, TABLE, TEXT, TEXTS, YES
from laneway.words import Text

Told = Mapping[str, Any]

_TABLES = "list of tables"
_TOP = {"zh": TEXT, "en": TEXT, "number": COUNT, "given": TABLE, "when": _TABLES, "then": TABLE}
_GIVEN = {"now": MOMENT, "calendar": TEXT, "records": _TABLES}
_WORDS = {
    TEXT: Text("文字", "a text"),
    TEXTS: Text("文字列表", "a list of texts"),
    TABLE: Text("表", "a table"),
    _TABLES: Text("表的列表", "a list of tables"),
    MOMENT: Text("带时区的日期时间", "a date and time with its offset"),
    DURATION: Text("ISO 8601 时长，如 PT3H", "an ISO 8601 duration such as PT3H"),
    YES: Text("true", "true"),
    COUNT: Text("大于 0 的整数", "a whole number above 0"),
}


@dataclass(frozen=True)
class Step:
    """One thing that happens: `verb` is the key that names its kind, `told` everything that stands there."""

    number: int
    verb: str
    told: Told

    @property
    def value(self) -> Any:
        """What the naming key holds."""
        return self.told[self.verb]

    @property
    def then(self) -> Told:
        """What is checked after it."""
        found: Told = self.told.get("then", {})
        return found


@dataclass(frozen=True)
class Given:
    """How the story begins: its time, the organisation's calendar if not the usual one, and records of its own."""

    now: datetime
    calendar: str = ""
    records: Sequence[Told] = ()


@dataclass(frozen=True)
class Scenario:
    """One story of a process. `number` is that of the acceptance scenario it covers."""

    name: str
    process_id: str
    title: Text
    given: Given
    steps: Sequence[Step]
    then: Told = field(default_factory=dict)
    number: int | None = None


def read_scenario(path: Path) -> Scenario:
    """The story in a file. Raises Invalid("scenario_broken") with file, step, field and reason."""
    try:
        return parse_scenario(path.read_text(encoding="utf-8"), path.stem, path.parts[-3], file=str(path))
    except (OSError, UnicodeDecodeError) as error:
        _broken(str(path), "", "", Text("读不出", "it cannot be read"), error)


def parse_scenario(text: str, name: str, process_id: str, *, file: str = "") -> Scenario:
    """The story that a text tells. Raises as `read_scenario` does."""
    file = file or f"{process_id}/{name}"
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        _broken(file, "", "", Text("不是有效的 TOML", "it is no TOML"), error)
    _checked(file, "", told, _TOP, ("zh", "en", "given", "when"))
    _checked(file, "given", told["given"], _GIVEN, ("now",))
    for record in told["given"].get("records", []):
        _checked(file, "given", {"kind": record.get("kind")}, {"kind": TEXT}, ("kind",))
    steps = [_step(file, number, one) for number, one in enumerate(told["when"], 1)]
    if not steps:
        _broken(file, "", "when", Text("没有步骤", "there are no steps"))
    _check_then(file, "then", told.get("then", {}))
    given = Given(**told["given"])
    _check_names(file, steps, told.get("then", {}))
    return Scenario(
        name, process_id, Text(told["zh"], told["en"]), given, steps, told.get("then", {}), told.get("number")
    )


def _step(file: str, number: int, told: Told) -> Step:
    where = str(number)
    verbs = [key for key in told if key in KINDS]
    # `parallel` says how often, `start` then what.
    verb = "parallel" if "parallel" in verbs else verbs[0] if len(verbs) == 1 else ""
    if not verb and not verbs:
        known = ", ".join(KINDS)
        reason = Text(f"没有动作；可用 {known}", f"it says nothing to do; there are {known}")
        _broken(file, where, ", ".join(told), reason)
    if not verb:
        _broken(file, where, ", ".join(verbs), Text("一步只能有一个动作", "a step does one thing"))
    kind = KINDS[verb]
    _checked(file, where, told, {verb: kind.value, **kind.allowed}, (verb, *kind.needs))
    if "refused" in told and "invalid" in told:
        _broken(file, where, "refused", Text("不能与 invalid 同用", "it does not go with invalid"))
    _check_then(file, where, told.get("then", {}))
    return Step(number, verb, told)


def _check_then(file: str, where: str, then: Told) -> None:
    _checked(file, where, then, {key: check.value for key, check in CHECKS.items()}, ())
    for name, inner in then.get("cases", {}).items():
        if not isinstance(inner, dict):
            _broken(file, where, f"cases.{name}", _expected(TABLE))
        _check_then(file, where, inner)


def _check_names(file: str, steps: Sequence[Step], then: Told) -> None:
    """Every case that the story speaks of has been opened under that name before."""
    known: set[str] = set()
    for step in steps:
        asked = [step.told[key] for key in ("of", "into", "to") if key in step.told]
        asked += [step.value] if step.verb in ("merge", "link") else []
        known |= {step.told["as"]} if "as" in step.told else set()
        for name in [*asked, *step.then.get("cases", {})]:
            if name not in known:
                unknown = Text(
                    f"没有名为 {name} 的案件（用 as 命名）", f"no case is called {name} (say as = …)"
                )
                _broken(file, str(step.number), name, unknown)
    for name in then.get("cases", {}):
        if name not in known:
            _broken(file, "then", name, Text("没有这个案件", "there is no such case"))


def _checked(file: str, where: str, told: Told, allowed: Mapping[str, str], needs: Sequence[str]) -> None:
    """Every key is known and its value of the right kind, and none is missing."""
    for key, value in told.items():
        if key not in allowed:
            known = ", ".join(allowed)
            _broken(
                file,
                where,
                key,
                Text(f"没有这一项；可用 {known}", f"there is no such key; there are {known}"),
            )
        if not _fits(value, allowed[key]):
            _broken(file, where, key, _expected(allowed[key]))
    for key in needs:
        if key not in told:
            _broken(file, where, key, Text("缺少这一项", "it is missing"))


def _fits(value: Any, wanted: str) -> bool:
    if wanted == TEXT:
        return isinstance(value, str) and bool(value.strip())
    if wanted == TEXTS:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if wanted == TABLE:
        return isinstance(value, dict)
    if wanted == _TABLES:
        return isinstance(value, list) and all(isinstance(one, dict) for one in value)
    if wanted == MOMENT:
        return isinstance(value, datetime) and value.tzinfo is not None
    if wanted == DURATION:
        return isinstance(value, str) and _is_duration(value)
    if wanted == YES:
        return value is True
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_duration(text: str) -> bool:
    start = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    try:
        return feel.add_duration(start, text) > start
    except (ValueError, OverflowError, feel.FeelError):
        return False


def _expected(kind: str) -> Text:
    words = _WORDS[kind]
    return Text(f"应为{words.zh}", f"it must be {words.en}")


def _broken(
    file: str, step: str, field_name: str, reason: Text, cause: BaseException | None = None
) -> NoReturn:
    """Refuse the file; `step` is the number of a step, `given` or `then`."""
    details = f" ({cause})" if cause is not None else ""
    raise Invalid(
        "scenario_broken",
        file=file,
        step=step or "-",
        field=field_name or "-",
        reason=f"{reason.zh} / {reason.en}{details}",
    ) from cause


def plain(value: Any) -> Any:
    """A value of the file as JSON has it: times of TOML become ISO 8601 text."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value
