"""Decisions as the engine deploys and evaluates them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from laneway.engine.dmn.checks import check_documents
from laneway.engine.dmn.document import Document, Element
from laneway.engine.dmn.evaluation import Evaluation, compile_logic
from laneway.engine.dmn.problems import Problems
from laneway.engine.dmn.trace import DecisionFailed, EvaluatedDecision, Trace
from laneway.engine.dmn.xmlns import children, expression_in, local
from laneway.engine.feel import Env, FeelError, FeelLimit, FeelWarning, from_feel, to_feel
from laneway.errors import NotFound, Refused
from laneway.words import Finding, Resource, Text
from laneway.xml import parse_xml


@dataclass(frozen=True)
class Decision:
    """A decision that can be called. The requirements are the graph (`definitions`) that it is part of."""

    decision_id: str
    name: Text
    requirements_id: str
    requirements_name: str
    file: str
    version_tag: str | None


class DecisionResult(NamedTuple):
    """The JSON value of a decision, all decisions on the way (required ones first), and what went wrong."""

    value: Any
    decisions: list[EvaluatedDecision]
    warnings: list[FeelWarning]


class DecisionModel:
    """Linked DMN files. Safe to share between threads."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        found = [e for d in documents for e in d.elements.values() if e.kind == "decision"]
        self._elements = {e.key: e for e in found}
        self._names = {e.key: _names_read(e) for e in found}
        self.decisions = [
            Decision(
                e.key,
                e.title,
                e.document.root.get("id") or "",
                e.document.root.get("name") or "",
                e.document.file,
                e.version_tag,
            )
            for e in found
        ]

    @cached_property
    def warnings(self) -> list[Finding]:
        """What is worth telling when the files are deployed, though they can be evaluated; checked when asked."""
        return check_documents(self._documents)

    def element(self, decision_id: str) -> Element:
        """What the file says about a decision. Raises `NotFound`."""
        element = self._elements.get(decision_id)
        if element is None:
            raise NotFound("decision_not_found", decision_id=decision_id)
        return element

    def evaluate(
        self, decision_id: str, variables: Mapping[str, Any], *, now: datetime | None = None
    ) -> DecisionResult:
        """Evaluate a decision with JSON variables, which its expressions see by name as in Camunda.

        Errors of an evaluation give null and a warning. `now` is the aware time of now() and today().
        Raises `NotFound` for an unknown decision, `DecisionFailed` when it had to be stopped.
        """
        element = self.element(decision_id)
        trace = Trace(None if now is None else lambda: now)
        try:
            return self._evaluate(element, variables, trace)
        except FeelError as error:
            stopped = trace.stopped(element.key, element.title, element.logic)
            raise DecisionFailed(error.text, trace.decisions, stopped) from error

    def _evaluate(self, element: Element, variables: Mapping[str, Any], trace: Trace) -> DecisionResult:
        try:
            names = self._names[element.key]
            known = {name: to_feel(variables[name], trace) for name in names if name in variables}
            value = Evaluation(known, trace, Env(known, None, trace)).value(element)
            return DecisionResult(from_feel(value, trace), trace.decisions, trace.warnings)
        except RecursionError:
            raise FeelLimit("the decision is nested too deeply", "决策嵌套过深") from None


class Linkage(NamedTuple):
    """How a DMN file is called, and the namespaces that it imports."""

    requirements_id: str
    requirements_name: str
    namespace: str
    imports: list[str]


def read_linkage(resource: Resource) -> Linkage:
    """The linkage of a file, which need not be right otherwise. Raises `Refused` when it is no DMN at all."""
    root = read_document(resource).root
    requirements_id = root.get("id") or resource.name
    imports = [x.get("namespace") or "" for x in children(root, "import")]
    return Linkage(requirements_id, root.get("name") or requirements_id, root.get("namespace") or "", imports)


def read_decisions(resources: Sequence[Resource]) -> DecisionModel:
    """Read DMN files that are deployed together; imports are looked up among them.

    Raises `Refused` with all that is wrong: XML that is refused (codes of `parse_xml`), `not_dmn`,
    `bad_expression`, `expression_language`, `external_function`, `unknown_type`, `unknown_import`,
    `unknown_reference`, `circular_requirement`, `no_logic`, `no_id`, `duplicate_decision`,
    `unknown_hit_policy`, `uneven_rule`, `unnamed_output`.
    """
    findings: list[Finding] = []
    documents: list[Document] = []
    for resource in resources:
        try:
            documents.append(read_document(resource))
        except Refused as refused:
            findings += refused.findings
    link(documents, is_open=True)
    for document in documents:
        _check(document)
    _check_ids(documents)
    findings += [finding for document in documents for finding in document.problems.findings]
    if findings:
        raise Refused(findings)
    return DecisionModel(documents)


def read_document(resource: Resource) -> Document:
    """One file, not yet linked. Raises `Refused` when it is no DMN at all."""
    root = parse_xml(resource.content, resource.name)
    if local(root) != "definitions":
        message = Text("不是 DMN 1.1–1.5 文件", "this is no DMN 1.1 to 1.5 file")
        raise Refused([Finding("not_dmn", message, resource.name, root.get("id"))])
    return Document(root, resource.name, Problems(resource.name))


def link(documents: Sequence[Document], *, is_open: bool) -> None:
    """Connect files and compile their logic. `is_open`: in the manner of Camunda, see `Evaluation`."""
    for document in documents:
        document.link(documents)
    for document in documents:
        compile_logic(document, is_open)


def _check(document: Document) -> None:
    problems = document.problems
    document.types.check_all()
    for e in document.elements.values():
        for reference in e.references():
            if document.find(reference.get("href")) is None:
                problems.add(
                    "unknown_reference",
                    reference,
                    f"requires {reference.get('href')!r}, which is not there",
                    f"引用的 {reference.get('href')!r} 不存在",
                )
        if e.kind != "decision":
            continue
        if not e.xml.get("id"):
            problems.add("no_id", e.xml, f"the decision {e.name!r} has no id", f"决策 {e.name!r} 没有 id")
        if expression_in(e.xml) is None:
            problems.add(
                "no_logic", e.xml, "the decision has no table or expression", "决策没有决策表或表达式"
            )
        if _requires_itself(e):
            problems.add(
                "circular_requirement", e.xml, "the decision requires itself in a circle", "决策循环依赖自身"
            )


def _names_read(start: Element) -> frozenset[str]:
    """The names that a decision and all that it requires may look at; nothing else needs conversion."""
    seen, todo, names = {start}, [start], set[str]()
    while todo:
        e = todo.pop()
        names |= e.free | ({e.name, e.variable} if e.kind == "inputData" else set())
        for _, r in e.required:
            if r not in seen:
                seen.add(r)
                todo.append(r)
    return frozenset(names)


def _requires_itself(start: Element) -> bool:
    """Whether a decision is among the decisions that it requires, however indirectly."""
    seen: set[Element] = set()
    todo = [start]
    while todo:
        for _, r in todo.pop().required:
            if r is start:
                return True
            if r not in seen:
                seen.add(r)
                todo.append(r)
    return False


def _check_ids(documents: Iterable[Document]) -> None:
    """Decisions are called by id alone: two of one id in a deployment cannot be told apart."""
    seen: set[str] = set()
    for document in documents:
        for xml in (x for x in document.root if local(x) == "decision" and x.get("id")):
            decision_id = xml.get("id")
            if decision_id in seen:
                document.problems.add(
                    "duplicate_decision",
                    xml,
                    f"there are two decisions with the id {decision_id!r}",
                    f"有两个决策使用了 id {decision_id!r}",
                )
            seen.add(decision_id)
