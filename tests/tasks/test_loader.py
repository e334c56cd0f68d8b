"""Handlers are found beside their process; a broken file is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from laneway.errors import Invalid
from laneway.tasks.loader import load_handlers
from laneway.tasks.registry import handler_of, registered


def write(folder: Path, key: str, text: str) -> Path:
    path = folder / key / "handlers.py"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_each_process_brings_its_handlers(tmp_path: Path) -> None:
    text = "from laneway.tasks import handler\n@handler('loader.{0}')\ndef work(job):\n    return {{'by': '{0}'}}\n"
    write(tmp_path, "b", text.format("b"))
    write(tmp_path, "a", text.format("a"))
    (tmp_path / "without").mkdir()
    assert load_handlers(tmp_path) == ["a", "b"]
    assert {"loader.a", "loader.b"} <= set(registered())
    assert handler_of("loader.a")(None) == {"by": "a"}  # type: ignore[arg-type]  # the handler does not look at it


@pytest.mark.parametrize("text", ["import no_such_module", "def (", "undefined_name"])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, "broken", text)
    with pytest.raises(Invalid) as refused:
        load_handlers(tmp_path)
    assert refused.value.code == "handlers_broken"
    assert refused.value.params["file"] == str(path)


def test_no_folder_is_no_handlers(tmp_path: Path) -> None:
    assert load_handlers(tmp_path / "nowhere") == []
