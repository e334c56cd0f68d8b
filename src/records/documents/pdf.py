"""Documents as PDF: A4, with an embedded subset of a font that has Chinese and Latin letters."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pylopdf_fonts_zh_cn
import typst

from laneway.records.documents.blocks import Block, Run

_PAGE = Path(__file__).with_name("page.typ")
_NARROWEST, _WIDEST = 6, 40


def render(
    blocks: Sequence[Block],
    *,
    title: str,
    number: str,
    footer: str,
    language: str,
    at: datetime,
) -> bytes:
    """A PDF of these blocks. `at` is stamped as its time."""
    told = [_told(block) for block in blocks if block.kind != "image" or block.runs[0].text]
    data = {
        "title": title,
        "author": footer,
        "number": number,
        "footer": footer,
        "language": language,
        "blocks": told,
    }
    return typst.compile(
        _PAGE,
        root=_PAGE.parent,
        font_paths=[_fonts()],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"data": orjson.dumps(data).decode()},
        timestamp=int(at.astimezone(UTC).timestamp()),
    )


@functools.cache
def _fonts() -> Path:
    return Path(pylopdf_fonts_zh_cn.__file__).parent


def _told(block: Block) -> dict[str, Any]:
    told = asdict(block)
    if block.kind == "table":
        told["widths"] = _widths(block.cells)
        most = len(told["widths"])
        told["cells"] = [row + [[]] * (most - len(row)) for row in told["cells"]]
    return told


def _widths(cells: Sequence[Sequence[Sequence[Run]]]) -> list[int]:
    """Shares of the width by column, after the longest words in it."""
    columns = max(len(row) for row in cells)
    longest = [
        max((sum(map(_width, row[at])) for row in cells if at < len(row)), default=0) for at in range(columns)
    ]
    return [min(max(one, _NARROWEST), _WIDEST) for one in longest]


def _width(run: Run) -> int:
    """In Latin letters; a Chinese character is two wide."""
    return sum(2 if one > "\u2e80" else 1 for one in run.text)
