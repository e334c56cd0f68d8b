"""Which parts of its variables a text can read, so that only these are converted from JSON.

A case's variables may be large, and converting them takes longer than most expressions do.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from laneway.engine.feel.exchange import to_feel
from laneway.engine.feel.meter import Meter
from laneway.engine.feel.reader import Node
from laneway.engine.feel.values import Value

Reads: TypeAlias = dict[str, Any]
"""By name what is read of a value: None for all of it, or the Reads of its members."""


def reads_of(node: Node | list[Node]) -> Reads:
    """What a syntax tree reads, by the names of its variables; names bound inside the text are among them."""
    found: Reads = {}
    _collect(node, found)
    return found


def _collect(node: Any, found: Reads) -> None:
    if not isinstance(node, tuple | list):
        return
    chain = _chain(node)
    if chain:
        _add(found, chain)
        return
    for part in node:
        _collect(part, found)


def _chain(node: Any) -> list[str]:
    """The names of a.b.c, of a single name too; empty for anything else."""
    if not isinstance(node, Node):
        return []
    if node[0] == "name":
        return [node[1]]
    if node[0] == "path":
        before = _chain(node[1])
        return [*before, node[2]] if before else []
    return []


def _add(found: Reads, chain: list[str]) -> None:
    """Note a chain; reading all of a value includes reading its members."""
    for name in chain[:-1]:
        if name in found and found[name] is None:
            return
        found = found.setdefault(name, {})
    found[chain[-1]] = None


def select(v: Any, wanted: Reads | None, m: Meter) -> Value:
    """The FEEL value of a JSON value, without the members that nobody wants.

    The members of a list are those of its items. Raises RecursionError like `to_feel`.
    """
    if wanted is not None:
        if type(v) is dict:
            return {name: select(v[name], parts, m) for name, parts in wanted.items() if name in v}
        if type(v) is list:
            return [select(x, wanted, m) for x in v]
    return to_feel(v, m)
