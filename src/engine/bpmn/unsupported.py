"""What BPMN and Camunda 8 have and this engine does not run, in words that say what to draw instead.

The keys make the codes of findings: `unsupported_<key>`. The list is complete: a missing feature is
refused with one of these codes only.
"""

from __future__ import annotations

from typing import Final

from laneway.words import Text

UNSUPPORTED: Final[dict[str, Text]] = {
    "element": Text("不支持这种 BPMN 元素：请删除", "this BPMN element is not supported: remove it"),
    "extension": Text(
        "此处不支持这项 Camunda 8 设置：请删除", "this Camunda 8 setting is not supported here: remove it"
    ),
    "loopDataInputRef": Text(
        "多实例请填写 Camunda 8 的输入集合", "for multi-instance fill in the Camunda 8 input collection"
    ),
    "multi_instance_behavior": Text("多实例只支持行为 All", "multi-instance supports the behavior All only"),
    "script": Text(
        "不执行脚本语言：请用 FEEL 表达式（zeebe:script）或作业类型",
        "script languages are not run: use a FEEL expression (zeebe:script) or a job type",
    ),
    "parallel_event_gateway": Text(
        "不支持并行事件网关：请用排他的事件网关",
        "parallel event gateways are not supported: use an exclusive one",
    ),
    "event": Text(
        "此处不支持这种事件：请换一种事件", "this kind of event is not supported here: use another kind"
    ),
    "timer_cycle": Text(
        "此处不支持重复定时：请用时长或日期",
        "a repeating timer is not supported here: use a duration or a date",
    ),
    "data_mapping": Text(
        "不执行数据关联中的赋值：请用输入输出映射",
        "assignments in data associations are not run: use input and output mappings",
    ),
    "expression_language": Text(
        "表达式只支持 FEEL，并以 = 开头", "expressions are FEEL only and start with ="
    ),
    "listener": Text(
        "不支持监听器：请把它画成一个任务", "listeners are not supported: draw the step as a task"
    ),
    "linked_resource": Text("不支持关联资源：请删除", "linked resources are not supported: remove them"),
    "form_binding": Text(
        "表单只支持绑定最新版本：绑定方式请选 latest",
        "forms are bound to their latest version only: choose the binding latest",
    ),
    "embedded_form": Text(
        "不支持嵌入流程的表单：请另存为 .form 文件并填写表单编号",
        "forms embedded in the process are not supported: save the form as a .form file and give its id",
    ),
    "choreography": Text("不支持编排图：请画成流程", "choreographies are not supported: draw a process"),
    "globalTask": Text(
        "不支持全局任务：请在流程中画任务", "global tasks are not supported: draw the task in the process"
    ),
}

ZEEBE_UNSUPPORTED: Final = {
    "executionListeners": "listener",
    "taskListeners": "listener",
    "linkedResources": "linked_resource",
    "userTaskForm": "embedded_form",
}

BPMN_ALIASES: Final = {
    "globalChoreographyTask": "choreography",
    "globalUserTask": "globalTask",
    "globalManualTask": "globalTask",
    "globalScriptTask": "globalTask",
    "globalBusinessRuleTask": "globalTask",
    "inputDataItem": "loopDataInputRef",
    "outputDataItem": "loopDataInputRef",
    "loopDataOutputRef": "loopDataInputRef",
}
