"""One FEEL, one DMN: SpiffWorkflow brings expressions and decisions of its own, which nothing of ours can reach."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from laneway.testing import drain
from laneway.words import Resource

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
FOREIGN = ("SpiffWorkflow.dmn", "SpiffWorkflow.bpmn.script_engine", "SpiffWorkflow.operators")
DECISION = Resource(
    "size.dmn",
    b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="sizes" name="sizes" namespace="n">'
    b'<decision id="size" name="size"><decisionTable hitPolicy="FIRST">'
    b"<input><inputExpression><text>amount</text></inputExpression></input><output/>"
    b'<rule><inputEntry><text>&gt; 1000</text></inputEntry><outputEntry><text>"big"</text></outputEntry></rule>'
    b"</decisionTable></decision></definitions>",
)


def _imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


class Watch:
    """While it watches, notes what runs of Spiff's expressions and decisions, and every text run as Python."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.calls = 0

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        self.calls += 1
        file = frame.f_code.co_filename
        if event == "call" and frame.f_globals.get("__name__", "").startswith(FOREIGN):
            self.seen.add(f"{frame.f_globals['__name__']}.{frame.f_code.co_name}")
        # Named tuples and data classes of libraries are made by exec; what counts are ours and Spiff's.
        if event == "c_call" and argument in (eval, exec) and ("SpiffWorkflow" in file or "laneway" in file):
            self.seen.add(f"{argument.__name__} in {file}:{frame.f_lineno}")

    def __enter__(self) -> Watch:
        sys.setprofile(self)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_module_imports_spiffs_expressions_or_decisions_or_runs_text_as_python(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert not {name for name in _imported(tree) if name.startswith(FOREIGN)}
    called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    assert not called & {"eval", "exec", "compile"}


def test_a_case_with_every_kind_of_expression_never_enters_spiffs_own(engine, draw) -> None:
    decides = draw.node(
        "businessRuleTask", "d", extra='<zeebe:calledDecision decisionId="size" resultVariable="size"/>'
    )
    diagram = draw.process(
        draw.start(),
        draw.script("s", "=amount * 2", "double"),
        decides,
        draw.gateway("exclusive", "x", default="x_to_end"),
        draw.script(
            "many",
            "=item + 1",
            "plus",
            inner=draw.many(
                "=[1, 2]", inputElement="item", outputCollection="sums", outputElement="=plus", until="=false"
            ),
        ),
        draw.node("intermediateCatchEvent", "t", draw.timer('=duration("PT0S")')),
        draw.job("j", '="wo" + "rk"', extra=draw.mapping(inputs={"n": "=double"}, outputs={"done": "=n"})),
        draw.end(),
        draw.way("start", "s", "d", "x"),
        draw.flow("x", "many", '=size = "big"'),
        draw.flow("x", "end", id="x_to_end"),
        draw.way("many", "t", "j", "end"),
    )
    engine.deploy(draw.file(diagram), DECISION)
    with Watch() as watch:
        key = engine.start(amount=1500)
        drain()
        engine.work()
    assert engine.instance(key).state == "COMPLETED"
    assert engine.variables(key) == {
        "amount": 1500,
        "double": 3000,
        "size": "big",
        "sums": [2, 3],
        "done": 3000,
    }
    assert watch.calls > 1000
    assert not watch.seen


def test_the_watch_notices_spiffs_own_engine() -> None:
    from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine

    with Watch() as watch:
        PythonScriptEngine().environment.evaluate("1 + 1", {})
    assert any("SpiffWorkflow.bpmn.script_engine" in name for name in watch.seen)
    assert any(name.startswith("eval in") for name in watch.seen)
