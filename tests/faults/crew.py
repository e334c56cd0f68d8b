"""Processes of the product as an operator starts them, to be killed, stopped and cut off; and what their handlers did."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import make_url, select

from laneway.engine import database
from laneway.engine.tables import job

ROOT = Path(__file__).parents[2]
SOURCES = {
    "clock": Path(__file__).with_name("wrong_clock.py"),
    "faults": Path(__file__).with_name("handlers.py"),
}
"""What a process of the crew loads as handlers of a process folder."""
_PATIENCE = 60.0


@dataclass(frozen=True)
class Effect:
    """One line that a handler wrote into the world outside."""

    job_key: int
    element_id: str
    pid: int
    at: float


@dataclass
class Kill:
    """One kill: when, and the jobs that the process held then."""

    at: float
    pid: int
    held: list[int] = field(default_factory=list)


class Running:
    """One process of the product."""

    def __init__(self, crew: Crew, command: str, **settings: str) -> None:
        self.command = command
        self.port = free_port() if command != "worker" else 0
        self.address = f"http://127.0.0.1:{self.port}"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LANEWAY_")}
        self.log = crew.folder / f"{command}-{time.monotonic_ns()}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "laneway.cli", command],
                cwd=ROOT,
                env=clean | crew.settings | {"LANEWAY_PORT": str(self.port)} | settings,
                stdout=log,
                stderr=log,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def wait_until_it_runs(self) -> None:
        """Until it says so (worker) or answers (web)."""
        wait_until(lambda: self.runs() or not self.is_alive)
        assert self.is_alive, self.log.read_text()

    def runs(self) -> bool:
        """Whether it has said so, or answers."""
        if not self.is_alive or self.command == "worker":
            return self.is_alive and "worker runs" in self.log.read_text()
        try:
            return httpx.get(f"{self.address}/healthz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def freeze(self, database_url: str) -> None:
        """Stop it in the middle of whatever it does; it does not know.

        On SQLite not within a write: whoever stands still there keeps the one write lock from all others.
        """
        self.process.send_signal(signal.SIGSTOP)
        while _is_locked(database_url):
            self.thaw()
            time.sleep(0.01)
            self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)


class Crew:
    """The processes of one installation. Whoever dies unasked is replaced, as a supervisor would."""

    def __init__(self, folder: Path, database_url: str, **settings: str) -> None:
        self.folder = folder
        self.database_url = database_url
        for name, source in SOURCES.items():
            handlers = folder / "processes" / name / "handlers.py"
            handlers.parent.mkdir(parents=True)
            handlers.write_text(source.read_text())
        self.effects_file = folder / "effects"
        self.effects_file.touch()
        self.settings = {
            "LANEWAY_DATA": str(folder / "data"),
            "LANEWAY_DATABASE_URL": database_url,
            "LANEWAY_PROCESSES": str(folder / "processes"),
            "FAULTS_FOLDER": str(folder),
        } | settings
        self.kills: list[Kill] = []
        self._lock = threading.Lock()
        self._running: list[Running] = []
        self._over = threading.Event()
        self._supervisor: threading.Thread | None = None

    # -- coming and going

    def start(self, *commands: str, **settings: str) -> list[Running]:
        """Start processes side by side and wait until all run."""
        begun = self.launch(*commands, **settings)
        for running in begun:
            running.wait_until_it_runs()
        return begun

    def launch(self, *commands: str, **settings: str) -> list[Running]:
        """Start processes side by side, come what may."""
        begun = [Running(self, command, **settings) for command in commands]
        with self._lock:
            self._running += begun
        return begun

    def supervise(self) -> None:
        """From now on start a new process for each that dies."""
        self._supervisor = threading.Thread(target=self._replace_the_dead)
        self._supervisor.start()

    def _replace_the_dead(self) -> None:
        while not self._over.wait(0.05):
            with self._lock:
                dead = [running for running in self._running if not running.is_alive]
                for running in dead:
                    self._running.remove(running)
                    self._running.append(Running(self, running.command))

    def alive(self, command: str = "") -> list[Running]:
        """Processes that run now, all or of one command."""
        with self._lock:
            return [one for one in self._running if one.is_alive and command in ("", one.command)]

    def is_whole(self) -> bool:
        """Whether every process runs; those that have just been started need a moment."""
        with self._lock:
            return all(running.runs() for running in self._running)

    def kill(self, running: Running) -> None:
        """Kill it for real, and note what it held."""
        running.kill()
        at = time.time()
        columns = job.c
        query = select(columns.key).where(
            columns.state == "ACTIVATED", columns.worker.contains(f":{running.pid}")
        )
        with database.reading() as session:
            self.kills.append(Kill(at, running.pid, list(session.scalars(query))))

    def stop(self) -> None:
        """End everything."""
        self._over.set()
        if self._supervisor is not None:
            self._supervisor.join()
        for running in self._running:
            running.kill()

    # -- what came of it

    def effects(self) -> list[Effect]:
        """What handlers did in the world outside, oldest first."""
        listed = []
        for line in self.effects_file.read_text().splitlines():
            key, element_id, pid, at = line.split()
            listed.append(Effect(int(key), element_id, int(pid), float(at)))
        return listed

    def repeats(self) -> int:
        """How many runs of handlers were not the first of their job."""
        ran = Counter(effect.job_key for effect in self.effects())
        return ran.total() - len(ran)

    def recoveries(self) -> list[float]:
        """Seconds from each kill to the next sign of life of every job that the killed process held."""
        effects = self.effects()
        columns = job.c
        found = []
        for kill in self.kills:
            with database.reading() as session:
                query = select(columns.key, columns.ended_at).where(columns.key.in_(kill.held))
                ended = {row.key: row.ended_at.timestamp() for row in session.execute(query) if row.ended_at}
            for key in kill.held:
                signs = [e.at for e in effects if e.job_key == key and e.at > kill.at and e.pid != kill.pid]
                signs += [ended[key]] if ended.get(key, 0) > kill.at else []
                found += [min(signs) - kill.at] if signs else []
        return found

    def logs(self) -> str:
        """Everything that the processes have said."""
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))


def _is_locked(database_url: str) -> bool:
    """Whether someone holds the write lock of a SQLite database for longer than a write takes."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite":
        return False
    with closing(sqlite3.connect(str(url.database), timeout=0.3, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        connection.execute("ROLLBACK")
    return False


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_until(what: Callable[[], object], *, seconds: float = _PATIENCE, pause: float = 0.05) -> None:
    """Wait until something is so; AssertionError when it takes too long."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(pause)


def percentile(figures: list[float], share: float) -> float | None:
    """The smallest figure that this share of all figures does not exceed."""
    if not figures:
        return None
    ordered = sorted(figures)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
