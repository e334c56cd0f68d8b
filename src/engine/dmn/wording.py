"""The words for what stands in a DMN file, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from laneway.words import Text

KINDS: Final[Mapping[str, Text]] = {
    "decisionTable": Text("决策表", "Decision table"),
    "literalExpression": Text("表达式", "Expression"),
    "context": Text("上下文", "Context"),
    "list": Text("列表", "List"),
    "relation": Text("关系表", "Relation"),
    "invocation": Text("调用", "Invocation"),
    "functionDefinition": Text("函数", "Function"),
    "conditional": Text("条件", "Conditional"),
    "filter": Text("筛选", "Filter"),
    "for": Text("逐项计算", "For each"),
    "every": Text("每一项都满足", "Every"),
    "some": Text("至少一项满足", "Some"),
}
"""Kinds of boxed expressions, in words."""

NEEDS: Final[Mapping[str, Text]] = {
    "inputData": Text("输入数据", "Input data"),
    "decision": Text("决策", "Decision"),
    "businessKnowledgeModel": Text("业务知识模型", "Business knowledge model"),
    "decisionService": Text("决策服务", "Decision service"),
}
"""Kinds of what a decision may require, in words."""

POLICIES: Final[Mapping[str, tuple[str, Text, Text]]] = {
    "UNIQUE": (
        "U",
        Text("唯一", "Unique"),
        Text("只能有一条规则成立，结果取自它", "at most one rule fits, and it gives the result"),
    ),
    "FIRST": (
        "F",
        Text("首条", "First"),
        Text("自上而下，第一条成立的规则给出结果", "from the top, the first rule that fits gives the result"),
    ),
    "PRIORITY": (
        "P",
        Text("优先", "Priority"),
        Text(
            "成立的规则中，取输出值排序最靠前的",
            "of the rules that fit, the output listed earliest is the result",
        ),
    ),
    "ANY": (
        "A",
        Text("任意", "Any"),
        Text("可有多条规则成立，但结果必须相同", "several rules may fit, but they must agree on the result"),
    ),
    "COLLECT": (
        "C",
        Text("收集", "Collect"),
        Text("收集所有成立规则的结果", "the results of all rules that fit, as a list"),
    ),
    "RULE ORDER": (
        "R",
        Text("规则顺序", "Rule order"),
        Text(
            "所有成立规则的结果，按规则顺序排列",
            "the results of all rules that fit, in the order of the rules",
        ),
    ),
    "OUTPUT ORDER": (
        "O",
        Text("输出顺序", "Output order"),
        Text(
            "所有成立规则的结果，按输出值的排序排列",
            "the results of all rules that fit, in the order of the output values",
        ),
    ),
}
"""Hit policies: the letter of the standard, the name, what it does."""

AGGREGATIONS: Final[Mapping[str, tuple[str, Text, Text]]] = {
    "SUM": ("+", Text("求和", "Sum"), Text("所有成立规则的结果之和", "the sum of all rules that fit")),
    "COUNT": ("#", Text("计数", "Count"), Text("成立的规则数", "how many rules fit")),
    "MIN": (
        "<",
        Text("最小", "Smallest"),
        Text("成立规则中最小的结果", "the smallest result of the rules that fit"),
    ),
    "MAX": (
        ">",
        Text("最大", "Largest"),
        Text("成立规则中最大的结果", "the largest result of the rules that fit"),
    ),
}
"""Aggregations of COLLECT: the sign of the standard, the name, what it gives."""

TYPES: Final[Mapping[str, Text]] = {
    "number": Text("数字", "number"),
    "string": Text("文本", "text"),
    "boolean": Text("是/否", "yes or no"),
    "date": Text("日期", "date"),
    "time": Text("时间", "time"),
    "date and time": Text("日期和时间", "date and time"),
    "days and time duration": Text("时长", "days and time duration"),
    "years and months duration": Text("年月时长", "years and months duration"),
    "list": Text("列表", "list"),
    "context": Text("上下文", "context"),
    "Any": Text("", ""),
}
"""Types of FEEL."""

PARTS: Final[Mapping[str, Text]] = {
    "if": Text("如果", "if"),
    "then": Text("那么", "then"),
    "else": Text("否则", "else"),
    "in": Text("在", "in"),
    "return": Text("得出", "return"),
    "satisfies": Text("满足", "satisfies"),
    "match": Text("条件", "match"),
}
"""Parts of conditionals, filters and loops."""
