"""Variables set and deleted by hand in a running case, on the instance or in the scope of one element instance."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import orjson
from sqlalchemy.orm import Session

from laneway import observed
from laneway.engine import access, cases, runtime
from laneway.engine.access import Action
from laneway.engine.model import Person
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.requests import Note
from laneway.errors import Conflict, Invalid

MOST_BYTES = 1_000_000
"""Of the values of one request, as JSON."""
_DEEPEST = 100
_LONGEST_NAME = 200
_WORDS_OF_FEEL = ("true", "false", "null", "and", "or", "not", "in", "if", "then", "else", "for", "return")
_RESERVED = frozenset({*_WORDS_OF_FEEL, "some", "every", "satisfies", "between", "function"})
OF_THE_ENGINE = frozenset({"case_number", "loopCounter"})
"""Names that the engine itself gives values to."""


def change(
    session: Session,
    instance_key: int,
    *,
    by: Person,
    values: Mapping[str, Any] | None = None,
    deleted: Collection[str] = (),
    token: int = 0,
    is_local: bool = False,
    reason: str = "",
) -> None:
    """Set variables and delete others; conditional events look at them at once.

    `token` is the element instance that is meant, 0 the instance itself. With `is_local` its own scope gets the
    values; without, each goes to the nearest scope around it that has the variable, else to the instance. Only the
    scope that is meant loses the `deleted` ones. History keeps old and new values, and the reason where one is given.

    Raises NotFound, NotAllowed, Invalid for names or values that cannot be, Conflict when the instance or the element
    instance has ended.
    """
    access.require(by, Action.OPERATE_CASE)
    given = dict(values or {})
    check_values(given)
    row = runtime.lock_open(session, instance_key, suspended_too=True)
    if "case_number" in deleted and cases.number_of(session, row.root_key) is not None:
        raise Invalid("variables_invalid", [("case_number", "reserved_name", {})])

    def apply(instance: Instance) -> None:
        if token and (token not in instance.live or token == instance.task_tree.id):
            raise Conflict("element_instance_ended", key=instance_key)
        if reason.strip():
            instance.notes.append(Note("variables_changed", None, token or None, {"reason": reason.strip()}))
        where = instance.live[token] if token else None
        instance.delete_variables(where, deleted)
        if where is None:
            instance.set_own_variables(given)
        elif is_local:
            instance.set_local_variables(where, given)
        else:
            instance.set_variables(where, given, keeps_old=True)

    observed.step(session.info, "set_variables")
    runtime.advance(session, instance_key, apply, by=by, suspended_too=True)


def check_values(values: Mapping[str, Any]) -> None:
    """Raises Invalid with each name that is reserved or no name, and each value that is no JSON or too large."""
    problems: list[tuple[str, str, dict[str, Any]]] = []
    for name, value in values.items():
        if name in _RESERVED or name in OF_THE_ENGINE:
            problems.append((name, "reserved_name", {}))
        elif not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable() or "." in name:
            problems.append((name[:_LONGEST_NAME], "no_variable_name", {"max": _LONGEST_NAME}))
        elif not _is_json(value):
            problems.append((name, "no_json_value", {}))
    if not problems and len(orjson.dumps(dict(values))) > MOST_BYTES:
        problems.append(("", "values_too_large", {"max": MOST_BYTES}))
    if problems:
        raise Invalid("variables_invalid", problems)


def _is_json(value: Any) -> bool:
    """Whether a value is JSON that every database takes: no NUL, no endless nesting, no number beyond 64 bits."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > _DEEPEST:
            return False
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner += one.values()
                inner += one
            elif isinstance(one, list):
                inner += one
            elif not _is_plain(one):
                return False
        level = inner
    return True


def _is_plain(value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str):
        return not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return isinstance(value, float) and math.isfinite(value)
