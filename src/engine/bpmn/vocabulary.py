"""The part of BPMN and of the Camunda 8 extensions that the engine gives a meaning to.

Everything else in an executable process is refused, never ignored. Shapes that only draw (notes, groups, data
objects, message flows) are named here too, as allowed.
"""

from __future__ import annotations

from typing import Final

from laneway.engine.bpmn.model import EVENTS, FLOW_NODES, GATEWAYS, LEVELS, TASKS

DRAWN: Final = frozenset({"documentation", "extensionElements"})
_ON_NODE = DRAWN | {"incoming", "outgoing", "property"}
_ON_ACTIVITY = _ON_NODE | {
    "ioSpecification",
    "dataInputAssociation",
    "dataOutputAssociation",
    "multiInstanceLoopCharacteristics",
    "standardLoopCharacteristics",
}
_KINDS = (
    *("message", "timer", "signal", "error", "escalation"),
    *("compensate", "link", "terminate", "conditional", "cancel"),
)
_ON_EVENT = _ON_NODE | {
    "eventDefinition",
    "eventDefinitionRef",
    *(kind + "EventDefinition" for kind in _KINDS),
    *("dataInput", "dataOutput", "inputSet", "outputSet", "dataInputAssociation", "dataOutputAssociation"),
}
_IN_LEVEL = FLOW_NODES | {
    *("sequenceFlow", "laneSet", "association", "textAnnotation", "group"),
    *("dataObject", "dataObjectReference", "dataStoreReference", "property"),
}
CHILDREN: Final[dict[str, frozenset[str]]] = {
    "process": DRAWN | _IN_LEVEL | {"ioSpecification"},
    "sequenceFlow": DRAWN | {"conditionExpression"},
    "multiInstanceLoopCharacteristics": DRAWN | {"completionCondition", "loopCardinality"},
    "standardLoopCharacteristics": DRAWN | {"loopCondition"},
    "conditionalEventDefinition": DRAWN | {"condition"},
    **dict.fromkeys(TASKS | {"callActivity"}, _ON_ACTIVITY),
    **dict.fromkeys(LEVELS, _ON_ACTIVITY | _IN_LEVEL),
    **dict.fromkeys(EVENTS, _ON_EVENT),
    **dict.fromkeys(GATEWAYS, _ON_NODE),
    "complexGateway": _ON_NODE | {"activationCondition"},
    "adHocSubProcess": _ON_ACTIVITY | _IN_LEVEL | {"completionCondition"},
}
IN_DEFINITIONS: Final = DRAWN | {
    *("process", "collaboration", "message", "signal", "error", "escalation"),
    *(kind + "EventDefinition" for kind in _KINDS),
    *("import", "itemDefinition", "dataStore", "category", "interface", "endPoint", "resource"),
    *("partnerEntity", "partnerRole", "relationship", "correlationProperty"),
}

_MAPPINGS = frozenset({"properties", "ioMapping"})
_JOB = _MAPPINGS | {"taskDefinition", "taskHeaders"}
_JOB_TASK = _JOB | {"jobPriorityDefinition"}
_USER_TASK = _MAPPINGS | {
    *("userTask", "assignmentDefinition", "taskSchedule", "priorityDefinition", "formDefinition"),
    "taskHeaders",
}
EXTENSIONS: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(FLOW_NODES - GATEWAYS, _MAPPINGS),
    "userTask": _USER_TASK,
    "serviceTask": _JOB_TASK,
    "sendTask": _JOB_TASK,
    "scriptTask": _JOB_TASK | {"script"},
    "businessRuleTask": _JOB_TASK | {"calledDecision"},
    "intermediateThrowEvent": _JOB,
    "endEvent": _JOB,
    "startEvent": _MAPPINGS | {"formDefinition"},
    "callActivity": _MAPPINGS | {"calledElement"},
    "adHocSubProcess": _MAPPINGS | {"adHoc"},
    "process": frozenset({"properties", "versionTag", "jobPriorityDefinition"}),
    "multiInstanceLoopCharacteristics": frozenset({"loopCharacteristics"}),
    "message": frozenset({"properties", "subscription"}),
}
ATTRIBUTES: Final[dict[str, frozenset[str]]] = {
    "taskDefinition": frozenset({"type", "retries"}),
    "assignmentDefinition": frozenset({"assignee", "candidateGroups", "candidateUsers"}),
    "taskSchedule": frozenset({"dueDate", "followUpDate"}),
    "priorityDefinition": frozenset({"priority"}),
    "jobPriorityDefinition": frozenset({"priority"}),
    "formDefinition": frozenset({"formId", "formKey", "externalReference", "bindingType", "versionTag"}),
    "input": frozenset({"source", "target"}),
    "output": frozenset({"source", "target"}),
    "header": frozenset({"key", "value"}),
    "property": frozenset({"name", "value"}),
    "script": frozenset({"expression", "resultVariable"}),
    "calledDecision": frozenset({"decisionId", "resultVariable", "bindingType", "versionTag"}),
    "calledElement": frozenset(
        {
            *("processId", "bindingType", "versionTag"),
            *("propagateAllChildVariables", "propagateAllParentVariables"),
        }
    ),
    "loopCharacteristics": frozenset(
        {"inputCollection", "inputElement", "outputCollection", "outputElement"}
    ),
    "adHoc": frozenset({"activeElementsCollection", "outputCollection", "outputElement"}),
    "subscription": frozenset({"correlationKey"}),
    "versionTag": frozenset({"value"}),
}
INNER: Final = {"ioMapping": {"input", "output"}, "taskHeaders": {"header"}, "properties": {"property"}}
EVENT_VARIABLES: Final = {
    "errorCodeVariable",
    "errorMessageVariable",
    "escalationCodeVariable",
}
ONLY_VALUE: Final = {
    "eventGatewayType": ("Exclusive", "parallel_event_gateway"),
    "behavior": ("All", "multi_instance_behavior"),
}
"""Attribute: the one value that changes nothing, and the feature that any other value asks for."""
