"""Quantities as they are stored: whole thousandths of the product's unit."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from laneway.errors import Invalid

_LARGEST = Decimal(10) ** 12


def stored(quantity: Decimal | int | str) -> int:
    """Thousandths of a unit. Raises Invalid for what is no number, is finer than that, or too large."""
    try:
        number = Decimal(quantity)
    except InvalidOperation as error:
        raise Invalid("quantity_wrong", quantity=str(quantity)) from error
    if not number.is_finite() or abs(number) > _LARGEST or (number * 1000) % 1:
        raise Invalid("quantity_wrong", quantity=str(quantity))
    return int(number * 1000)


def positive(quantity: Decimal | int | str) -> int:
    """Thousandths of a unit, above zero. Raises Invalid otherwise."""
    thousandths = stored(quantity)
    if thousandths <= 0:
        raise Invalid("quantity_not_positive", quantity=str(quantity))
    return thousandths


def shown(thousandths: int) -> Decimal:
    """The quantity in units."""
    return Decimal(thousandths) / 1000
