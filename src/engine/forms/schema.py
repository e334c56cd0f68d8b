"""Camunda Forms (form-js JSON) as files: reading them, walking their components, and what is refused.

Those who draw forms are not those who see them: nothing in a form may run as a script.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import orjson
import regex

from laneway.engine.feel.checks import Vocabulary, marked
from laneway.engine.forms.feel_texts import Component, form_vocabulary, problems, row_vocabulary
from laneway.engine.forms.languages import in_one_language
from laneway.words import Finding, Resource, Severity, Text

Schema = dict[str, Any]

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 12
MAX_COMPONENTS: Final = 2_000
MAX_PATTERN: Final = 500

SHOWN: Final = frozenset({"text", "image", "spacer", "separator", "button", "table"})
"""Components that hold no value."""
NESTED: Final = frozenset({"group", "dynamiclist"})
FIELDS: Final = frozenset(
    {
        *("textfield", "textarea", "number", "datetime", "checkbox", "radio", "select"),
        *("checklist", "taglist", "expression"),
    }
)
UNSUPPORTED: Final[dict[str, Text]] = {
    "html": Text("不允许 HTML 组件：请改用文本组件", "HTML components are not allowed: use a text component"),
    "iframe": Text(
        "不允许内嵌网页（iframe）：请改用文本组件中的链接",
        "embedded pages (iframe) are not allowed: use a link in a text component",
    ),
    "filepicker": Text(
        "不支持文件选择组件：附件请放在案件中",
        "file pickers are not supported: attach files to the case",
    ),
    "documentPreview": Text(
        "不支持文档预览组件：附件请在案件中查看",
        "document previews are not supported: look at attachments in the case",
    ),
}
"""Form components that are refused, as codes `unsupported_<type>`."""

_SHAPES: Final[dict[str, type]] = {
    **dict.fromkeys(("conditional", "properties", "validate"), dict),
    **dict.fromkeys(("components", "values"), list),
    **dict.fromkeys(("valuesKey", "valuesExpression"), str),
    **dict.fromkeys(("decimalDigits", "defaultRepetitions"), int),
}
_KEY = re.compile(r"[^\W\d]\w*")
_DANGEROUS = frozenset({"__proto__", "constructor", "prototype"})


def read_schema(stored: bytes | str) -> Schema:
    """The schema of a form that was checked before it was stored."""
    schema: Schema = orjson.loads(stored)
    return schema


def children(component: Schema) -> list[Component]:
    """The components directly inside a form, group or list."""
    listed: list[Component] = component.get("components") or []
    return listed


def check_form(resource: Resource) -> tuple[str, list[Finding]]:
    """(form id, findings) of a `.form` file; findings name the component, the id is empty if unreadable."""
    if len(resource.content) > MAX_BYTES:
        return "", [_of_file(resource, "too_large", "表单文件超过 1 MB", "the form is larger than 1 MB")]
    try:
        schema = orjson.loads(resource.content)
    except orjson.JSONDecodeError as problem:
        zh, en = f"不是有效的 JSON：{problem}", f"not valid JSON: {problem}"
        return "", [_of_file(resource, "not_json", zh, en)]
    if not isinstance(schema, dict) or not isinstance(schema.get("components"), list):
        zh = "这不是 Camunda 表单：缺少 components 列表"
        return "", [_of_file(resource, "not_a_form", zh, "this is no Camunda form: it has no components")]
    form_id = schema.get("id")
    checker = _Checker(resource.name)
    if not isinstance(form_id, str) or not form_id:
        form_id = ""
        checker.found.append(
            _of_file(resource, "form_id_missing", "表单缺少编号（id）", "the form has no id: give it one")
        )
    checker.level(schema, _Level(set(), 1, form_vocabulary(schema)))
    return form_id, checker.found


def _of_file(resource: Resource, code: str, zh: str, en: str) -> Finding:
    return Finding(code, Text(zh, en), resource.name)


@dataclass
class _Level:
    """Where a component stands: the keys taken beside it, how deep, and what its expressions can read."""

    keys: set[str]
    depth: int
    known: Vocabulary


class _Checker:
    """Walks a form and collects what is wrong."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Finding] = []
        self.count = 0

    def level(self, parent: Schema, level: _Level) -> None:
        """The components directly inside a form, group or list."""
        for component in children(parent):
            self.count += 1
            if not isinstance(component, dict) or not isinstance(component.get("type"), str):
                self.add(parent, "component_unreadable", "组件没有类型", "a component has no type")
            elif self.count > MAX_COMPONENTS or level.depth > MAX_DEPTH:
                self.add(component, "form_too_big", "表单组件过多或嵌套过深", "the form has too many parts")
                return
            else:
                self.component(component, level)

    def component(self, component: Component, level: _Level) -> None:
        """One component and everything inside it."""
        kind = component["type"]
        if kind in UNSUPPORTED:
            self.add(component, f"unsupported_{kind}", *UNSUPPORTED[kind])
            return
        if kind not in SHOWN | NESTED | FIELDS:
            zh, en = f"未知的组件类型“{kind}”：请删除", f"unknown component type “{kind}”: remove it"
            self.add(component, "unknown_component", zh, en)
            return
        wrong = [name for name, shape in _SHAPES.items() if not isinstance(component.get(name), shape | None)]
        if wrong:
            names = ", ".join(wrong)
            zh, en = f"组件的设置无法识别：{names}", f"settings of the component cannot be read: {names}"
            self.add(component, "component_unreadable", zh, en)
            return
        self.feel(component, level.known)
        self.languages(component)
        if kind in FIELDS:
            self.key(component, "key", level)
            self.rules(component)
        elif kind in NESTED:
            path = component.get("path")
            if kind == "dynamiclist" or path:
                self.key(component, "path", level)
                known = row_vocabulary(level.known, component)
                self.level(component, _Level(set(), level.depth + 1, known))
            else:
                self.level(component, _Level(level.keys, level.depth + 1, level.known))

    def key(self, component: Component, name: str, level: _Level) -> None:
        """A key becomes a variable: it must be a plain name, and mean one field."""
        key = component.get(name)
        if not isinstance(key, str) or not key:
            self.add(component, "key_missing", "组件缺少键（key）", "the component has no key: give it one")
        elif key in _DANGEROUS:
            self.add(component, "key_dangerous", f"不允许使用键“{key}”", f"the key “{key}” is not allowed")
        elif "." in key:
            zh, en = f"键“{key}”不能含点号：请用分组", f"the key “{key}” has a dot: use a group with a path"
            self.add(component, "unsupported_dotted_key", zh, en)
        elif not _KEY.fullmatch(key):
            zh = f"键“{key}”不能作变量名：请用字母、数字和下划线"
            en = f"the key “{key}” cannot be a variable name: use letters, digits and underscores"
            self.add(component, "key_unusable", zh, en)
        elif key in level.keys:
            zh, en = f"键“{key}”重复：请改名", f"the key “{key}” is used twice: rename one"
            self.add(component, "key_duplicate", zh, en)
        else:
            level.keys.add(key)

    def rules(self, component: Component) -> None:
        """The validation and the options of a field have the shape that the validator expects."""
        validate = component.get("validate") or {}
        pattern = validate.get("pattern")
        if pattern and not (isinstance(pattern, str) and pattern.startswith("=")):
            self.pattern(component, pattern)
        for name in ("min", "max", "minLength", "maxLength"):
            limit = validate.get(name)
            if limit not in (None, "") and not str(limit).startswith("=") and not _is_number(limit):
                zh, en = f"{name} 应为数字或 FEEL", f"{name} should be a number or FEEL"
                self.add(component, "limit_unreadable", zh, en)
        options = component.get("values")
        if options is not None and not _are_options(options):
            zh, en = "选项必须有标签和值", "each option needs a label and a value"
            self.add(component, "options_unreadable", zh, en)

    def pattern(self, component: Component, pattern: object) -> None:
        """A pattern compiles and is short; its running time is capped when it is used."""
        if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN:
            zh, en = f"格式超过 {MAX_PATTERN} 个字符", f"the pattern is longer than {MAX_PATTERN} characters"
            self.add(component, "pattern_too_long", zh, en)
            return
        try:
            regex.compile(pattern)
        except regex.error as problem:
            zh, en = f"格式“{pattern}”有误：{problem}", f"the pattern “{pattern}” is wrong: {problem}"
            self.add(component, "pattern_unreadable", zh, en)

    def feel(self, component: Component, known: Vocabulary) -> None:
        """Every expression can be read and names what exists; a condition without `=` is never looked at."""
        conditional = component.get("conditional")
        hide = conditional.get("hide") if conditional else None
        if isinstance(hide, str) and hide and not hide.startswith("="):
            zh, en = f"隐藏条件“{hide}”应以 = 开头", f"the hide condition “{hide}” should start with ="
            self.add(component, "not_feel", zh, en)
        for setting, text, problem in problems(component, known):
            shown, place = marked(text, problem.pos), problem.pos + 1
            zh = f"{setting} 中的“{shown}”第 {place} 个字符处：{problem.text.zh}"
            en = f"{setting}: “{shown}”, at character {place}: {problem.text.en}"
            self.add(component, f"feel_{problem.code}", zh, en, problem.severity)

    def languages(self, component: Component) -> None:
        """What people read is there in both languages."""
        for what, text, name in in_one_language(component):
            shown = text if len(text) <= 40 else f"{text[:39]}…"
            zh = f"{what.zh}“{shown}”只有一种语言：请在组件的 properties（选项则在选项内）补上 {name}"
            en = (
                f"the {what.en} “{shown}” is there in one language only: add {name} to the properties "
                "of the component, or to the option itself"
            )
            self.add(component, "text_in_one_language", zh, en, Severity.WARNING)

    def add(
        self, component: Schema, code: str, zh: str, en: str, severity: Severity = Severity.ERROR
    ) -> None:
        """Note a finding at a component."""
        place = component.get("id") or component.get("key")
        label = component.get("label")
        name = label if isinstance(label, str) else str(component.get("key") or "")
        at = str(place) if place else None
        self.found.append(Finding(code, Text(zh, en), self.file, at, name, severity))


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return not isinstance(value, bool)


def _are_options(options: object) -> bool:
    return isinstance(options, list) and all(isinstance(o, dict) and "value" in o for o in options)
