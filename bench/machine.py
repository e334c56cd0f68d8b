"""What a measurement ran on. `python -m bench.machine` prints it as JSON."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from bench.postgres import binaries


def facts() -> dict[str, str]:
    """Processor, memory, kernel and versions of this machine."""
    processors = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.+)", processors)
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    told = {
        "measured": f"{datetime.now(UTC):%Y-%m-%d}",
        "processor": f"{os.cpu_count()} × {model[1] if model else platform.machine()}",
        "memory": f"{int(memory[1]) / 1024**2:.0f} GB" if memory else "",
        "kernel": f"Linux {platform.release()}",
        "load at the start": f"{os.getloadavg()[0]:.2f}",
        "Python": platform.python_version(),
    }
    programs = binaries()
    if programs is not None:
        told |= _version("PostgreSQL", [str(programs / "postgres"), "--version"])
    for name, command in {"Java": ["java", "-version"], "Node": ["node", "--version"]}.items():
        told |= _version(name, command)
    return told


def _version(name: str, command: list[str]) -> dict[str, str]:
    if shutil.which(command[0]) is None:
        return {}
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"\d+(\.\d+)+", answer.stdout + answer.stderr)
    return {name: found[0]} if found else {}


if __name__ == "__main__":
    print(json.dumps({"machine": facts()}, ensure_ascii=False))
