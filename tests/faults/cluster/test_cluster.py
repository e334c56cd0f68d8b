"""The cluster of deploy/cluster is broken in every way under load: nothing acknowledged is lost, nothing happens twice.

Takes minutes, root and Debian's packages, so it belongs to the long form alone: `FAULTS=long`.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest

from ..ledger import Ledger  # noqa: TID252  # a conftest has no absolute name
from ..oracle import Tally  # noqa: TID252  # as above
from .load import Book, Load

ROOT = Path(__file__).parents[3]
PASSWORD = "in the cluster"
PEOPLE = 4
QUIET_SECONDS = 120


def local() -> ModuleType:
    """The script that brings a cluster up."""
    spec = importlib.util.spec_from_file_location("local", ROOT / "deploy" / "cluster" / "local.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["local"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    script = local()
    if lacking := script.missing():
        pytest.skip(f"no cluster without {', '.join(lacking)}")
    # Not in pytest's own folder: that one is closed to the account that PostgreSQL runs under.
    made = script.Cluster(Path("/var/tmp/laneway-cluster-test"), Path(__file__).parent / "processes")
    made.down()
    try:
        made.up()
        yield made
    finally:
        made.down()


class Trial:
    """Faults one after another under one load, with the longest wait that each cost."""

    def __init__(self, cluster: Any, load: Load, pause: float) -> None:
        self.cluster, self.load, self._pause = cluster, load, pause
        self.pauses: dict[str, str] = {}

    def during(self, name: str, fault: Callable[[], None]) -> None:
        """Let a fault happen and its consequences pass."""
        began = time.monotonic()
        fault()
        time.sleep(self._pause)
        seconds, what = self.load.book.longest(began - 1, time.monotonic())
        self.pauses[name] = f"{seconds:.1f} s ({what})"
        print(f"{name}: longest wait {seconds:.1f} s ({what})", flush=True)  # noqa: T201  # takes minutes

    def cut_worker(self) -> None:
        self.cluster.partition("app2")
        time.sleep(self._pause)
        self.cluster.heal("app2")

    def kill_primary(self) -> None:
        old = self.cluster.kill_primary()
        self._await_successor(old)
        self.cluster.start(old)
        self._await_all()

    def cut_primary(self) -> None:
        old = self.cluster.primary()
        self.cluster.partition(old)
        self._await_successor(old)
        time.sleep(self._pause)
        self.cluster.heal(old)
        self._await_all()

    def restart_poolers(self) -> None:
        for host in ("app1", "app2", "app3"):
            self.cluster.restart_pooler(host)

    def _await_successor(self, old: str) -> None:
        script = sys.modules["local"]
        script.wait_for("a successor", lambda: self.cluster.primary() not in (None, old), 90)

    def _await_all(self) -> None:
        script = sys.modules["local"]
        script.wait_for("all databases", lambda: script.count_of_databases(self.cluster) == 3, 120)
        script.wait_for("a synchronous standby", self.cluster.synchronous_standby, 120)


def test_a_cluster_that_is_broken_again_and_again_loses_nothing(
    cluster: Any, scale: Any, seed: int, ledger: Ledger
) -> None:
    cluster.laneway(
        "app1", "user", "add", "reader", "--group", "complaint_desk", "--group", "complaint_lead",
        "--password", PASSWORD,
    )  # fmt: skip
    load = Load("http://10.97.0.21:8080", "reader", PASSWORD, people=PEOPLE)
    trial = Trial(cluster, load, pause=max(8, 20 * min(1, scale.share)))
    load.start()
    trial.during("calm", lambda: None)
    trial.during("worker host cut off", trial.cut_worker)
    trial.during("primary killed", trial.kill_primary)
    trial.during("poolers restarted", trial.restart_poolers)
    trial.during("primary cut off", trial.cut_primary)
    load.stop()
    tally = judge(load.book, cluster)
    if tally.problems:
        tally.problems.append(_traces(cluster))
    note = f"longest waits: {trial.pauses}; answers {dict(sorted(load.book.answers.items()))}"
    cases = len(load.book.started)
    ledger.enter("T26 cluster", "postgresql", seed, tally, cases=cases, faults=6, note=note)
    assert cases > PEOPLE


def _traces(cluster: Any) -> str:
    """The end of every traceback in the log of the web host."""
    lines = (cluster.folder / "logs" / "app1" / "laneway.log").read_text("utf-8").splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("Traceback")]
    kept = Path("/var/tmp/laneway-cluster-test.log")
    kept.write_text("\n".join(lines), "utf-8")
    return f"{kept}: {len(starts)} tracebacks"


def judge(book: Book, cluster: Any) -> Tally:
    """Hold what was acknowledged against what the database holds, once nothing moves any more."""
    with psycopg.connect(cluster.address(), autocommit=True) as connection:

        def rows(query: str) -> list[Any]:
            return connection.execute(query).fetchall()  # type: ignore[call-overload]  # a text of ours

        script = sys.modules["local"]
        running = "SELECT 1 FROM process_instance WHERE state <> 'COMPLETED' LIMIT 1"
        try:
            script.wait_for("the end of all cases", lambda: not rows(running), QUIET_SECONDS)
        except TimeoutError as late:
            book.wrong.append(str(late))
        cases = {str(key): (business, state) for key, business, state in rows(
            "SELECT key, business_key, state FROM process_instance"
        )}  # fmt: skip
        happened = Counter(
            (str(key), event, element)
            for key, event, element in rows("SELECT instance_key, event, element_id FROM history_line")
        )
        tasks = {
            str(key): (str(case), state)
            for key, case, state in rows("SELECT key, instance_key, state FROM user_task")
        }
        incidents = rows("SELECT element_id, message FROM incident")
    steps = [("job_completed", "fetch"), ("user_task_completed", "read"), ("job_completed", "keep")]
    lost = [key for business, key in book.started.items() if cases.get(key, ("",))[0] != business]
    lost += [key for key, case in book.completed.items() if tasks.get(key) != (case, "COMPLETED")]
    twice = [name for name, count in Counter(business for business, _ in cases.values()).items() if count > 1]
    twice += [str(what) for what, count in happened.items() if what[1:] in steps and count > 1]
    done = [key for key, (_, state) in cases.items() if state == "COMPLETED"]
    lost += [f"{key} {step}" for key in done for step in steps if happened[(key, *step)] == 0]
    stuck = [key for key, (_, state) in cases.items() if state != "COMPLETED"]
    problems = book.wrong + [f"incident at {element}: {message}" for element, message in incidents]
    for kind, found in (("lost", lost), ("twice", twice), ("stuck", stuck)):
        problems += [f"{kind}: {one}" for one in found[:10]]
    return Tally(len(lost), len(twice), len(stuck), problems)
