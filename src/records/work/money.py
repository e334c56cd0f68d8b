"""Amounts of money: kept as whole hundredths, shown and reckoned as decimals."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from laneway.errors import Invalid

_HUNDRED = Decimal(100)


def of(written: object) -> Decimal:
    """An amount as people or forms give it. Raises Invalid for what is none, or below zero."""
    try:
        amount = Decimal(str(written))
    except InvalidOperation:
        raise Invalid("amount_wrong", amount=str(written)) from None
    if not amount.is_finite() or amount < 0:
        raise Invalid("amount_wrong", amount=str(written))
    return amount


def stored(amount: Decimal) -> int:
    """Hundredths, a half rounded up."""
    return int((amount * _HUNDRED).quantize(Decimal(1), ROUND_HALF_UP))


def shown(hundredths: int) -> Decimal:
    """The amount of so many hundredths."""
    return Decimal(hundredths) / _HUNDRED


def for_minutes(hourly_rate: int, minutes: int) -> int:
    """What so many minutes cost at a rate by the hour, both in hundredths."""
    return stored(shown(hourly_rate) * minutes / 60)
