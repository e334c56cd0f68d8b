"""What a refusal means when something is done again because the database was lost during the first try's COMMIT."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from laneway.engine.model import Person
from laneway.errors import LanewayError


def done_by(person: Person) -> Callable[[LanewayError], None]:
    """For completing a user task: that this person has completed it already tells that the first try went through."""

    def settle(refusal: LanewayError) -> None:
        if refusal.code != "user_task_already_completed" or refusal.params.get("holder") != person.username:
            raise refusal

    return settle


def harmless(refusal: LanewayError) -> NoReturn:
    """For what may be done twice without a difference: a refusal is the answer."""
    raise refusal
