"""Which job types an installed handler serves; told by the handler registry, asked by checks and screens."""

from __future__ import annotations

_served: set[str] = set()


def serve(job_type: str) -> None:
    """An installed handler serves jobs of this type."""
    _served.add(job_type)


def served() -> frozenset[str]:
    """All job types that an installed handler serves."""
    return frozenset(_served)
