"""What a `then` asks, compared with what is; the keys and their names are in `laneway.records.scenarios.check_kinds`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from laneway.engine import definitions, instances, numbers
from laneway.engine.database import Session, reading
from laneway.engine.model import InstanceState
from laneway.engine.queries import case_clocks, case_detail, cases, whole_history
from laneway.engine.queries.case_rows import Surroundings
from laneway.engine.queries.cases import CaseRow
from laneway.engine.queries.whole_history import Line
from laneway.records import catalogue
from laneway.records.cases import links, reopening, similar
from laneway.records.documents import attachments
from laneway.records.interactions import log
from laneway.records.kinds import store
from laneway.records.kinds.values import as_json
from laneway.records.scenarios.check_kinds import CHECKS
from laneway.records.scenarios.format import Told, plain

if TYPE_CHECKING:
    from laneway.tasks.scenarios.player import Played, Player

_STATES = {
    InstanceState.ACTIVE: "open",
    InstanceState.SUSPENDED: "suspended",
    InstanceState.COMPLETED: "closed",
    InstanceState.TERMINATED: "cancelled",
}


@dataclass(frozen=True)
class Difference:
    """Something that is otherwise than told: which check, the detail that it is about, both values as JSON."""

    check: str
    detail: str
    expected: Any
    found: Any


@dataclass(frozen=True)
class Seen:
    """A case of the story as it stands, read when a check asks for it."""

    player: Player
    session: Session
    case: Played
    is_end: bool

    def row(self) -> CaseRow:
        """The case as lists show it."""
        return cases.by_key(self.session, [self.case.instance_key])[self.case.instance_key]

    def around(self) -> Surroundings:
        """What it waits for and has done."""
        return case_detail.surroundings(self.session, self.case.instance_key)

    def history(self) -> list[Line]:
        """Everything that happened in it."""
        return whole_history.lines(self.session, self.case.instance_key)


def differences(player: Player, then: Told, of: Told, *, is_end: bool = False) -> list[Difference]:
    """What is otherwise than `then` tells of the case that `of` names; at the end of a story mails are all of its own.

    Raises LookupError when there is no such case.
    """
    found: list[Difference] = []
    with reading() as session:
        for (
            key
        ) in CHECKS:  # in their order: what was seen of state and end says more than what follows from it
            if key not in then or key == "cases":
                continue
            seen = Seen(player, session, player.case(of), is_end)
            told = _CHECK[key](seen, player.filled(then[key]))
            found += [dataclasses.replace(one, check=key) for one in told]
    for name, inner in then.get("cases", {}).items():
        found += [
            dataclasses.replace(one, detail=f"[{name}] {one.detail}".strip())
            for one in differences(player, inner, {"of": name}, is_end=is_end)
        ]
    return found


def _same(expected: Any, found: Any, detail: str = "") -> list[Difference]:
    return [] if _equal(expected, found) else [Difference("", detail, plain(expected), plain(found))]


def _equal(expected: Any, found: Any) -> bool:
    if isinstance(expected, list) and isinstance(found, list | tuple):
        return len(expected) == len(found) and all(map(_equal, expected, found))
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        return expected.keys() == found.keys() and all(_equal(expected[key], found[key]) for key in expected)
    if isinstance(expected, str) and isinstance(found, str):
        moments = (_moment(expected), _moment(found))
        return expected == found or (None not in moments and moments[0] == moments[1])
    return bool(expected == found and isinstance(expected, bool) == isinstance(found, bool))


def _moment(text: str) -> datetime | None:
    """A moment, which may be written in the time of any zone, and as FEEL writes it with the name of one."""
    try:
        found = datetime.fromisoformat(text.partition("[")[0]) if "T" in text else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _each(expected: Sequence[Any], found: Sequence[Any], *, are_there: bool = True) -> list[Difference]:
    wrong = [one for one in expected if (one in found) is not are_there]
    return (
        [Difference("", "", wrong if are_there else [], sorted(set(found)) if are_there else wrong)]
        if wrong
        else []
    )


def _state(seen: Seen, told: str) -> list[Difference]:
    return _same(told, _STATES[seen.row().state])


def _ended_at(seen: Seen, told: str) -> list[Difference]:
    row = seen.row()
    if row.closed_at is None:
        return _same(told, [f"… {place}" for place in row.waiting_at])
    level = definitions.load(seen.session, row.process_definition_key).process.level
    ends = {node.id for node in level.everything() if node.type == "endEvent"}
    reached = [one.element_id for one in seen.history() if one.element_id in ends]
    return [] if told in reached else [Difference("", "", told, list(dict.fromkeys(reached)))]


def _passed(seen: Seen, told: list[str]) -> list[Difference]:
    return _each(told, [one.element_id for one in seen.history() if one.element_id])


def _not_passed(seen: Seen, told: list[str]) -> list[Difference]:
    return _each(told, [one.element_id for one in seen.history() if one.element_id], are_there=False)


def _open(seen: Seen, told: list[str]) -> list[Difference]:
    return _same(sorted(told), sorted(task.element_id for task in seen.around().open_tasks))


def _due(seen: Seen, told: Told) -> list[Difference]:
    due = {task.element_id: task.due_at for task in seen.around().open_tasks}
    found = {name: moment.isoformat() for name, moment in due.items() if moment is not None}
    return [one for name, value in told.items() for one in _same(value, found.get(name), name)]


def _variables(seen: Seen, told: Told) -> list[Difference]:
    known = instances.variables(seen.session, seen.case.instance_key)
    return [one for name, value in told.items() for one in _same(value, known.get(name), name)]


def _series(seen: Seen, told: str) -> list[Difference]:
    return _same(told, seen.case.number.split("-")[0])


def _people(seen: Seen, told: list[str]) -> list[Difference]:
    return _same(sorted(told), sorted({one.person for one in seen.history() if one.person}))


def _history(seen: Seen, told: list[str]) -> list[Difference]:
    return _each(told, [one.event for one in seen.history()])


def _mails(seen: Seen, told: list[str]) -> list[Difference]:
    """Words of subjects in the order in which the mails were sent, among others: of a step its own, at the end all.

    An empty list asks that there be none at all.
    """
    first = 0 if seen.is_end else seen.player.mark
    sent = sorted((mail for mail in seen.around().outgoing if mail.key > first), key=lambda mail: mail.key)
    subjects = [mail.subject for mail in sent if mail.kind == "mail"]
    left = iter(subjects)
    fit = all(any(words in subject for subject in left) for words in told) if told else not subjects
    return [] if fit else [Difference("", "", told, subjects)]


def _clocks(seen: Seen, told: Told) -> list[Difference]:
    """When each clock is due; `met`, `paused` or `none` where that is asked instead."""
    rows = case_clocks.of_cases(seen.session, [seen.case.instance_key]).get(seen.case.instance_key, ())
    clocks = {one.name: one for one in rows}
    found = []
    for name, wanted in told.items():
        one = clocks.get(name)
        state = "none" if one is None else "met" if one.met_at else "paused" if one.paused_at else "running"
        is_state = wanted in ("none", "met", "paused", "running")
        found += _same(wanted, state if is_state or one is None else one.due_at.isoformat(), name)
    return found


def _log(seen: Seen, told: list[str]) -> list[Difference]:
    lines = [line.text for line in log.listed(seen.session, seen.case.instance_key)]
    missing = [words for words in told if not any(words in line for line in lines)]
    return [Difference("", "", missing, lines)] if missing else []


def _files(seen: Seen, told: list[str]) -> list[Difference]:
    return _each(told, [one.name for one in attachments.listed(seen.session, seen.case.instance_key)])


def _links(seen: Seen, told: Told) -> list[Difference]:
    """`{name of the case} = kind`; a minus before the kind says that the link is said of the other case."""
    found = {
        one.other.number: ("" if one.is_from_here else "-") + one.kind
        for one in links.listed(seen.session, seen.case.instance_key)
    }
    names = {name: found.get(seen.player.named(name).number) for name in told}
    return [one for name, kind in told.items() for one in _same(kind, names[name], name)]


def _duplicates(seen: Seen, told: list[str]) -> list[Difference]:
    suggested = similar.found(seen.session, seen.case.instance_key).duplicates
    wanted = sorted(seen.player.named(name).number for name in told)
    return _same(wanted, sorted(row.number for row in suggested))


def _case_count(seen: Seen, told: int) -> list[Difference]:
    return _same(told, len({case.instance_key for case in seen.player.cases.values()}))


def _reopening_rate(seen: Seen, told: Told) -> list[Difference]:
    """K11 from the beginning of the story on."""
    begun = seen.player.moved(seen.player.scenario.given.now)
    rate = reopening.rate(seen.session, begun, seen.player.time.now + timedelta(seconds=1))
    found = {"closed": rate.closed, "reopened": rate.reopened}
    return [one for name, count in told.items() for one in _same(count, found.get(name), name)]


def _records(seen: Seen, told: list[Told]) -> list[Difference]:
    found = []
    for one in told:
        kind = catalogue.kind(one["kind"])
        record = store.find(seen.session, kind, one["code"])
        for name, value in one.items():
            if name not in ("kind", "code"):
                found += _same(value, as_json(record.values.get(name)), f"{one['code']}.{name}")
    return found


def _numbers(seen: Seen, told: Told) -> list[Difference]:
    """The numbers of a series, none missing and none twice: `{ series, first, last, cancelled = […] }`."""
    rows = numbers.listed(seen.session, told["series"], limit=10_000)
    allotted = sorted(row.number for row in rows)
    found = _same(list(range(told.get("first", 1), told["last"] + 1)), allotted, told["series"])
    gone = [row.number for row in rows if row.state == numbers.CANCELLED]
    return found + (
        _same(sorted(told["cancelled"]), sorted(gone), "cancelled") if "cancelled" in told else []
    )


_CHECK: dict[str, Callable[[Seen, Any], list[Difference]]] = {
    "state": _state,
    "ended_at": _ended_at,
    "passed": _passed,
    "not_passed": _not_passed,
    "open": _open,
    "due": _due,
    "clocks": _clocks,
    "variables": _variables,
    "severity": lambda seen, told: _same(told, seen.row().severity),
    "owner": lambda seen, told: _same(told, seen.row().owner_group),
    "customer": lambda seen, told: _same(told, seen.row().customer),
    "series": _series,
    "people": _people,
    "history": _history,
    "mails": _mails,
    "log": _log,
    "files": _files,
    "reopened": lambda seen, told: _same(told, seen.row().reopened),
    "links": _links,
    "duplicates": _duplicates,
    "case_count": _case_count,
    "reopening_rate": _reopening_rate,
    "records": _records,
    "numbers": _numbers,
}
