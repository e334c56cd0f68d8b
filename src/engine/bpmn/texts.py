"""Names in both languages: a diagram is drawn in one, a property on the element carries the other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from laneway.engine.bpmn.model import Process
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


def element_names(process: Process) -> dict[str, Text]:
    """Names of everything that has one, by element id: the process, its nodes, flows and lanes."""
    names = {process.id: process.name, **process.lanes}
    levels = [process.level]
    while levels:
        level = levels.pop()
        names.update({flow.id: flow.name for flow in level.flows.values()})
        for node in level.nodes.values():
            names[node.id] = node.name
            if node.body is not None:
                levels.append(node.body)
    return {element_id: name for element_id, name in names.items() if name.zh or name.en}
