"""Rules that a reader of the code may rely on."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
HANDLERS = sorted((ROOT / "processes").glob("*/handlers.py"))
MAX_FILE, MAX_FUNCTION = 400, 60


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported_modules(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_files_and_functions_are_short_enough_to_read(path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= MAX_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= MAX_FUNCTION, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_only_the_database_module_ends_transactions(path):
    if path.parent == ROOT / "src/engine/database":
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in ("commit", "rollback"), f"line {node.lineno}"


def test_catching_everything_is_left_to_the_worker_and_the_error_page():
    found = {
        name_of(path)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and "Exception" in node.type.id))
        and (node.type is None or node.type.id in ("Exception", "BaseException"))
    }
    assert found <= {"src/tasks/worker.py", "src/web/errors.py"}


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=name_of)
def test_exceptions_from_the_checkers_give_code_and_reason(path):
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        for mark in ("# type: " + "ignore", "# no" + "qa"):
            if mark in line:
                told = line.split(mark, 1)[1]
                assert told.startswith(("[", ": ")), f"line {number}: which rule?"
                assert " - " in told or "  # " in told, f"line {number}: why?"


def test_the_package_list_names_every_folder():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    folders = {
        ".".join(["laneway", *path.parent.relative_to(ROOT / "src").parts])
        for path in SOURCES
        if path.name == "__init__.py"
    }
    assert set(project["tool"]["setuptools"]["packages"]) == folders


@pytest.mark.parametrize("path", HANDLERS, ids=name_of)
def test_handlers_of_processes_use_only_what_is_offered_to_them(path):
    ours = {name for name in imported_modules(ast.parse(path.read_text("utf-8"))) if "laneway" in name}
    assert ours <= {"laneway.tasks"}


@pytest.mark.parametrize("path", [*SOURCES, *TESTS, *HANDLERS], ids=name_of)
def test_nothing_imports_the_source_folder_by_its_own_name(path):
    modules = imported_modules(ast.parse(path.read_text("utf-8")))
    assert not [name for name in modules if name.split(".")[0] == "src"]


@pytest.mark.parametrize("folder", ["src", "tests", "bench"])
def test_every_module_with_code_tells_what_it_is_for(folder):
    for path in sorted((ROOT / folder).rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        if folder != "tests" and tree.body:
            assert ast.get_docstring(tree), name_of(path)
