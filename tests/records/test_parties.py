"""Parties: the same one entered twice, merging and taking it back, four-eyes, reviews, countries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select

from laneway.engine.model import Person
from laneway.engine.tables import message
from laneway.errors import Conflict, Invalid, NotAllowed, NotFound
from laneway.records import organisation, sample_records
from laneway.records.kinds import changes, proposals, store
from laneway.records.kinds.changes import Event
from laneway.records.parties import changed, country, duplicates, merging, reviews, rules, starting
from laneway.records.parties.kinds import COUNTRY_FILE, PARTY

PEOPLE = {person.username: person for person in organisation.demo_people()}
JING, MA, DING, PING = (PEOPLE[name] for name in ("li.jing", "ma.li", "ding.lei", "he.ping"))
STEWARD = Person("su.wen", PEOPLE["li.jing"].name, frozenset({"master_data"}), "su.wen@haiyuan.example")
FOAM, RHEIN, GULF = "P-2026-000001", "P-2026-000002", "P-2026-000003"


@pytest.fixture(name="department")
def _department(database: ModuleType, frozen_clock: Any) -> ModuleType:
    """The customers of the demonstration, on 2 March 2026."""
    with database.unit_of_work() as session:
        organisation.load_demo(session)
        sample_records.load(session)
    return database


def enter(database: ModuleType, **values: Any) -> int:
    raw = {"name": "Baltic Panel Oy", "type": "prospect", "country": "FI", "language": "en"} | values
    with database.unit_of_work() as session:
        return proposals.save(session, PARTY, None, raw, by=JING).key


def found(database: ModuleType, values: Mapping[str, Any]) -> list[tuple[str, tuple[str, ...]]]:
    with database.reading() as session:
        return [(one.code, one.reasons) for one in duplicates.search(session, dict(values))]


# -- duplicates


@pytest.mark.parametrize(
    ("values", "code", "reason"),
    [
        ({"name": "青岛泡沫"}, FOAM, "name"),
        ({"name": "青岛泡沫股份有限公司"}, FOAM, "name"),
        ({"name": "QINGDAO FOAM COMPANY LIMITED"}, FOAM, "name"),
        ({"name": "x", "country": "CN", "tax_number": "91370200-MA3DEMO01X"}, FOAM, "tax"),
        ({"name": "Rhein-Daemm"}, RHEIN, "name"),
        ({"name": "Rhein Damm"}, RHEIN, "name"),
        ({"name": "x", "email": "Einkauf@RheinDaemm.example"}, RHEIN, "email"),
        ({"name": "x", "phone": "+17135550100"}, GULF, "phone"),
        ({"name": "x", "contacts": [{"name": "y", "phone": "+17135550111"}]}, GULF, "phone"),
        ({"name": "Gulf Pannel Incorporated"}, GULF, "alike"),
    ],
)
def test_the_same_party_is_found_whatever_the_way_it_is_written(
    department: ModuleType, values: dict[str, Any], code: str, reason: str
) -> None:
    first = found(department, values)[0]
    assert first[0] == code
    assert reason in first[1]


@pytest.mark.parametrize(
    "values",
    [
        {"name": "Foam"},
        {"name": "x", "country": "DE", "tax_number": "91370200MA3DEMO01X"},
        {"name": ""},
        {"name": "有限公司"},
        {"name": "%_'; DROP TABLE party; --"},
    ],
)
def test_what_is_somebody_else_is_no_duplicate(department: ModuleType, values: dict[str, Any]) -> None:
    assert found(department, values) == []


# -- merging


def test_a_merge_takes_what_is_chosen_and_gives_it_back(department: ModuleType) -> None:
    key = enter(department, name="Gulf Panel", country="US", email="info@gulfpanel.example", office="Dock 4")
    with department.unit_of_work() as session:
        kept = store.key_of(session, PARTY, GULF)
        before = store.get(session, PARTY, kept).values
        assert merging.differing(store.get(session, PARTY, kept), store.get(session, PARTY, key)) == [
            "name",
            "type",
            "email",
            "office",
        ]
        merge_key = merging.merge(session, kept, key, by=DING, take=["office"], reason="同一客户")
    with department.reading() as session:
        record = store.get(session, PARTY, kept)
        assert (record.values["office"], record.values["email"]) == ("Dock 4", before["email"])
        assert not store.get(session, PARTY, key).is_listed
        code = store.get(session, PARTY, key).code
        assert merging.kept_code(session, key) == GULF
        assert starting.find(session, code).code == GULF
        assert merging.family(session, kept) == {kept: GULF, key: code}
        assert changes.listed(session, PARTY.id, [key])[0].event is Event.MERGED
    assert found(department, {"name": "x", "email": "info@gulfpanel.example"}) == []
    with department.unit_of_work() as session:
        assert merging.undo(session, merge_key, by=DING) == key
    with department.reading() as session:
        assert store.get(session, PARTY, kept).values["office"] == before["office"]
        assert starting.find(session, code).code == code
    assert found(department, {"name": "x", "email": "info@gulfpanel.example"})[0][0] == code


def test_what_was_changed_since_stays_when_a_merge_is_taken_back(department: ModuleType) -> None:
    key = enter(department, name="Gulf Panel", country="US", email="info@gulfpanel.example", office="Dock 4")
    with department.unit_of_work() as session:
        kept = store.key_of(session, PARTY, GULF)
        merge_key = merging.merge(session, kept, key, by=DING, take=["office"])
        store.change(session, PARTY, kept, {"office": "Dock 9"}, by="ding.lei")
        merging.undo(session, merge_key, by=DING)
        assert store.get(session, PARTY, kept).values["office"] == "Dock 9"
        with pytest.raises(Conflict, match="merge_undone_already"):
            merging.undo(session, merge_key, by=DING)


def test_sensitive_values_of_a_merge_wait_for_somebody_else(department: ModuleType) -> None:
    key = enter(
        department, name="Gulf Panel", country="US", email="i@gulfpanel.example", payment_terms="prepaid"
    )
    with department.unit_of_work() as session:
        kept = store.key_of(session, PARTY, GULF)
        with pytest.raises(Conflict, match="merge_has_pending"):
            merging.merge(session, kept, key, by=DING)
        [waiting] = proposals.pending_of(session, PARTY, key)
        proposals.approve(session, waiting.key, by=DING)
        merging.merge(session, kept, key, by=DING, take=["payment_terms"])
        assert store.get(session, PARTY, kept).values["payment_terms"] == "net60"
        [asked] = proposals.pending_of(session, PARTY, kept)
        assert asked.changes == {"payment_terms": ("net60", "prepaid")}
        with pytest.raises(NotAllowed):
            proposals.approve(session, asked.key, by=DING)
        proposals.approve(session, asked.key, by=STEWARD)
        assert store.get(session, PARTY, kept).values["payment_terms"] == "prepaid"


def test_only_the_steward_merges_and_never_one_with_itself(department: ModuleType) -> None:
    key = enter(department, email="info@balticpanel.example")
    with department.unit_of_work() as session:
        kept = store.key_of(session, PARTY, RHEIN)
        with pytest.raises(NotAllowed):
            merging.merge(session, kept, key, by=JING)
        with pytest.raises(Invalid, match="merge_with_itself"):
            merging.merge(session, kept, kept, by=DING)
        merging.merge(session, kept, key, by=DING)
        with pytest.raises(Conflict, match="record_not_listed"):
            merging.merge(session, kept, key, by=DING)
        with pytest.raises(NotFound):
            merging.undo(session, 1, by=DING)


# -- four-eyes


def test_ordinary_fields_are_live_and_sensitive_ones_wait(department: ModuleType) -> None:
    with department.unit_of_work() as session:
        key = store.key_of(session, PARTY, FOAM)
        raw = {"phone": "0532 8388 2199", "payment_terms": "net90", "credit_limit": "3500000"}
        saved = proposals.save(session, PARTY, key, raw, by=JING, source_key=77)
        assert set(saved.proposed) == {"payment_terms", "credit_limit"}
        record = store.get(session, PARTY, key)
        assert (record.values["phone"], record.values["payment_terms"]) == ("+8653283882199", "net60")
        groups = {one.approvers: one for one in proposals.pending_of(session, PARTY, key)}
        assert set(groups) == {"master_data", "credit_control"}
        for who, group in ((MA, "master_data"), (DING, "credit_control"), (PING, "credit_control")):
            with pytest.raises(NotAllowed):
                proposals.approve(session, groups[group].key, by=who)
        proposals.approve(session, groups["credit_control"].key, by=MA)
        with pytest.raises(Invalid, match="reason_required"):
            proposals.return_(session, groups["master_data"].key, by=DING, answer=" ")
        proposals.return_(session, groups["master_data"].key, by=DING, answer="没有依据")
        after = store.get(session, PARTY, key).values
        assert (after["payment_terms"], after["credit_limit"]) == ("net60", 3_500_000)
        with pytest.raises(Conflict, match="proposal_decided"):
            proposals.approve(session, groups["master_data"].key, by=DING)
        events = [one.event for one in changes.listed(session, PARTY.id, [key])]
        assert events.count(Event.PROPOSED) == 2
        assert {Event.APPROVED, Event.RETURNED, Event.CHANGED} <= set(events)


def test_nobody_approves_their_own_change_and_the_attempt_is_kept(department: ModuleType) -> None:
    with department.unit_of_work() as session:
        key = store.key_of(session, PARTY, FOAM)
        proposals.save(session, PARTY, key, {"payment_terms": "net90"}, by=DING)
        [waiting] = proposals.pending_of(session, PARTY, key)
        with pytest.raises(NotAllowed):
            proposals.approve(session, waiting.key, by=DING)
        proposals.note_refusal(session, waiting.key, by=DING)
        newest = changes.listed(session, PARTY.id, [key])[0]
        assert (newest.event, newest.by) == (Event.REFUSED, "ding.lei")
        assert proposals.count_for(session, DING) == 0
        assert proposals.count_for(session, STEWARD) == 1


def test_a_second_change_of_a_field_that_waits_is_refused_and_ones_own_takes_its_place(
    department: ModuleType,
) -> None:
    with department.unit_of_work() as session:
        key = store.key_of(session, PARTY, FOAM)
        proposals.save(session, PARTY, key, {"payment_terms": "net90"}, by=JING)
        with pytest.raises(Conflict, match="field_pending"):
            proposals.save(session, PARTY, key, {"payment_terms": "net30"}, by=MA)
        proposals.save(session, PARTY, key, {"payment_terms": "net30"}, by=JING)
        [waiting] = proposals.pending_of(session, PARTY, key)
        assert waiting.changes == {"payment_terms": ("net60", "net30")}


def test_a_job_that_is_done_again_saves_and_proposes_once(department: ModuleType) -> None:
    raw = {"name": "Baltic Panel Oy", "type": "prospect", "country": "FI", "language": "en"}
    raw |= {"email": "info@balticpanel.example", "payment_terms": "prepaid"}
    with department.unit_of_work() as session:
        first = proposals.save(session, PARTY, None, raw, by=JING, source_key=4711)
    with department.unit_of_work() as session:
        again = proposals.save(session, PARTY, None, raw, by=JING, source_key=4711)
        assert (again.key, again.proposed) == (first.key, ())
        assert len(proposals.of_source(session, 4711)) == 1


# -- what a party must have


@pytest.mark.parametrize(
    ("change", "path", "problem"),
    [
        ({"phone": None, "email": None}, "phone", "phone_or_email"),
        ({"type": "customer"}, "addresses", "required"),
        ({"country": "ZZ"}, "country", "not_a_country"),
        ({"credit_limit": "-1"}, "credit_limit", "too_small"),
        ({"credit_limit": "10"}, "currency", "required"),
        ({"name": "A"}, "name", "too_short"),
        ({"completeness": 100}, "completeness", "read_only"),
        ({"is_listed": False}, "is_listed", "unknown_field"),
    ],
)
def test_what_does_not_fit_is_named_field_by_field(
    department: ModuleType, change: dict[str, Any], path: str, problem: str
) -> None:
    with pytest.raises(Invalid) as refused:
        enter(department, **{"email": "info@balticpanel.example", **change})
    assert (path, problem) in [one[:2] for one in refused.value.problems]


def test_a_customer_that_is_supplied_needs_somebody_to_call_in_a_recall(department: ModuleType) -> None:
    with department.unit_of_work() as session:
        key = store.key_of(session, PARTY, RHEIN)
        rows = [{"name": "Anke Vogel", "email": "anke.vogel@rheindaemm.example", "is_recall_contact": False}]
        with pytest.raises(Invalid) as refused:
            proposals.save(session, PARTY, key, {"contacts": rows}, by=JING)
        assert [one[:2] for one in refused.value.problems] == [("contacts", "recall_contact_missing")]


# -- reviews


def test_reviews_are_due_after_a_year_and_for_key_customers_after_half_a_year(department: ModuleType) -> None:
    with department.reading() as session:
        due = reviews.due(session)
        assert [one.code for one in due] == [RHEIN, FOAM, "P-2026-000004"]
        assert reviews.figures(session).overdue == 3
        assert [one.code for one in reviews.due(session, limit=1)] == [RHEIN]
        assert reviews.due(session, today=date(2025, 1, 1)) == []
    assert rules.review_due(date(2024, 2, 29), is_key=False) == date(2025, 2, 28)
    assert rules.review_due(date(2025, 8, 31), is_key=True) == date(2026, 2, 28)


def test_a_confirmed_review_is_due_again_a_year_later(department: ModuleType, frozen_clock: Any) -> None:
    with department.unit_of_work() as session:
        key = store.key_of(session, PARTY, RHEIN)
        reviews.confirm(session, key, by=JING, note="电话核对")
        record = store.get(session, PARTY, key)
        assert record.values["review_due_on"] == date(2027, 3, 2)
        newest = changes.listed(session, PARTY.id, [key])[0]
        assert (newest.event, newest.by, newest.reason) == (Event.CONFIRMED, "li.jing", "电话核对")
        assert RHEIN not in [one.code for one in reviews.due(session)]
        with pytest.raises(NotAllowed):
            reviews.confirm(session, key, by=PING)


# -- countries


def test_a_missing_or_outdated_country_file_counts_as_c(department: ModuleType, frozen_clock: Any) -> None:
    with department.reading() as session:
        assert (country.state(session, "DE").risk, country.state(session, "DE").is_valid) == ("A", True)
        assert (country.state(session, "BR").risk, country.state(session, "BR").is_valid) == ("C", False)
        valid_to = country.state(session, "DE").valid_to
        assert valid_to is not None
        assert country.state(session, "DE", today=valid_to).is_valid
        later = country.state(session, "DE", today=valid_to + timedelta(days=1))
        assert (later.risk, later.is_valid) == ("C", False)
    with department.unit_of_work() as session:
        key = store.key_of(session, COUNTRY_FILE, "DE")
        store.change(session, COUNTRY_FILE, key, {"political_risk": "D"}, by="ma.li")
        assert country.state(session, "DE", today=valid_to + timedelta(days=1)).risk == "D"


# -- what others are told


def test_a_change_is_published_once_for_a_job(department: ModuleType) -> None:
    for _attempt in range(2):
        with department.unit_of_work() as session:
            changed.publish(session, store.key_of(session, PARTY, FOAM), source_key=99)
    with department.reading() as session:
        rows = session.execute(select(message).where(message.c.name == "customer.changed")).all()
    assert [(row.correlation_key, row.variables["party_type"]) for row in rows] == [(FOAM, "permanent")]


def test_a_start_form_knows_what_the_record_knows(department: ModuleType) -> None:
    with department.reading() as session:
        assert starting.values_for_form(starting.find(session, FOAM)) == {
            "customer": "青岛泡沫有限公司",
            "tier": "key",
            "reporter": "刘颖",
            "language": "zh",
            "contact_email": "liu.ying@qdfoam.example",
            "contact_phone": "+8653283882110",
        }
        assert starting.values_for_form(starting.find(session, RHEIN))["language"] == "en"
        with pytest.raises(NotFound):
            starting.find(session, "P-2026-999999")
