"""Tags and addresses of the built front end, read from the manifest that Vite writes into static/dist."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from markupsafe import Markup, escape

from laneway.errors import Unavailable

BUILT = Path(__file__).parent / "static" / "dist"
BASE_URL = "/static/dist/"

# Names of built files carry a hash of their content, so a browser may keep them for good.
FOREVER = "public, max-age=31536000, immutable"

NOT_BUILT_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Laneway</title>
<h1 lang="zh">界面还没有构建</h1>
<p lang="zh">在源码目录运行 <code>make install</code>，然后重新打开此页。</p>
<h1>The front end is not built</h1>
<p>Run <code>make install</code> in the source folder, then open this page again.</p></html>
"""


class FrontEndNotBuilt(Unavailable):
    """The pages' scripts and style sheets are missing: run make install."""

    def __init__(self, folder: Path) -> None:
        super().__init__("front_end_not_built", folder=str(folder))


def register(app: Flask) -> None:
    """Give templates `asset_tags` and `asset_url`, and answer in plain words while nothing is built."""
    app.jinja_env.globals.update(asset_tags=asset_tags, asset_url=asset_url)
    app.register_error_handler(FrontEndNotBuilt, _say_not_built)
    app.after_request(_keep_built_files)


def asset_tags(entry: str, *, built: Path = BUILT) -> Markup:
    """The tags that load an entry (`app`, `diagram`, `form`, `modeler`): style sheets, preloads, the script.

    Raises FrontEndNotBuilt without a build, KeyError for an entry that is not in vite.config.js.
    """
    manifest = _manifest(built)
    name = _source(manifest, entry)
    chunks = list(_with_imports(manifest, name, set()))
    styles = dict.fromkeys(sheet for chunk in chunks for sheet in manifest[chunk].get("css", ()))
    tags = [f'<link rel="stylesheet" href="{escape(BASE_URL + sheet)}">' for sheet in styles]
    tags += [
        f'<link rel="modulepreload" href="{escape(BASE_URL + manifest[chunk]["file"])}">'
        for chunk in chunks
        if chunk != name
    ]
    tags.append(f'<script type="module" src="{escape(BASE_URL + manifest[name]["file"])}"></script>')
    return Markup("\n".join(tags))


def asset_url(entry: str, *, built: Path = BUILT) -> str:
    """The address of one built file: the script of an entry, or a source path that the manifest names."""
    manifest = _manifest(built)
    name = entry if entry in manifest else _source(manifest, entry)
    return f"{BASE_URL}{manifest[name]['file']}"


def _manifest(built: Path) -> dict[str, Any]:
    path = built / "manifest.json"
    try:
        changed = path.stat().st_mtime_ns
    except FileNotFoundError:
        raise FrontEndNotBuilt(built) from None
    return _read_manifest(path, changed)


@lru_cache(maxsize=2)
def _read_manifest(path: Path, changed: int) -> dict[str, Any]:
    """Read once per build; `changed` is in the arguments so that a new build is read anew."""
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def _source(manifest: dict[str, Any], entry: str) -> str:
    for source, chunk in manifest.items():
        if chunk.get("isEntry") and chunk.get("name") == entry:
            return source
    raise KeyError(f"the front end has no entry {entry!r}")


def _with_imports(manifest: dict[str, Any], name: str, seen: set[str]) -> Iterator[str]:
    """A chunk after everything it imports, each once, so that shared style sheets come first."""
    seen.add(name)
    for imported in manifest[name].get("imports", ()):
        if imported not in seen:
            yield from _with_imports(manifest, imported, seen)
    yield name


def _say_not_built(error: FrontEndNotBuilt) -> Response:
    return Response(NOT_BUILT_PAGE, status=503, content_type="text/html; charset=utf-8")


def _keep_built_files(response: Response) -> Response:
    if response.status_code == 200 and request.path.startswith(f"{BASE_URL}assets/"):
        response.headers["Cache-Control"] = FOREVER
    return response
