"""A story in sentences of both languages: with the names of elements, people and records, and the labels of forms."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from laneway.engine import definitions
from laneway.engine.queries import names
from laneway.errors import NotFound
from laneway.records import catalogue
from laneway.records.scenarios.check_kinds import CHECKS
from laneway.records.scenarios.format import Given, Scenario, Step, Told
from laneway.records.scenarios.step_kinds import KINDS
from laneway.words import Text

NOTHING = Text("无", "nothing")
_YES, _NO = Text("是", "yes"), Text("否", "no")
_UNITS = {
    "Y": Text("年", "years"),
    "M": Text("个月", "months"),
    "W": Text("周", "weeks"),
    "D": Text("天", "days"),
    "TH": Text("小时", "hours"),
    "TM": Text("分钟", "minutes"),
    "TS": Text("秒", "seconds"),
}
_STATES = {
    "open": Text("处理中", "open"),
    "suspended": Text("已挂起", "suspended"),
    "closed": Text("已结案", "closed"),
    "cancelled": Text("已取消", "cancelled"),
}
_OF_ELEMENTS = ("ended_at", "passed", "not_passed", "open")
_FILLED = ("values", "variables")


@dataclass(frozen=True)
class Words:
    """How the things of a story are called, by their ids."""

    processes: Mapping[str, Text] = field(default_factory=dict)
    elements: Mapping[str, Text] = field(default_factory=dict)
    people: Mapping[str, Text] = field(default_factory=dict)
    groups: Mapping[str, Text] = field(default_factory=dict)
    labels: Mapping[str, Text] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)


@dataclass(frozen=True)
class Said:
    """A step in words: its sentence, what is entered (label, value), and what has to come of it."""

    sentence: Text
    entries: list[tuple[Text, Text]]
    outcome: Text


def words_for(session: Session, scenario: Scenario) -> Words:
    """The words of a story, from the newest versions: its own process wins where ids are the same."""
    used = {step.told["start"] for step in scenario.steps if "start" in step.told}
    processes: dict[str, Text] = {}
    elements: dict[str, Text] = {}
    labels: dict[str, Text] = {}
    options: dict[str, Mapping[str, Text]] = {}
    todo, done = [scenario.process_id, *sorted(used)], set[str]()
    while todo:
        process_id = todo.pop(0)
        if process_id in done:
            continue
        done.add(process_id)
        try:
            definition = definitions.load(session, definitions.find_process(session, process_id))
        except NotFound:
            continue
        processes[process_id] = definition.name
        elements = {**definition.names, **elements}
        fields = names.fields(session, definition.key)
        labels, options = {**fields.labels, **labels}, {**fields.options, **options}
        nodes = definition.process.level.everything()
        todo += [one.called_process.id for one in nodes if one.called_process is not None]
    return Words(processes, elements, names.people(session), names.groups(session), labels, options)


def given(words: Words, told: Given) -> list[Text]:
    """How the story begins."""
    found = [Text(f"时间是 {_moment(told.now)}", f"it is {_moment(told.now)}")]
    if told.calendar:
        found.append(Text(f"日历是 {told.calendar}", f"the calendar is {told.calendar}"))
    for record in told.records:
        kind, code = _kind(record["kind"]), _code_of(record)
        rest = [
            _pair(*_entry(words, name, value))
            for name, value in record.items()
            if name != "kind" and value != code
        ]
        zh, en = "，".join(one.zh for one in rest), ", ".join(one.en for one in rest)
        found.append(Text(f"有{kind.zh} {code}：{zh}", f"there is the {kind.en.lower()} {code}: {en}"))
    return found


def _code_of(record: Told) -> str:
    return str(record.get(catalogue.kind(record["kind"]).code, ""))


def step(words: Words, one: Step) -> Said:
    """A step in words."""
    told = one.told
    parts = {name: _part(words, one.verb, name, value) for name, value in told.items()}
    parts["step"] = parts[one.verb]
    sentence = KINDS[one.verb].sentence
    said = Text(
        sentence.zh.format_map({name: part.zh for name, part in parts.items()}),
        sentence.en.format_map({name: part.en for name, part in parts.items()}),
    )
    if "of" in told:
        said = Text(f"[{told['of']}] {said.zh}", f"[{told['of']}] {said.en}")
    entries = [_entry(words, name, value) for key in _FILLED for name, value in told.get(key, {}).items()]
    entries += [(words.labels.get(name, Text(name, name)), NOTHING) for name in told.get("without", ())]
    return Said(said, entries, _outcome(words, told))


def _outcome(words: Words, told: Told) -> Text:
    if told.get("refused"):
        return Text("应被拒绝：没有权限", "has to be refused: not allowed")
    if "invalid" in told:
        labels = [words.labels.get(name, Text(name, name)) for name in told["invalid"]]
        zh, en = "、".join(one.zh for one in labels), ", ".join(one.en for one in labels)
        return Text(f"表单应指出：{zh}", f"the form has to refuse: {en}")
    return Text("", "")


def _part(words: Words, verb: str, name: str, value: Any) -> Text:
    """A value of a step as its sentence has it."""
    if name == "by":
        return words.people.get(value, Text(value, value))
    if name == "start":
        return words.processes.get(value, Text(value, value))
    if verb == name == "complete":
        return words.elements.get(value, Text(value, value))
    if verb == name and verb in ("create", "change", "agree"):
        kind = _kind(value)
        return Text(kind.zh, kind.en.lower())
    if name == "advance":
        return _duration(value)
    return _value(words, "", value)


def check(words: Words, key: str, value: Any) -> list[tuple[Text, Text]]:
    """One key of a `then` as (what, how it has to be)."""
    name = CHECKS[key].name
    if key == "cases":
        return [
            (Text(f"[{case}] {what.zh}", f"[{case}] {what.en}"), how)
            for case, inner in value.items()
            for inner_key, inner_value in inner.items()
            for what, how in check(words, inner_key, inner_value)
        ]
    if key in ("variables", "due", "clocks"):
        return [_checked_entry(words, key, each, one) for each, one in value.items()]
    return [(name, expected(words, key, "", value))]


def _checked_entry(words: Words, key: str, name: str, value: Any) -> tuple[Text, Text]:
    if key == "variables":
        return _entry(words, name, value)
    element = words.elements.get(name, Text(name, name))
    label = CHECKS[key].name
    return Text(f"{label.zh}「{element.zh}」", f"{label.en} “{element.en}”"), _value(words, "", value)


def difference(words: Words, key: str, detail: str, wanted: Any, found: Any) -> Text:
    """What is otherwise than told, in a sentence."""
    name, about = CHECKS[key].name, _about(words, key, detail)
    should, does = expected(words, key, detail, wanted), expected(words, key, detail, found)
    return Text(
        f"{name.zh}{about.zh}：应为 {should.zh}，实为 {does.zh}",
        f"{name.en}{about.en}: expected {should.en}, found {does.en}",
    )


def _about(words: Words, key: str, detail: str) -> Text:
    if not detail:
        return Text("", "")
    known = words.labels if key == "variables" else words.elements
    called = known.get(detail, Text(detail, detail))
    return Text(f"「{called.zh or detail}」", f" “{called.en or detail}”")


def expected(words: Words, key: str, detail: str, value: Any) -> Text:
    """A value that a check asks for or has found."""
    if isinstance(value, list | tuple) and key != "records":
        parts = [expected(words, key, detail, one) for one in value]
        return (
            Text("、".join(one.zh for one in parts), ", ".join(one.en for one in parts)) if parts else NOTHING
        )
    if key == "state" and value in _STATES:
        return _STATES[value]
    if key in _OF_ELEMENTS and isinstance(value, str):
        called = words.elements.get(value, Text(value, value))
        return Text(called.zh or value, called.en or value)
    if key == "people":
        return words.people.get(value, Text(value, value))
    if key == "owner":
        return words.groups.get(value, Text(value, value))
    return _value(words, detail, value)


def _entry(words: Words, name: str, value: Any) -> tuple[Text, Text]:
    label = words.labels.get(name, Text(name, name))
    return Text(label.zh or name, label.en or name), _value(words, name, value)


def _pair(label: Text, value: Text) -> Text:
    return Text(f"{label.zh} {value.zh}", f"{label.en} {value.en}")


def _value(words: Words, name: str, value: Any) -> Text:
    """A value as people read it: the label of an option, yes and no, times without seconds."""
    options = words.options.get(name, {})
    if value is None or value in ("", []):
        return NOTHING
    if isinstance(value, bool):
        return options.get(str(value).lower(), _YES if value else _NO)
    if isinstance(value, datetime):
        return Text(_moment(value), _moment(value))
    if isinstance(value, list):
        parts = [_value(words, name, one) for one in value]
        return Text("、".join(one.zh for one in parts), ", ".join(one.en for one in parts))
    if isinstance(value, dict):
        told = json.dumps(value, ensure_ascii=False, default=str)
        return Text(told, told)
    text = value.isoformat() if isinstance(value, date) else str(value)
    return options.get(text, Text(text, text))


def _moment(value: datetime) -> str:
    return value.strftime("%Y-%m-%d %H:%M %z")


def _kind(kind_id: str) -> Text:
    try:
        return catalogue.kind(kind_id).name
    except NotFound:
        return Text(kind_id, kind_id)


def _duration(text: str) -> Text:
    """`PT3H` as 3 hours."""
    day, _t, clock = text.upper().lstrip("+P").partition("T")
    found = [(number, unit) for number, unit in re.findall(r"([\d.]+)([YMWD])", day)]
    found += [(number, f"T{unit}") for number, unit in re.findall(r"([\d.]+)([HMS])", clock)]
    zh = "".join(f"{number} {_UNITS[unit].zh}" for number, unit in found)
    en = " ".join(
        f"{number} {_UNITS[unit].en[:-1] if number == '1' else _UNITS[unit].en}" for number, unit in found
    )
    return Text(zh or text, en or text)
