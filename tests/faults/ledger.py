"""The table of results: one line for each test and database, kept as JSON and shown in docs/reliability.md."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .crew import percentile
from .oracle import Tally

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
COLUMNS = {
    "test": "test",
    "database": "database",
    "seed": "seed",
    "cases": "cases",
    "faults": "faults",
    "lost": "lost",
    "duplicated": "duplicated",
    "stuck": "stuck",
    "repeats": "handlers run again",
    "recovery_p95": "recovery p95, s",
    "note": "besides",
}


class Ledger:
    """Where tests enter what they came to."""

    def __init__(self, data: Path, page: Path, *, is_kept: bool) -> None:
        self._data, self._page, self._is_kept = data, page, is_kept

    def enter(
        self,
        test: str,
        database: str,
        seed: int,
        tally: Tally,
        *,
        cases: int,
        faults: int = 0,
        repeats: int | None = None,
        recoveries: list[float] | None = None,
        note: str = "",
    ) -> None:
        """Keep a result, print it, and let the test fail unless it is clean.

        `faults` are kills, cuts, repeated deliveries: whatever the test does. `recoveries` are in seconds.
        """
        p95 = percentile(recoveries or [], 0.95)
        row = {
            "test": test,
            "database": database,
            "seed": seed,
            "cases": cases,
            "faults": faults,
            "lost": tally.lost,
            "duplicated": tally.duplicated,
            "stuck": tally.stuck,
            "repeats": repeats,
            "recovery_p95": round(p95, 1) if p95 is not None else None,
            "note": note,
            "at": datetime.now(UTC).date().isoformat(),
        }
        print(json.dumps(row, ensure_ascii=False))  # noqa: T201  # shown by -s, and when the test fails
        if self._is_kept:
            self._keep(row)
        assert tally.is_clean, "\n".join(tally.problems[:20])

    def _keep(self, row: dict[str, Any]) -> None:
        rows = json.loads(self._data.read_text("utf-8")) if self._data.exists() else []
        others = [old for old in rows if (old["test"], old["database"]) != (row["test"], row["database"])]
        rows = sorted([*others, row], key=lambda one: (_number(one["test"]), one["database"]))
        self._data.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")
        text = self._page.read_text("utf-8")
        before, rest = text.split(BEGIN, 1)
        after = rest.split(END, 1)[1]
        self._page.write_text(f"{before}{BEGIN}\n{table(rows)}\n{END}{after}", "utf-8")


def table(rows: list[dict[str, Any]]) -> str:
    """Rows as a Markdown table."""
    lines = [f"| {' | '.join(COLUMNS.values())} |", f"|{' --- |' * len(COLUMNS)}"]
    for row in rows:
        cells = ("" if row[name] is None else str(row[name]) for name in COLUMNS)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _number(test: str) -> tuple[int, str]:
    digits = "".join(letter for letter in test if letter.isdigit())
    return (int(digits) if digits else 99, test)
