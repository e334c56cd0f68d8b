"""The measurements themselves: small, on SQLite, without other engines, so that they keep working."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
IN_ANOTHER_ENVIRONMENT = {"feel_peers"}
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "bench").rglob("*.py")
    if path.stem not in IN_ANOTHER_ENVIRONMENT | {"__init__"}
)
USER_TASKS = {"single": 1, "complaint": 3, "services": 0, "jobs": 0}


@pytest.fixture(autouse=True)
def _bench_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)


@pytest.mark.parametrize("name", MODULES)
def test_every_measurement_can_be_loaded(name):
    importlib.import_module(name)


@pytest.fixture(params=["laneway", "spiff"])
def peer_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def harness(peer_name: str, sqlite_database: ModuleType) -> Iterator:
    module = importlib.import_module(f"bench.peers.{peer_name}")
    peer = module.LanewayPeer() if peer_name == "laneway" else module.SpiffPeer()
    compared = importlib.import_module("bench.peers.flows").COMPARED
    harness = importlib.import_module("bench.peers.harness").Harness(peer)
    flows = {
        name: flow.request(name, peer_name)
        for name, flow in compared.items()
        if peer_name == "laneway" or name != "jobs"
    }
    assert harness.answer({"do": "deploy", "flows": flows})["version"]
    return harness


def run(harness, flow: str, *, clients: int = 1, seconds: float = 0.05, steps: int = 0) -> dict:
    request = {"do": "run", "flow": flow, "clients": clients, "first": 0, "seconds": seconds, "steps": steps}
    return harness.answer(request)


def test_clients_run_whole_cases_and_complete_all_of_their_tasks(harness):
    for flow in harness.flows.keys() & USER_TASKS.keys():
        told = run(harness, flow)
        assert told["starts"]
        assert len(told["completions"]) == len(told["starts"]) * USER_TASKS[flow]
        assert told["cpu"] > 0
        assert told["peak_kb"] > 0


def test_steps_are_measured_in_cases_that_have_a_past(harness):
    instance = harness.answer({"do": "prepare", "flow": "loop", "cases": 2, "past": 3})["instance"]
    told = run(harness, "loop", steps=2)
    assert len(told["completions"]) == 4
    assert [task.element for task in harness.peer.open_tasks(instance)] == ["work"]


def test_clients_that_share_a_case_each_work_on_their_own_branch(harness):
    harness.answer({"do": "prepare", "flow": "shared", "cases": 1, "past": 0})
    told = run(harness, "shared", clients=2)
    assert told["completions"]
    assert len(harness.peer.open_tasks(harness.prepared[0])) == 8


def test_figures_are_set_beside_those_of_laneway():
    beside, teams = importlib.import_module("bench.beside"), importlib.import_module("bench.peers.teams")
    ours = teams.Run(2.0, 1.0, 2048, 0, [4.0] * 10, [2.0] * 10, 0.5)
    theirs = teams.Run(2.0, 2.0, 4096, 3, [4.0] * 5, [6.0] * 5, 0.5)
    measurement = beside.Measurement("single", 2)
    rows = list(beside._rows({("laneway", measurement): [ours], ("operaton", measurement): [theirs]}))
    assert rows[0]["CPU s per 1,000"] == 100
    assert rows[0]["with database"] == 150
    assert rows[1] == {
        "flow": "start, one user task, end",
        "clients": 2,
        "engine": "operaton",
        "instances/s": 2.5,
        "completions/s": 2.5,
        "p50 ms": 6.0,
        "p95 ms": 6.0,
        "p99 ms": 6.0,
        "CPU s per 1,000": 400.0,
        "with database": 500.0,
        "peak MB": 4,
        "conflicts": 3,
        "rate ÷ Laneway's": 0.5,
        "CPU ÷ Laneway's": 4.0,
        "with database ÷ Laneway's": 3.33,
    }


def test_the_page_holds_the_figures_that_are_kept():
    report = importlib.import_module("bench.report")
    text = report.PAGE.read_text("utf-8")
    assert report.page(text, report.RESULTS) == text, "run python -m bench.report"


def test_every_list_of_figures_becomes_a_table(tmp_path):
    report = importlib.import_module("bench.report")
    rows = [{"flow": "a", "engine": "x", "ms": 1200.5}]
    told = {"bench": "all", "machine": {"memory": "8 GB"}, "rows": rows, "hot": [{"s": None}]}
    (tmp_path / "some.json").write_text(json.dumps(told))
    page = report.page("<!-- figures: some -->\nold\n<!-- end -->\n", tmp_path)
    assert "memory: 8 GB" in page
    assert "**A**\n\n| engine | ms |\n|--|--|\n| x | 1,200.5 |" in page
    assert "**Hot**\n\n| s |\n|--|\n| – |" in page
    assert "old" not in page
