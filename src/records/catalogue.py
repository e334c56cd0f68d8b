"""Every kind of record that the product knows: importing this module makes them all known."""

from __future__ import annotations

from laneway.records.calendars import kinds as _calendars  # noqa: F401 - declares its kind
from laneway.records.cases import figures as _figures  # noqa: F401 - declares its kind
from laneway.records.duties import kinds as _duties  # noqa: F401 - declares its kind
from laneway.records.goods import kinds as _goods  # noqa: F401 - declares its kinds
from laneway.records.kinds import known
from laneway.records.kinds.declared import Kind
from laneway.records.knowledge import kinds as _knowledge  # noqa: F401 - declares its kinds
from laneway.records.knowledge import safety as _safety  # noqa: F401 - declares its kind
from laneway.records.parties import kinds as _parties  # noqa: F401 - declares its kinds
from laneway.records.work import kinds as _work  # noqa: F401 - declares its kinds

_FIRST = (
    "party",
    "country_file",
    "product",
    "lot",
    "stock_movement",
    "incoming_stock",
    "customer_order",
    "delivery",
    "knowledge_article",
    "solution",
)


def kind(id_: str) -> Kind:
    """The kind with this id. Raises NotFound."""
    return known.kind(id_)


def all_() -> list[Kind]:
    """Every kind: first whom and what the department is asked about, then the others as they were declared."""
    return sorted(known.all_(), key=lambda one: _FIRST.index(one.id) if one.id in _FIRST else len(_FIRST))
