"""A case told in words: why it stands where it stands, and what has happened to it.

Nothing here is written by hand for a process: the sentences are made of the rule that fired, the open waits and the
history, so that they are true for every diagram.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from laneway.engine.database import Session
from laneway.engine.queries import names
from laneway.engine.queries.case_rows import Happening, Surroundings, UserTaskRow
from laneway.engine.queries.names import FieldWords
from laneway.web import clock_texts, outbox_texts
from laneway.web.deeds import DEEDS
from laneway.web.i18n import _, locale, moment, pick, value
from laneway.web.operation_texts import TOLD
from laneway.words import Text

_MEMBERS_NAMED = 3
_VALUES_SHOWN = 8
_WITH_NOTES = {
    "instance_canceled",
    "incident_raised",
    "job_failed",
    "clock_refused",
    *TOLD,
    *outbox_texts.TOLD,
}
_WORDS = ("reason", "message", "error")  # where an event keeps what someone or something said

SHORT = (
    frozenset(
        {
            "instance_started",
            "user_task_claimed",
            "user_task_released",
            "user_task_assigned",
            "user_task_completed",
            "timer_fired",
            "message_correlated",
            "decision_evaluated",
            "incident_raised",
            "incident_resolved",
            "instance_completed",
            "instance_canceled",
            *outbox_texts.MATTERING,
            *TOLD,
        }
    )
    | clock_texts.MATTERING
)
"""The events that matter beside a task."""

FULL = (
    SHORT
    | set(clock_texts.TOLD)
    | {
        "user_task_created",
        "user_task_canceled",
        "variables_set",
        "job_completed",
        "job_failed",
        *outbox_texts.TOLD,
    }
)
"""The events of the whole timeline; entering and leaving elements is drawn on the diagram instead."""


@dataclass(frozen=True)
class Entry:
    """One line of a timeline. `values` are (label, value) pairs below it, `decision` the id of what was decided."""

    icon: str
    who: str
    what: str
    at: datetime
    note: str = ""
    values: tuple[tuple[str, str], ...] = ()
    decision: str = ""


@dataclass(frozen=True)
class Wait:
    """One thing that a case waits for. `kind` is task, message, timer, work or failed."""

    kind: str
    name: str
    who: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class Why:
    """Why a case stands here: the rule that fired, then what it waits for, the most urgent first."""

    reason: str
    waits: tuple[Wait, ...]

    def __html__(self) -> str:
        """The sentence, for templates."""
        if not self.waits:
            return Markup.escape(_("It is moving on by itself; look again in a moment."))
        first, *rest = self.waits
        sentences = [_first_wait(first)]
        if rest:
            beside = ("；" if locale() == "zh" else "; ").join(_further_wait(wait) for wait in rest)
            sentences.append(_bold(_("In parallel")) + _space() + Markup.escape(beside) + _full_stop())
        if self.reason:
            sentences.append(Markup.escape(self.reason))
        return _space().join(sentences)


class Teller:
    """Tells the story of one case to one reader: knows the names that occur in it."""

    def __init__(self, session: Session, words: FieldWords) -> None:
        # Everything is read here: templates tell the story when the reading is over.
        self._people = names.people(session)
        self._members = names.members(session)
        self._groups = names.groups(session)
        self._words = words
        # Decision tables are labelled in one language; a form that asks for the same thing knows the other.
        self._by_words = {word: name for name, text in words.labels.items() for word in text if word}

    # -- names

    def person(self, username: str | None) -> str:
        """The name of a person; nobody is the system."""
        if not username:
            return _("System")
        return pick(self._people.get(username, Text(username, username)))

    def group(self, group_id: str) -> str:
        """The name of a group."""
        return pick(self._groups.get(group_id, Text(group_id, group_id)))

    def members(self, group_id: str) -> Mapping[str, Text]:
        """Names of the active people of a group, by username."""
        return self._members.get(group_id, {})

    def listed(self, parts: list[str]) -> str:
        """Parts, separated as the language does it."""
        return ("、" if locale() == "zh" else ", ").join(parts)

    def who_may_act(self, task: UserTaskRow) -> str:
        """Who holds a user task, or who may claim it."""
        if task.assignee:
            if task.claimed_at is None:
                return self.person(task.assignee)
            return _("%(name)s (claimed %(at)s)", name=self.person(task.assignee), at=moment(task.claimed_at))
        people = [self.person(username) for username in task.candidate_users]
        if not task.candidate_groups:
            return self.listed(people) or _("everyone")
        groups = self.listed([self.group(group_id) for group_id in task.candidate_groups])
        members = {name for group_id in task.candidate_groups for name in self.members(group_id).items()}
        people += [pick(name) for _username, name in sorted(members)]
        if not people:
            return groups
        shown = self.listed(people[:_MEMBERS_NAMED])
        if len(people) > _MEMBERS_NAMED:
            shown = _("%(names)s and %(more)s more", names=shown, more=len(people) - _MEMBERS_NAMED)
        return _("%(groups)s (%(names)s)", groups=groups, names=shown)

    # -- why it stands here

    def why(self, around: Surroundings, decisions: Sequence[Mapping[str, Any]], severity: str) -> Why:
        """The one sentence that every case has.

        `decisions` are those evaluated last, the latest first; told is the rule that gave the case its severity.
        """
        waits = [Wait("failed", pick(one.name) or _("a step")) for one in around.incidents]
        waits += [
            Wait("task", pick(task.name), self.who_may_act(task), task.due_at) for task in around.open_tasks
        ]
        if not around.incidents:
            waits += [Wait("work", pick(one.name) or one.type) for one in around.jobs]
        # What only watches (a withdrawal, a reminder) is no reason to stand here, unless there is no other.
        watching = [one.is_aside for one in around.messages] + [one.is_aside for one in around.timers]
        alone = not waits and all(watching)
        waits += [Wait("message", pick(one.name)) for one in around.messages if alone or not one.is_aside]
        waits += [
            Wait("timer", pick(one.name) or _("a moment"), until=one.due_at)
            for one in around.timers
            if alone or not one.is_aside
        ]
        grading = (one for one in decisions if severity and severity in _outputs(one))
        return Why(self._reason(next(grading, decisions[0] if decisions else None)), tuple(waits))

    def _reason(self, decision: Mapping[str, Any] | None) -> str:
        if not decision or not decision.get("rules"):
            return ""
        facts = [
            self._fact(label, content)
            for label, content in decision.get("inputs", ())
            if content not in (None, False, "", "no", "none")
        ]
        rules = self.listed([str(index) for _rule_id, index in decision["rules"]])
        name = _words_of(decision.get("name")) or str(decision.get("decision_id"))
        if not facts:
            return _("“%(decision)s”, rule %(rules)s.", decision=name, rules=rules)
        return _(
            "“%(decision)s”, rule %(rules)s: %(facts)s.",
            decision=name,
            rules=rules,
            facts=self.listed(facts[:_MEMBERS_NAMED]),
        )

    def _fact(self, label: Any, content: Any) -> str:
        words = label if isinstance(label, list) else [label]
        name = next((self._by_words[word] for word in words if word in self._by_words), "")
        return _("%(label)s is %(value)s", label=_words_of(label), value=self.shown(name, content))

    # -- what happened

    def entries(self, happenings: list[Happening]) -> list[Entry]:
        """History rows as lines of a timeline; changes of data that no form shows are left to the auditor."""
        told = [self._entry(one) for one in happenings]
        return [
            one
            for one, row in zip(told, happenings, strict=True)
            if one.values or row.event != "variables_set"
        ]

    def _entry(self, one: Happening) -> Entry:
        icon, tell = _TELLING[one.event]
        person = one.person or one.details.get("by")
        return Entry(
            icon=icon,
            who=self.person(person) if one.event in DEEDS else "",
            what=tell(self, one),
            at=one.at,
            note=self._note(one),
            values=self._values(one),
            decision=str(one.details.get("id", "")) if one.event == "decision_evaluated" else "",
        )

    def _note(self, one: Happening) -> str:
        if one.event in _WITH_NOTES:
            return next((str(one.details[name]) for name in _WORDS if one.details.get(name)), "")
        return ""

    def _values(self, one: Happening) -> tuple[tuple[str, str], ...]:
        if one.event != "variables_set":
            return ()
        values: Mapping[str, Any] = one.details.get("values", {})
        told = (
            (self.label(name), self.shown(name, content))
            for name, content in values.items()
            if self.has_label(name)
        )
        return tuple(told)[:_VALUES_SHOWN]

    def label(self, name: str) -> str:
        """The label of a variable as the forms have it, else its own name."""
        text = self._words.labels.get(name)
        return pick(text) if text is not None and (text.zh or text.en) else name

    def has_label(self, name: str) -> bool:
        """Whether a form shows this variable."""
        return name in self._words.labels

    def shown(self, name: str, content: Any) -> str:
        """A variable's value as people read it."""
        if isinstance(content, list):
            return self.listed([self.shown(name, part) for part in content])
        if isinstance(content, str) and content in self._people:
            return self.person(content)
        if isinstance(content, str) and content in self._groups:
            return self.group(content)
        return str(value(content, self._words.options.get(name)))


def _bold(text: str) -> Markup:
    return Markup("<b>{}</b>").format(text)


def _space() -> Markup:
    return Markup("" if locale() == "zh" else " ")


def _full_stop() -> str:
    return "。" if locale() == "zh" else "."


def _first_wait(wait: Wait) -> Markup:
    if wait.kind == "failed":
        return _bold(_("“%(step)s” failed", step=wait.name)) + _(": someone must look at it and retry.")
    if wait.kind != "task":
        return _bold(_("It waits:")) + _space() + Markup.escape(_further_wait(wait)) + _full_stop()
    where = _bold(_("It waits at “%(step)s”", step=wait.name))
    until = _(" until %(at)s", at=moment(wait.until)) if wait.until is not None else ""
    who = Markup.escape(wait.who) + _full_stop()
    return where + until + _full_stop() + _space() + _bold(_("Can act now:")) + _space() + who


def _further_wait(wait: Wait) -> str:
    match wait.kind:
        case "task":
            return _("it waits at “%(step)s” (%(who)s)", step=wait.name, who=wait.who)
        case "message":
            return _("it waits for “%(step)s” to arrive", step=wait.name)
        case "timer" if wait.until is not None:
            return _("“%(step)s” comes at %(at)s", step=wait.name, at=moment(wait.until))
        case "failed":
            return _("“%(step)s” failed", step=wait.name)
        case _:
            return _("“%(step)s” is being done automatically", step=wait.name)


def _outputs(decision: Mapping[str, Any]) -> list[Any]:
    """The single values that a decision gave."""
    output = decision.get("output")
    return list(output.values()) if isinstance(output, dict) else [output]


def _words_of(stored: Any) -> str:
    """A text that history keeps as one string, as [zh, en] or as {zh, en}."""
    if isinstance(stored, list | tuple) and len(stored) == 2:
        return pick(Text(str(stored[0]), str(stored[1])))
    if isinstance(stored, dict):
        return pick(Text(str(stored.get("zh", "")), str(stored.get("en", ""))))
    return str(stored or "")


def _step(one: Happening) -> str:
    return pick(one.name) or one.element_id or ""


def _assigned(teller: Teller, one: Happening) -> str:
    to = one.details.get("assignee")
    if not to:
        return _("gave “%(step)s” back to the group", step=_step(one))
    if to == one.person:
        return _("claimed “%(step)s”", step=_step(one))
    return _("handed “%(step)s” to %(name)s", step=_step(one), name=teller.person(to))


def _decided(teller: Teller, one: Happening) -> str:
    output = one.details.get("output")
    if isinstance(output, dict):
        # What no form shows is for the process itself: leave it to the data page.
        told = [
            _("%(label)s: %(value)s", label=teller.label(name), value=teller.shown(name, content))
            for name, content in output.items()
            if teller.has_label(name)
        ]
        shown = teller.listed(told[:_MEMBERS_NAMED])
    else:
        shown = teller.shown("", output)
    rules = teller.listed([str(index) for _rule_id, index in one.details.get("rules", ())])
    name = _words_of(one.details.get("name")) or str(one.details.get("decision_id", ""))
    if not rules:
        return _("“%(decision)s”: no rule fits", decision=name)
    if not shown:
        return _("“%(decision)s”, rule %(rules)s", decision=name, rules=rules)
    return _("“%(decision)s”, rule %(rules)s: %(output)s", decision=name, rules=rules, output=shown)


def _sent_out(text: str) -> Callable[[Teller, Happening], str]:
    return lambda _teller, one: _(text, **outbox_texts.parts(one.details))


def _operated(text: str) -> Callable[[Teller, Happening], str]:
    return lambda _teller, one: _(text, step=_step(one), name=one.details.get("name", ""))


_TELLING: Mapping[str, tuple[str, Callable[[Teller, Happening], str]]] = {
    "instance_started": ("flag", lambda _t, one: _("opened the case")),
    "user_task_created": ("user", lambda _t, one: _("“%(step)s” is to be done", step=_step(one))),
    "user_task_claimed": ("hand", lambda _t, one: _("claimed “%(step)s”", step=_step(one))),
    "user_task_released": ("undo", lambda _t, one: _("released “%(step)s”", step=_step(one))),
    "user_task_assigned": ("swap", _assigned),
    "user_task_completed": ("check", lambda _t, one: _("completed “%(step)s”", step=_step(one))),
    "user_task_canceled": ("x", lambda _t, one: _("“%(step)s” is no longer needed", step=_step(one))),
    "variables_set": ("form", lambda _t, one: _("data changed")),
    "timer_fired": ("clock", lambda _t, one: _("time is up: “%(step)s”", step=_step(one))),
    "message_correlated": ("mail", lambda _t, one: _("arrived: “%(step)s”", step=_step(one))),
    "decision_evaluated": ("table", _decided),
    "job_completed": ("gear", lambda _t, one: _("done automatically: “%(step)s”", step=_step(one))),
    "job_failed": ("bolt", lambda _t, one: _("“%(step)s” did not work", step=_step(one))),
    "incident_raised": ("bolt", lambda _t, one: _("“%(step)s” failed", step=_step(one))),
    "incident_resolved": ("refresh", lambda _t, one: _("tried “%(step)s” again", step=_step(one))),
    **{event: (icon, _sent_out(text)) for event, (icon, text) in outbox_texts.TOLD.items()},
    **{event: (icon, _operated(text)) for event, (icon, text) in TOLD.items()},
    "instance_completed": ("check", lambda _t, one: _("the case is closed")),
    "instance_canceled": ("x", lambda _t, one: _("cancelled the case")),
    **clock_texts.TELLING,
}
