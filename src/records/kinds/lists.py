"""Countries and currencies with their names, as Unicode's own lists have them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from babel import Locale

from laneway.words import Text

# Codes that Unicode lists for what is no country or territory.
_NO_COUNTRY = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})


@cache
def countries() -> Mapping[str, Text]:
    """Names of countries and territories by their code of two letters."""
    zh, en = _names("zh", "territories"), _names("en", "territories")
    codes = sorted(code for code in en if re.fullmatch("[A-Z]{2}", code) and code not in _NO_COUNTRY)
    return {code: Text(zh.get(code, en[code]), en[code]) for code in codes}


@cache
def currencies() -> Mapping[str, Text]:
    """Names of currencies by their code of three letters."""
    zh, en = _names("zh", "currencies"), _names("en", "currencies")
    return {code: Text(zh.get(code, en[code]), en[code]) for code in sorted(en)}


def _names(locale: str, what: str) -> dict[str, str]:
    return {str(code): str(name) for code, name in getattr(Locale(locale), what).items()}
