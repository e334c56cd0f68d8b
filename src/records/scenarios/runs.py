"""Plays the stories of a process beside the installation: in a process of their own, in databases that are thrown away.

What is played is what runs now: the newest diagrams, decisions and forms, with the stories, handlers and templates of the
folder of processes. How the last time went stands in a file under the data folder of this machine.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from laneway.errors import Conflict, Invalid
from laneway.records.scenarios.format import Scenario, read_scenario
from laneway.words import Resource

_log = logging.getLogger(__name__)

LONGEST = timedelta(minutes=15)
"""After this a run is given up."""
_DEPLOYED = ("*.bpmn", "*.dmn", "*.form")
_turn = threading.Lock()


@dataclass(frozen=True)
class Run:
    """The last time that the stories of a process were played; `results` by the names of stories, as `laneway test`
    tells them. `problem` is why there are none."""

    started_at: datetime
    started_by: str
    version: int
    is_running: bool = True
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    problem: str = ""


def stories(processes: Path, process_id: str) -> list[Scenario | Invalid]:
    """The stories of a process in the order of their names; in place of one that cannot be read, why."""
    found: list[Scenario | Invalid] = []
    for path in sorted((processes / process_id / "scenarios").glob("*.toml")):
        try:
            found.append(read_scenario(path))
        except Invalid as broken:
            found.append(broken)
    return found


def last(data: Path, process_id: str, *, now: datetime | None = None) -> Run | None:
    """How it went last, if it was ever played on this machine. One that was left in the middle is no longer running."""
    try:
        told = json.loads(_file(data, process_id).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    run = Run(**{**told, "started_at": datetime.fromisoformat(told["started_at"])})
    if run.is_running and (now or datetime.now(UTC)) > run.started_at + LONGEST:
        return Run(run.started_at, run.started_by, run.version, is_running=False, problem="interrupted")
    return run


def play(
    data: Path, processes: Path, process_id: str, resources: Sequence[Resource], *, version: int, by: str
) -> threading.Thread:
    """Begin to play all stories of a process; `last` tells how it goes. Raises Conflict while others are playing."""
    if not _turn.acquire(blocking=False):
        raise Conflict("stories_are_playing")
    begun = Run(datetime.now(UTC), by, version)
    try:
        _keep(data, process_id, begun)
        working = threading.Thread(
            target=_work, args=(data, processes, process_id, list(resources), begun), daemon=True
        )
        working.start()
    except (OSError, RuntimeError):
        _turn.release()
        raise
    return working


def _work(data: Path, processes: Path, process_id: str, resources: list[Resource], begun: Run) -> None:
    results: dict[str, Any] = {}
    problem = ""
    try:
        with tempfile.TemporaryDirectory(prefix="laneway-stories-") as place:
            folder = Path(place) / "processes"
            shutil.copytree(processes, folder, ignore=shutil.ignore_patterns(*_DEPLOYED, "__pycache__"))
            for resource in resources:
                (folder / resource.name).write_bytes(resource.content)
            results, problem = _played(folder / process_id, Path(place))
    except OSError as error:
        problem = str(error)
    finally:
        _keep(
            data, process_id, Run(begun.started_at, begun.started_by, begun.version, False, results, problem)
        )
        _turn.release()


def _played(folder: Path, place: Path) -> tuple[dict[str, Any], str]:
    """The results by name, and what went wrong with playing itself."""
    # No setting of the installation goes along, and none of its secrets.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LANEWAY_")}
    command = [sys.executable, "-m", "laneway.cli", "test", str(folder), "--json"]
    try:
        done = subprocess.run(
            command,
            cwd=place,
            env=environment,
            capture_output=True,
            check=False,
            timeout=LONGEST.total_seconds(),
            stdin=subprocess.DEVNULL,
        )
        told = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return {}, "timeout"
    except ValueError:
        _log.warning("stories_not_played", extra={"returncode": done.returncode})
        return {}, done.stderr.decode("utf-8", "replace").strip()[-2000:] or f"exit code {done.returncode}"
    return {one["name"]: one for one in told}, ""


def _file(data: Path, process_id: str) -> Path:
    # A process id is an XML name: letters, digits, dot, hyphen, underscore; nothing that leads elsewhere.
    return data / "stories" / f"{process_id.replace(os.sep, '_')}.json"


def _keep(data: Path, process_id: str, run: Run) -> None:
    path = _file(data, process_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    told = {**asdict(run), "started_at": run.started_at.isoformat()}
    draft.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
    draft.replace(path)
