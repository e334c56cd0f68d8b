"""What the page on scale tells is what was measured."""

from __future__ import annotations

import importlib.util
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_tables_of_the_page_on_scale_are_reckoned_from_the_measured_figures():
    spec = importlib.util.spec_from_file_location("docs_scale", DOCS / "scale.py")
    assert spec is not None
    assert spec.loader is not None
    writer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(writer)
    page = (DOCS / "scale.md").read_text("utf-8")
    assert writer.page(page) == page, "run python docs/scale.py"
