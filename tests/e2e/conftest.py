"""Laneway as people meet it: its own process on a port, and a real browser in front of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import make_url

ROOT = Path(__file__).parents[2]
# The first start plays the cases of the demonstration, on cores that other tests use too.
_START_SECONDS = 120

# Two cores may run a server, a database and a browser for each of two tests at once.
expect.set_options(timeout=20_000)
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Served:
    """`laneway serve` with the demonstration organisation, on a free port."""

    def __init__(self, database_url: str, data: Path, processes: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("LANEWAY_")
        } | {
            "LANEWAY_DATABASE_URL": database_url,
            "LANEWAY_DATA": str(data),
            "LANEWAY_PROCESSES": str(processes),
            "LANEWAY_PORT": str(port),
            "LANEWAY_DEMO": "1",
        }
        self._log = data / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [str(Path(sys.executable).parent / "laneway"), "serve"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, env=self.environment, cwd=ROOT, stdout=log, stderr=log)
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            assert self._process.poll() is None, self._log.read_text()
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                    assert answer.status == 200
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise AssertionError(f"no answer in {_START_SECONDS} seconds: {self._log.read_text()}")

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """Ask it to end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=30)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another `laneway` command with the same settings."""
        command = [str(Path(sys.executable).parent / "laneway"), *arguments]
        return subprocess.run(
            command, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="session")
def first_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which Laneway has started for the first time; the servers on SQLite go on from copies of it."""
    data = tmp_path_factory.mktemp("first")
    _start_once(f"sqlite:///{data / 'laneway.db'}", data)
    return data


@pytest.fixture(scope="session")
def first_database(
    postgresql_for_all: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> str | None:
    """Name of a PostgreSQL database on which Laneway has started for the first time; servers go on from copies of it."""
    url = postgresql_for_all()
    _start_once(url, tmp_path_factory.mktemp("first"))
    return make_url(url).database


def _start_once(database_url: str, data: Path) -> None:
    server = Served(database_url, data, ROOT / "processes")
    server.start()
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """Laneway with the processes of this repository, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield from _served_from(request.getfixturevalue("first_data"), tmp_path / "data")
        return
    url = request.getfixturevalue("new_postgresql_database")(request.getfixturevalue("first_database"))
    server = Served(url, tmp_path, ROOT / "processes")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def served_for_all(first_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One Laneway on SQLite for a whole file of tests: for what does not depend on the kind of database."""
    yield from _served_from(first_data, tmp_path_factory.mktemp("served") / "data")


def _served_from(first: Path, data: Path) -> Iterator[Served]:
    shutil.copytree(first, data)
    server = Served(f"sqlite:///{data / 'laneway.db'}", data, ROOT / "processes")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium if there is one, else the one that Playwright brings."""
    found = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
    quiet += ["--disable-component-update", "--no-first-run"]
    own = {"executable_path": found} if found else {}
    return {**browser_type_launch_args, **own, "args": quiet}


Login = Callable[..., Page]


@pytest.fixture
def login(served: Served, browser: Browser) -> Iterator[Login]:
    """Log a demonstration person in, each in a browser of their own; page errors fail the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_for(username: str, *, locale: str = "zh-CN", width: int = 1440, height: int = 900) -> Page:
        context = browser.new_context(
            base_url=served.url, locale=locale, viewport={"width": width, "height": height}
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda line: (
                errors.append(f"{page.url}: {line.text}") if "Content Security Policy" in line.text else None
            ),
        )
        page.goto("/login")
        page.locator("#username").fill(username)
        page.locator("#password").fill("demo")
        page.locator("#password").press("Enter")
        expect(page).not_to_have_url(re.compile("/login"))
        return page

    yield open_for
    for context in contexts:
        context.close()
    assert not errors
