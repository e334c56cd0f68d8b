"""A form file is refused when it could hurt or mislead; each finding names the component."""

from __future__ import annotations

import json
from typing import Any

import pytest

from laneway.engine import forms
from laneway.engine.forms.schema import UNSUPPORTED
from laneway.words import Resource


def form(*components: dict[str, Any], form_id: Any = "f1") -> dict[str, Any]:
    return {"id": form_id, "type": "default", "schemaVersion": 19, "components": list(components)}


def field(kind: str = "textfield", key: str = "a", **more: Any) -> dict[str, Any]:
    return {"type": kind, "key": key, "id": f"Field_{key}", "label": key.upper(), **more}


def found(*components: dict[str, Any]) -> set[tuple[str, str | None]]:
    content = json.dumps(form(*components)).encode()
    form_id, findings = forms.check_form(Resource("a.form", content))
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
    form_id, findings = forms.check_form(Resource("a.form", content))

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
