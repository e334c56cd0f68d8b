"""A live state goes over to a version where every id is another, and comes back as it was."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest

from laneway.engine.bpmn.reader import read_processes
from laneway.engine.spiff import state
from laneway.engine.spiff.build import specs_of
from laneway.engine.spiff.migration import plan
from laneway.engine.spiff.places import Places
from laneway.words import Resource

from .conftest import FeelHost

NODE_TAGS = re.compile(
    r'<(\w*(?:Event|Task|Gateway|task|subProcess|SubProcess|transaction|callActivity)) id="(\w+)"'
)


def renamed(file: Resource) -> tuple[Resource, dict[str, str]]:
    """The file with every element and flow under another id, and the mapping of the elements."""
    text = file.content.decode()
    mapping = {found[2]: f"{found[2]}_new" for found in NODE_TAGS.finditer(text)}
    for attribute in ("id", "sourceRef", "targetRef", "attachedToRef", "activityRef", "default"):
        text = re.sub(
            rf'\b{attribute}="(\w+)"',
            lambda found, name=attribute: (
                f'{name}="{mapping[found[1]]}"' if found[1] in mapping else found[0]
            ),
            text,
        )
    return Resource(file.name, text.encode()), mapping


def goes_over(bench: Any, file: Resource) -> None:
    """There and back again, and nowhere else."""
    other, mapping = renamed(file)
    process = read_processes(other).processes[0]
    new_specs = specs_of(process)
    old, new = Places(bench.process.id, bench.specs), Places(process.id, new_specs)
    stored = state.dump(bench.instance)
    same = plan(stored, old, old, {})
    assert not same.obstacles
    assert not same.new_waits
    assert not [wait for wait in same.waits if wait.to is None]
    assert same.state == orjson.loads(stored)
    there = plan(stored, old, new, mapping)
    assert not there.obstacles
    assert not there.new_waits
    assert all(
        token[1] in {"#root", *mapping.values()} for scope in there.state["scopes"] for token in scope[2]
    )
    state.load(FeelHost(), process.id, new_specs, there.dump())
    back = plan(there.dump(), new, old, {to: source for source, to in mapping.items()})
    assert back.state == orjson.loads(stored)


def everything(draw: Any) -> Resource:
    """Sub-processes with a book, many of them, joins, boundary events, an event sub-process, an event gateway."""

    def undoable(name: str, kind: str) -> str:
        return str(
            draw.boundary(f"b_{name}", name, draw.compensation)
            + (
                draw.script(f"un_{name}", isForCompensation="true")
                if kind == "script"
                else draw.node("userTask", f"un_{name}", extra="<zeebe:userTask/>", isForCompensation="true")
            )
            + f'<association id="as_{name}" sourceRef="b_{name}" targetRef="un_{name}"/>'
        )

    def sub(name: str, many: str = "") -> str:
        inner = draw.start(f"{name}_in") + draw.user(f"{name}_x") + undoable(f"{name}_x", "user")
        inner += draw.end(f"{name}_out") + draw.way(f"{name}_in", f"{name}_x", f"{name}_out")
        return str(draw.sub(name, inner + many))

    body = (
        draw.start()
        + draw.gateway("parallel", "fork")
        + sub("one")
        + draw.boundary("late", "one", draw.timer("PT1H"), interrupting=False)
        + draw.user("reminded")
        + sub("each", draw.many("=items", inputElement="item"))
        + draw.gateway("eventBased", "which")
        + draw.node("intermediateCatchEvent", "come", draw.signal)
        + draw.node("intermediateCatchEvent", "other", draw.timer("PT9H"))
        + draw.node("intermediateCatchEvent", "hot", draw.condition("=hot"))
        + draw.gateway("parallel", "join")
        + draw.user("u")
        + draw.node("intermediateThrowEvent", "undo", draw.compensation)
        + draw.end()
        + draw.event_sub(
            "aside",
            draw.condition("=asked"),
            draw.user("answer"),
            draw.end("answered"),
            draw.way("aside_start", "answer", "answered"),
            interrupting=False,
        )
        + draw.way("start", "fork", "one", "join", "u", "undo", "end")
        + draw.way("fork", "each", "join")
        + draw.way("fork", "which", "come", "join")
        + draw.way("which", "other", "join")
        + draw.way("fork", "hot", "join")
        + draw.way("late", "reminded", "end")
    )
    # Two ways lead from the gateway to the join; only one of them is ever taken.
    body = body.replace(draw.flow("other", "join"), draw.flow("other", "end"))
    return draw.file(draw.process(body))


def test_whatever_a_case_is_doing_it_goes_over_as_it_stands(run: Any, draw: Any) -> None:
    file = everything(draw)
    bench = run(file, items=[1, 2], hot=False, asked=False)
    goes_over(bench, file)
    bench.wait(3601)
    assert "reminded" in bench.waiting()
    goes_over(bench, file)
    bench.do("reminded", asked=True)
    assert "answer" in bench.waiting()
    goes_over(bench, file)
    for step in ("answer", "one_x", "each_x"):
        bench.do(step)
        goes_over(bench, file)
    bench.signal()
    bench.do("each_x", hot=True)
    goes_over(bench, file)
    assert bench.waiting() == ["u"]
    bench.do("u")
    undoing = list(bench.waiting())
    assert undoing
    for step in undoing:
        goes_over(bench, file)
        bench.do(step)
    assert bench.is_completed


@pytest.mark.parametrize("phase", ["enter", "leave"])
def test_a_failed_step_goes_over_with_what_is_left_to_do(run: Any, draw: Any, phase: str) -> None:
    broken = draw.mapping(**{"inputs" if phase == "enter" else "outputs": {"n": "=assert(m, m != null)"}})
    body = (
        draw.start()
        + draw.user("u", extra=broken)
        + draw.boundary("late", "u", draw.timer("PT1H"))
        + draw.end()
        + draw.way("start", "u", "end")
        + draw.way("late", "end")
    )
    file = draw.file(draw.process(body))
    bench = run(file)
    if phase == "leave":
        bench.do("u")
    assert bench.incidents
    goes_over(bench, file)
