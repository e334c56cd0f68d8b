"""Writes the figures of `bench/results` into docs/performance.md. `python -m bench.report [--check]`

A measurement leaves `bench/results/<name>.json`; where the page says `<!-- figures: <name> -->`, everything up to the
next `<!-- end -->` is written anew. With `--check` nothing is written; it fails when the page is not up to date.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results"
PAGE = ROOT / "docs" / "performance.md"
_PLACE = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only tell whether the page is up to date")
    options = parser.parse_args()
    old = PAGE.read_text("utf-8")
    new = page(old, RESULTS)
    if options.check and new != old:
        raise SystemExit("docs/performance.md is not up to date: python -m bench.report")
    if not options.check:
        PAGE.write_text(new, "utf-8")


def page(text: str, results: Path) -> str:
    """The page with every place filled in from the folder of results."""

    def filled(place: re.Match[str]) -> str:
        path = results / f"{place[2]}.json"
        figures = _read(path) if path.exists() else []
        told = "\n\n".join(map(markdown_of, figures)) or "Not measured yet. 尚未测量。"
        return f"{place[1]}\n{told}\n\n{place[3]}"

    return _PLACE.sub(filled, text)


def _read(path: Path) -> list[dict[str, Any]]:
    """What a measurement has printed: one JSON object, or one a line."""
    text = path.read_text("utf-8")
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines()]


def write_figures(told: dict[str, Any], where: str | None) -> None:
    """Figures as JSON: into a file, printed for `-`, nowhere without a place."""
    text = json.dumps(told, ensure_ascii=False)
    if where == "-":
        print(text)
    elif where:
        Path(where).write_text(f"{text}\n", "utf-8")


def tables_of(told: dict[str, Any]) -> list[tuple[str, list[Row]]]:
    """Titles and rows: every list in the figures is a table, and rows that name a flow are a table for each."""
    tables: list[tuple[str, list[Row]]] = []
    for key, rows in told.items():
        if not isinstance(rows, list) or not rows:
            continue
        title = str(told.get("bench", key)) if key == "rows" else key
        for flow in dict.fromkeys(row.get("flow", "") if "engine" in row else "" for row in rows):
            own = [row for row in rows if not flow or row["flow"] == flow]
            tables.append((flow or title, [_without(row, "flow") if flow else row for row in own]))
    return tables


def _without(row: Row, name: str) -> Row:
    return {key: value for key, value in row.items() if key != name}


def markdown_of(told: dict[str, Any]) -> str:
    """Figures as Markdown: what they were measured on, then the tables."""
    parts = []
    if "machine" in told:
        parts.append("; ".join(f"{name}: {value}" for name, value in told["machine"].items()))
    if "engines" in told:
        lines = [
            f"- {name} {about['version']}, history: {about['history']}"
            for name, about in told["engines"].items()
        ]
        parts.append("\n".join(lines))
    for title, rows in tables_of(told):
        parts.append(f"**{title[0].upper()}{title[1:]}**\n\n{_table(rows)}")
    return "\n\n".join(parts)


def _table(rows: Sequence[Row]) -> str:
    names = list(rows[0])
    lines = [f"| {' | '.join(names)} |", f"|{'|'.join(['--'] * len(names))}|"]
    return "\n".join(lines + [f"| {' | '.join(_cell(row.get(name)) for name in names)} |" for row in rows])


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    is_figure = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:,}" if is_figure else str(value)


if __name__ == "__main__":
    main()
