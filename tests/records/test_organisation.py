from __future__ import annotations

from laneway.engine import accounts
from laneway.records import organisation


def test_the_demonstration_organisation_is_filled_in_once(database):
    with database.unit_of_work() as session:
        added = organisation.load_demo(session)
        assert added == len(organisation.demo_people())
    with database.unit_of_work() as session:
        assert organisation.load_demo(session) == 0
        people = {account.person.username: account.person for account in accounts.list_people(session)}
    assert people["wang.lei"].groups == {"complaint_desk"}
    assert people["demo"].groups == set(organisation.default_groups())


def test_everyone_of_the_demonstration_logs_in_with_demo(sqlite_database):
    with sqlite_database.unit_of_work() as session:
        organisation.load_demo(session)
        for username in ("demo", "chen.fang", "eva.brandt"):
            assert accounts.authenticate(session, username, "demo").username == username


def test_every_group_of_the_demonstration_exists_and_has_someone():
    groups = set(organisation.default_groups())
    taken = {group for person in organisation.demo_people()[1:] for group in person.groups}
    assert taken <= groups
    assert groups - taken == {"worker"}


def test_groups_and_people_have_names_in_both_languages():
    names = [*organisation.default_groups().values(), organisation.demo_company()]
    names += [person.name for person in organisation.demo_people()]
    for name in names:
        assert name.zh
        assert name.en
        assert name.zh != name.en


def test_logins_are_offered_with_the_names_of_their_groups():
    logins = {login.username: login for login in organisation.demo_logins()}
    assert next(iter(logins)) == "demo"
    assert [group.zh for group in logins["ma.li"].groups] == ["信用控制"]


def test_without_demonstration_only_groups_are_added(sqlite_database):
    with sqlite_database.unit_of_work() as session:
        before = len(accounts.list_people(session))
        organisation.add_default_groups(session)
        groups = {group.group_id for group in accounts.list_groups(session)}
        assert set(organisation.default_groups()) <= groups
        assert len(accounts.list_people(session)) == before
