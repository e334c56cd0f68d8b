"""Walks the XML of a diagram and refuses what is not in the vocabulary, at the nearest element with an id."""

from __future__ import annotations

from collections import Counter
from typing import Final

from lxml import etree

from laneway.engine.bpmn import vocabulary
from laneway.engine.bpmn.model import FLOW_NODES
from laneway.engine.bpmn.unsupported import BPMN_ALIASES, UNSUPPORTED, ZEEBE_UNSUPPORTED
from laneway.engine.bpmn.xmlns import (
    BPMN,
    CAMUNDA_7,
    EXTENSIONS,
    TIMERS,
    ZEEBE,
    attribute,
    finding_at,
    tag_of,
)
from laneway.words import Finding, Severity, Text

_EXPRESSIONS: Final = frozenset(
    {
        *("conditionExpression", "completionCondition", "activationCondition", "condition"),
        *("loopCondition", "loopCardinality"),
    }
)

_MOST_TOKENS: Final = 1000
_LOOPS: Final = frozenset({"standardLoopCharacteristics", "multiInstanceLoopCharacteristics"})


def inspect(root: etree._Element, file: str) -> list[Finding]:
    """What in a file is not part of the dialect. `root` is its outermost element, `file` the name to show."""
    if tag_of(root) != "definitions":
        words = Text(
            "这不是 BPMN 文件：根元素应为 definitions，请导出为 BPMN 2.0 XML",
            "this is no BPMN file: the root should be definitions; export it as BPMN 2.0 XML",
        )
        return [Finding("not_bpmn", words, file, attribute(root, "id"))]
    inspector = _Inspector(file)
    inspector.definitions(root)
    return inspector.found


class _Inspector:
    """Walks a file from the top and collects what it meets."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Finding] = []

    def definitions(self, root: etree._Element) -> None:
        """The top of the file, its executable processes, and the ids."""
        for child in root:
            tag = tag_of(child)
            if tag and tag not in vocabulary.IN_DEFINITIONS:
                self.unsupported(child, tag)
            elif tag in ("message", "signal", "error", "escalation"):
                self.extensions(child, tag)
        processes = list(root.iterchildren(BPMN + "process"))
        executable = [process for process in processes if process.get("isExecutable") != "false"]
        if not executable:
            self.add(
                "no_executable_process",
                processes[0] if processes else root,
                "文件中没有可执行的流程：在流程属性中勾选“可执行”",
                "no process in this file is executable: tick “Executable” in its properties",
            )
        self.duplicates(root)
        for process in executable:
            self.needs_id(process)
            self.element(process, "process")

    def duplicates(self, root: etree._Element) -> None:
        """An id must mean one element."""
        counted = Counter(str(e.get("id")) for e in root.iter(BPMN + "*") if e.get("id"))
        doubled = {element_id for element_id, count in counted.items() if count > 1}
        for element in root.iter(BPMN + "*"):
            element_id = str(element.get("id") or "")
            if element_id in doubled:
                doubled.discard(element_id)
                self.add(
                    "duplicate_id",
                    element,
                    f"编号 {element_id} 用了 {counted[element_id]} 次：给每个元素不同的编号",
                    f"the id {element_id} is used {counted[element_id]} times: give each element its own",
                )

    def element(self, element: etree._Element, tag: str) -> None:
        """One element that is understood, and everything inside it."""
        allowed = vocabulary.CHILDREN.get(tag)
        self.attributes(element)
        self.extensions(element, tag)
        for child in element:
            inner = tag_of(child)
            if not inner or inner in vocabulary.DRAWN:
                continue
            if allowed is not None and inner not in allowed:
                self.unsupported(child, inner)
            if inner in ("dataInputAssociation", "dataOutputAssociation"):
                self.data_association(child)
            elif inner == "ioSpecification":
                self.data_specification(child)
            elif inner in _EXPRESSIONS:
                self.expression(child)
            elif inner == "timerEventDefinition":
                self.timer(child)
            if inner in FLOW_NODES or inner == "sequenceFlow":
                self.needs_id(child)
            if inner in vocabulary.CHILDREN or inner.endswith("EventDefinition"):
                self.element(child, inner)

    def attributes(self, element: etree._Element) -> None:
        """Attributes whose value would change what is executed."""
        for name, (harmless, feature) in vocabulary.ONLY_VALUE.items():
            value = element.get(name)
            if value is not None and value != harmless:
                self.feature(feature, element)
        for qualified in map(str, element.attrib):
            name = qualified.removeprefix(ZEEBE)
            if name != qualified and not (
                name.startswith("modelerTemplate") or name in vocabulary.EVENT_VARIABLES
            ):
                self.extension(element, name)

        if sum(tag_of(child) in _LOOPS for child in element) > 1:
            self.add(
                "loop_ambiguous",
                element,
                "任务不能同时有标准循环和多实例：请删除一个",
                "an activity cannot have both a standard loop and multi-instance: remove one",
            )
        for name in ("startQuantity", "completionQuantity", "loopMaximum"):
            text = str(element.get(name) or "1").strip()
            least = 0 if name == "loopMaximum" else 1
            if not (text.isascii() and text.isdecimal() and least <= int(text) <= _MOST_TOKENS):
                self.add(
                    "quantity",
                    element,
                    f"{name} 应为 {least} 到 {_MOST_TOKENS} 的整数",
                    f"{name} should be a whole number from {least} to {_MOST_TOKENS}",
                )

    def extensions(self, element: etree._Element, tag: str) -> None:
        """The `zeebe:` extension elements here; those of other makers are left alone."""
        allowed = vocabulary.EXTENSIONS.get(tag, frozenset({"properties"}))
        seventh = any(str(name).startswith(CAMUNDA_7) for name in element.attrib)
        for child in element.iterfind(EXTENSIONS + "/*"):
            name = str(child.tag).removeprefix(ZEEBE)
            seventh = seventh or str(child.tag).startswith(CAMUNDA_7)
            if name == child.tag:
                continue
            if name not in allowed:
                self.extension(element, name)
                continue
            self.extension_attributes(element, child, name)
            for grandchild in child:
                inner = str(grandchild.tag).removeprefix(ZEEBE)
                if inner in vocabulary.INNER.get(name, set()):
                    self.extension_attributes(element, grandchild, inner)
                else:
                    self.extension(element, inner)
        if seventh:
            self.add(
                "camunda_7_extension",
                element,
                "Camunda 7 的扩展不会执行：请改用 Camunda 8（zeebe）的设置",
                "extensions of Camunda 7 are not run: use the Camunda 8 (zeebe) settings instead",
                Severity.WARNING,
            )

    def extension_attributes(self, element: etree._Element, child: etree._Element, name: str) -> None:
        """An extension element may only say what the engine reads."""
        understood = vocabulary.ATTRIBUTES.get(name, frozenset())
        for said in map(str, child.attrib):
            if not said.startswith("{") and said not in understood:
                self.extension(element, f"{name}/{said}")

    def data_association(self, element: etree._Element) -> None:
        """A plain association only draws; one that copies data would have to be executed."""
        if element.find(BPMN + "assignment") is not None or element.find(BPMN + "transformation") is not None:
            self.feature("data_mapping", element)

    def data_specification(self, element: etree._Element) -> None:
        """Inputs and outputs listed the BPMN way do not limit what a task sees, so say so."""
        if element.find(BPMN + "dataInput") is not None or element.find(BPMN + "dataOutput") is not None:
            self.add(
                "data_specification",
                element,
                "BPMN 的数据输入输出（ioSpecification）只是绘图，不会执行：变量请用输入输出映射",
                "inputs and outputs of BPMN (ioSpecification) are only drawn: use input and output mappings",
                Severity.WARNING,
            )

    def expression(self, element: etree._Element) -> None:
        """Expressions are FEEL; one in another language would be misread."""
        language = str(element.get("language") or "").lower()
        if (
            language
            and "feel" not in language
            and not "".join(map(str, element.itertext())).strip().startswith("=")
        ):
            self.feature("expression_language", element)

    def timer(self, element: etree._Element) -> None:
        """A timer is a duration, a date or a repetition, and only one of them."""
        if sum(tag_of(child) in TIMERS for child in element) > 1:
            self.add(
                "timer_ambiguous",
                element,
                "定时事件只能填写时长、日期、重复三者之一",
                "a timer has either a duration, a date or a repetition: keep one of them",
            )

    def needs_id(self, element: etree._Element) -> None:
        """The engine and its history know an element by its id."""
        if not element.get("id"):
            self.add(
                "missing_id",
                element,
                f"{tag_of(element)} 没有编号（id）：请给它一个",
                f"a {tag_of(element)} has no id: give it one",
            )

    def unsupported(self, element: etree._Element, tag: str) -> None:
        """A BPMN element the engine does not run."""
        feature = BPMN_ALIASES.get(tag, tag)
        self.feature(feature if feature in UNSUPPORTED else "element", element)

    def extension(self, element: etree._Element, name: str) -> None:
        """A `zeebe:` extension the engine does not read at this place."""
        feature = ZEEBE_UNSUPPORTED.get(name)
        if feature is not None:
            self.feature(feature, element)
            return
        zh, en = UNSUPPORTED["extension"]
        self.add("unsupported_extension", element, f"zeebe:{name}：{zh}", f"zeebe:{name}: {en}")

    def feature(self, feature: str, element: etree._Element) -> None:
        """Refuse a named feature."""
        zh, en = UNSUPPORTED[feature]
        if feature == "element":
            zh, en = f"{tag_of(element)}：{zh}", f"{tag_of(element)}: {en}"
        self.add(f"unsupported_{feature}", element, zh, en)

    def add(
        self, code: str, element: etree._Element, zh: str, en: str, severity: Severity = Severity.ERROR
    ) -> None:
        """Note a finding here."""
        self.found.append(finding_at(element, code, Text(zh, en), self.file, severity))
