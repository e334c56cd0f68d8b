"""Country credit files: what is known of law, terms and political risk, and for how long it holds (DOMAIN C085, F20)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.engine import clock
from laneway.engine.tables.department.parties import country_file

UNKNOWN_RISK = "C"
"""As which a country counts whose branch is silent, or whose file is outdated (DOMAIN C085)."""


@dataclass(frozen=True)
class CountryFile:
    """What holds for a country today; `risk` is C where the file is missing or outdated."""

    country: str
    risk: str
    credit_terms: str
    valid_to: date | None
    is_valid: bool


def state(session: Session, country: str, *, today: date | None = None) -> CountryFile:
    """The file of a country as it counts on a day."""
    row = session.execute(select(country_file).where(country_file.c.country == country)).one_or_none()
    if row is None:
        return CountryFile(country, UNKNOWN_RISK, "", None, False)
    is_valid = row.valid_to >= (today or clock.here().date())
    risk = row.political_risk if is_valid else max(row.political_risk, UNKNOWN_RISK)
    return CountryFile(country, risk, row.credit_terms, row.valid_to, is_valid)
