"""Resident memory of `laneway serve` with the demonstration: after the start, and after people have used it.

`python -m bench.server_memory [--json]`. Linux only: the figure is VmRSS of the one process.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

from bench.ground import show

PROCESSES = Path(__file__).parents[1] / "processes"
PAGES = ("/inbox/mine", "/cases", "/board", "/processes", "/start")
START_SECONDS = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--requests", type=int, default=100)
    options = parser.parse_args()
    with _serving() as (process, address, seconds):
        rows = [{"when": "after the start", "MB": _megabytes(process.pid), "seconds": round(seconds, 1)}]
        began = time.perf_counter()
        _use(address, options.requests)
        used = time.perf_counter() - began
        after = f"after {options.requests} pages"
        rows.append({"when": after, "MB": _megabytes(process.pid), "seconds": round(used, 1)})
    show("resident memory of laneway serve", rows, as_json=options.json)


@contextmanager
def _serving() -> Iterator[tuple[subprocess.Popen[bytes], str, float]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="laneway-bench-") as folder:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("LANEWAY_")}
        ours |= {"LANEWAY_DATA": folder, "LANEWAY_DEMO": "1", "LANEWAY_PROCESSES": str(PROCESSES)}
        command = [sys.executable, "-m", "laneway.cli", "serve", "--port", str(port)]
        began = time.perf_counter()
        process = subprocess.Popen(command, env=ours, stdout=subprocess.DEVNULL)
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(process, address)
            yield process, address, time.perf_counter() - began
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def _wait(process: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit("laneway serve ended by itself")
        try:
            with urllib.request.urlopen(f"{address}/healthz"):
                return
        except urllib.error.URLError:
            time.sleep(0.05)
    raise SystemExit(f"laneway serve did not answer within {START_SECONDS} seconds")


def _use(address: str, requests: int) -> None:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with browser.open(f"{address}/login") as page:
        csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())
    fields = {"username": "demo", "password": "demo"} | ({"csrf_token": csrf[1]} if csrf else {})
    browser.open(f"{address}/login", urlencode(fields).encode()).close()
    for number in range(requests):
        with browser.open(address + PAGES[number % len(PAGES)]) as page:
            page.read()


def _megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return round(int(found[1]) / 1024, 1)


if __name__ == "__main__":
    main()
