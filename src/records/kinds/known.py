"""The kinds of record that there are: each adds itself where it is declared (`laneway.records.catalogue` imports all)."""

from __future__ import annotations

from laneway.errors import NotFound
from laneway.records.kinds.declared import Kind

_kinds: dict[str, Kind] = {}


def add(kind: Kind) -> Kind:
    """Make a kind known; returns it. Raises ValueError when its id is another's, or names in it do not fit."""
    if kind.id in _kinds:
        raise ValueError(f"two kinds of record are called {kind.id}")
    own = {field.name for field in kind.own}
    used = {kind.code, *kind.identity, *kind.title, *kind.listed, *kind.sorted_by, *kind.filtered_by}
    unknown = used - own | {path.partition(".")[0] for path in kind.searched} - set(kind.by_name)
    unknown |= own - set(kind.table.c.keys())
    if unknown:
        raise ValueError(f"{kind.id}: {', '.join(sorted(unknown))}")
    _kinds[kind.id] = kind
    return kind


def kind(id_: str) -> Kind:
    """The kind with this id. Raises NotFound."""
    found = _kinds.get(id_)
    if found is None:
        raise NotFound("record_kind_not_found", kind=id_)
    return found


def all_() -> list[Kind]:
    """Every kind, in the order of declaration."""
    return list(_kinds.values())
