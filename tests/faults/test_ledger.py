"""The page on reliability shows what the last long form came to, and names tests that are there."""

from __future__ import annotations

import json
import re
from pathlib import Path

from .ledger import BEGIN, END, Ledger, table
from .oracle import Tally

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_shows_the_results_that_are_kept() -> None:
    page = (DOCS / "reliability.md").read_text("utf-8")
    shown = page.split(BEGIN, 1)[1].split(END, 1)[0].strip()
    kept = DOCS / "reliability.json"
    assert shown == (table(json.loads(kept.read_text("utf-8"))) if kept.exists() else "Run `make faults`.")


def test_the_page_names_every_test_of_the_faults() -> None:
    page = (DOCS / "reliability.md").read_text("utf-8")
    named = set(re.findall(r"`(test_\w+\.py)`", page))
    there = {path.name for path in Path(__file__).parent.glob("test_*.py")} - {Path(__file__).name}
    assert named == there


def test_a_result_takes_the_place_of_its_older_one(tmp_path: Path) -> None:
    page, data = tmp_path / "page.md", tmp_path / "data.json"
    page.write_text(f"before\n{BEGIN}\n{END}\nafter\n")
    ledger = Ledger(data, page, is_kept=True)
    for seed in (1, 2):
        ledger.enter("T10 clocks", "sqlite", seed, Tally(), cases=3)
    ledger.enter("T2 dies", "postgresql", 3, Tally(), cases=4, recoveries=[1.0, 2.0])
    assert [(row["test"], row["seed"]) for row in json.loads(data.read_text())] == [
        ("T2 dies", 3),
        ("T10 clocks", 2),
    ]
    assert page.read_text().startswith("before\n")
    assert page.read_text().endswith(f"{END}\nafter\n")
    assert "| T2 dies | postgresql | 3 | 4 | 0 | 0 | 0 | 0 |  | 2.0 |  |" in page.read_text()
