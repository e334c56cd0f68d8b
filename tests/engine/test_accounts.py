from __future__ import annotations

from typing import ClassVar

import argon2
import pytest
from sqlalchemy import select

from laneway.engine import accounts
from laneway.engine.tables import web_session
from laneway.errors import Conflict, Invalid, NotAllowed, NotFound
from laneway.words import Text

PASSWORD = "in the tests"


def test_a_person_logs_in_with_their_password_only(sqlite_database, mei):
    with sqlite_database.unit_of_work() as session:
        assert accounts.authenticate(session, " Mei ", PASSWORD) == mei
        with pytest.raises(NotAllowed, match="login_failed"):
            accounts.authenticate(session, "mei", "something else")


def test_someone_unknown_costs_the_same_work_as_a_wrong_password(sqlite_database, monkeypatch):
    class Counting(argon2.PasswordHasher):
        parameters: ClassVar = []

        def verify(self, hash, password):
            self.parameters.append(argon2.extract_parameters(hash))
            return super().verify(hash, password)

    monkeypatch.setattr(accounts, "_hasher", Counting())
    for username in ("bob", "nobody"):
        with sqlite_database.reading() as session, pytest.raises(NotAllowed):
            accounts.authenticate(session, username, "guess")
    known, unknown = Counting.parameters
    assert known == unknown


def test_ten_wrong_passwords_close_the_account_for_a_while(sqlite_database, frozen_clock):
    with sqlite_database.unit_of_work() as session:
        for _ in range(10):
            with pytest.raises(NotAllowed, match="login_failed"):
                accounts.authenticate(session, "chen", "guess")
        with pytest.raises(NotAllowed, match="login_locked"):
            accounts.authenticate(session, "chen", PASSWORD)
        frozen_clock.advance(minutes=6)
        assert accounts.authenticate(session, "chen", PASSWORD).username == "chen"


def test_a_new_person_is_stored_with_groups_on_both_databases(database):
    with database.unit_of_work() as session:
        added = accounts.add_person(
            session,
            username="lin",
            name=Text("林", "Lin"),
            password="long enough",
            groups=frozenset({"quality", "complaint_desk"}),
            email="lin@example.com",
            locale="en",
        )
        assert accounts.person(session, "lin") == added
        assert accounts.authenticate(session, "lin", "long enough") == added


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"username": "Not Lower"}, "username_invalid"),
        ({"password": "short"}, "password_too_short"),
        ({"groups": frozenset({"nowhere"})}, "group_unknown"),
    ],
)
def test_a_person_with_unfit_details_is_refused(sqlite_database, change, code):
    details = {"username": "lin", "name": Text("林", "Lin"), "password": "long enough"} | change
    with sqlite_database.unit_of_work() as session, pytest.raises(Invalid, match=code):
        accounts.add_person(session, **details)


def test_a_username_is_given_once(sqlite_database):
    with sqlite_database.unit_of_work() as session, pytest.raises(Conflict, match="username_taken"):
        accounts.add_person(session, username="mei", name=Text("", ""), password="long enough")


def test_a_new_password_ends_the_old_one_and_its_sessions(sqlite_database):
    with sqlite_database.unit_of_work() as session:
        accounts.authenticate(session, "bob", PASSWORD)
        opened = accounts.open_session(session, "bob")
        accounts.set_password(session, "bob", password="quite different")
        assert accounts.session_person(session, opened.token) is None
        with pytest.raises(NotAllowed):
            accounts.authenticate(session, "bob", PASSWORD)
        accounts.authenticate(session, "bob", "quite different")


def test_a_deactivated_person_is_out_at_once(sqlite_database):
    with sqlite_database.unit_of_work() as session:
        opened = accounts.open_session(session, "bob")
        accounts.deactivate(session, "bob")
        assert accounts.session_person(session, opened.token) is None
        with pytest.raises(NotAllowed, match="login_failed"):
            accounts.authenticate(session, "bob", PASSWORD)
        with pytest.raises(NotFound):
            accounts.person(session, "bob")


def test_a_session_knows_its_person_and_stores_no_token(sqlite_database, mei):
    with sqlite_database.unit_of_work() as session:
        opened = accounts.open_session(session, "mei")
        known = accounts.session_person(session, opened.token)
        assert known is not None
        assert (known.person, known.csrf) == (mei, opened.csrf)
        assert accounts.session_person(session, "made up") is None
        stored = session.execute(select(web_session)).one()
        assert opened.token not in [str(value) for value in stored]
        accounts.close_session(session, opened.token)
        assert accounts.session_person(session, opened.token) is None


def test_sessions_end_by_themselves(sqlite_database, frozen_clock):
    with sqlite_database.unit_of_work() as session:
        opened = accounts.open_session(session, "mei", hours=1)
        frozen_clock.advance(minutes=59)
        assert accounts.session_person(session, opened.token)
        assert accounts.expire_sessions(session) == 0
        frozen_clock.advance(minutes=2)
        assert accounts.session_person(session, opened.token) is None
        assert accounts.expire_sessions(session) == 1


def test_the_language_stays_with_the_person(sqlite_database):
    with sqlite_database.unit_of_work() as session:
        accounts.set_locale(session, "mei", locale="en")
        assert accounts.person(session, "mei").locale == "en"
        with pytest.raises(Invalid, match="locale_unknown"):
            accounts.set_locale(session, "mei", locale="fr")


def test_people_and_groups_are_listed(sqlite_database):
    with sqlite_database.unit_of_work() as session:
        accounts.deactivate(session, "bob")
        people = accounts.list_people(session)
        assert [account.person.username for account in people] == sorted(
            account.person.username for account in people
        )
        assert {account.person.username: account.is_active for account in people}["bob"] is False
        members = {group.group_id: group.members for group in accounts.list_groups(session)}
        assert (members["complaint_desk"], members["credit_control"]) == (1, 0)
