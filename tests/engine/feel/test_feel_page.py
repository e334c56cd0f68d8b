"""docs/feel.md tells the truth about lists that grow."""

from __future__ import annotations

import re
from pathlib import Path

from laneway.engine.feel import GATEWAY, SCRIPT
from laneway.engine.feel.builtins import BUILTINS

PAGE = (Path(__file__).parents[3] / "docs" / "feel.md").read_text(encoding="utf-8")
STANDARD = """
date; date and time; time; number; string; duration; years and months duration; range; context; not
substring; string length; upper case; lower case; substring before; substring after; replace; contains
starts with; ends with; matches; split; string join; list contains; count; min; max; sum; mean; all; any
sublist; append; concatenate; insert before; remove; list replace; reverse; index of; union; distinct values
flatten; product; median; stddev; mode; sort; decimal; floor; ceiling; round up; round down; round half up
round half down; abs; modulo; sqrt; log; exp; odd; even; is; before; after; meets; met by; overlaps
overlaps before; overlaps after; finishes; finished by; includes; during; starts; started by; coincides
day of year; day of week; month of year; week of year; get value; get entries; context put; context merge
now; today
"""


def test_all_functions_of_the_standard_are_there() -> None:
    names = set(re.split(r"[;\n]\s*", STANDARD.strip()))

    assert names - BUILTINS.keys() == set()


def test_the_page_lists_each_function_beyond_the_standard() -> None:
    standard = set(re.split(r"[;\n]\s*", STANDARD.strip()))
    section = PAGE.partition("## What Camunda adds")[2].partition("| left out")[0]
    listed = set(re.findall(r"`([A-Za-z0-9 ]+)\(", section))

    assert BUILTINS.keys() - standard <= listed
    assert listed <= BUILTINS.keys()


def test_the_page_tells_the_limits() -> None:
    section = PAGE.partition("## Limits")[2].partition("## ")[0]
    for gateway, script in zip(GATEWAY, SCRIPT, strict=True):
        assert re.search(rf"\| {gateway:,} ?s? \| {script:,} ?s? \|", section), (gateway, script)
