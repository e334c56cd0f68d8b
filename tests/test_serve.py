from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Running:
    """A `laneway` process of its own, as `make run` starts it."""

    def __init__(self, folder: Path, *command: str, **settings: str) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LANEWAY_")}
        base = {"LANEWAY_DATA": str(folder), "LANEWAY_PORT": str(self.port), "LANEWAY_LOG_JSON": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "laneway.cli", *command],
            cwd=ROOT,
            env=clean | base | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.address}/healthz", timeout=5) as answer:
                    assert answer.status == 200
                    return
            except urllib.error.URLError:
                time.sleep(0.1)
        raise AssertionError(self.stop())

    def parts(self) -> dict[str, dict[str, object]]:
        with urllib.request.urlopen(f"{self.address}/readyz", timeout=5) as answer:
            return dict(json.load(answer)["parts"])

    def ask_until_refused(self, path: str) -> None:
        for _attempt in range(100):
            urllib.request.urlopen(f"{self.address}{path}", timeout=5).close()
            time.sleep(0.05)

    def stop(self) -> tuple[int, str, str]:
        """Exit code, standard output and standard error after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        output, errors = self.process.communicate(timeout=30)
        return self.process.returncode, output, errors


@pytest.fixture
def laneway(tmp_path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(*command: str, **settings: str) -> Running:
        started.append(Running(tmp_path / "data", *command, **settings))
        return started[-1]

    yield start
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
        running.process.communicate()


def test_one_command_serves_pages_and_stops_in_order(laneway):
    running = laneway("serve", LANEWAY_DEMO="1")
    running.wait_until_it_answers()
    with urllib.request.urlopen(f"{running.address}/login") as page:
        assert page.status == 200
        assert "wang.lei" in page.read().decode()
    code, output, errors = running.stop()
    assert code == 0, errors
    assert running.address in output
    assert "wang.lei" in output
    assert "c110_complaint v1" in output
    events = [json.loads(line)["event"] for line in errors.splitlines()]
    assert [events[0], events[-1]] == ["server_started", "server_stopped"]


def test_the_second_start_deploys_nothing_again(laneway):
    first = laneway("serve", LANEWAY_DEMO="1")
    first.wait_until_it_answers()
    first.stop()
    second = laneway("serve", LANEWAY_DEMO="1")
    second.wait_until_it_answers()
    _, output, _ = second.stop()
    assert "c110_complaint" not in output


def test_web_and_worker_run_apart_on_postgresql(laneway, new_postgresql_database):
    url = new_postgresql_database()
    web, worker = laneway("web", LANEWAY_DATABASE_URL=url), laneway("worker", LANEWAY_DATABASE_URL=url)
    web.wait_until_it_answers()
    assert web.stop()[0] == 0
    assert worker.process.poll() is None
    assert worker.process.stdout is not None
    assert "worker runs" in worker.process.stdout.readline()
    assert worker.stop()[0] == 0


def test_a_worker_answers_monitors_on_a_port_of_its_own(laneway, new_postgresql_database):
    port = str(free_port())
    worker = laneway("worker", LANEWAY_DATABASE_URL=new_postgresql_database(), LANEWAY_WORKER_PORT=port)
    worker.address = f"http://127.0.0.1:{port}"
    worker.wait_until_it_answers()
    deadline = time.monotonic() + 20
    while worker.parts()["wake_ups"]["state"] != "listening" and time.monotonic() < deadline:
        time.sleep(0.1)
    parts = worker.parts()
    assert parts["wake_ups"]["state"] == "listening"
    assert parts["database"] == {"ok": True, "kind": "postgresql", "pooled": False}
    assert parts["worker"]["alive"] == 1
    with urllib.request.urlopen(f"{worker.address}/metrics", timeout=5) as answer:
        assert b"laneway_workers 1.0" in answer.read()
    assert worker.stop()[0] == 0


def test_a_process_that_was_told_to_stop_says_so_before_it_does(laneway):
    running = laneway("serve", LANEWAY_STOP_DELAY_SECONDS="30")
    running.wait_until_it_answers()
    with urllib.request.urlopen(f"{running.address}/readyz", timeout=5) as answer:
        assert json.load(answer)["status"] == "ready"
    running.process.send_signal(signal.SIGTERM)
    with pytest.raises(urllib.error.HTTPError) as refusal:
        running.ask_until_refused("/readyz")
    with refusal.value as refused:
        assert (refused.code, json.load(refused)["failing"]) == (503, ["process"])
    with urllib.request.urlopen(f"{running.address}/login", timeout=5) as page:
        assert page.status == 200
    code, _, errors = running.stop()  # the second signal waits no longer
    assert code == 0, errors


def test_web_refuses_a_database_that_was_not_upgraded(laneway):
    refused = laneway("web")
    _, errors = refused.process.communicate(timeout=60)
    assert refused.process.returncode == 1
    assert "laneway db upgrade" in errors


def test_a_port_that_is_taken_is_told_in_plain_words(laneway):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = laneway("serve", "--port", str(taken.getsockname()[1]))
        _, errors = refused.process.communicate(timeout=60)
    assert refused.process.returncode == 1
    assert "uses the port already" in errors
    assert "Traceback" not in errors
