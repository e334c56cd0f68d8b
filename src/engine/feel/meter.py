"""The meter that bounds one evaluation and collects its warnings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from laneway.engine.feel.errors import FeelLimit
from laneway.engine.feel.sentences import FeelWarning, tell

MAX_WARNINGS: Final = 50


def _system_clock() -> datetime:
    return datetime.now(UTC)


class Meter:
    """Budget, warnings and clock of one evaluation.

    `steps` is about the number of operations, `depth` the number of nested calls, `max_text` counts
    characters, `max_list` items. `clock` tells an aware time to `now()` and `today()`.
    """

    __slots__ = ("clock", "depth", "max_list", "max_text", "steps", "warnings")

    def __init__(
        self,
        steps: int = 1_000_000,
        depth: int = 60,
        max_text: int = 1_000_000,
        max_list: int = 200_000,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.steps, self.depth, self.max_text, self.max_list = steps, depth, max_text, max_list
        self.warnings: list[FeelWarning] = []
        self.clock = clock or _system_clock

    def charge(self, steps: int) -> None:
        """Use up some steps. Raises `FeelLimit` when none are left."""
        self.steps -= steps
        if self.steps < 0:
            raise FeelLimit("the expression needs too many steps", "表达式的计算步骤过多")

    def text(self, length: int) -> None:
        """Announce a text of so many characters. Raises `FeelLimit` when it is too long."""
        if length > self.max_text:
            raise FeelLimit("a text would become too long", "文本过长")
        self.charge(1 + length // 16)

    def list(self, length: int) -> None:
        """Announce a list of so many items. Raises `FeelLimit` when it is too long."""
        if length > self.max_list:
            raise FeelLimit("a list would become too long", "列表过长")
        self.charge(1 + length)

    def enter(self, steps: int) -> None:
        """Go into a function of the text. Raises `FeelLimit` when calls are nested too deeply."""
        self.charge(steps)
        self.depth -= 1
        if self.depth < 0:
            raise FeelLimit("functions call each other too deeply", "函数嵌套调用过深")

    def leave(self) -> None:
        """Come back out of a function."""
        self.depth += 1

    def warn(self, message: str, *args: object) -> Any:
        """Note a problem and return null: "errors yield null". `message` is one of `sentences.SENTENCES`."""
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(FeelWarning(tell(message, args)))
        return None
