"""The words of every layer: bilingual text, files, and what checks find in them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

_CHINESE: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


class Text(NamedTuple):
    """The same words in both languages; where one is missing the other stands in."""

    zh: str
    en: str

    def pick(self, locale: str) -> str:
        """The words for a locale such as `zh`, `zh-CN` or `en`."""
        first, second = (self.zh, self.en) if locale.lower().startswith("zh") else (self.en, self.zh)
        return first or second


def bilingual(name: str, properties: Mapping[str, str], *, what: str = "name") -> Text:
    """A name in both languages; a property `laneway:<what>:zh|en` wins over the name itself.

    The name is taken as Chinese if it has a Chinese character, or if only the English property is set.
    """
    zh, en = properties.get(f"laneway:{what}:zh", ""), properties.get(f"laneway:{what}:en", "")
    if _CHINESE.search(name) or (en and not zh):
        return Text(zh or name, en)
    return Text(zh, en or name)


class Severity(StrEnum):
    """How much a finding of a deployment check weighs."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One result of a deployment check, told where it stands and how to mend it."""

    code: str
    message: Text
    file: str = ""
    element_id: str | None = None
    element_name: str = ""
    severity: Severity = Severity.ERROR

    def as_json(self) -> dict[str, Any]:
        """The finding as it is stored and sent; `from_json` reads it."""
        return {
            "code": self.code,
            "zh": self.message.zh,
            "en": self.message.en,
            "file": self.file,
            "element_id": self.element_id,
            "element_name": self.element_name,
            "severity": self.severity,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Finding:
        """The finding that `as_json` gave."""
        message = Text(stored["zh"], stored["en"])
        rest = {name: stored[name] for name in ("file", "element_id", "element_name")}
        return cls(stored["code"], message, severity=Severity(stored["severity"]), **rest)


@dataclass(frozen=True)
class Resource:
    """A file to deploy: its name (with folders) and its bytes."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        """By which a version is known to have this content already."""
        return hashlib.sha256(self.content).hexdigest()
