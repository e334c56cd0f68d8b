"""What every rule about a diagram shares: the place it looks at, and findings in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from laneway.engine import clock
from laneway.engine.bpmn.model import Level, Node, Process
from laneway.engine.bpmn.unsupported import UNSUPPORTED
from laneway.engine.feel import as_datetime
from laneway.words import Finding, Severity, Text

Findings = Iterator[Finding]

ACTIVITIES: Final = frozenset(
    {
        *("task", "manualTask", "userTask", "serviceTask", "scriptTask", "sendTask", "receiveTask"),
        *("businessRuleTask", "subProcess", "callActivity", "adHocSubProcess", "transaction"),
    }
)


class Named(Protocol):
    """A node, flow, level or process: something a finding can point at."""

    id: str
    name: Text


@dataclass(frozen=True)
class Place:
    """One flow level: the process itself, or the inside of `owner`."""

    process: Process
    level: Level
    owner: Node | None = None

    @property
    def is_event_subprocess(self) -> bool:
        """Whether the level is started by an event of the level around it."""
        return self.owner is not None and self.owner.is_event_subprocess


def places(process: Process) -> Iterator[Place]:
    """Every flow level of a process, the outermost first."""
    waiting = [Place(process, process.level)]
    while waiting:
        place = waiting.pop(0)
        yield place
        inner = (node for node in place.level.nodes.values() if node.body is not None)
        waiting.extend(Place(process, node.body, node) for node in inner if node.body is not None)


def error(code: str, at: Named, zh: str, en: str) -> Finding:
    """A finding that keeps the diagram from being deployed."""
    return Finding(code, Text(zh, en), element_id=at.id, element_name=at.name.pick("zh"))


def warning(code: str, at: Named, zh: str, en: str) -> Finding:
    """A finding that people should know and that does not stop a deployment."""
    name = at.name.pick("zh")
    return Finding(code, Text(zh, en), element_id=at.id, element_name=name, severity=Severity.WARNING)


def unsupported(feature: str, at: Named) -> Finding:
    """A refusal of a feature listed in `unsupported.UNSUPPORTED`."""
    return error(f"unsupported_{feature}", at, *UNSUPPORTED[feature])


def is_feel(text: str | None) -> bool:
    """Whether a text is an expression where plain text is allowed too."""
    return (text or "").lstrip().startswith("=")


def is_moment(text: str) -> bool:
    """Whether a plain text is a date, or a date and time, that a timer or due date can use."""
    return as_datetime(text, now=clock.now()) is not None
