"""Records of any kind: values are checked, lists go on, changes are kept, and four eyes look at what is sensitive."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from laneway.errors import Conflict, Invalid, NotAllowed, NotFound
from laneway.records.goods.kinds import MOVEMENT, PRODUCT
from laneway.records.kinds import changes, known, listing, proposals, store, values
from laneway.records.kinds.changes import Event
from laneway.records.kinds.declared import Field, Kind, Type
from laneway.records.kinds.listing import Wanted
from laneway.records.parties.kinds import COUNTRY_FILE, PARTY
from laneway.words import Text

CUSTOMER = {
    "name": "青岛泡沫有限公司",
    "name_latin": "Qingdao Foam",
    "type": "prospect",
    "country": "CN",
    "language": "zh",
    "phone": "0532 8588 1234",
}


def product(code, **more):
    return {"code": code, "name_zh": f"产品{code}", "name_en": f"Product {code}", "unit": "t", **more}


def cleaned(field, raw, **country):
    kind = Kind(
        "x",
        Text("", ""),
        Text("", ""),
        "",
        PRODUCT.table,
        (field,),
        field.name,
        (field.name,) * 2,
        (),
        (),
        (),
    )
    found, problems = values.clean(kind, {field.name: raw}, **country)
    return problems[0][1] if problems else found[field.name]


def field(type_, **more):
    return Field("code", Text("", ""), type_, **more)


# -- values


@pytest.mark.parametrize(
    ("declared", "raw", "told"),
    [
        (field(Type.TEXT), "  a\r\nb\0 ", "a b"),
        (field(Type.TEXT, longest=3), "abcd", "too_long"),
        (field(Type.TEXT, shortest=3), "ab", "too_short"),
        (field(Type.TEXT), {"a": 1}, "not_text"),
        (field(Type.TEXT), "<script>alert(1)</script>", "<script>alert(1)</script>"),
        (field(Type.TEXT), "", None),
        (field(Type.LONG_TEXT), "a\r\nb", "a\nb"),
        (field(Type.NUMBER, decimals=3), "1,234.5", Decimal("1234.500")),
        (field(Type.NUMBER, decimals=3), "1.2345", "too_many_decimals"),
        (field(Type.NUMBER), "1e400", "not_a_number"),
        (field(Type.NUMBER), "NaN", "not_a_number"),
        (field(Type.NUMBER), "Infinity", "not_a_number"),
        (field(Type.NUMBER), [1], "not_a_number"),
        (field(Type.NUMBER, least=1), "0", "too_small"),
        (field(Type.NUMBER, most=9), "10", "too_large"),
        (field(Type.MONEY), "0.005", "too_many_decimals"),
        (field(Type.MONEY), 12.5, Decimal("12.50")),
        (field(Type.DATE), "2026-02-28", date(2026, 2, 28)),
        (field(Type.DATE), "2026-02-30", "not_a_day"),
        (field(Type.DATE), datetime(2026, 1, 1, tzinfo=UTC), "not_a_day"),
        (field(Type.MOMENT), "2026-02-28T10:00:00+08:00", datetime(2026, 2, 28, 2, tzinfo=UTC)),
        (field(Type.MOMENT), "2026-02-28 10:00", datetime(2026, 2, 28, 10, tzinfo=UTC)),
        (field(Type.MOMENT), "0001-01-01T00:00+14:00", "not_a_moment"),
        (field(Type.YES_NO), "on", True),
        (field(Type.YES_NO), None, False),
        (field(Type.YES_NO), "perhaps", "not_yes_or_no"),
        (field(Type.CHOICE, options={"A": Text("甲", "A")}), "B", "not_an_option"),
        (field(Type.CHOICES, options={"A": Text("甲", "A")}), ["A", "A"], ["A"]),
        (field(Type.CHOICES, options={"A": Text("甲", "A")}), "A,B", "not_an_option"),
        (field(Type.PHONE), "+49 30 123456", "+4930123456"),
        (field(Type.PHONE), "030 123456", "not_a_phone"),
        (field(Type.PHONE), "call me", "not_a_phone"),
        (field(Type.EMAIL), "a@b.cn", "a@b.cn"),
        (field(Type.EMAIL), "a@b.cn, c@d.cn", "not_an_email"),
        (field(Type.EMAIL), "a@b.cn\nBcc: x@y.z", "not_an_email"),
        (field(Type.COUNTRY), "de", "DE"),
        (field(Type.COUNTRY), "ZZ", "not_a_country"),
        (field(Type.CURRENCY), "cny", "CNY"),
        (field(Type.CURRENCY), "RMB", "not_a_currency"),
    ],
)
def test_values_of_every_type_are_read_or_refused(declared, raw, told):
    assert cleaned(declared, raw) == told


def test_telephone_numbers_are_at_home_where_the_record_is():
    assert cleaned(field(Type.PHONE), "030 123456", country="DE") == "+4930123456"


def test_unknown_and_read_only_fields_are_refused():
    _found, problems = values.clean(PARTY, {"nonsense": "1", "completeness": "100", "code": "P-1"})
    assert [(path, code) for path, code, _params in problems] == [
        ("nonsense", "unknown_field"),
        ("completeness", "read_only"),
        ("code", "read_only"),
    ]


@pytest.mark.parametrize("rows", ["text", [1], [["a"]], [{"nonsense": "x"}], [{}] * 201])
def test_rows_that_are_none_are_refused(rows):
    _found, problems = values.clean(PARTY, {"contacts": rows})
    assert problems
    assert all(path.startswith("contacts") for path, _code, _params in problems)


def test_a_kind_whose_names_do_not_fit_is_refused_at_its_declaration():
    with pytest.raises(ValueError, match="two kinds"):
        known.add(PRODUCT)
    wrong = replace(PRODUCT, id="wrong", listed=("nothing",))
    with pytest.raises(ValueError, match="nothing"):
        known.add(wrong)
    with pytest.raises(NotFound):
        known.kind("wrong")


# -- store


def test_a_record_is_created_found_and_changed_with_its_history(database):
    with database.unit_of_work() as session:
        key = store.create(session, PRODUCT, product("A"), by="mei", reason="first")
        assert store.change(session, PRODUCT, key, {"unit": "kg"}, by="bob", revision=1, reason="why") == 2
        assert store.change(session, PRODUCT, key, {"unit": "kg"}, by="bob") == 2
    with database.reading() as session:
        record = store.find(session, PRODUCT, "A")
        assert (record.values["unit"], record.revision) == ("kg", 2)
        newest, first = changes.listed(session, PRODUCT.id, [key])
        assert (newest.event, newest.by, newest.reason) == (Event.CHANGED, "bob", "why")
        assert newest.changes == {"unit": ("t", "kg")}
        assert (first.event, first.reason, first.changes["code"]) == (Event.CREATED, "first", (None, "A"))


def test_who_comes_second_with_an_old_revision_is_refused(database):
    with database.unit_of_work() as session:
        key = store.create(session, PRODUCT, product("A"), by="mei")
        store.change(session, PRODUCT, key, {"unit": "kg"}, by="mei", revision=1)
        with pytest.raises(Conflict) as refusal:
            store.change(session, PRODUCT, key, {"unit": "drum"}, by="bob", revision=1)
    assert refusal.value.code == "record_changed"


def test_a_code_is_there_once(database):
    with database.unit_of_work() as session:
        store.create(session, PRODUCT, product("A"), by="mei")
        with pytest.raises(Invalid) as refusal:
            store.create(session, PRODUCT, product("A"), by="mei")
    assert refusal.value.problems[0][:2] == ("code", "taken")
    with pytest.raises(Conflict) as race, database.unit_of_work() as session:
        store.create_many(session, PRODUCT, [product("A", is_active=True)], by="mei")
    assert race.value.code == "record_code_taken"


def test_a_job_that_is_done_again_creates_nothing_twice(database):
    with database.unit_of_work() as session:
        first = store.create(session, PRODUCT, product("A"), by=None, source_key=7)
        assert store.create(session, PRODUCT, product("A"), by=None, source_key=7) == first


def test_many_are_created_with_their_words_and_history(database):
    with database.unit_of_work() as session:
        many = [product(f"P{number:04}", is_active=True) for number in range(1200)]
        keys = store.create_many(session, PRODUCT, many, by="mei")
    with database.reading() as session:
        assert listing.page(session, PRODUCT, Wanted(text="p1199")).rows[0].key == keys[-1]
        assert changes.revisions(session, PRODUCT.id, keys[-2:]) == dict.fromkeys(keys[-2:], 1)


# -- lists


@pytest.fixture
def many(database):
    with database.unit_of_work() as session:
        store.create_many(
            session, PRODUCT, [product(f"P{n:02}", is_active=bool(n % 2)) for n in range(23)], by="mei"
        )
    return database


def codes(found):
    return [row.code for row in found.rows]


@pytest.mark.parametrize("is_descending", [False, True])
def test_pages_lead_forward_and_back_over_every_record_once(many, is_descending):
    wanted = {"limit": 5, "is_descending": is_descending}
    seen, cursor, pages = [], "", []
    with many.reading() as session:
        while True:
            found = listing.page(session, PRODUCT, Wanted(cursor=cursor, **wanted))
            pages.append(codes(found))
            seen += codes(found)
            if not found.after:
                break
            cursor = found.after
        assert seen == sorted(seen, reverse=is_descending)
        assert len(set(seen)) == 23
        back = listing.page(session, PRODUCT, Wanted(cursor=found.before, **wanted))
    assert codes(back) == pages[-2]


def test_filters_and_words_narrow_a_list_together(many):
    with many.reading() as session:
        assert listing.page(session, PRODUCT, Wanted(filters={"is_active": "yes"})).total == 11
        both = Wanted(text="产品P1", filters={"is_active": "yes"})
        assert codes(listing.page(session, PRODUCT, both)) == ["P11", "P13", "P15", "P17", "P19"]
        assert listing.page(session, PRODUCT, Wanted(text="!?")).total == 0
        assert listing.suggestions(session, PRODUCT, "  ") == []


def cursor_of(told):
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%%",
        *map(
            cursor_of,
            (
                "x",
                [1, 2],
                [1, 2, True],
                [["a"], 1, False],
                ["a", True, False],
                ["a", 2**70, False],
                ["a\0", 1, False],
                ["a", 1.5, False],
                [None, 1, False],
                ["a", 1, "no"],
            ),
        ),
    ],
)
def test_a_cursor_that_is_none_is_refused(many, cursor):
    with many.reading() as session, pytest.raises(Invalid):
        listing.page(session, PRODUCT, Wanted(cursor=cursor))


@pytest.mark.parametrize("told", ["2026-13-01", "2026-01-01T00:00:00+99:00", 5, {"a": 1}])
def test_a_cursor_of_a_moment_is_refused_unless_it_is_one(many, told):
    with many.reading() as session, pytest.raises(Invalid):
        listing.page(session, MOVEMENT, Wanted(cursor=cursor_of([told, 1, False])))


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(sort="name_zh; DROP TABLE product"),
        Wanted(filters={"unit": "t"}),
        Wanted(limit=0),
        Wanted(limit=501),
    ],
)
def test_orders_filters_and_lengths_that_are_not_offered_are_refused(many, wanted):
    with many.reading() as session, pytest.raises(Invalid):
        listing.page(session, PRODUCT, wanted)


def test_going_through_all_meets_each_record_once(many, monkeypatch):
    monkeypatch.setattr(listing, "LONGEST_PAGE", 7)
    seen, cursor = [], ""
    with many.reading() as session:
        while True:
            rows, cursor = listing.following(session, PRODUCT, Wanted(is_descending=True), cursor)
            seen += [row.code for row in rows]
            if not cursor:
                break
    assert seen == [f"P{n:02}" for n in reversed(range(23))]


@pytest.mark.parametrize(
    "text", ["青岛", "泡沫", "岛泡", "沫", "QINGDAO", "foam qing", "ｆｏａｍ", "0532", "53285881234"]
)
def test_names_are_found_by_any_part_in_chinese_and_the_beginning_of_words(database, text):
    with database.unit_of_work() as session:
        store.create(session, PARTY, CUSTOMER, by="mei")
        for other in ("上海涂料", "青年食品"):
            store.create(
                session,
                PARTY,
                {**CUSTOMER, "name": other, "name_latin": "", "phone": "010 65001234"},
                by="mei",
            )
    with database.reading() as session:
        assert [row.values["name"] for row in listing.page(session, PARTY, Wanted(text=text)).rows] == [
            CUSTOMER["name"]
        ]


# -- four eyes


@pytest.fixture
def customer(database, chen):
    with database.unit_of_work() as session:
        saved = proposals.save(session, PARTY, None, CUSTOMER, by=chen)
    return saved.key


def propose(database, person, key, **raw):
    with database.unit_of_work() as session:
        proposals.save(session, PARTY, key, raw, by=person)
    with database.reading() as session:
        return proposals.pending_of(session, PARTY, key)


def test_a_sensitive_field_waits_while_the_others_are_stored(database, chen, customer):
    [waiting] = propose(database, chen, customer, credit_limit="5000", currency="CNY", office="上海")
    assert (waiting.approvers, waiting.author) == ("credit_control", "chen")
    with database.reading() as session:
        found = store.get(session, PARTY, customer).values
    assert (found["credit_limit"], found["currency"], found["office"]) == (None, "CNY", "上海")


def test_nobody_agrees_to_their_own_change_and_the_try_is_kept(database, bob, customer):
    [waiting] = propose(database, bob, customer, credit_limit="5000", currency="CNY")
    with pytest.raises(NotAllowed), database.unit_of_work() as session:
        proposals.approve(session, waiting.key, by=bob)
    with database.unit_of_work() as session:
        proposals.note_refusal(session, waiting.key, by=bob)
    with database.reading() as session:
        assert proposals.count_for(session, bob) == 0
        assert changes.listed(session, PARTY.id, [customer])[0].event is Event.REFUSED
        assert store.get(session, PARTY, customer).values["credit_limit"] is None


def test_the_group_agrees_once_and_then_the_field_is_changed(database, chen, bob, mei, customer):
    [waiting] = propose(database, chen, customer, credit_limit="5000", currency="CNY")
    with pytest.raises(NotAllowed), database.unit_of_work() as session:
        proposals.approve(session, waiting.key, by=mei)
    with database.unit_of_work() as session:
        assert proposals.count_for(session, bob) == 1
        proposals.approve(session, waiting.key, by=bob, answer="fine")
        assert store.get(session, PARTY, customer).values["credit_limit"] == Decimal("5000.00")
        with pytest.raises(Conflict):
            proposals.approve(session, waiting.key, by=bob)


def test_what_is_returned_needs_a_reason_and_changes_nothing(database, chen, bob, customer):
    [waiting] = propose(database, chen, customer, credit_limit="5000", currency="CNY")
    with database.unit_of_work() as session:
        with pytest.raises(Invalid):
            proposals.return_(session, waiting.key, by=bob, answer="  ")
        proposals.return_(session, waiting.key, by=bob, answer="too much")
        assert proposals.pending_of(session, PARTY, customer) == []
        assert store.get(session, PARTY, customer).values["credit_limit"] is None


def test_a_proposal_is_replaced_by_its_author_and_held_against_others(database, chen, mei, customer):
    propose(database, chen, customer, credit_limit="5000", currency="CNY")
    [second] = propose(database, chen, customer, credit_limit="6000")
    assert second.changes == {"credit_limit": (None, "6000.00")}
    with pytest.raises(Conflict) as refusal:
        propose(database, mei, customer, credit_limit="7000")
    assert refusal.value.code == "field_pending"
    with database.unit_of_work() as session:
        with pytest.raises(NotFound):
            proposals.withdraw(session, second.key, by=mei)
        proposals.withdraw(session, second.key, by=chen)


def test_who_may_not_edit_changes_nothing(database, auditor, stranger, customer):
    for person in (auditor, stranger):
        with pytest.raises(NotAllowed), database.unit_of_work() as session:
            proposals.save(session, PARTY, customer, {"office": "x"}, by=person)


def test_a_country_is_known_by_its_code(database, bob):
    raw = {"country": "de", "political_risk": "A", "credit_terms": "x", "rules": "y", "source_branch": "z"}
    with database.unit_of_work() as session:
        proposals.save(session, COUNTRY_FILE, None, {**raw, "valid_to": "2027-01-01"}, by=bob)
        assert store.find(session, COUNTRY_FILE, "DE").title == Text("德国", "Germany")
