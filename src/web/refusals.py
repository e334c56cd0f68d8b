"""Refusals that stay in the history of a case: whom segregation of duties kept from a task (DOMAIN section 2, rule 7)."""

from __future__ import annotations

from flask import g

from laneway.engine import user_tasks
from laneway.engine.database import unit_of_work
from laneway.errors import LanewayError, NotAllowed


def keep(error: LanewayError) -> None:
    """Keep the refusal in the history, if it is such a one."""
    person = g.get("person")
    if person is not None and isinstance(error, NotAllowed) and "kept_from" in error.params:
        with unit_of_work() as session:
            user_tasks.note_refusal(session, error, by=person)
