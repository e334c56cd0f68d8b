"""The same party entered twice: found by tax number, telephone, e-mail and name, whatever the way it is written.

Names are compared without legal form, accents, width and punctuation, in Chinese and in Latin letters (DOMAIN C080:
tax number, normalised name, phone, e-mail).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz
from sqlalchemy import delete, func, insert, select, tuple_
from sqlalchemy.orm import Session

from laneway.engine.tables.department.parties import party, party_mark
from laneway.engine.tables.department.records import record_word
from laneway.records.kinds import words
from laneway.records.kinds.declared import Values
from laneway.words import Text

_LEGAL_LATIN = re.compile(
    r"\b(?:co|company|corp|corporation|inc|incorporated|ltd|limited|llc|llp|plc|gmbh|mbh|ag|kg|kgaa|ohg|ug|se|sa|sas|"
    r"sarl|srl|spa|bv|nv|ab|as|asa|oy|oyj|aps|pty|pte|sdn|bhd|jsc|tnhh|cong ty|sti|tic|san|ve|und|and|the|"
    r"sp z o o|s a|a s|l l c)\b"
)
_LEGAL_CHINESE = re.compile("有限责任公司|股份有限公司|有限公司|股份公司|集团|公司|厂|股份")
_COMMON = 2000
"""A word that more parties than this have in their names tells nothing about them."""
_CANDIDATES = 60
_ALIKE = 86
"""Of 100: from here on two names are shown as alike. 100 is the same name in other words, such as another legal form."""


@dataclass(frozen=True)
class Match:
    """A party that may be the same. `reasons` are marks: tax, phone, email, name, or alike (a similar name)."""

    key: int
    code: str
    title: Text
    country: str
    reasons: tuple[str, ...]
    score: int


def keep_marks(session: Session, batch: Mapping[int, Values]) -> None:
    """Bring up to date by what parties are recognised."""
    session.execute(delete(party_mark).where(party_mark.c.party_key.in_(batch)))
    rows = [
        {"mark": mark, "value": value, "party_key": key}
        for key, values in batch.items()
        for mark, value in sorted(marks(values))
    ]
    if rows:
        session.execute(insert(party_mark), rows)


def marks(values: Values) -> set[tuple[str, str]]:
    """By what a party is recognised: pairs of mark and value."""
    contacts = values.get("contacts") or []
    found: set[tuple[str, str]] = set()
    tax = re.sub(r"[\W_]", "", str(values.get("tax_number") or "")).upper()
    if tax:
        found.add(("tax", f"{values.get('country') or ''}:{tax}"))
    for phone in [values.get("phone"), *(one.get("phone") for one in contacts)]:
        if phone:
            found.add(("phone", str(phone)))
    for email in [values.get("email"), *(one.get("email") for one in contacts)]:
        if email:
            found.add(("email", str(email).casefold()))
    for name in (values.get("name"), values.get("name_latin")):
        if plain_name(str(name or "")):
            found.add(("name", plain_name(str(name))[:320]))
    return found


def plain_name(name: str) -> str:
    """What remains of a name when its legal form, accents, punctuation and spaces are left out."""
    plain = re.sub(r"[^\w\s]|_", " ", words.folded(name).replace("'", "").replace(".", ""))
    core = _LEGAL_CHINESE.sub(" ", _LEGAL_LATIN.sub(" ", plain))
    return "".join((core if core.strip() else plain).split())


def search(session: Session, values: Values, *, leave_out: Iterable[int] = ()) -> list[Match]:
    """Parties that may be the same as one with these values, the likeliest first; ten at most."""
    own, out = marks(values), set(leave_out)
    reasons: dict[int, set[str]] = {}
    scores: dict[int, int] = {}
    columns = party_mark.c
    if own:
        same = select(columns.mark, columns.party_key).where(tuple_(columns.mark, columns.value).in_(own))
        for row in session.execute(same.limit(500)):
            reasons.setdefault(row.party_key, set()).add(row.mark)
    for key, score in _alike(session, values).items():
        if "name" not in reasons.get(key, set()):
            reasons.setdefault(key, set()).add("alike")
        scores[key] = score
    weight = {"tax": 100, "name": 95, "email": 90, "phone": 85}
    for key, why in reasons.items():
        scores[key] = max([scores.get(key, 0), *(weight.get(one, 0) for one in why)])
    shown = sorted(reasons.keys() - out, key=lambda key: (-scores[key], -len(reasons[key]), key))
    return _matches(session, shown[:40], reasons, scores)[:10]


def _alike(session: Session, values: Values) -> dict[int, int]:
    """Parties whose name is similar, with how much so: only those that share an uncommon word are compared."""
    names = [str(values[name]) for name in ("name", "name_latin") if values.get(name)]
    plain = [plain_name(name) for name in names]
    shared = [word for word in words.of_record([_core(name) for name in names]) if len(word) > 1]
    telling = [word for word in shared if not _is_common(session, word)][:12]
    if not telling:
        return {}
    columns = record_word.c
    candidates = (
        select(columns.record_key)
        .where(columns.kind == "party", columns.word.in_(telling))
        .group_by(columns.record_key)
        .order_by(func.count().desc())
        .limit(_CANDIDATES)
    )
    rows = session.execute(
        select(party.c.key, party.c.name, party.c.name_latin).where(party.c.key.in_(candidates))
    )
    found = {}
    for row in rows:
        theirs = [plain_name(name) for name in (row.name, row.name_latin) if name]
        best = max((fuzz.ratio(one, other) for one in plain for other in theirs), default=0)
        if best >= _ALIKE:
            found[row.key] = round(best)
    return found


def _core(name: str) -> str:
    plain = re.sub(r"[^\w\s]|_", " ", words.folded(name))
    return _LEGAL_CHINESE.sub(" ", _LEGAL_LATIN.sub(" ", plain))


def _is_common(session: Session, word: str) -> bool:
    columns = record_word.c
    some = select(columns.record_key).where(columns.kind == "party", columns.word == word).limit(_COMMON + 1)
    return (session.scalar(select(func.count()).select_from(some.subquery())) or 0) > _COMMON


def _matches(
    session: Session, keys: list[int], reasons: Mapping[int, set[str]], scores: Mapping[int, int]
) -> list[Match]:
    columns = party.c
    query = select(columns.key, columns.code, columns.name, columns.name_latin, columns.country)
    rows = {
        row.key: row
        for row in session.execute(query.where(columns.key.in_(keys), columns.is_listed.is_(True)))
    }
    return [
        Match(
            key,
            rows[key].code,
            Text(rows[key].name or rows[key].name_latin, rows[key].name_latin or rows[key].name),
            rows[key].country,
            tuple(sorted(reasons[key])),
            scores[key],
        )
        for key in keys
        if key in rows
    ]
