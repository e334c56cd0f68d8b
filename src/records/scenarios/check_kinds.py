"""What the `then` of a step or of a whole story may ask, and how each reads."""

from __future__ import annotations

from dataclasses import dataclass

from laneway.records.scenarios.step_kinds import COUNT, TABLE, TEXT, TEXTS
from laneway.words import Text


@dataclass(frozen=True)
class CheckKind:
    """One thing that is asked: what its key holds, and its name in words."""

    value: str
    name: Text


CHECKS: dict[str, CheckKind] = {
    "state": CheckKind(TEXT, Text("案件状态", "state of the case")),
    "ended_at": CheckKind(TEXT, Text("结束于", "ended at")),
    "passed": CheckKind(TEXTS, Text("经过", "passed")),
    "not_passed": CheckKind(TEXTS, Text("未经过", "not passed")),
    "open": CheckKind(TEXTS, Text("待办任务", "open tasks")),
    "due": CheckKind(TABLE, Text("到期时间", "due times")),
    "clocks": CheckKind(TABLE, Text("时钟", "clock")),
    "variables": CheckKind(TABLE, Text("变量", "variables")),
    "severity": CheckKind(TEXT, Text("严重度", "severity")),
    "owner": CheckKind(TEXT, Text("负责组", "owner")),
    "customer": CheckKind(TEXT, Text("客户", "customer")),
    "series": CheckKind(TEXT, Text("编号系列", "number series")),
    "people": CheckKind(TEXTS, Text("参与的人", "people who took part")),
    "history": CheckKind(TEXTS, Text("历史中的事件", "events in the history")),
    "mails": CheckKind(TEXTS, Text("发出的邮件", "mails sent")),
    "log": CheckKind(TEXTS, Text("往来记录", "interaction log")),
    "files": CheckKind(TEXTS, Text("附件", "files")),
    "reopened": CheckKind(COUNT, Text("重新打开次数", "times reopened")),
    "links": CheckKind(TABLE, Text("关联案件", "linked cases")),
    "duplicates": CheckKind(TEXTS, Text("疑似重复的案件", "suggested duplicates")),
    "cases": CheckKind(TABLE, Text("各案件", "the cases")),
    "case_count": CheckKind(COUNT, Text("案件数", "number of cases")),
    "reopening_rate": CheckKind(TABLE, Text("重新打开率（K11）", "reopening rate (K11)")),
    "records": CheckKind("list of tables", Text("数据记录", "records")),
    "numbers": CheckKind(TABLE, Text("编号", "numbers")),
}
"""Every check by its key, in the order in which they are made."""
