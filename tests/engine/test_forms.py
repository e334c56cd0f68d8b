"""A form lets in what its fields allow, and says what does not fit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from laneway.engine import clock, forms
from laneway.engine.forms.fields import _WORDS
from laneway.errors import Invalid
from laneway.words import Text


def form(*components: dict[str, Any], form_id: Any = "f1") -> dict[str, Any]:
    return {"id": form_id, "type": "default", "schemaVersion": 19, "components": list(components)}


def field(kind: str = "textfield", key: str = "a", **more: Any) -> dict[str, Any]:
    return {"type": kind, "key": key, "id": f"Field_{key}", "label": key.upper(), **more}


def choice(kind: str, **more: Any) -> dict[str, Any]:
    options = [{"label": "红", "value": "red", "laneway:label:en": "Red"}, {"label": "蓝", "value": "blue"}]
    return field(kind, values=options, **more)


def problems(component: dict[str, Any], value: Any, **variables: Any) -> list[tuple[str, str]]:
    try:
        forms.validate(form(component), {"a": value}, variables=variables)
    except Invalid as invalid:
        return [(path, code) for path, code, _ in invalid.problems]
    return []


@pytest.fixture
def noon() -> Iterator[None]:
    clock.set_source(lambda: datetime(2026, 5, 10, 12, tzinfo=UTC))
    yield
    clock.set_source(None)


REQUIRED = {"required": True}
GOOD = [
    (field(), "text"),
    (field(), None),
    (field(validate={"required": True}), "x"),
    (field(validate={"minLength": 2, "maxLength": 4}), "abc"),
    (field(validate={"minLength": 2}), ""),
    (field(validate={"pattern": "^C-\\d+$"}), "C-12"),
    (field(validate={"validationType": "email"}), "mei@example.com"),
    (field(validate={"validationType": "phone"}), "+86 21 5555 0100"),
    (field("textarea"), "a\nb"),
    (field("number", validate={"min": 1, "max": "3"}), 2),
    (field("number", decimalDigits=2), 1.25),
    (field("number", decimalDigits=0), 3.0),
    (choice("radio"), "red"),
    (choice("select"), "blue"),
    (choice("checklist"), ["red", "blue"]),
    (choice("taglist"), []),
    (field("checkbox", validate=REQUIRED), True),
    (field("checkbox"), False),
    (field("datetime", subtype="date"), "2026-05-10"),
    (field("datetime", subtype="time"), "14:31"),
    (field("datetime", subtype="datetime"), "2026-05-10T14:31+08:00"),
    (field("datetime", subtype="datetime"), "2026-05-10T14:31Z"),
]


@pytest.mark.parametrize(("component", "value"), GOOD)
def test_a_value_that_fits_is_taken_as_it_is(component: dict[str, Any], value: Any) -> None:
    assert forms.validate(form(component), {"a": value}, variables={}) == {"a": value}


BAD = [
    (field(validate=REQUIRED), "", "required"),
    (field(validate=REQUIRED), "  ", "required"),
    (field(validate=REQUIRED), None, "required"),
    (field("number", validate=REQUIRED), None, "required"),
    (field("checkbox", validate=REQUIRED), False, "required"),
    (choice("checklist", validate=REQUIRED), [], "required"),
    (field(), 5, "type"),
    (field(), {"x": 1}, "type"),
    (field(validate={"minLength": 3}), "ab", "min_length"),
    (field(validate={"maxLength": 3}), "abcd", "max_length"),
    (field(), "x" * 100_001, "max_length"),
    (field(validate={"pattern": "^C-\\d+$"}), "D-1", "pattern"),
    (field(validate={"validationType": "email"}), "mei@", "email"),
    (field(validate={"validationType": "phone"}), "5555", "phone"),
    (field("number"), "abc", "not_number"),
    (field("number"), True, "not_number"),
    (field("number"), "NaN", "not_number"),
    (field("number"), "1e999", "not_number"),
    (field("number"), [1], "not_number"),
    (field("number", decimalDigits=2), 1.255, "decimals"),
    (field("number", validate={"min": 1}), 0, "min"),
    (field("number", validate={"max": 3}), 3.5, "max"),
    (choice("radio"), "green", "option"),
    (choice("select"), ["red"], "option"),
    (choice("checklist"), ["red", "green"], "option"),
    (choice("checklist"), "red", "type"),
    (field("checkbox"), "yes", "type"),
    (field("datetime", subtype="date"), "2026-02-30", "date"),
    (field("datetime", subtype="time"), "25:00", "date"),
    (field("datetime"), "soon", "date"),
    (field("datetime"), 5, "type"),
]


@pytest.mark.parametrize(("component", "value", "code"), BAD)
def test_a_value_that_does_not_fit_is_named(component: dict[str, Any], value: Any, code: str) -> None:
    assert problems(component, value) == [("a", code)]


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        forms.validate(
            form(field(validate=REQUIRED), field("number", "b", validate={"min": 5})), {"b": 1}, variables={}
        )

    assert caught.value.code == "form_invalid"
    assert caught.value.problems == [("a", "required", {}), ("b", "min", {"limit": 5})]


@pytest.mark.parametrize(("typed", "stored"), [("12", 12), ("1.50", 1.5)])
def test_a_number_typed_as_text_becomes_a_number(typed: str, stored: float) -> None:
    assert forms.validate(form(field("number")), {"a": typed}, variables={}) == {"a": stored}


def test_a_number_that_the_form_keeps_as_text_stays_text() -> None:
    component = field("number", serializeToString=True)

    assert forms.validate(form(component), {"a": "1.50"}, variables={}) == {"a": "1.50"}


def test_true_is_not_the_option_one() -> None:
    component = field("select", values=[{"label": "One", "value": 1}])

    assert problems(component, True) == [("a", "option")]
    assert problems(component, 1) == []


@pytest.mark.parametrize(("day", "codes"), [("2026-05-10", []), ("2026-05-09", [("a", "date_past")])])
@pytest.mark.usefixtures("noon")
def test_a_past_date_is_refused_where_the_form_says_so(day: str, codes: list[tuple[str, str]]) -> None:
    assert problems(field("datetime", subtype="date", disallowPassedDates=True), day) == codes


def test_limits_may_be_feel() -> None:
    component = field("number", validate={"max": "=ordered * 2"})

    assert problems(component, 10, ordered=5) == []
    assert problems(component, 11, ordered=5) == [("a", "max")]


def test_a_limit_that_cannot_be_evaluated_does_not_hold_people_up() -> None:
    assert problems(field("number", validate={"max": "=missing.value"}), 10) == []


def test_a_pattern_cannot_hold_the_server_up() -> None:
    component = field(validate={"pattern": "^(a|a)*(a|a)*(a|a)*(a|aa)+$"})

    # Without its limit, matching this would not end within years.
    assert problems(component, "a" * 4_000 + "!") == [("a", "pattern")]


@pytest.mark.parametrize(
    "component",
    [
        field(readonly=True),
        field(disabled=True),
        field(readonly="=locked"),
        field(conditional={"hide": "=locked"}),
        {"type": "group", "conditional": {"hide": "=locked"}, "components": [field(validate=REQUIRED)]},
        {"type": "text", "text": "hello"},
    ],
)
def test_what_a_person_cannot_edit_never_enters(component: dict[str, Any]) -> None:
    assert forms.validate(form(component), {"a": "pushed"}, variables={"locked": True}) == {}


def test_unknown_keys_never_enter() -> None:
    assert forms.validate(form(field()), {"a": "x", "role": "admin"}, variables={}) == {"a": "x"}


def test_a_hidden_field_is_not_required() -> None:
    detail = field(key="detail", validate=REQUIRED, conditional={"hide": '=kind != "other"'})
    schema = form(choice("radio", key="kind"), detail)
    schema["components"][0]["values"].append({"label": "其他", "value": "other"})

    assert forms.validate(schema, {"kind": "red"}, variables={}) == {"kind": "red"}
    with pytest.raises(Invalid):
        forms.validate(schema, {"kind": "other"}, variables={})


def test_a_submitted_value_cannot_pretend_to_be_a_variable() -> None:
    secret = field(key="secret", conditional={"hide": "=not(may_see)"})

    clean = forms.validate(form(secret), {"secret": "x", "may_see": True}, variables={"may_see": False})

    assert clean == {}


def test_neither_can_one_inside_a_group() -> None:
    secret = field(key="secret", conditional={"hide": "=not(may_see)"})
    group = {"type": "group", "path": "g", "components": [secret]}

    clean = forms.validate(form(group), {"g": {"secret": "x", "may_see": True}}, variables={"may_see": False})

    assert clean == {"g": {}}


def test_groups_and_lists_keep_their_shape_and_name_the_place_of_a_problem() -> None:
    schema = form(
        {"type": "group", "components": [field(key="flat")]},
        {"type": "group", "path": "address", "components": [field(key="city", validate=REQUIRED)]},
        {"type": "dynamiclist", "path": "lots", "components": [field(key="lot", validate=REQUIRED)]},
    )

    values = {"flat": "x", "address": {"city": "Wuxi", "y": 1}, "lots": [{"lot": "L1"}, {"lot": "L2"}]}
    assert forms.validate(schema, values, variables={}) == {
        "flat": "x",
        "address": {"city": "Wuxi"},
        "lots": [{"lot": "L1"}, {"lot": "L2"}],
    }
    with pytest.raises(Invalid) as caught:
        forms.validate(schema, {"lots": [{"lot": "L1"}, {}]}, variables={})
    assert [path for path, _, _ in caught.value.problems] == ["address.city", "lots[1].lot"]


@pytest.mark.parametrize(("rows", "code"), [("x", "type"), ([1], "type"), ([{}] * 1001, "too_many")])
def test_a_list_that_is_none_is_refused(rows: Any, code: str) -> None:
    schema = form({"type": "dynamiclist", "path": "lots", "components": [field()]})

    with pytest.raises(Invalid) as caught:
        forms.validate(schema, {"lots": rows}, variables={})
    assert [(path, found_code) for path, found_code, _ in caught.value.problems] == [("lots", code)]


def test_expression_fields_are_computed_here_not_believed() -> None:
    schema = form(field("number", "price"), field("expression", "total", expression="=price * 2"))

    assert forms.validate(schema, {"price": 4, "total": 1}, variables={}) == {"price": 4, "total": 8}


@pytest.mark.parametrize(
    "component",
    [
        field("select", valuesKey="colours"),
        field("select", valuesExpression="=for c in colours return {label: c, value: c}"),
    ],
)
def test_options_may_come_from_variables(component: dict[str, Any]) -> None:
    assert problems(component, "red", colours=["red"]) == []
    assert problems(component, "blue", colours=["red"]) == [("a", "option")]
    assert problems(component, "blue") == [("a", "option")]


@pytest.mark.parametrize("code", _WORDS)
def test_every_problem_has_words_in_both_languages(code: str) -> None:
    words = forms.problem_text(code, {"limit": 3})

    assert words.zh
    assert words.en
    assert "{" not in words.zh + words.en


def test_a_form_may_bring_its_own_words_for_a_pattern() -> None:
    component = field(validate={"pattern": "^C$", "patternErrorMessage": "应为 C"})

    with pytest.raises(Invalid) as caught:
        forms.validate(form(component), {"a": "D"}, variables={})
    [(_, code, params)] = caught.value.problems
    assert forms.problem_text(code, params) == Text("应为 C", "应为 C")


def test_defaults_are_found_by_key() -> None:
    schema = form(
        field(defaultValue="x"),
        field(key="none"),
        {"type": "group", "path": "g", "components": [field("number", "n", defaultValue=3)]},
        {
            "type": "dynamiclist",
            "path": "rows",
            "defaultRepetitions": 2,
            "components": [field(key="r", defaultValue=1)],
        },
    )

    assert forms.defaults(schema) == {"a": "x", "g": {"n": 3}, "rows": [{"r": 1}, {"r": 1}]}


def test_a_form_is_filled_with_what_it_reads_and_nothing_else() -> None:
    schema = form(
        field(defaultValue="x"),
        field(key="b", defaultValue="y"),
        {"type": "text", "text": "Dear {{customer.name}}, {{#if vip}}thank you{{/if}}"},
        field("select", "c", valuesKey="colours"),
        field(key="d", conditional={"hide": "=amount > 5"}),
    )
    variables = {"b": 1, "customer": {"name": "Li"}, "vip": True, "colours": [], "amount": 9, "salary": 1}

    filled = forms.prefill(schema, variables)

    assert filled == {"a": "x", "b": 1, "customer": {"name": "Li"}, "vip": True, "colours": [], "amount": 9}


def test_labels_and_options_are_bilingual() -> None:
    schema = form(
        field(key="amount", label="金额", properties={"laneway:label:en": "Amount"}),
        {"type": "group", "path": "g", "label": "Address", "components": [choice("radio", label="颜色")]},
    )

    assert forms.labels(schema) == {
        "amount": Text("金额", "Amount"),
        "g": Text("", "Address"),
        "g.a": Text("颜色", ""),
    }
    assert forms.option_labels(schema) == {"g.a": {"red": Text("红", "Red"), "blue": Text("蓝", "")}}


def test_a_stored_schema_is_read_back() -> None:
    assert forms.read_schema(json.dumps(form())) == form()
