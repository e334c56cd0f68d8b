"""One small process for each construct whose live state looks different, each standing still in the middle of it."""

from __future__ import annotations

from laneway.words import Resource

from ..engine.conftest import Draw  # noqa: TID252  # a conftest has no absolute name

GROUP = "complaint_desk"
VARIABLES = {"items": ["a", "b", "c"], "key": "", "is_ready": False, "count": 0}


def diagrams() -> list[Resource]:
    """Files whose processes are named as the constructs that they stand in."""
    draw = Draw()
    user = lambda name, inner="": draw.user(name, inner, groups=GROUP)
    ends = draw.start() + draw.end()

    def process(name: str, *parts: str) -> Resource:
        return draw.file(draw.process(*parts, id=name), name=f"{name}.bpmn")

    def inside(prefix: str, *parts: str) -> str:
        return draw.start(f"{prefix}_start") + "".join(parts) + draw.end(f"{prefix}_end")

    straight = draw.way("start", "it", "end")
    return [
        process("user_task", ends, user("it"), straight),
        process("job", ends, draw.job("it", "upgrades.work"), straight),
        process("timer", ends, draw.node("intermediateCatchEvent", "it", draw.timer("PT1H")), straight),
        process("message", ends, draw.node("intermediateCatchEvent", "it", draw.message), straight),
        process("signal", ends, draw.node("intermediateCatchEvent", "it", draw.signal), straight),
        process(
            "parallel",
            ends,
            draw.gateway("parallel", "split") + draw.gateway("parallel", "join"),
            user("it") + draw.script("told", "=count + 1", "count"),
            draw.way("start", "split", "it", "join", "end") + draw.way("split", "told", "join"),
        ),
        process(
            "inclusive",
            ends,
            draw.gateway("inclusive", "split", default="other") + draw.gateway("inclusive", "join"),
            user("it") + user("never") + draw.script("told"),
            draw.way("start", "split") + draw.flow("split", "it", "=count = 0"),
            draw.flow("split", "told", "=count < 1") + draw.flow("split", "never", id="other"),
            draw.way("it", "join", "end") + draw.way("told", "join") + draw.way("never", "join"),
        ),
        process(
            "sub_process",
            ends,
            draw.sub("sub", inside("sub", user("it")), draw.way("sub_start", "it", "sub_end")),
            draw.boundary("late", "sub", draw.timer("P3D"), interrupting=False) + user("remind"),
            draw.end("reminded") + draw.way("start", "sub", "end") + draw.way("late", "remind", "reminded"),
        ),
        process(
            "event_sub_process",
            ends,
            user("it") + straight,
            draw.event_sub(
                "asked",
                draw.signal,
                user("answer"),
                draw.end("answered"),
                draw.way("asked_start", "answer", "answered"),
                interrupting=False,
            ),
        ),
        process("many", ends, user("it", draw.many("=items", inputElement="item")), straight),
        process(
            "one_by_one",
            ends,
            user("it", draw.many("=items", sequential=True, inputElement="item")),
            straight,
        ),
        process(
            "loop",
            ends,
            draw.gateway("exclusive", "merge") + draw.gateway("exclusive", "again", default="out"),
            user("it") + draw.script("told", "=count + 1", "count"),
            draw.way("start", "merge", "it", "told", "again") + draw.flow("again", "merge", "=count < 3"),
            draw.flow("again", "end", id="out"),
        ),
        process(
            "event_gateway",
            ends,
            draw.gateway("eventBased", "it") + draw.way("start", "it", "said", "end"),
            draw.node("intermediateCatchEvent", "said", draw.message),
            draw.node("intermediateCatchEvent", "late", draw.timer("PT1H")) + draw.way("it", "late", "end"),
        ),
        process(
            "condition",
            ends,
            draw.node("intermediateCatchEvent", "it", draw.condition("=count > 0")),
            draw.gateway("parallel", "split") + draw.end("other") + user("then"),
            draw.way("start", "split", "it", "end") + draw.way("split", "then", "told", "other"),
            draw.script("told", "=count + 1", "count"),
        ),
        process(
            "compensation",
            ends,
            draw.script("booked", '="A1"', "booking") + draw.boundary("undo", "booked", draw.compensation),
            draw.script("cancelled", "=booking", "undone", isForCompensation="true"),
            '<association id="undoing" associationDirection="One" sourceRef="undo" targetRef="cancelled"/>',
            user("it") + draw.node("intermediateThrowEvent", "back", draw.compensation),
            draw.way("start", "booked", "it", "back", "end"),
        ),
        draw.file(
            draw.process(ends, draw.call("it", "called"), straight, id="call"),
            draw.process(
                inside("called", user("inner")), draw.way("called_start", "inner", "called_end"), id="called"
            ),
            name="call.bpmn",
        ),
    ]
