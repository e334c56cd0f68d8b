"""Finds the handlers of the processes: `processes/<key>/handlers.py`, installed by whoever runs Laneway."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from laneway.errors import Invalid


def load_handlers(folder: Path) -> list[str]:
    """Import each `<folder>/<key>/handlers.py` under a name of its own; returns the keys, sorted.

    Raises Invalid when one of them cannot be imported, naming the file.
    """
    keys = []
    for path in sorted(folder.glob("*/handlers.py")):
        key = path.parent.name
        name = f"laneway_processes.{key}.handlers"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except (ImportError, SyntaxError, NameError, AttributeError, TypeError, ValueError) as error:
            raise Invalid("handlers_broken", file=str(path), reason=str(error)) from error
        keys.append(key)
    return keys
