"""The events of random diagrams: awaited, thrown, at boundaries and in event sub-processes; and what undoes work."""

from __future__ import annotations

from typing import Any

Ends = tuple[str, str]


class SketchedEvents:
    """Mixed into `sketch.Sketch`."""

    draw: Any
    put: Any
    new: Any
    may: Any
    pick: Any
    one_of: Any
    switch: Any
    count: Any
    task: Any
    block: Any
    gateway: Any
    xml: list[str]
    counters: list[str]
    in_transaction: bool
    number: int

    def awaited(self, *kinds: str) -> tuple[str, str]:
        """An event that the outside brings: its kind and definition."""
        kind = self.one_of(*kinds)
        if kind == "timer":
            self.number += 1  # no two timers last equally long
            return kind, self.draw.timer(f"PT{10 + self.number}S")
        if kind == "signal":
            return kind, f'<signalEventDefinition signalRef="{self.one_of("S", "T")}"/>'
        if kind == "conditional":
            return kind, self.draw.condition(self.switch())
        if kind == "error":
            return kind, self.one_of(self.draw.error, self.draw.other_error, self.draw.any_error)
        if kind == "escalation":
            return kind, self.one_of(
                self.draw.escalation,
                '<escalationEventDefinition escalationRef="Y"/>',
                "<escalationEventDefinition/>",
            )
        return kind, self.draw.message

    def catch_block(self, depth: int) -> Ends:
        """An intermediate catch event or a receive task."""
        kind, event = self.awaited("message", "timer", "signal", "conditional")
        name = self.new("w")
        if kind == "message" and self.may():
            self.put(self.draw.node("receiveTask", name, messageRef="M"))
            return name, self.watched(name, depth, is_level=False)
        self.put(self.draw.node("intermediateCatchEvent", name, event))
        return name, name

    def choice_block(self, depth: int) -> Ends:
        """An event gateway."""
        gate, join = self.gateway("eventBased"), self.gateway("exclusive")
        kinds = ["message", "timer", "signal", "conditional"]
        for _ in range(2):
            kind, event = self.awaited(*kinds)
            kinds.remove(kind)
            name, part = self.new("w"), self.block(depth)
            self.put(self.draw.node("intermediateCatchEvent", name, event))
            self.put(self.draw.way(gate, name, part[0]), self.draw.way(part[1], join))
        return gate, join

    def watched(self, name: str, depth: int, *, is_level: bool, is_transaction: bool = False) -> str:
        """Boundary events of an activity; where the way on from it begins."""
        kinds = ["timer", "message", "signal", "conditional", "error", "error"] + [
            "escalation"
        ] * 3 * is_level
        last = name
        chosen = [self.awaited(*kinds) for _ in range(self.pick(3))]
        if self.may(4):
            chosen += [("error", self.draw.any_error), ("error", self.draw.error)]
        chosen = list(dict.fromkeys(chosen))  # the same cannot be awaited twice
        if is_transaction:
            chosen.append(("cancel", self.draw.cancel))
        for kind, event in chosen:
            boundary = self.new("b")
            is_interrupting = kind in ("error", "cancel") or not self.may()
            self.put(self.draw.boundary(boundary, name, event, interrupting=is_interrupting))
            part = self.block(depth - 1)
            self.put(self.draw.way(boundary, part[0]))
            if is_interrupting:
                if last == name:
                    last = self.gateway("exclusive")
                    self.put(self.draw.way(name, last))
                self.put(self.draw.way(part[1], last))
            else:
                end = self.new("end")
                self.put(self.draw.end(end), self.draw.way(part[1], end))
        return last

    def throw_block(self, depth: int) -> Ends:
        """A user task, and then something is thrown, if a switch says so."""
        kinds = ["escalation", "signal", "error", "terminate"] + ["cancel"] * 6 * self.in_transaction
        kind, ask, default = self.one_of(*kinds), self.task("user"), self.new("f")
        test, out, throw = self.gateway("exclusive", default=default), self.count(), self.new("e")
        event = {"terminate": self.draw.terminate, "cancel": self.draw.cancel}.get(kind, "")
        if not event:
            event = {
                "error": self.one_of(self.draw.error, self.draw.other_error),
                "escalation": self.one_of(
                    self.draw.escalation, '<escalationEventDefinition escalationRef="Y"/>'
                ),
                "signal": f'<signalEventDefinition signalRef="{self.one_of("S", "T")}"/>',
            }[kind]
        self.put(self.draw.way(ask, test), self.draw.flow(test, throw, self.switch()))
        self.put(self.draw.flow(test, out, id=default))
        if kind in ("escalation", "signal") and self.may():
            self.put(self.draw.node("intermediateThrowEvent", throw, event), self.draw.way(throw, out))
        else:
            self.put(self.draw.end(throw, event))
        return ask, out

    def undoable_block(self, depth: int) -> Ends:
        """Work that can be undone, and perhaps is."""
        if depth > 0 and self.may():
            one, two = self.undoable_block(0), self.undoable_block(0)
            self.put(self.draw.way(one[1], two[0]))
            return one[0], two[1]
        work = self.task("user") if self.may() else self.count()
        self.undo_of(work)
        if self.may():
            return work, work
        ask, throw = self.task("user"), self.new("t")
        activity = f' activityRef="{work}"' if self.may() else ""
        event = f"<compensateEventDefinition{activity}/>"
        self.put(self.draw.node("intermediateThrowEvent", throw, event), self.draw.way(work, ask, throw))
        return work, throw

    def undo_of(self, work: str) -> None:
        """A handler that undoes an activity."""
        boundary, undo = self.new("b"), self.new("undo")
        self.put(self.draw.boundary(boundary, work, self.draw.compensation))
        if self.may():
            node = self.draw.node("userTask", undo, extra="<zeebe:userTask/>", isForCompensation="true")
        else:
            node = self.draw.script(undo, "=true", f"_{undo}", isForCompensation="true")
        self.put(node, f'<association id="as_{undo}" sourceRef="{boundary}" targetRef="{undo}"/>')

    def event_subprocesses(self) -> None:
        """Event sub-processes of the present level."""
        seen = set()
        for _ in range(self.pick(3)):
            kind, event = self.awaited("message", "timer", "signal", "conditional", "error", "escalation")
            if event in seen:
                continue
            seen.add(event)
            name, outside = self.new("esp"), (self.xml, self.counters, self.in_transaction)
            self.xml, self.counters, self.in_transaction = [], [], False
            first, last = self.block(1)
            end = self.new("end")
            self.put(self.draw.end(end), self.draw.way(f"{name}_start", first), self.draw.way(last, end))
            inner, own = "".join(self.xml), self.counters
            self.xml, counters, self.in_transaction = outside
            self.counters = counters + own
            is_interrupting = kind == "error" or not self.may()
            self.put(self.draw.event_sub(name, event, inner, interrupting=is_interrupting))
