"""What a diagram says of a case's clocks: which there are, what meets them, what lets them stand still, what is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from laneway.engine.bpmn.model import Node, Process
from laneway.engine.calendars import targets

CLOCKS: Final = "laneway:case:clocks"
MEETS: Final = "laneway:clock:meets"
PAUSES: Final = "laneway:clock:pauses"
DUE: Final = "laneway:due"

NAMES: Final = ("acknowledge", "contain", "reply", "resolve", "statutory")
"""The clocks that a case can have, in the order in which people meet them."""
STATUTORY: Final = "statutory"
"""Set by law: it never stands still."""
REASONS: Final = ("customer",)
"""Whom a case may wait for while its clocks stand still."""
BUSINESS: Final = "business"
"""Instead of a calendar's code: the customer's calendar, else our own, as if none was named."""
BY_CLOCK: Final = "clock:"


@dataclass(frozen=True)
class ClockRules:
    """What one process says. Keys are element ids."""

    expression: str
    """FEEL that lists the clocks; empty where another process, the root of the case, tells them."""
    meets: Mapping[str, tuple[str, ...]]
    pauses: Mapping[str, str]
    dues: Mapping[str, str]


def rules_of(process: Process) -> ClockRules | None:
    """What a process says of clocks; None, so that it pays nothing for them, when that is nothing."""
    nodes = list(process.level.everything())
    expression = process.properties.get(CLOCKS, "").strip()
    meets = {node.id: names_met(node) for node in nodes if MEETS in node.properties}
    pauses = _pausing(nodes)
    dues = {node.id: node.properties[DUE].strip() for node in nodes if DUE in node.properties}
    if not (expression or meets or pauses or dues):
        return None
    return ClockRules(expression, meets, pauses, dues)


def _pausing(nodes: list[Node]) -> dict[str, str]:
    """An event gateway waits for what the events behind it wait for: the token stands there."""
    pauses = {node.id: node.properties[PAUSES].strip() for node in nodes if PAUSES in node.properties}
    for node in nodes:
        if node.type == "eventBasedGateway" and node.id not in pauses:
            behind = [pauses[flow.target] for flow in node.outgoing if flow.target in pauses]
            if behind:
                pauses[node.id] = behind[0]
    return pauses


def names_met(node: Node) -> tuple[str, ...]:
    """The clocks that are met when this element completes."""
    listed = node.properties.get(MEETS, "").split(",")
    return tuple(name.strip() for name in listed if name.strip())


def is_due_rule(text: str) -> bool:
    """Whether a text says when a user task is due: a target such as "2 wd", or "clock:reply" for that clock."""
    if text.startswith(BY_CLOCK):
        return text.removeprefix(BY_CLOCK) in NAMES
    return targets.is_target(text)
