"""Random processes for the faults: whatever the order in which their branches move, they end in the same way.

Every element writes variables of its own, conditions ask what was given at the start, a timer that is drawn either
always fires or never does. So one undisturbed run tells what every run of the same process must come to.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from laneway.words import Resource

from ..engine.conftest import Draw  # noqa: TID252  # a conftest has no absolute name

GROUP = "complaint_desk"
RETRIES = "60"
"""So many that the kills of a long run never use them up: what is counted here is not the retries."""

_LEAVES = ("job", "user", "script", "job")
_BLOCKS = (
    "sequence",
    "sequence",
    "exclusive",
    "parallel",
    "parallel",
    "loop",
    "many",
    "many",
    "wait",
    "too_late",
    "refused",
    "message",
    "first_event",
    "call",
    "told",
    "sub",
)
Ends = tuple[str, str]
"""First and last element of a block."""


@dataclass(frozen=True)
class Model:
    """One random process: its diagram, what a case of it starts with, and the messages that it waits for."""

    process_id: str
    seed: int
    file: Resource
    variables: dict[str, Any]
    messages: tuple[str, ...]
    is_sequential: bool
    """Whether the order of all that happens is the same in every run."""


class _Sketch:
    def __init__(self, process_id: str, seed: int, *, with_timers: bool) -> None:
        self.chance = random.Random(seed)
        self.process_id = process_id
        self.draw = Draw()
        self.number = 0
        self.xml: list[str] = []
        self.children: list[str] = []
        self.messages: list[str] = []
        self.variables: dict[str, Any] = {}
        self.is_sequential = True
        self.is_repeated = False
        self.kinds = [kind for kind in _BLOCKS if with_timers or kind not in ("wait", "too_late")]
        first, last = self.sequence(2)
        self.put(self.draw.start("start"), self.draw.end("end"), self.draw.way("start", first))
        self.put(self.draw.way(last, "end"))

    def file(self) -> Resource:
        subscription = '<extensionElements><zeebe:subscription correlationKey="=case"/></extensionElements>'
        messages = [
            f'<message id="to_{name}" name="{name}">{subscription}</message>' for name in self.messages
        ]
        process = self.draw.process(*self.xml, id=self.process_id)
        return self.draw.file(*messages, process, *self.children, name=f"{self.process_id}.bpmn")

    # -- small parts

    def put(self, *parts: str) -> None:
        self.xml += parts

    def new(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number}"

    def block(self, depth: int) -> Ends:
        kind = self.chance.choice(_LEAVES if depth <= 0 else self.kinds)
        while self.is_repeated and kind in ("message", "first_event"):  # one message, one receiver
            kind = self.chance.choice(_LEAVES)
        part: Callable[[int], Ends] = getattr(self, kind)
        return part(depth - 1)

    def inside(self, depth: int) -> str:
        """XML of a part with a start and an end of its own."""
        outside, self.xml = self.xml, []
        first, last = self.block(depth)
        start, end = self.new("start"), self.new("end")
        self.put(self.draw.start(start), self.draw.end(end), self.draw.way(start, first))
        self.put(self.draw.way(last, end))
        inner, self.xml = "".join(self.xml), outside
        return inner

    # -- leaves

    def job(self, _depth: int, inner: str = "", type: str = "faults.work") -> Ends:
        name = self.new("j")
        self.put(self.draw.job(name, type, inner, retries=RETRIES))
        return name, name

    def user(self, _depth: int, inner: str = "") -> Ends:
        name = self.new("u")
        self.put(self.draw.user(name, inner, groups=GROUP))
        return name, name

    def script(self, _depth: int) -> Ends:
        name = self.new("s")
        self.put(self.draw.script(name, f'="{name}"', f"said_{name}"))
        return name, name

    # -- blocks

    def sequence(self, depth: int) -> Ends:
        one, two = self.block(depth), self.block(depth)
        self.put(self.draw.way(one[1], two[0]))
        return one[0], two[1]

    def exclusive(self, depth: int) -> Ends:
        default, asked = self.new("f"), self.new("p")
        split, join = self.new("xor"), self.new("xor")
        self.variables[asked] = self.chance.random() < 0.5
        self.put(self.draw.gateway("exclusive", split, default=default), self.draw.gateway("exclusive", join))
        one, two = self.block(depth), self.block(depth)
        self.put(self.draw.flow(split, one[0], f"={asked}"), self.draw.flow(split, two[0], id=default))
        self.put(self.draw.way(one[1], join), self.draw.way(two[1], join))
        return split, join

    def parallel(self, depth: int) -> Ends:
        self.is_sequential = False
        split, join = self.new("and"), self.new("and")
        self.put(self.draw.gateway("parallel", split), self.draw.gateway("parallel", join))
        for _ in range(self.chance.randint(2, 3)):
            part = self.block(depth)
            self.put(self.draw.way(split, part[0]), self.draw.way(part[1], join))
        return split, join

    def loop(self, _depth: int) -> Ends:
        counter, zero, count = self.new("v"), self.new("s"), self.new("s")
        entry, test, leave = self.new("xor"), self.new("xor"), self.new("f")
        part = self.job(0) if self.chance.random() < 0.6 else self.user(0)
        out = self.script(0)
        self.put(
            self.draw.script(zero, "=0", counter),
            self.draw.script(count, f"={counter} + 1", counter),
            self.draw.gateway("exclusive", entry),
            self.draw.gateway("exclusive", test, default=leave),
            self.draw.way(zero, entry, part[0], count, test),
            self.draw.flow(test, entry, f"={counter} < {self.chance.randint(2, 3)}"),
            self.draw.flow(test, out[0], id=leave),
        )
        return zero, out[1]

    def many(self, _depth: int) -> Ends:
        is_sequential = self.chance.random() < 0.4
        self.is_sequential = self.is_sequential and is_sequential
        settings = {
            "inputElement": "item",
            "outputCollection": self.new("r"),
            "outputElement": "=item * 2",
        }
        inner = self.draw.many("=[1, 2, 3]", sequential=is_sequential, **settings)
        return self.job(0, inner) if self.chance.random() < 0.7 else self.user(0, inner)

    def sub(self, depth: int) -> Ends:
        name = self.new("sub")
        was_repeated, many = self.is_repeated, ""
        if self.chance.random() < 0.4:
            self.is_repeated, self.is_sequential = True, False
            many = self.draw.many("=[1, 2]", inputElement="part")
        self.put(self.draw.sub(name, self.inside(depth), many))
        self.is_repeated = was_repeated
        return name, name

    def wait(self, _depth: int) -> Ends:
        name = self.new("t")
        self.put(self.draw.node("intermediateCatchEvent", name, self.draw.timer("PT1S")))
        return name, name

    def too_late(self, _depth: int) -> Ends:
        """Nobody sends what is awaited: the timer at the boundary always ends the waiting."""
        name, late, join = self.new("r"), self.new("b"), self.new("xor")
        self.messages.append(f"never_{name}")
        self.put(
            self.draw.node("receiveTask", name, messageRef=f"to_never_{name}"),
            self.draw.boundary(late, name, self.draw.timer("PT1S")),
            self.draw.gateway("exclusive", join),
            self.draw.way(name, join),
            self.draw.way(late, join),
        )
        return name, join

    def refused(self, _depth: int) -> Ends:
        """A handler that always takes the error path."""
        (name, _), (other, _) = self.job(0, type="faults.refuse"), self.job(0)
        caught, join = self.new("b"), self.new("xor")
        self.put(
            self.draw.boundary(caught, name, self.draw.error),
            self.draw.gateway("exclusive", join),
            self.draw.way(name, join),
            self.draw.way(caught, other, join),
        )
        return name, join

    def message(self, _depth: int) -> Ends:
        name = self.new("m")
        self.messages.append(name)
        self.put(self.draw.node("receiveTask", name, messageRef=f"to_{name}"))
        if self.chance.random() < 0.5:
            never, end = self.new("b"), self.new("end")
            self.put(self.draw.boundary(never, name, self.draw.timer("PT10H")), self.draw.end(end))
            self.put(self.draw.way(never, end))
        return name, name

    def first_event(self, _depth: int) -> Ends:
        """An event gateway whose message comes long before its timer."""
        gate, timer, join, name = self.new("ev"), self.new("t"), self.new("xor"), self.new("m")
        self.messages.append(name)
        caught = f'<messageEventDefinition messageRef="to_{name}"/>'
        self.put(
            self.draw.gateway("eventBased", gate),
            self.draw.node("intermediateCatchEvent", name, caught),
            self.draw.node("intermediateCatchEvent", timer, self.draw.timer("PT10H")),
            self.draw.gateway("exclusive", join),
            self.draw.way(gate, name, join),
            self.draw.way(gate, timer, join),
        )
        return gate, join

    def call(self, depth: int) -> Ends:
        name = self.new("c")
        child = f"{self.process_id}_{name}"
        was_repeated, self.is_repeated = self.is_repeated, True
        self.children.append(self.draw.process(self.inside(min(depth, 0)), id=child))
        self.is_repeated = was_repeated
        given = self.draw.mapping(inputs={"case": "=case"})
        # Without what the parent knows besides: a child would bring it back as it was when it began.
        attributes = {"propagateAllParentVariables": "false", "propagateAllChildVariables": "true"}
        self.put(self.draw.call(name, child, given, **attributes))
        return name, name

    def told(self, depth: int) -> Ends:
        """A sub-process tells something on its way; who hears it works beside it."""
        self.is_sequential = False
        name, heard, end, start = self.new("sub"), self.new("b"), self.new("end"), self.new("start")
        throw, done = self.new("th"), self.new("end")
        outside, self.xml = self.xml, []
        first, last = self.block(min(depth, 0))
        self.put(
            self.draw.start(start),
            self.draw.node("intermediateThrowEvent", throw, self.draw.escalation),
            self.draw.end(done),
            self.draw.way(start, throw, first),
            self.draw.way(last, done),
        )
        inner, self.xml = "".join(self.xml), outside
        (work, _) = self.job(0)
        self.put(
            self.draw.sub(name, inner),
            self.draw.boundary(heard, name, self.draw.escalation, interrupting=False),
            self.draw.end(end),
            self.draw.way(heard, work, end),
        )
        return name, name


def random_model(process_id: str, seed: int, *, with_timers: bool = True) -> Model:
    """The process that a seed stands for; without timers, nothing in it needs time to pass."""
    sketch = _Sketch(process_id, seed, with_timers=with_timers)
    awaited = tuple(name for name in sketch.messages if not name.startswith("never_"))
    return Model(process_id, seed, sketch.file(), sketch.variables, awaited, sketch.is_sequential)


def random_models(number: int, seed: int, *, with_timers: bool = True) -> list[Model]:
    """So many processes, called P0, P1, …"""
    chance = random.Random(seed)
    return [
        random_model(f"P{index}", chance.randrange(2**31), with_timers=with_timers) for index in range(number)
    ]


def written(
    process_id: str, body: Callable[[Draw], str], *, first: str = "", last: str = "", **variables: Any
) -> Model:
    """A process of which `body` draws what is between start and end: one element, or from `first` to `last`."""
    draw = Draw()
    parts = body(draw)
    one = re.search(r'id="([^"]+)"', parts)
    assert one is not None
    ways = draw.way("start", first or one[1]) + draw.way(last or one[1], "end")
    process = draw.process(draw.start(), parts, draw.end(), ways, id=process_id)
    return Model(process_id, 0, draw.file(process, name=f"{process_id}.bpmn"), variables, (), False)
