"""Words in both languages: a diagram or form is written in one, a property carries the other."""

from __future__ import annotations

import re
from collections.abc import Mapping

from laneway.engine.model import Text

_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def bilingual(name: str, properties: Mapping[str, str], *, what: str = "name") -> Text:
    """A name in both languages; a property `laneway:<what>:zh|en` wins over the name itself.

    The name is taken as Chinese if it has a Chinese character, or if only the English property is set.
    """
    zh, en = properties.get(f"laneway:{what}:zh", ""), properties.get(f"laneway:{what}:en", "")
    if _CHINESE.search(name) or (en and not zh):
        return Text(zh or name, en)
    return Text(zh, en or name)
