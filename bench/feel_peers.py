"""Times bkflow-feel and pySFeel in the environment that they are installed in; started by `bench.feel`.

Reads a JSON object from standard input: `rounds` and `cases` of name, text, variables and repeats. Writes, by
engine and case, the value and the microseconds of each round; a case that an engine refuses has an error instead.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
import time
from collections.abc import Callable
from typing import Any

from bkflow_feel import parser, transformer
from bkflow_feel.api import parse_expression
from bkflow_feel.exceptions import ValidationError
from lark.exceptions import LarkError
from pySFeel import SFeelParser


def bkflow(text: str, variables: dict[str, Any]) -> Callable[[], Any]:
    """bkflow-feel by its function, which parses each time."""
    return lambda: parse_expression(text, variables)


def bkflow_tree(text: str, variables: dict[str, Any]) -> Callable[[], Any]:
    """bkflow-feel with the tree kept."""
    tree = transformer.transform(parser.parse(text))
    return lambda: tree.evaluate(variables)


def pysfeel(text: str, variables: dict[str, Any]) -> Callable[[], Any]:
    """pySFeel, which parses each time; its variables are set once, outside of what is timed."""
    engine = SFeelParser()
    for name, value in variables.items():
        engine.sFeelParse(f"{name} <- {json.dumps(value)}")

    def run() -> Any:
        status, value = engine.sFeelParse(text)
        if status.get("errors"):
            raise ValueError(status["errors"][0])
        return value

    return run


_REFUSALS = (LarkError, ValidationError, ValueError, TypeError, KeyError, AttributeError)

ENGINES = {"bkflow-feel": bkflow, "bkflow-feel, tree kept": bkflow_tree, "pySFeel": pysfeel}


def timed(code: Callable[[], Any], repeats: int, rounds: int) -> list[float]:
    """Microseconds per call, round by round."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(repeats):
            code()
        times.append((time.perf_counter() - start) / repeats * 1e6)
    return times


def main() -> None:
    """Time all cases with all engines."""
    logging.disable()
    asked = json.load(sys.stdin)
    out: dict[str, dict[str, Any]] = {name: {} for name in ENGINES}
    for engine, make in ENGINES.items():
        for name, text, variables, repeats in asked["cases"]:
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    code = make(text, variables)
                    value = code()
                    times = timed(code, max(1, repeats // 100), asked["rounds"])
                out[engine][name] = {"value": value, "times": times}
            except _REFUSALS as error:
                out[engine][name] = {
                    "error": str(error).splitlines()[0][:60] if str(error) else type(error).__name__
                }
    json.dump(out, sys.stdout, default=str)


main()
