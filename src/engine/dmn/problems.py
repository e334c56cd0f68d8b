"""What is wrong with a DMN file, told for deployment checks."""

from __future__ import annotations

from typing import Final

from laneway.engine.dmn.xmlns import Xml
from laneway.engine.feel import FeelSyntaxError
from laneway.engine.feel.checks.texts import mend
from laneway.words import Finding, Severity, Text

UNSUPPORTED: Final[dict[str, Text]] = {
    "expression_language": Text("只支持 FEEL 表达式语言", "only FEEL is supported as expression language"),
    "external_function": Text(
        "不支持外部函数（Java、PMML）", "external functions (Java, PMML) are not supported"
    ),
}
"""Constructs of DMN that are refused although the standard has them: finding code -> sentence."""


class Problems:
    """Collects the findings of one file, all of one severity."""

    def __init__(self, file: str, severity: Severity = Severity.ERROR) -> None:
        self.file, self.severity = file, severity
        self._found: dict[Finding, None] = {}

    @property
    def findings(self) -> list[Finding]:
        """What was noted, each once, in its order."""
        return list(self._found)

    def add(self, code: str, element: Xml, en: str, zh: str) -> None:
        """Note a problem at an element; one without id is told by the nearest around it that has one."""
        around = [element, *element.iterancestors()]
        element_id = next((e.get("id") for e in around if e.get("id")), None)
        name = next((e.get("label") or e.get("name") for e in around if e.get("label") or e.get("name")), "")
        finding = Finding(code, Text(zh, en), self.file, element_id, name, self.severity)
        self._found[finding] = None

    def add_unsupported(self, code: str, element: Xml) -> None:
        """Note one of the `UNSUPPORTED` constructs."""
        sentence = UNSUPPORTED[code]
        self.add(code, element, sentence.en, sentence.zh)

    def add_syntax(self, error: FeelSyntaxError, source: str, element: Xml) -> None:
        """Note a text that is not FEEL, with its position counted from 1, and how to mend it where that is known."""
        hint = mend(source, error)
        shown, at = source if len(source) <= 80 else source[:80] + "…", hint.pos + 1
        self.add(
            "bad_expression",
            element,
            f"the expression {shown!r} is wrong at character {at}: {hint.text.en}",
            f"表达式 {shown!r} 第 {at} 个字符处有错：{hint.text.zh}",
        )
