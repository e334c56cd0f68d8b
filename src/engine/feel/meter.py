"""The meter that bounds one evaluation and collects its warnings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter, thread_time
from typing import Any, Final, NamedTuple

from laneway.engine.feel.errors import FeelLimit
from laneway.engine.feel.sentences import FeelWarning, tell

MAX_WARNINGS: Final = 50
MAX_REGEX_SECONDS: Final = 0.1
PATIENCE: Final = 4
_SLICE: Final = 2_000
"""Steps between two looks at the time."""


class Budget(NamedTuple):
    """What one evaluation may use up.

    `steps` is about the number of operations, `depth` the number of nested calls, `max_text` the characters of one
    text, `max_list` the items of one list. `seconds` is the time of the thread itself; what it waits for others on a
    busy machine only counts from `PATIENCE` times as long on.
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
    """Budget, warnings and clock of one evaluation.

    `clock` tells an aware time to `now()` and `today()`; it is asked once, as one evaluation is one moment.
    `pos` and `element_id` are the place that warnings are about. Code keeps `element_id` up to date; `pos` is only
    known while `is_locating`, see `again`.
    """

    # Defaults of the class: one meter is made per evaluation, and most evaluations are a handful of operations.
    pos: int | None = None
    element_id: str | None = None
    is_locating = False
    _moment: datetime | None = None
    _began: tuple[float, float] | None = None

    def __init__(self, budget: Budget = SCRIPT, clock: Callable[[], datetime] | None = None) -> None:
        steps, _, self.depth, _, _ = self.budget = budget
        # Most steps are kept in reserve, so that using up the rest is the time to look at the clock.
        self.steps = steps if steps < _SLICE else _SLICE
        self._reserve = steps - self.steps
        self._clock = clock
        self.warnings: list[FeelWarning] = []

    def again(self) -> Meter:
        """A meter to repeat a part of this evaluation, to find the places of its warnings: same moment, same end."""
        meter = Meter(self.budget._replace(steps=self._reserve + self.steps), self.clock)
        meter._began, meter.depth, meter.element_id = self._began, self.depth, self.element_id
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
        # Short evaluations never look at the time, long ones need not count their start.
        if self._began is None:
            self._began = thread_time(), perf_counter()
        worked, passed = thread_time() - self._began[0], perf_counter() - self._began[1]
        left = self.budget.seconds - worked
        if left <= 0 or passed > PATIENCE * self.budget.seconds:
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
