"""A form file is refused when it could hurt or mislead; each finding names the component."""

from __future__ import annotations

import json
from typing import Any

import pytest

from laneway.engine import forms
from laneway.engine.forms.schema import UNSUPPORTED
from laneway.words import Finding, Resource, Severity


def form(*components: dict[str, Any], form_id: Any = "f1") -> dict[str, Any]:
    return {"id": form_id, "type": "default", "schemaVersion": 19, "components": list(components)}


def field(kind: str = "textfield", key: str = "a", **more: Any) -> dict[str, Any]:
    return {"type": kind, "key": key, "id": f"Field_{key}", "label": key.upper(), **more}


def check(content: bytes) -> tuple[str, list[Finding]]:
    """What is wrong, but for languages: most forms here speak one."""
    form_id, findings = forms.check_form(Resource("a.form", content))
    return form_id, [finding for finding in findings if finding.code != "text_in_one_language"]


def found(*components: dict[str, Any]) -> set[tuple[str, str | None]]:
    content = json.dumps(form(*components)).encode()
    form_id, findings = check(content)
    assert form_id == "f1"
    assert all(finding.message.zh and finding.message.en for finding in findings)
    return {(finding.code, finding.element_id) for finding in findings}


OPTIONS = [{"label": "红", "value": "red"}]
REFUSED_COMPONENTS = [
    ("unknown_component", {"type": "video", "id": "Field_a"}),
    ("key_missing", {"type": "textfield", "id": "Field_a"}),
    ("key_missing", {"type": "dynamiclist", "id": "Field_a", "components": []}),
    ("key_dangerous", {"type": "textfield", "id": "Field_a", "key": "__proto__"}),
    ("key_dangerous", {"type": "group", "id": "Field_a", "path": "constructor", "components": []}),
    ("unsupported_dotted_key", {"type": "textfield", "id": "Field_a", "key": "a.b"}),
    ("key_unusable", {"type": "textfield", "id": "Field_a", "key": "a b"}),
    ("pattern_unreadable", field(validate={"pattern": "(["})),
    ("pattern_too_long", field(validate={"pattern": "a" * 501})),
    ("limit_unreadable", field("number", validate={"min": "much"})),
    ("component_unreadable", field(validate="required")),
    ("options_unreadable", field("select", values=["red"])),
    ("component_unreadable", field(conditional="=a")),
    ("component_unreadable", field(properties=[])),
    ("component_unreadable", {"type": "group", "id": "Field_a", "components": "none"}),
    ("component_unreadable", field(decimalDigits="many")),
    ("feel_syntax", field(conditional={"hide": "=a >"})),
    ("feel_syntax", field(validate={"max": "=1 +"})),
    ("feel_syntax", field("expression", expression="=(")),
    ("feel_syntax", {"type": "text", "id": "Field_a", "text": "=if"}),
    ("feel_syntax", {"type": "text", "id": "Field_a", "text": "Dear {{name +}}"}),
    ("not_feel", field(conditional={"hide": "a > 1"})),
    ("component_unreadable", {"type": "group", "id": "Field_a", "components": [{"key": "x"}]}),
    *((f"unsupported_{kind}", {"type": kind, "id": "Field_a"}) for kind in UNSUPPORTED),
]


@pytest.mark.parametrize(("code", "component"), REFUSED_COMPONENTS)
def test_a_bad_component_is_found_with_its_id(code: str, component: dict[str, Any]) -> None:
    assert found(component) == {(code, "Field_a")}


def test_a_key_that_is_used_twice_is_found_also_across_plain_groups() -> None:
    group = {"type": "group", "components": [field()]}

    assert found(field(id="Field_first"), group) == {("key_duplicate", "Field_a")}


def test_the_same_key_in_another_list_is_no_duplicate() -> None:
    assert found(field(), {"type": "dynamiclist", "path": "rows", "components": [field()]}) == set()


def test_a_form_nested_too_deeply_is_found() -> None:
    component = field()
    for _ in range(20):
        component = {"type": "group", "id": "Field_g", "components": [component]}

    assert found(component) == {("form_too_big", "Field_g")}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"[]", "not_a_form"),
        (b'{"id": "x"}', "not_a_form"),
        (b'{"components": []}', "form_id_missing"),
        (b" " * (1024 * 1024 + 1), "too_large"),
    ],
)
def test_a_file_that_is_no_form_is_found(content: bytes, code: str) -> None:
    form_id, findings = check(content)

    assert form_id == ""
    assert [(finding.code, finding.file) for finding in findings] == [(code, "a.form")]


def test_every_component_of_a_good_form_passes() -> None:
    shown = [
        {"type": kind, "id": kind} for kind in ("text", "image", "spacer", "separator", "button", "table")
    ]
    fields = [
        field("textfield", "t"),
        field("select", "s", values=OPTIONS),
        field("expression", "e", expression="=t"),
    ]

    assert found(*shown, *fields) == set()


EXPRESSIONS = [
    ("feel_unknown_variable", field(conditional={"hide": '=amuont = "x"'}), "did you mean “amount”?"),
    ("feel_unknown_function", field(validate={"max": "=maximum(1, 2)"}), "did you mean “max”?"),
    ("feel_kinds", field(conditional={"hide": '=amount > "5"'}), "comparing a number with a string"),
    ("feel_kinds", field(conditional={"hide": "=on > today()"}), "date(…)"),
    ("feel_result", field(conditional={"hide": '="yes"'}), "it should be true or false"),
    ("feel_result", field(readonly="=amount"), "it should be true or false"),
    ("feel_result", field("select", valuesExpression="=amount"), "it should be a list"),
    ("feel_result", field("number", validate={"min": "=true"}), "it should be a number"),
    ("feel_full_width", {"type": "text", "id": "Field_a", "text": "{{amount，on}}"}, "write “,”"),
    (
        "feel_unknown_variable",
        {
            "type": "dynamiclist",
            "path": "rows",
            "components": [field("number", "quantity"), field(conditional={"hide": "=quantty > 1"})],
        },
        "did you mean “quantity”?",
    ),
]


@pytest.mark.parametrize(("code", "component", "words"), EXPRESSIONS)
def test_expressions_are_judged_by_the_fields_of_the_form(
    code: str, component: dict[str, Any], words: str
) -> None:
    around = [field("number", "amount"), field("datetime", "on", subtype="date")]
    content = json.dumps(form(*around, component)).encode()

    [finding] = check(content)[1]

    assert (finding.code, finding.element_id) == (code, "Field_a")
    assert words in finding.message.en
    assert "▸" in finding.message.zh


def test_the_types_of_fields_are_those_of_what_is_stored() -> None:
    schema = form(
        field("textfield", "t"),
        field("number", "n"),
        field("number", "digits", serializeToString=True),
        field("checkbox", "c"),
        field("datetime", "d"),
        field("select", "s", values=OPTIONS),
        field("radio", "r", values=[{"label": "1", "value": 1}]),
        field("select", "e", valuesExpression="=offers"),
        field("taglist", "l", values=OPTIONS),
        field("textfield", "shown", readonly=True),
        field("expression", "x", expression="=1 + 1"),
        {"type": "group", "components": [field("number", "inner")]},
        {"type": "group", "path": "g", "components": [field("number", "inner")]},
        {"type": "dynamiclist", "path": "rows", "components": [field("number", "qty")]},
    )

    types = forms.field_types(schema)

    assert {name: ty.base for name, ty in types.items()} == {
        "t": "string",
        "n": "number",
        "digits": "string",
        "c": "boolean",
        "d": "string",
        "s": "string",
        "r": "number",
        "e": None,
        "l": "list",
        "shown": None,
        "x": "number",
        "inner": "number",
        "g": "context",
        "rows": "list",
    }


ENGLISH = {"laneway:label:en": "Colour"}


def one_sided(*components: dict[str, Any]) -> set[tuple[str, str | None]]:
    _id, findings = forms.check_form(Resource("a.form", json.dumps(form(*components)).encode()))
    assert all(one.severity is Severity.WARNING and "laneway:" in one.message.zh for one in findings)
    return {(one.code, one.element_id) for one in findings}


@pytest.mark.parametrize(
    "component",
    [
        field(),
        field(label="颜色"),
        field(label="颜色", properties=ENGLISH, description="请选择"),
        field(label="颜色", properties=ENGLISH, validate={"pattern": "a", "patternErrorMessage": "只能是 a"}),
        field("select", label="颜色", properties=ENGLISH, values=OPTIONS),
        {"type": "text", "id": "Field_a", "text": "### 请核对"},
    ],
    ids=["english only", "label", "description", "message", "option", "text"],
)
def test_a_text_in_one_language_is_told(component: dict[str, Any]) -> None:
    assert one_sided(component) == {("text_in_one_language", "Field_a")}


def test_texts_in_both_languages_expressions_and_signs_are_left_alone() -> None:
    options = [{"label": "红", "value": "red", "laneway:label:en": "Red"}, {"label": "100 %", "value": 1}]
    assert one_sided(field("select", label="颜色", properties=ENGLISH, values=options)) == set()
    assert one_sided({"type": "text", "id": "Field_a", "text": '="编号"'}) == set()
