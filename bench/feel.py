"""Microseconds per evaluation of FEEL and decision tables: `python -m bench.feel [--json]`.

Peers are measured where they are at hand: feelin (JavaScript) needs `node` and a folder with `node_modules/feelin`
(`--feelin`, by default `frontend`); bkflow-feel needs to be installed beside us. Peers that are not are skipped.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import importlib.util
import json
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from laneway.engine.dmn import read_decisions
from laneway.engine.feel import Env, Meter, compile_expression, evaluate_json, parse_and_compile, to_feel
from laneway.words import Resource

CONDITION = 'amount > 1000 and status = "open"'
FILTER = "items[price > 50 and open].name"
LOOP = "sum(for i in 1..100 return i * 2)"
ORDER = {"amount": 1500, "status": "open"}
ITEMS = {"items": [{"price": i, "name": f"item {i}", "open": i % 2 == 0} for i in range(100)]}
ROWS = 50
ROUNDS = 7

NODE_SCRIPT = """
import { evaluate } from 'feelin';
const [cases, rounds] = JSON.parse(process.argv[1]);
const out = {};
for (const [name, text, variables, n] of cases) {
  evaluate(text, variables);
  const times = [];
  for (let r = 0; r < rounds; r++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < n; i++) evaluate(text, variables);
    times.push(Number(process.hrtime.bigint() - start) / n / 1000);
  }
  out[name] = times;
}
console.log(JSON.stringify(out));
"""


def table(rows: int) -> bytes:
    """A decision table of some rows and two inputs; amount 10 * rows - 5 hits the last row."""
    rules = "".join(
        f'<rule id="r{i}"><inputEntry><text>[{i * 10}..{i * 10 + 10})</text></inputEntry>'
        f'<inputEntry><text>"open", "new"</text></inputEntry><outputEntry><text>{i}</text></outputEntry></rule>'
        for i in range(rows)
    )
    columns = "".join(
        f"<input><inputExpression><text>{name}</text></inputExpression></input>" for name in ORDER
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" namespace="n" name="n" id="d">'
        f'<decision id="discount" name="Discount"><decisionTable hitPolicy="UNIQUE">{columns}'
        f'<output name="o"/>{rules}</decisionTable></decision></definitions>'
    ).encode()


def measure(code: Callable[[], Any], n: int) -> list[float]:
    """Microseconds per call in each of the rounds of n calls, garbage collection off."""
    code()
    times = []
    gc.disable()
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(n):
            code()
        times.append((time.perf_counter() - start) / n * 1e6)
    gc.enable()
    return times


def own_figures(n: int) -> dict[str, list[float]]:
    """Our own times by case."""
    condition, filtered, loop = (compile_expression(text) for text in (CONDITION, FILTER, LOOP))
    known = to_feel(ITEMS)
    resource = Resource("t.dmn", table(ROWS))
    model, hit = read_decisions([resource]), {"amount": 10 * ROWS - 5, "status": "open"}
    return {
        "condition, compiled": measure(lambda: condition.evaluate(ORDER), n),
        "condition, from text (cached), to JSON": measure(lambda: evaluate_json(CONDITION, ORDER), n),
        "condition, parsed each time": measure(lambda: parse_and_compile(CONDITION).evaluate(ORDER), n // 4),
        "filter over 100 contexts, JSON converted each time": measure(
            lambda: filtered.evaluate(ITEMS), n // 20
        ),
        "filter over 100 contexts, converted before": measure(
            lambda: filtered.run(Env(known, None, Meter())), n // 20
        ),
        "loop of 100 and its sum": measure(lambda: loop.evaluate({}), n // 20),
        f"decision table, {ROWS} rows, last one hits": measure(
            lambda: model.evaluate("discount", hit), n // 20
        ),
        "read, check and compile that table": measure(lambda: read_decisions([resource]), 5),
    }


def feelin_figures(folder: Path, n: int) -> dict[str, list[float]] | str:
    """The times of feelin under node, parsing included as its API has it, or why there are none."""
    node = shutil.which("node")
    if node is None or not (folder / "node_modules" / "feelin").is_dir():
        return f"skipped: node with {folder}/node_modules/feelin is not at hand"
    cases = [
        ("condition, parsed each time", CONDITION, ORDER, n // 4),
        ("filter over 100 contexts, JSON converted each time", FILTER, ITEMS, n // 20),
        ("loop of 100 and its sum", LOOP, {}, n // 20),
    ]
    command = [node, "--input-type=module", "-e", NODE_SCRIPT, json.dumps([cases, ROUNDS])]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        return f"skipped: feelin failed: {done.stderr.strip().splitlines()[-1]}"
    times: dict[str, list[float]] = json.loads(done.stdout)
    return times


def bkflow_figures(n: int) -> dict[str, list[float]] | str:
    """The times of bkflow-feel, parsing included as its API has it, or why there are none."""
    if importlib.util.find_spec("bkflow_feel") is None:
        return "skipped: bkflow-feel is not installed"
    parse = importlib.import_module("bkflow_feel.api").parse_expression
    return {"condition, parsed each time": measure(lambda: parse(CONDITION, ORDER), max(1, n // 100))}


def main() -> None:
    """Print the figures, as a table or as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--repeats", type=int, default=2000, help="calls per round of the fastest case")
    parser.add_argument(
        "--feelin", type=Path, default=Path("frontend"), help="folder with node_modules/feelin"
    )
    options = parser.parse_args()
    found = {
        "laneway": own_figures(options.repeats),
        "feelin": feelin_figures(options.feelin, options.repeats),
        "bkflow-feel": bkflow_figures(options.repeats),
    }
    figures = {
        engine: times
        if isinstance(times, str)
        else {
            case: {"median_us": round(statistics.median(one), 1), "best_us": round(min(one), 1)}
            for case, one in times.items()
        }
        for engine, times in found.items()
    }
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    for engine, cases in figures.items():
        if isinstance(cases, str):
            print(f"{engine:12} {cases}")
            continue
        for case, figure in cases.items():
            print(f"{engine:12} {case:52} {figure['median_us']:9.1f} us  (best {figure['best_us']:.1f})")


if __name__ == "__main__":
    main()
