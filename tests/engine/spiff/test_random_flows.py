"""Random block-structured flows against an oracle that knows what must run, without running anything."""

from __future__ import annotations

import random
from typing import Any

import pytest

LEAVES = ("script", "user")
BLOCKS = (
    "script",
    "user",
    "sequence",
    "sequence",
    "exclusive",
    "parallel",
    "inclusive",
    "loop",
    "sub",
    "many",
)
Block = tuple[str, str, list[str]]
"""First element, last element, and the tasks that run inside, with repeats."""


class RandomFlow:
    """A flow of one seed; `expected` is the multiset of tasks that must run."""

    def __init__(self, draw: Any, seed: int) -> None:
        self.draw = draw
        self.random = random.Random(seed)
        self.number = 0
        self.xml = ""
        self.counters: dict[str, int] = {}
        first, last, self.expected = self.block(4)
        self.xml += draw.start("Start") + draw.end("End") + draw.way("Start", first) + draw.way(last, "End")

    def new(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number}"

    def block(self, depth: int) -> Block:
        kind = self.random.choice(LEAVES if depth == 0 else BLOCKS)
        if kind in LEAVES:
            name = self.new("t")
            self.xml += self.draw.script(name) if kind == "script" else self.draw.user(name)
            return name, name, [name]
        if kind == "sequence":
            one, two = self.block(depth - 1), self.block(depth - 1)
            self.xml += self.draw.way(one[1], two[0])
            return one[0], two[1], one[2] + two[2]
        if kind == "loop":
            return self.loop(depth)
        if kind in ("sub", "many"):
            return self.sub(depth, is_many=kind == "many")
        return self.branches(kind, depth)

    def branches(self, kind: str, depth: int) -> Block:
        split, join = self.new("split"), self.new("join")
        parts = [self.block(depth - 1) for _ in range(self.random.randint(2, 3))]
        taken = [True] * len(parts)
        if kind == "exclusive":
            taken = [number == 1 for number in range(len(parts))]
        elif kind == "inclusive":
            taken = [self.random.random() < 0.6 for _ in parts[1:]] + [True]
        self.xml += self.draw.gateway(kind, split) + self.draw.gateway(kind, join)
        for part, is_taken in zip(parts, taken, strict=True):
            condition = "" if kind == "parallel" else f"={str(is_taken).lower()}"
            self.xml += self.draw.flow(split, part[0], condition) + self.draw.way(part[1], join)
        run = [part[2] for part, is_taken in zip(parts, taken, strict=True) if is_taken]
        return split, join, [name for names in run for name in names]

    def loop(self, depth: int) -> Block:
        entry, test, leave = self.new("m"), self.new("g"), self.new("o")
        part, times, counter = self.block(depth - 1), self.random.randint(1, 3), self.new("v")
        count, zero, default = self.new("count"), self.new("zero"), self.new("f")
        self.counters[counter] = 0
        self.xml += (
            self.draw.script(zero, "=0", counter)  # a loop inside a loop starts afresh
            + self.draw.gateway("exclusive", entry)
            + self.draw.script(count, f"={counter} + 1", counter)
            + self.draw.gateway("exclusive", test, default=default)
            + self.draw.script(leave)
            + self.draw.way(zero, entry, part[0])
            + self.draw.way(part[1], count, test)
            + self.draw.flow(test, entry, f"={counter} < {times}")
            + self.draw.flow(test, leave, id=default)
        )
        own = [zero, leave] + [count] * times
        return zero, leave, part[2] * times + own

    def sub(self, depth: int, *, is_many: bool) -> Block:
        outside, before, self.xml = self.xml, set(self.counters), ""
        part = self.block(depth - 1)
        name, start, end = self.new("sub"), self.new("start"), self.new("end")
        own = {counter: "=0" for counter in self.counters if counter not in before}
        times = self.random.randint(1, 3) if is_many else 1
        loop = ""
        if is_many:
            items = f"=for i in 1..{times} return i"
            loop = self.draw.many(items, sequential=self.random.random() < 0.5, inputElement="item")
        inner = self.xml + self.draw.start(start) + self.draw.end(end)
        inner += self.draw.way(start, part[0]) + self.draw.way(part[1], end)
        self.xml = outside + self.draw.sub(name, inner, loop, extra=self.draw.mapping(inputs=own))
        return name, name, part[2] * times


@pytest.mark.parametrize("seed", range(150))
def test_a_random_flow_runs_what_the_oracle_says(run: Any, draw: Any, seed: int) -> None:
    flow = RandomFlow(draw, seed)
    bench = run(draw.file(draw.process(flow.xml)), **flow.counters)
    people, done = random.Random(seed), []
    while bench.waiting():
        tasks = [effect for effect in bench.opened if effect.opens == "user_task"]
        task = people.choice(tasks)
        done.append(task.node.id)
        bench.complete(task.token, {})
    assert sorted(bench.trace + done) == sorted(flow.expected)
    assert bench.is_completed
    assert bench.opened == []
    assert list(bench.instance.live) == [bench.instance.task_tree.id]
