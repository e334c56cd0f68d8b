"""How the executor leans on SpiffWorkflow: by named private names, without patches, pinned to the minor version."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.specs.StartTask import StartTask
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
from SpiffWorkflow.task import Task

from laneway.engine import spiff

ROOT = Path(__file__).parents[3]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
PACKAGE = ROOT / "src" / "engine" / "spiff"
CLASSES = {
    one.__name__: one for one in (Task, BpmnTaskSpec, StartTask, WorkflowSpec, BpmnWorkflow, BpmnSubWorkflow)
}


def offered(cls: type) -> set[str]:
    """Private names of a class: of methods, and of what its constructors set."""
    found = {name for name in dir(cls) if name.startswith("_") and not name.startswith("__")}
    for base in cls.__mro__[:-1]:
        found |= set(re.findall(r"self\.(_[a-z]\w*)\s*=[^=]", inspect.getsource(base)))
    return found


def listed() -> set[tuple[str, str]]:
    """Class and name, as the docstring of the package lists them."""
    found: set[tuple[str, str]] = set()
    for cls, names in re.findall(r"^- `(\w+)`: (.+?)(?=^- |^\S|\Z)", spiff.__doc__ or "", re.M | re.S):
        found |= {(cls, name) for name in re.findall(r"`(_\w+)`", names)}
    return found


def touched(tree: ast.AST) -> set[str]:
    """Private names that a module reads, calls, sets or defines on a class."""
    found = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for cls in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        found |= {node.name for node in cls.body if isinstance(node, ast.FunctionDef)}
    return {name for name in found if name.startswith("_") and not name.startswith("__")}


def test_the_private_names_of_spiffworkflow_in_use_are_those_listed_and_exist() -> None:
    everything = set().union(*map(offered, CLASSES.values()))
    used = set().union(*(touched(ast.parse(path.read_text("utf-8"))) for path in PACKAGE.glob("*.py")))
    assert used & everything == {name for _, name in listed()}
    assert not {(cls, name) for cls, name in listed() if name not in offered(CLASSES[cls])}


def _spiff_names(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("SpiffWorkflow"):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {a.asname or "SpiffWorkflow" for a in node.names if a.name.startswith("SpiffWorkflow")}
    return names


def _base(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_of_spiffworkflow_is_patched_and_only_the_executor_imports_it(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    theirs = _spiff_names(tree)
    assert not theirs or path.parent == PACKAGE
    for node in ast.walk(tree):
        targets: list[ast.AST] = []
        if isinstance(node, ast.Assign | ast.Delete):
            targets = [target for target in node.targets if isinstance(target, ast.Attribute | ast.Subscript)]
        elif isinstance(node, ast.AugAssign | ast.AnnAssign) and not isinstance(node.target, ast.Name):
            targets = [node.target]
        elif isinstance(node, ast.Call) and _base(node.func) in ("setattr", "delattr"):
            targets = node.args[:1]
        assert not {_base(target) for target in targets} & theirs, f"line {node.lineno}"


SAME = """
import sys, importlib
for name in sys.argv[1:]:
    importlib.import_module(name)
theirs = [name for name in sys.modules if name.startswith("SpiffWorkflow")]
def all_of():
    for name in theirs:
        for key, value in vars(sys.modules[name]).items():
            if isinstance(value, type):
                yield from ((name, key, inner, id(one)) for inner, one in vars(value).items() if inner[:2] != "__")
            elif callable(value):
                yield name, key, id(value)
before = set(all_of())
import laneway.cli, laneway.web, laneway.engine.spiff.state
assert set(all_of()) == before
print(len(before))
"""


def test_importing_the_product_leaves_every_name_of_spiffworkflow_as_it_was() -> None:
    modules = {one.__module__ for cls in CLASSES.values() for one in cls.__mro__[:-1]}
    told = subprocess.run([sys.executable, "-c", SAME, *modules], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert int(told.stdout) > 500


def test_spiffworkflow_is_pinned_to_the_minor_version_that_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (pin,) = [one for one in project["dependencies"] if one.lower().startswith("spiffworkflow")]
    assert re.fullmatch(r"SpiffWorkflow==\d+\.\d+\.\*", pin)
    assert version("SpiffWorkflow").startswith(pin.removeprefix("SpiffWorkflow==").removesuffix("*"))
