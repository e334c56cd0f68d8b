"""The meter that bounds one evaluation and collects its warnings."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from laneway.engine.feel.errors import FeelLimit
from laneway.engine.feel.sentences import FeelWarning, tell

MAX_WARNINGS: Final = 50
MAX_REGEX_SECONDS: Final = 0.1
_SLICE: Final = 2_000
"""Steps between two looks at the time."""


class Budget(NamedTuple):
    """What one evaluation may use up.

    `steps` is about the number of operations, `seconds` wall time, `depth` the number of nested calls, `max_text`
    the characters of one text, `max_list` the items of one list.
    """

    steps: int
    seconds: float
    depth: int
    max_text: int
    max_list: int


GATEWAY: Final = Budget(steps=50_000, seconds=0.1, depth=60, max_text=100_000, max_list=20_000)
"""For conditions: many may be asked in one step of an instance, while its case is locked."""

SCRIPT: Final = Budget(steps=500_000, seconds=0.3, depth=60, max_text=500_000, max_list=100_000)
"""For scripts, mappings and decisions, which may work through lists."""


def _system_clock() -> datetime:
    return datetime.now(UTC)


class Meter:
    """Budget, warnings and clock of one evaluation; its time runs from now on.

    `clock` tells an aware time to `now()` and `today()`; it is asked once, as one evaluation is one moment.
    `pos` and `element_id` are the place that warnings are about. Code keeps `element_id` up to date; `pos` is only
    known while `is_locating`, see `again`.
    """

    __slots__ = (
        "_clock",
        "_deadline",
        "_moment",
        "_reserve",
        "budget",
        "depth",
        "element_id",
        "is_locating",
        "pos",
        "steps",
        "warnings",
    )

    def __init__(self, budget: Budget = SCRIPT, clock: Callable[[], datetime] | None = None) -> None:
        self.budget, self.depth = budget, budget.depth
        # Most steps are kept in reserve, so that using up the rest is the time to look at the clock.
        self.steps = min(budget.steps, _SLICE)
        self._reserve = budget.steps - self.steps
        self._deadline = time.perf_counter() + budget.seconds
        self._clock = clock
        self._moment: datetime | None = None
        self.warnings: list[FeelWarning] = []
        self.pos: int | None = None
        self.element_id: str | None = None
        self.is_locating = False

    def again(self) -> Meter:
        """A meter to repeat a part of this evaluation, to find the places of its warnings: same moment, same end."""
        meter = Meter(self.budget._replace(steps=self._reserve + self.steps), self.clock)
        meter._deadline, meter.depth, meter.element_id = self._deadline, self.depth, self.element_id
        meter.is_locating = True
        return meter

    def clock(self) -> datetime:
        """The moment of this evaluation."""
        if self._moment is None:
            self._moment = (self._clock or _system_clock)()
        return self._moment

    def charge(self, steps: int) -> None:
        """Use up some steps. Raises `FeelLimit` when none are left, or no time."""
        self.steps -= steps
        if self.steps < 0:
            self._go_on()

    def _go_on(self) -> None:
        left = self._reserve + self.steps
        if left < 0:
            raise FeelLimit("the expression needs too many steps", "表达式的计算步骤过多")
        self.seconds_left()
        self.steps = min(left, _SLICE)
        self._reserve = left - self.steps

    def seconds_left(self) -> float:
        """The time that is left, for work that watches the time itself. Raises `FeelLimit` when there is none."""
        left = self._deadline - time.perf_counter()
        if left <= 0:
            raise FeelLimit("the expression takes too long", "表达式的计算耗时过长")
        return left

    def regex_seconds(self) -> float:
        """How long one regular expression may take. Raises `FeelLimit` when no time is left."""
        return min(self.seconds_left(), MAX_REGEX_SECONDS)

    def text(self, length: int) -> None:
        """Announce a text of so many characters. Raises `FeelLimit` when it is too long."""
        if length > self.budget.max_text:
            raise FeelLimit("a text would become too long", "文本过长")
        self.charge(1 + length // 16)

    def list(self, length: int) -> None:
        """Announce a list of so many items. Raises `FeelLimit` when it is too long."""
        if length > self.budget.max_list:
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
            self.warnings.append(FeelWarning(tell(message, args), self.pos, self.element_id))
        return None
