"""The kinds of step of a story: the key that names each, the keys beside it, and how it reads as a sentence.

In a sentence `{by}` is the person, `{step}` the value of the naming key (as an element, a file, a time), any other name
the value of that key. What a step does is in `laneway.tasks.scenarios.steps`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from laneway.words import Text

TEXT, TEXTS, TABLE, MOMENT, DURATION, YES, COUNT = (
    "text",
    "list of texts",
    "table",
    "moment",
    "duration",
    "true",
    "number",
)
"""What a value may be. A moment is a TOML date-time with its offset, a duration ISO 8601 text such as `PT3H`."""

COMMON = {"then": TABLE, "of": TEXT}
"""Keys of every step: what is checked after it, and of which case of the story it tells."""


@dataclass(frozen=True)
class StepKind:
    """A kind of step. `value` is what its naming key holds, `needs` the keys that it must have."""

    sentence: Text
    value: str = TEXT
    keys: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ("by",)

    @property
    def allowed(self) -> Mapping[str, str]:
        """Every key that may stand beside the naming one, with what it holds."""
        person = {"by": TEXT} if "by" in self.needs else {}
        return {**COMMON, **person, **self.keys}


_ENTERED = {"values": TABLE, "without": TEXTS}
_REFUSALS = {"refused": YES, "invalid": TEXTS}

KINDS: dict[str, StepKind] = {
    "start": StepKind(
        Text("{by}发起「{step}」", "{by} starts “{step}”"),
        keys={"as": TEXT, "party": TEXT, "variables": TABLE, **_ENTERED, **_REFUSALS},
    ),
    "complete": StepKind(
        Text("{by}完成「{step}」", "{by} completes “{step}”"),
        keys={**_ENTERED, **_REFUSALS},
    ),
    "message": StepKind(
        Text("{by}发出消息「{step}」", "{by} publishes the message “{step}”"),
        keys={"variables": TABLE, "key": TEXT, "as": TEXT},
    ),
    "advance": StepKind(Text("经过 {step}", "{step} go by"), DURATION, needs=()),
    "until": StepKind(Text("时间到 {step}", "it is {step}"), MOMENT, needs=()),
    "create": StepKind(
        Text("{by}新建{step}", "{by} creates a {step}"),
        keys={"values": TABLE, "refused": YES, "invalid": TEXTS},
        needs=("by", "values"),
    ),
    "change": StepKind(
        Text("{by}修改{step} {code}", "{by} changes the {step} {code}"),
        keys={"code": TEXT, "values": TABLE, "reason": TEXT, "refused": YES, "invalid": TEXTS},
        needs=("by", "code", "values"),
    ),
    "agree": StepKind(
        Text("{by}同意对{step} {code} 的修改", "{by} agrees to the change of the {step} {code}"),
        keys={"code": TEXT, "refused": YES},
        needs=("by", "code"),
    ),
    "reopen": StepKind(
        Text("{by}重新打开案件：{step}", "{by} reopens the case: {step}"), keys={"as": TEXT, "refused": YES}
    ),
    "merge": StepKind(
        Text(
            "{by}把案件「{step}」并入「{into}」：{reason}",
            "{by} merges the case “{step}” into “{into}”: {reason}",
        ),
        keys={"into": TEXT, "reason": TEXT, "refused": YES},
        needs=("by", "into", "reason"),
    ),
    "link": StepKind(
        Text("{by}关联案件「{step}」与「{to}」（{kind}）", "{by} links the case “{step}” to “{to}” ({kind})"),
        keys={"to": TEXT, "kind": TEXT, "reason": TEXT, "refused": YES},
        needs=("by", "to", "kind"),
    ),
    "cancel": StepKind(Text("{by}取消案件：{step}", "{by} cancels the case: {step}"), keys={"refused": YES}),
    "file": StepKind(
        Text("{by}为案件附上文件 {step}", "{by} attaches the file {step}"), keys={"content": TEXT}
    ),
    "note": StepKind(
        Text("{by}记录往来：{step}", "{by} notes: {step}"),
        keys={"kind": TEXT, "channel": TEXT, "contact": TEXT},
    ),
    "parallel": StepKind(
        Text("{workers} 人同时发起 {step} 次「{start}」", "{workers} at a time start “{start}” {step} times"),
        COUNT,
        keys={"workers": COUNT, "start": TEXT, "party": TEXT, "variables": TABLE, **_ENTERED},
        needs=("by", "workers", "start"),
    ),
}
"""Every kind by the key that names it. `as` gives the case that a step opens its name in the story."""
