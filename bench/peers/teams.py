"""The processes of each engine: fetched, built, started, asked. What one answers is added to what the others answer."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.peers.flows import COMPARED

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "peers"
JAVA_ENGINES = {"operaton": "bench.OperatonPeer", "flowable": "bench.FlowablePeer"}
HEAP = "-Xmx512m"
"""Of each Java engine: enough that collecting garbage costs them next to nothing here."""

MOST_SECONDS = 300
"""For one answer; an engine that hangs must not hold up the others for ever."""


@dataclass(frozen=True)
class Engine:
    """An engine, and how it serves several clients: by threads of one process, or by a process for each."""

    name: str
    dialect: str
    command: Callable[[str], Sequence[str]]
    has_threads: bool
    cannot: frozenset[str] = frozenset()
    """Flows that it has no way to run."""
    warm_up_times: float = 0.3
    """How much of the warm-up it needs; the engines of Java need all of it."""
    database: str = ""
    """Whose database it shares; empty: its own."""


@dataclass
class Run:
    """What all clients of one measurement did; times of starts and completions in milliseconds."""

    seconds: float = 0.0
    cpu: float = 0.0
    peak_kb: int = 0
    conflicts: int = 0
    starts: list[float] = field(default_factory=list)
    completions: list[float] = field(default_factory=list)
    database_cpu: float = 0.0


def _java(name: str, *history: str) -> Callable[[str], Sequence[str]]:
    def command(address: str) -> Sequence[str]:
        built = CACHE / "java" / name
        classes = f"{built}/{name}-1.jar:{built}/lib/*"
        user, _, rest = address.removeprefix("postgresql://").partition("@")
        own = f"jdbc:postgresql://{rest}?user={user}"
        return ["java", HEAP, "-cp", classes, JAVA_ENGINES[name], own, *history]

    return command


def _python(module: str) -> Callable[[str], Sequence[str]]:
    return lambda address: [sys.executable, "-m", module, address]


def _node(address: str) -> Sequence[str]:
    return ["node", str(ROOT / "bench" / "peers" / "node" / "peer.js"), str(CACHE / "node"), address]


_NO_JOBS = frozenset({"jobs"})
ENGINES = {
    engine.name: engine
    for engine in (
        Engine("laneway", "laneway", _python("bench.peers.laneway"), has_threads=False),
        Engine(
            "laneway, 1 process",
            "laneway",
            _python("bench.peers.laneway"),
            has_threads=True,
            database="laneway",
        ),
        Engine("operaton", "camunda", _java("operaton"), has_threads=True, warm_up_times=1),
        Engine(
            "operaton, full history",
            "camunda",
            _java("operaton", "full"),
            has_threads=True,
            warm_up_times=1,
        ),
        Engine("flowable", "flowable", _java("flowable"), has_threads=True, warm_up_times=1),
        Engine("spiffworkflow", "spiff", _python("bench.peers.spiff"), has_threads=False, cannot=_NO_JOBS),
        Engine("bpmn-engine", "node", _node, has_threads=False, cannot=_NO_JOBS),
    )
}


def can_run(engine: Engine) -> bool:
    """Whether this machine has the programs that fetch and run an engine."""
    if engine.dialect in ("camunda", "flowable"):
        return all(map(shutil.which, ("java", "mvn")))
    return engine.dialect != "node" or all(map(shutil.which, ("node", "npm")))


def fetch(names: Sequence[str]) -> None:
    """Fetch and build what the named engines need into the cache folder. Needs mvn, java, node and npm."""
    CACHE.mkdir(parents=True, exist_ok=True)
    dialects = {ENGINES[name].dialect for name in names}
    if not dialects.isdisjoint(("camunda", "flowable")):
        asked = [f"-Dmaven.repo.local={CACHE / 'maven'}", f"-Dbuild.folder={CACHE / 'java'}"]
        pom = ROOT / "bench" / "peers" / "java" / "pom.xml"
        subprocess.run(["mvn", "-q", "-B", "-f", pom, *asked, "package"], check=True)
    if "node" in dialects:
        folder = CACHE / "node"
        folder.mkdir(exist_ok=True)
        shutil.copy(ROOT / "bench" / "peers" / "node" / "package.json", folder)
        options = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        subprocess.run(["npm", "install", *options], cwd=folder, check=True)


class Team:
    """The running processes of one engine."""

    def __init__(self, engine: Engine, database: str, address: str, flows: Sequence[str]) -> None:
        self.engine = engine
        self.database = database
        self.about: dict[str, str] = {}
        self._command = engine.command(address)
        self._flows = {
            name: COMPARED[name].request(name, engine.dialect) for name in flows if name not in engine.cannot
        }
        self._processes: list[subprocess.Popen[str]] = []

    def can(self, flow: str) -> bool:
        """Whether the engine can run a flow."""
        return flow in self._flows

    def prepare(self, flow: str, clients: int, *, cases: int, past: int) -> str:
        """Get `cases` instances ready, whose user task has been completed `past` times; returns the first one's id.

        All clients work on the same.
        """
        members = self._members(clients)
        wanted = {"do": "prepare", "flow": flow, "cases": cases, "past": past}
        told = self._ask(members[:1], [wanted])[0]
        if len(members) > 1:
            shared = {"do": "prepare", "flow": flow, "instance": told["instance"]}
            self._ask(members[1:], [shared] * (len(members) - 1))
        return str(told["instance"])

    def run(self, flow: str, clients: int, *, seconds: float = 0.0, steps: int = 0) -> Run:
        """Let clients work for so many seconds, or complete so many tasks of each prepared instance."""
        members = self._members(clients)
        each = clients if self.engine.has_threads else 1
        asked = {"do": "run", "flow": flow, "clients": each, "seconds": seconds, "steps": steps}
        answers = self._ask(members, [asked | {"first": number} for number in range(len(members))])
        total = Run(seconds=max(answer["seconds"] for answer in answers))
        for answer in answers:
            total.cpu += answer["cpu"]
            total.peak_kb += answer["peak_kb"]
            total.conflicts += answer["conflicts"]
            total.starts += answer["starts"]
            total.completions += answer["completions"]
        return total

    def stop(self) -> None:
        """End all processes."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.close()
        for process in self._processes:
            process.wait(timeout=30)

    def _members(self, clients: int) -> list[subprocess.Popen[str]]:
        count = 1 if self.engine.has_threads else clients
        # One after another, so that the first alone makes tables and versions.
        while len(self._processes) < count:
            process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
            )
            self._processes.append(process)
            self.about = self._ask([process], [{"do": "deploy", "flows": self._flows}])[0]
        return self._processes[:count]

    def _ask(
        self, members: Sequence[subprocess.Popen[str]], requests: Sequence[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        for process, request in zip(members, requests, strict=True):
            assert process.stdin is not None
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        return [self._answer(process) for process in members]

    def _answer(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        assert process.stdout is not None
        too_long = threading.Timer(MOST_SECONDS, process.kill)
        too_long.start()
        line = process.stdout.readline()
        too_long.cancel()
        if not line:
            raise SystemExit(f"{self.engine.name} has ended, or did not answer in time: {process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer
