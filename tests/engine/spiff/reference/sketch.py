"""Random structured diagrams, as BPMN text for the real reader and checks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import quoteattr

from laneway.words import Resource

from .sketched_events import SketchedEvents

MORE = '<signal id="T" name="T"/><escalation id="Y" escalationCode="Y"/>'
LEAVES = ("script", "user", "job")
BLOCKS = (
    *LEAVES,
    "sequence",
    "sequence",
    "sequence",
    "exclusive",
    "parallel",
    "inclusive",
    "complex",
    "mixed",
    "implicit",
    "loop",
    "activity",
    "activity",
    "activity",
    "sub",
    "sub",
    "ad_hoc",
    "transaction",
    "choice",
    "catch",
    "throw",
    "link",
    "merge",
    "quantity",
    "undoable",
    "undone",
)
Ends = tuple[str, str]
"""First and last element of a block."""


class Sketch(SketchedEvents):
    """A random process. `pick(n)` gives a number below n; 0 is the simplest choice.

    Conditions ask variables that only the outside changes (`self.switches`), so that no two orders of moving tokens
    that the standard allows differ in what they do; what throws stands behind a user task for the same reason.
    """

    def __init__(self, draw: Any, pick: Callable[[int], int], depth: int = 3) -> None:
        self.pick = pick
        self.draw = draw
        self.number = 0
        self.xml: list[str] = []
        self.counters: list[str] = []
        self.switches: list[str] = []
        self.in_transaction = False
        self.variables: dict[str, Any] = {"key": "k", "val": 0}
        first, last = self.block(depth)
        self.put(self.draw.start("Start"), self.draw.end("End"))
        self.put(self.draw.way("Start", first), self.draw.way(last, "End"))
        self.event_subprocesses()
        self.variables |= dict.fromkeys(self.counters, 0)
        self.variables |= {name: bool(pick(2)) for name in self.switches}

    @property
    def file(self) -> Resource:
        """The diagram."""
        file: Resource = self.draw.file(MORE, self.draw.process(*self.xml))
        return file

    # -- small parts

    def put(self, *parts: str) -> None:
        """Draw something on the present level."""
        self.xml += parts

    def new(self, prefix: str) -> str:
        """A new id."""
        self.number += 1
        return f"{prefix}{self.number}"

    def may(self, one_in: int = 2) -> bool:
        """Sometimes."""
        return self.pick(one_in) == one_in - 1

    def one_of(self, *kinds: str) -> str:
        """One of these; the first is the simplest."""
        return kinds[self.pick(len(kinds))]

    def switch(self) -> str:
        """FEEL that the outside makes true or false."""
        if self.switches and self.may(3):
            return "=" + self.switches[self.pick(len(self.switches))]
        self.switches.append(self.new("p"))
        return "=" + self.switches[-1]

    def gateway(self, kind: str, **attributes: str) -> str:
        """A gateway."""
        name = self.new(kind[:3])
        self.put(self.draw.gateway(kind, name, **attributes))
        return name

    def count(self) -> str:
        """A script that counts how often it runs."""
        name = self.new("s")
        self.variables[f"c_{name}"] = 0
        self.put(self.draw.script(name, f"=c_{name} + 1", f"c_{name}"))
        return name

    # -- blocks

    def block(self, depth: int) -> Ends:
        """A part with one way in and one way out."""
        kind = self.one_of(*(LEAVES if depth <= 0 else BLOCKS))
        if kind in LEAVES:
            name = self.count() if kind == "script" else self.task(kind)
            return name, name
        part: Callable[[int], Ends] = getattr(self, f"{kind}_block")
        return part(depth - 1)

    def task(self, kind: str, inner: str = "", **attributes: str) -> str:
        """A user task or job, with or without mappings."""
        name, maps = self.new(kind[0]), ""
        if self.may(4):
            self.variables[f"o_{name}"] = 0
            maps = self.draw.mapping(inputs={"given": "=val"}, outputs={f"o_{name}": "=val + given"})
        mark = "<zeebe:userTask/>" if kind == "user" else '<zeebe:taskDefinition type="work"/>'
        tag = "userTask" if kind == "user" else "serviceTask"
        self.put(self.draw.node(tag, name, inner, extra=mark + maps, **attributes))
        return name

    def sequence_block(self, depth: int) -> Ends:
        one, two = self.block(depth), self.block(depth)
        self.put(self.draw.way(one[1], two[0]))
        return one[0], two[1]

    def branches(self, split: str, join: str, depth: int, *, ask: bool, default: str = "") -> None:
        """Two or three parts between two elements; the last one may be the default."""
        number = 2 + self.pick(2)
        for index in range(number):
            part = self.block(depth)
            is_default = bool(default) and index == number - 1
            condition = self.switch() if ask and not is_default else ""
            self.put(self.draw.flow(split, part[0], condition, id=default if is_default else ""))
            self.put(self.draw.way(part[1], join))

    def exclusive_block(self, depth: int) -> Ends:
        default = self.new("f")
        split = self.gateway("exclusive", default=default)
        join = self.count() if self.may() else self.gateway("exclusive")
        self.branches(split, join, depth, ask=True, default=default)
        return split, join

    def parallel_block(self, depth: int) -> Ends:
        split = self.task("user") if self.may(3) else self.gateway("parallel")  # a task may fork by itself
        join = self.gateway("parallel")
        self.branches(split, join, depth, ask=False)
        return split, join

    def inclusive_block(self, depth: int) -> Ends:
        default = self.new("f") if self.may() else ""
        attributes = {"default": default} if default else {}
        split, join = self.gateway("inclusive", **attributes), self.gateway("inclusive")
        self.branches(split, join, depth, ask=True, default=default)
        if self.may(3):  # a branch that reaches the join only when it is interrupted
            work, boundary, end = self.task("user"), self.new("b"), self.new("end")
            self.put(self.draw.flow(split, work, self.switch()), self.draw.end(end), self.draw.way(work, end))
            self.put(self.draw.boundary(boundary, work, self.awaited("message", "signal", "timer")[1]))
            self.put(self.draw.way(boundary, join))
        return split, join

    def mixed_block(self, depth: int) -> Ends:
        """A gateway that joins and splits at once, of any kind, perhaps without a way out."""
        kind = self.one_of("inclusive", "exclusive", "parallel")
        default = self.new("f") if kind != "parallel" and self.may() else ""
        first = self.gateway("inclusive" if kind == "inclusive" else "parallel")
        middle = self.gateway(kind, **({"default": default} if default else {}))
        last = self.gateway("inclusive" if kind == "inclusive" else kind)
        self.branches(first, middle, depth, ask=kind == "inclusive")
        self.branches(middle, last, depth, ask=kind != "parallel", default=default)
        return first, last

    def implicit_block(self, depth: int) -> Ends:
        """Conditions on the flows of a task."""
        default = self.new("f")
        split, join = self.task("user", default=default), self.gateway("inclusive")
        self.branches(split, join, depth, ask=True, default=default)
        return split, join

    def complex_block(self, depth: int) -> Ends:
        split, join = self.gateway("parallel"), self.new("com")
        wanted = f"=activationCount >= {1 + self.pick(2)}"
        condition = f"<activationCondition>{wanted.replace('>', '&gt;')}</activationCondition>"
        self.put(self.draw.node("complexGateway", join, condition))
        self.branches(split, join, depth, ask=False)
        return split, join

    def loop_block(self, depth: int) -> Ends:
        """A loop drawn with gateways; its counter begins anew each time."""
        counter, zero, count = self.new("v"), self.new("zero"), self.new("count")
        self.counters.append(counter)
        leave = self.new("f")
        entry, test = self.gateway("exclusive"), self.gateway("exclusive", default=leave)
        out, part = self.count(), self.block(depth)
        self.put(
            self.draw.script(zero, "=0", counter),
            self.draw.script(count, f"={counter} + 1", counter),
            self.draw.way(zero, entry, part[0]),
            self.draw.way(part[1], count, test),
            self.draw.flow(test, entry, f"{self.switch()} and {counter} < {2 + self.pick(2)}"),
            self.draw.flow(test, out, id=leave),
        )
        return zero, out

    def link_block(self, depth: int) -> Ends:
        one, two, name = self.block(depth), self.block(depth), self.new("link")
        link = f'<linkEventDefinition name="{name}"/>'
        self.put(
            self.draw.node("intermediateThrowEvent", f"to_{name}", link),
            self.draw.node("intermediateCatchEvent", f"from_{name}", link),
            self.draw.way(one[1], f"to_{name}"),
            self.draw.way(f"from_{name}", two[0]),
        )
        return one[0], two[1]

    # -- activities

    def again(self) -> str:
        """How an activity is repeated, if it is."""
        kind = self.one_of("", "", "many", "many", "times", "loop")
        if kind == "":
            return ""
        is_sequential = self.may()
        if kind == "times":
            return self.draw.times(f"={1 + self.pick(3)}", sequential=is_sequential)
        if kind == "loop":
            condition = self.switch() if self.may() else ""
            settings = {"loopMaximum": str(1 + self.pick(3)), "testBefore": str(self.may()).lower()}
            return self.draw.again(condition, **settings)
        settings = {"inputElement": "item"}
        if self.may():
            name = self.new("r")
            self.variables[name] = []
            settings |= {
                "outputCollection": name,
                "outputElement": self.one_of("=val", "=item + loopCounter"),
            }
        until = f"=numberOfCompletedInstances &gt;= {1 + self.pick(2)}" if self.may(3) else ""
        items = f"=for i in 1..{1 + self.pick(3)} return i * 10" if self.may(5) is False else "=[]"
        return self.draw.many(items, sequential=is_sequential, until=until, **settings)

    def activity_block(self, depth: int) -> Ends:
        """A task that is repeated or watched."""
        name = self.task(self.one_of("user", "job"), self.again())
        return name, self.watched(name, depth, is_level=False)

    def sub_block(self, depth: int) -> Ends:
        return self.level_block("subProcess", depth, self.again())

    def transaction_block(self, depth: int) -> Ends:
        return self.level_block("transaction", depth, "")

    def undone_block(self, depth: int) -> Ends:
        """A sub-process, perhaps repeated, whose work is undone when it is over."""
        first, last = self.level_block("subProcess", depth, self.again(), is_undoable=True)
        ask, throw = self.task("user"), self.new("t")
        self.put(self.draw.node("intermediateThrowEvent", throw, self.draw.compensation))
        self.put(self.draw.way(last, ask, throw))
        return first, throw

    def level_block(self, tag: str, depth: int, again: str, *, is_undoable: bool = False) -> Ends:
        name = self.new("sub" if tag == "subProcess" else "tx")
        outside = self.xml, self.counters, self.in_transaction
        self.xml, self.counters = [], []
        self.in_transaction = tag == "transaction"
        first, last = self.inside(depth, is_undoable=is_undoable)
        start, end = self.new("start"), self.new("end")
        if self.may(3):  # the end is work too
            sent = '<zeebe:taskDefinition type="work"/>'
            self.put(self.draw.node("endEvent", end, self.draw.message, extra=sent))
        else:
            self.put(self.draw.end(end))
        self.put(self.draw.start(start), self.draw.way(start, first), self.draw.way(last, end))
        if self.may(3):
            self.event_subprocesses()
        inner, own = "".join(self.xml), dict.fromkeys(self.counters, "=0")
        self.xml, self.counters, self.in_transaction = outside
        maps = self.draw.mapping(inputs=own) if own else ""
        self.put(self.draw.node(tag, name, inner + again, extra=maps))
        if self.may(6):
            self.undo_of(name)
        return name, self.watched(name, depth, is_level=True, is_transaction=tag == "transaction")

    def inside(self, depth: int, *, is_undoable: bool) -> Ends:
        """What is in a level: in a transaction work that can be undone, elsewhere often something that throws."""
        is_undoable = is_undoable or self.in_transaction
        parts = [self.undoable_block(depth) if is_undoable else self.block(depth)]
        if self.may(4) and self.in_transaction:
            parts.append(self.undoable_block(depth))
        if self.in_transaction or self.may():
            parts.append(self.throw_block(depth))
        for one, two in pairwise(parts):
            self.put(self.draw.way(one[1], two[0]))
        return parts[0][0], parts[-1][1]

    def merge_block(self, depth: int) -> Ends:
        """Two tokens that come together without a join go on as two; their level waits for both."""
        name, start, fork = self.new("sub"), self.new("start"), self.new("par")
        outside, self.xml = self.xml, []
        one, two, merge = self.task("user"), self.count(), self.task("user")
        self.put(self.draw.start(start), self.draw.gateway("parallel", fork), self.draw.way(start, fork))
        for part in (one, two):
            self.put(self.draw.way(fork, part, merge))
        end = self.new("end")
        self.put(self.draw.end(end), self.draw.way(merge, end))
        inner, self.xml = "".join(self.xml), outside
        self.put(self.draw.sub(name, inner))
        return name, self.watched(name, depth, is_level=True)

    def quantity_block(self, depth: int) -> Ends:
        one = self.task("user", completionQuantity="2")
        two = self.task("user", startQuantity="2")
        self.put(self.draw.way(one, two))
        return one, two

    def ad_hoc_block(self, depth: int) -> Ends:
        name = self.new("adhoc")
        outside, self.xml = self.xml, []
        tasks = [self.task("user") for _ in range(2 + self.pick(2))]
        if self.may():
            self.put(self.draw.way(tasks[-1], self.count()))
        inner, self.xml = "".join(self.xml), outside
        settings = ""
        if self.may():
            self.variables[f"r_{name}"] = []
            settings += f'outputCollection="r_{name}" outputElement="=val" '
        if self.may():
            listed = ", ".join(f'"{task}"' for task in tasks[1:])
            settings += f"activeElementsCollection={quoteattr(f'=[{listed}]')}"
        attributes = {"ordering": "Sequential"} if self.may() else {}
        if self.may():
            attributes["cancelRemainingInstances"] = "false"
        until = self.switch() if self.may() else ""
        self.put(self.draw.ad_hoc(name, inner, until=until, settings=settings, **attributes))
        return name, self.watched(name, depth, is_level=True)
