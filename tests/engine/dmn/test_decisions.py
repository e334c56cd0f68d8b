"""Decisions by the standard: hit policies, boxed expressions, services, imports, types."""

from __future__ import annotations

from html import escape
from typing import Any

import pytest

from laneway.engine.dmn.decisions import link, read_document
from laneway.engine.dmn.evaluation import evaluate_element
from laneway.engine.feel import Meter, from_feel
from laneway.words import Resource

NS15 = "https://www.omg.org/spec/DMN/20230324/MODEL/"
NS11 = "http://www.omg.org/spec/DMN/20151101/dmn.xsd"
INPUT = '<inputData id="v" name="v"><variable name="v" typeRef="number"/></inputData>'


def model(body: str, ns: str = NS15, namespace: str = "n") -> bytes:
    return (
        f'<definitions xmlns="{ns}" xmlns:feel="f" namespace="{namespace}" name="m" id="d">{body}</definitions>'
    ).encode()


def literal(text: str) -> str:
    return f"<literalExpression><text>{escape(text)}</text></literalExpression>"


def decision(name: str, body: str, requires: str = "", type_ref: str = "") -> str:
    typed = f' typeRef="{type_ref}"' if type_ref else ""
    return f'<decision id="{name}" name="{name}"><variable name="{name}"{typed}/>{requires}{body}</decision>'


def needs(kind: str, key: str) -> str:
    return f'<informationRequirement><required{kind} href="#{key}"/></informationRequirement>'


def knows(href: str) -> str:
    return f'<knowledgeRequirement><requiredKnowledge href="{href}"/></knowledgeRequirement>'


def value(
    files: bytes | dict[str, bytes],
    name: str,
    inputs: dict[str, Any] | None = None,
    kind: str = "decision",
) -> Any:
    if isinstance(files, bytes):
        files = {"main": files}
    documents = [read_document(Resource(file, content)) for file, content in files.items()]
    link(documents, is_open=False)
    element = documents[0].named(kind, name)
    assert element is not None
    return from_feel(evaluate_element(element, inputs or {}, Meter()))


LISTED = '<output name="o" typeRef="string"><outputValues><text>"x","y","z"</text></outputValues></output>'
PLAIN = '<output name="o"/>'
TWO = (
    '<output name="o"><outputValues><text>"x","y"</text></outputValues></output>'
    '<output name="p"><outputValues><text>1,2</text></outputValues></output>'
)
RULES = [("<10", '"z"'), ("<20", '"x"'), ("[5..15]", '"y"'), ("not(<100)", '"x"')]
NUMBERS = [(">0", "3"), (">5", "1"), (">9", "8")]


def hit(
    policy: str, v: Any, rules: list[tuple[str, ...]] | Any = None, outputs: str = LISTED, more: str = ""
) -> Any:
    rows = "".join(
        f"<rule><inputEntry><text>{escape(test)}</text></inputEntry>"
        + "".join(f"<outputEntry><text>{out}</text></outputEntry>" for out in outs)
        + "</rule>"
        for test, *outs in rules or RULES
    )
    table = (
        f'<decisionTable hitPolicy="{policy}" {more}><input>'
        '<inputExpression typeRef="number"><text>v</text></inputExpression></input>'
        f"{outputs}{rows}</decisionTable>"
    )
    return value(model(INPUT + decision("D", table, needs("Input", "v"))), "D", {"v": v})


@pytest.mark.parametrize(
    ("policy", "v", "result"),
    [
        ("UNIQUE", 17, "x"),
        ("UNIQUE", 7, None),
        ("UNIQUE", 200, "x"),
        ("UNIQUE", 50, None),
        ("FIRST", 7, "z"),
        ("PRIORITY", 7, "x"),
        ("ANY", 7, None),
        ("ANY", 17, "x"),
        ("COLLECT", 7, ["z", "x", "y"]),
        ("RULE ORDER", 7, ["z", "x", "y"]),
        ("OUTPUT ORDER", 7, ["x", "y", "z"]),
        ("COLLECT", 50, []),
        ("FIRST", None, None),
        ("FIRST", "text", None),
    ],
)
def test_a_hit_policy_picks_its_rules(policy: str, v: Any, result: Any) -> None:
    assert hit(policy, v) == result


@pytest.mark.parametrize(("how", "result"), [("SUM", 12), ("COUNT", 3), ("MIN", 1), ("MAX", 8)])
def test_collect_aggregates(how: str, result: int) -> None:
    assert hit("COLLECT", 10, NUMBERS, PLAIN, f'aggregation="{how}"') == result


@pytest.mark.parametrize(("how", "result"), [("SUM", None), ("COUNT", 0), ("MIN", None), ("MAX", None)])
def test_aggregates_of_nothing(how: str, result: int | None) -> None:
    assert hit("COLLECT", -1, NUMBERS, PLAIN, f'aggregation="{how}"') == result


def test_earlier_outputs_weigh_more_in_priority() -> None:
    rules = [("-", '"y"', "1"), ("-", '"x"', "2"), ("-", '"x"', "1")]

    assert hit("PRIORITY", 1, rules, TWO) == {"o": "x", "p": 1}


def test_the_default_output_stands_in_when_no_rule_matches() -> None:
    default = '<output name="o"><defaultOutputEntry><text>"none"</text></defaultOutputEntry></output>'

    assert hit("UNIQUE", 50, outputs=default) == "none"
    assert hit("COLLECT", 50, outputs=default) == ["none"]


def test_boxed_conditionals_and_loops() -> None:
    conditional = f"<if>{literal('1 < 2')}</if><then>{literal('7')}</then><else>{literal('8')}</else>"
    assert value(model(decision("D", f"<conditional>{conditional}</conditional>")), "D") == 7

    def loop(kind: str, source: str, part: str, body: str) -> Any:
        inner = f"<in>{literal(source)}</in><{part}>{literal(body)}</{part}>"
        return value(model(decision("D", f'<{kind} iteratorVariable="e">{inner}</{kind}>')), "D")

    assert loop("every", "[1,2]", "satisfies", "e > 0") is True
    assert loop("some", "[1,2]", "satisfies", "e > 2") is False
    assert loop("for", "1..3", "return", "e * 2") == [2, 4, 6]
    filtered = f"<filter><in>{literal('[1,2,3]')}</in><match>{literal('item > 1')}</match></filter>"
    assert value(model(decision("D", filtered)), "D") == [2, 3]


def test_boxed_contexts_lists_relations_and_invocations() -> None:
    def entry(name: str, body: str) -> str:
        return f'<contextEntry><variable name="{name}"/>{body}</contextEntry>'

    double = f'<functionDefinition><formalParameter name="p"/>{literal("p * 2")}</functionDefinition>'
    call = f'<invocation>{literal("f")}<binding><parameter name="p"/>{literal("net total + 1")}</binding></invocation>'
    context = entry("net total", literal("4")) + entry("f", double) + entry("r", call)
    body = f"<context>{context}<contextEntry>{literal('r')}</contextEntry></context>"
    assert value(model(decision("D", body)), "D") == 10

    relation = (
        f'<relation><column name="a b"/><column name="c"/><row>{literal("1")}{literal("2")}</row></relation>'
    )
    assert value(model(decision("D", relation)), "D") == [{"a b": 1, "c": 2}]
    assert value(model(decision("D", f"<list>{literal('1')}{literal('2')}</list>")), "D") == [1, 2]


def test_services_and_knowledge_models_are_called_as_functions() -> None:
    body = (
        '<inputData id="i" name="In"><variable name="In" typeRef="number"/></inputData>'
        + decision("Half", literal("In / 2"), needs("Input", "i"))
        + decision("Out", literal("Half + 1"), needs("Decision", "Half"))
        + '<decisionService id="s" name="Svc"><variable name="Svc"/><outputDecision href="#Out"/>'
        '<encapsulatedDecision href="#Half"/><inputData href="#i"/></decisionService>'
        '<businessKnowledgeModel id="b" name="twice"><variable name="twice" typeRef="number"/>'
        f'<encapsulatedLogic><formalParameter name="p" typeRef="number"/>{literal("p * 2")}</encapsulatedLogic>'
        "</businessKnowledgeModel>"
        + decision("Call", literal("Svc(8) + twice(p: 3)"), knows("#s") + knows("#b"))
    )

    assert value(model(body), "Call") == 11
    assert value(model(body), "Svc", {"In": 4}, "decisionService") == 3


def test_imports_bring_functions_and_types() -> None:
    library = model(
        '<itemDefinition name="tPos"><typeRef>number</typeRef><allowedValues><text>&gt;0</text></allowedValues>'
        '</itemDefinition><businessKnowledgeModel id="b" name="add one"><variable name="add one"/>'
        f'<encapsulatedLogic><formalParameter name="p" typeRef="tPos"/>{literal("p + 1")}</encapsulatedLogic>'
        "</businessKnowledgeModel>",
        namespace="lib",
    )
    main = model(
        f'<import name="the lib" namespace="lib" importType="{NS15}"/>'
        + decision("D", literal("the lib.add one(4)"), knows("lib#b"), "the lib.tPos")
        + decision("E", literal("-1"), "", "the lib.tPos")
    )

    assert value({"main": main, "library": library}, "D") == 5
    assert value({"main": main, "library": library}, "E") is None


def test_old_files_are_read() -> None:
    old = model(
        '<itemDefinition name="tList" isCollection="true"><typeRef>feel:number</typeRef></itemDefinition>'
        + decision("D", literal("[1,2]"), "", "tList")
        + decision("F", literal('["a"]'), "", "tList"),
        NS11,
    )

    assert value(old, "D") == [1, 2]
    assert value(old, "F") is None


def test_only_what_is_required_is_seen() -> None:
    assert value(model(INPUT + decision("D", literal("v"))), "D", {"v": 1}) is None
