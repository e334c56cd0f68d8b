"""The tags of the built front end, and what a reader sees while it is not built."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from flask import Flask, render_template_string

from laneway.web import assets

MANIFEST = {
    "_shared.js": {"file": "assets/shared-1.js", "css": ["assets/shared-1.css"]},
    "_deep.js": {"file": "assets/deep-1.js", "imports": ["_shared.js"], "css": ["assets/deep-1.css"]},
    "src/app.js": {
        "file": "assets/app-1.js",
        "name": "app",
        "isEntry": True,
        "imports": ["_shared.js", "_deep.js"],
        "css": ["assets/app-1.css", "assets/shared-1.css"],
    },
    "src/diagram/index.js": {"file": "assets/diagram-1.js", "name": "diagram", "isEntry": True},
}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST), encoding="utf-8")
    return tmp_path


def test_an_entry_brings_its_style_sheets_once_then_preloads_then_its_script(built: Path) -> None:
    assert assets.asset_tags("app", built=built).splitlines() == [
        '<link rel="stylesheet" href="/static/dist/assets/shared-1.css">',
        '<link rel="stylesheet" href="/static/dist/assets/deep-1.css">',
        '<link rel="stylesheet" href="/static/dist/assets/app-1.css">',
        '<link rel="modulepreload" href="/static/dist/assets/shared-1.js">',
        '<link rel="modulepreload" href="/static/dist/assets/deep-1.js">',
        '<script type="module" src="/static/dist/assets/app-1.js"></script>',
    ]


def test_the_address_of_an_entry_is_that_of_its_script(built: Path) -> None:
    assert assets.asset_url("diagram", built=built) == "/static/dist/assets/diagram-1.js"
    assert assets.asset_url("_deep.js", built=built) == "/static/dist/assets/deep-1.js"


def test_an_unknown_entry_is_named(built: Path) -> None:
    with pytest.raises(KeyError, match="no entry 'charts'"):
        assets.asset_tags("charts", built=built)


def test_a_new_build_is_read_without_a_restart(built: Path) -> None:
    assets.asset_tags("diagram", built=built)
    changed = {"src/diagram/index.js": MANIFEST["src/diagram/index.js"] | {"file": "assets/diagram-2.js"}}
    (built / "manifest.json").write_text(json.dumps(changed), encoding="utf-8")

    assert assets.asset_url("diagram", built=built) == "/static/dist/assets/diagram-2.js"


def test_without_a_build_a_page_says_in_both_languages_what_to_run(tmp_path: Path) -> None:
    app = Flask(__name__)
    assets.register(app)

    @app.get("/")
    def page() -> str:
        return render_template_string("{{ asset_tags('app', built=folder) }}", folder=tmp_path)

    answer = app.test_client().get("/")

    assert answer.status_code == 503
    assert "界面还没有构建" in answer.text
    assert "make install" in answer.text


def test_a_built_file_may_be_kept_for_good_and_the_manifest_may_not(built: Path) -> None:
    (built / "dist" / "assets").mkdir(parents=True)
    (built / "dist" / "assets" / "app-1.js").write_text("", encoding="utf-8")
    (built / "dist" / "manifest.json").write_text("{}", encoding="utf-8")
    app = Flask(__name__, static_folder=str(built), static_url_path="/static")
    assets.register(app)
    client = app.test_client()

    with client.get("/static/dist/assets/app-1.js") as kept:
        assert "immutable" in kept.headers["Cache-Control"]
    with client.get("/static/dist/manifest.json") as fresh:
        assert "immutable" not in fresh.headers["Cache-Control"]


# Kilobytes over the wire (gzip) that an entry may cost on top of what every page loads; 10 % above the design's budget.
BUDGETS = {
    "app": {".js": 55, ".css": 13},
    "diagram": {".js": 77, ".css": 7},
    "form": {".js": 181, ".css": 12},
    "modeler": {".js": 594, ".css": 18},
}


@pytest.mark.parametrize("entry", BUDGETS)
def test_what_a_page_loads_stays_within_its_budget(entry: str) -> None:
    loaded = _files(entry) - (_files("app") if entry != "app" else set())

    for kind, kilobytes in BUDGETS[entry].items():
        size = sum(
            len(gzip.compress((assets.BUILT / name).read_bytes())) for name in loaded if name.endswith(kind)
        )
        assert size <= kilobytes * 1000, f"{entry}{kind}: {size} bytes"


def _files(entry: str) -> set[str]:
    return set(re.findall(r'(?:src|href)="/static/dist/([^"]+)"', assets.asset_tags(entry)))
