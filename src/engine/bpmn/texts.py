"""Names in both languages: a diagram is drawn in one, a property on the element carries the other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from laneway.engine.model import Text

NAME_ZH: Final = "laneway:name:zh"
NAME_EN: Final = "laneway:name:en"

_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def bilingual(name: str, properties: Mapping[str, str]) -> Text:
    """The name in both languages; a property `laneway:name:zh|en` wins over the drawn name.

    The drawn name is taken as Chinese if it has a Chinese character, or if only the English property is set.
    """
    zh, en = properties.get(NAME_ZH, ""), properties.get(NAME_EN, "")
    if _CHINESE.search(name) or (en and not zh):
        return Text(zh or name, en)
    return Text(zh, en or name)
