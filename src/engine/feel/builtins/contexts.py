"""Built-ins on contexts (DMN 1.5, 10.3.4.10)."""

from __future__ import annotations

from laneway.engine.feel.meter import Meter
from laneway.engine.feel.registry import builtin
from laneway.engine.feel.values import Value

MAX_KEYS = 100


@builtin("context", "entries:l")
def context(m: Meter, entries: list[Value]) -> Value:
    """The context of a list of contexts that have a key and a value."""
    out: dict[str, Value] = {}
    m.charge(len(entries))
    for entry in entries:
        if type(entry) is not dict or type(entry.get("key")) is not str or "value" not in entry:
            return m.warn("context: entries need a key and a value")
        if entry["key"] in out:
            return m.warn("context: each key may be there only once")
        out[entry["key"]] = entry["value"]
    return out


# The parameter was named m until DMN 1.3 and context since.
@builtin("get value", "m:c, key:s", "context:c, key:s")
def get_value(m: Meter, entries: dict[str, Value], key: str) -> Value:
    """The value of an entry; null when there is none."""
    return entries[key] if key in entries else m.warn("no entry %r", key)


@builtin("get entries", "m:c", "context:c")
def get_entries(m: Meter, entries: dict[str, Value]) -> list[dict[str, Value]]:
    """The entries as a list of contexts with key and value."""
    m.list(len(entries))
    m.charge(4 * len(entries))  # a context takes more memory than an item
    return [{"key": key, "value": v} for key, v in entries.items()]


@builtin("context put", "context:c, key:s, value:a")
def context_put(m: Meter, entries: dict[str, Value], key: str, value: Value) -> Value:
    """The context with an entry added or replaced."""
    m.list(len(entries))
    return {**entries, key: value}


@builtin("context put", "context:c, keys:l, value:a")
def context_put_deep(m: Meter, entries: dict[str, Value], keys: list[Value], value: Value) -> Value:
    """Put a value along a path of keys; contexts that are missing on the way are made, as Camunda does."""
    if not keys or len(keys) > MAX_KEYS or type(keys[0]) is not str:
        return m.warn("context put: keys must be strings")
    if len(keys) > 1:
        inner = entries.get(keys[0], {})
        m.charge(len(keys))
        if type(inner) is not dict:
            return m.warn("context put: %r is no context", keys[0])
        value = context_put_deep(m, inner, keys[1:], value)
        if value is None:
            return None
    m.list(len(entries))
    return {**entries, keys[0]: value}


@builtin("context merge", "contexts:l")
def context_merge(m: Meter, contexts: list[Value]) -> Value:
    """The entries of all contexts; later ones win."""
    if not all(type(c) is dict for c in contexts):
        return m.warn("context merge: not a list of contexts")
    m.list(sum(map(len, contexts)))
    return {key: v for c in contexts for key, v in c.items()}


# Additions of the Camunda dialect.


@builtin("get value", "context:c, keys:l")
def get_value_deep(m: Meter, entries: dict[str, Value], keys: list[Value]) -> Value:
    """The value at the end of a path of keys; null when there is none."""
    m.charge(len(keys))
    found: Value = entries if keys else None
    for key in keys:
        if type(found) is not dict or type(key) is not str or key not in found:
            return m.warn("no entry %r", key)
        found = found[key]
    return found


@builtin("context merge", "contexts:c*", required=2)
@builtin("put all", "contexts:c*", required=1)
def context_merge_all(m: Meter, *contexts: dict[str, Value]) -> Value:
    """The entries of the given contexts; later ones win. `put all` is the name that Camunda used first."""
    return context_merge(m, list(contexts))


builtin("put", "context:c, key:s, value:a")(context_put)
