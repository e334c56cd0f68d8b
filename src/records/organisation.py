"""The department's groups, and a demonstration organisation to try the product with."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from sqlalchemy.orm import Session

from laneway.engine import accounts
from laneway.engine.model import Person
from laneway.words import Text

DEMO_PASSWORD = "demo"
_MAIL_DOMAIN = "haiyuan.example"


@dataclass(frozen=True)
class DemoLogin:
    """Someone of the demonstration organisation, as login page and start-up message offer them."""

    username: str
    name: Text
    groups: tuple[Text, ...]


def add_default_groups(session: Session) -> None:
    """Bring the groups that this product comes with into the database; their names are brought up to date."""
    for group_id, name in default_groups().items():
        accounts.add_group(session, group_id, name=name)


def load_demo(session: Session) -> int:
    """Bring the demonstration organisation into the database, people who are already there excepted.

    Returns how many people were added. Everyone's password is `DEMO_PASSWORD`.
    """
    add_default_groups(session)
    present = {account.person.username for account in accounts.list_people(session)}
    missing = [person for person in demo_people() if person.username not in present]
    if missing:
        password_hash = accounts.hash_password(DEMO_PASSWORD)
        for person in missing:
            accounts.add_person(
                session,
                username=person.username,
                name=person.name,
                password_hash=password_hash,
                groups=person.groups,
                email=person.email,
                locale=person.locale,
            )
    return len(missing)


def default_groups() -> dict[str, Text]:
    """Names of the groups that this product comes with, by id."""
    return {group_id: _text(row) for group_id, row in _read("groups.toml")["groups"].items()}


def demo_people() -> list[Person]:
    """The people of the demonstration organisation; first `demo`, who is in every group."""
    people = [
        Person("demo", Text("演示", "Demo"), frozenset(default_groups()), f"demo@{_MAIL_DOMAIN}"),
    ]
    for username, row in _read("demo.toml")["people"].items():
        email = f"{username}@{_MAIL_DOMAIN}"
        people.append(Person(username, _text(row), frozenset(row["groups"]), email, row.get("locale", "zh")))
    return people


def demo_logins() -> list[DemoLogin]:
    """Who may be tried out, with the names of their groups; `demo` first, with none listed."""
    names = default_groups()
    return [
        DemoLogin(
            person.username,
            person.name,
            () if person.username == "demo" else tuple(names[group] for group in sorted(person.groups)),
        )
        for person in demo_people()
    ]


def demo_company() -> Text:
    """Name of the demonstration company."""
    return _text(_read("demo.toml")["company"])


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("laneway.records").joinpath(name).read_text("utf-8"))


def _text(row: dict[str, Any]) -> Text:
    return Text(row["zh"], row["en"])
