"""How fast files become records, beside the least that a program could do: read the rows and insert them.

`python -m bench.imports` on both kinds of database, with checks, history, words to search by and balances.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.ground import fresh_database, kinds, show
from laneway.engine import database
from laneway.records import catalogue
from laneway.records.importing import imports
from laneway.records.importing.imports import State
from laneway.records.importing.working import Importer
from laneway.records.kinds.declared import Kind

_PRODUCTS = 20
_FLOOR = {
    "party": ["code", "name", "type", "country", "language", "phone", "email", "contact", "contact_email"],
    "stock_movement": ["reference", "product", "kind", "quantity", "warehouse", "at"],
}


def _products() -> Iterator[list[str]]:
    yield ["code", "name_zh", "name_en", "unit"]
    for number in range(_PRODUCTS):
        yield [f"HX-{number:02}", f"产品{number}", f"Product {number}", "t"]


def _customers(rows: int) -> Iterator[list[str]]:
    yield [
        "code",
        "name",
        "type",
        "country",
        "language",
        "phone",
        "email",
        "contacts.1.name",
        "contacts.1.email",
    ]
    for number in range(rows):
        name = f"客户{number:06}有限公司"
        phone, email = f"+861{3_000_000_000 + number}", f"office{number}@example.com"
        yield [
            f"C{number:06}",
            name,
            "prospect",
            "CN",
            "zh",
            phone,
            email,
            "王磊",
            f"wang{number}@example.com",
        ]


def _movements(rows: int) -> Iterator[list[str]]:
    yield ["reference", "product_key", "kind", "quantity", "warehouse", "at"]
    for number in range(rows):
        moved = ("RECEIPT", "OUTFLOW", "CONSUMPTION")[number % 3]
        at = f"2026-0{1 + number % 9}-{1 + number % 28:02} 08:{number % 60:02}"
        yield [
            f"M{number:07}",
            f"HX-{number % _PRODUCTS:02}",
            moved,
            f"{1 + number % 500}.{number % 1000:03}",
            "QD1",
            at,
        ]


def _written(folder: str, rows: Iterator[list[str]]) -> Path:
    path = Path(folder) / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def _imported(kind: Kind, path: Path, *, is_dry: bool = False) -> float:
    began = time.perf_counter()
    with database.unit_of_work() as session:
        key = imports.add(session, kind, path.name, path, by=None)
        imports.begin(session, key, by=None, is_dry=is_dry, leased_by="bench")
    Importer("bench").finish(key)
    took = time.perf_counter() - began
    with database.unit_of_work() as session:
        found = imports.get(session, key)
        expected = State.CHECKED if is_dry else State.DONE
        if found.state is not expected or found.wrong or found.counts.get("new") != found.done_rows:
            raise SystemExit(f"the import went wrong: {found}")
        if is_dry:
            imports.end(session, key, State.CANCELLED)
    return took


def _floor(kind_id: str, path: Path) -> float:
    """Read the rows and insert them into a bare table of text, in one transaction."""
    names = _FLOOR[kind_id]
    began = time.perf_counter()
    connection = database.engine().raw_connection()
    cursor = connection.cursor()
    if not database.is_postgresql():
        cursor.execute("BEGIN")
    cursor.execute(f"CREATE TABLE floor_{kind_id} ({', '.join(f'{name}_ TEXT' for name in names)})")
    mark = "%s" if database.is_postgresql() else "?"
    statement = f"INSERT INTO floor_{kind_id} VALUES ({', '.join([mark] * len(names))})"
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        cursor.executemany(statement, reader)
    connection.commit()
    connection.close()
    return time.perf_counter() - began


def measure(on: str, customers: int, movements: int) -> list[dict[str, object]]:
    """The figures of one kind of database."""
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(prefix="laneway-bench-imports-") as folder, fresh_database(on):
        _imported(catalogue.kind("product"), _written(folder, _products()))
        for kind_id, number, made in (
            ("party", customers, _customers(customers)),
            ("stock_movement", movements, _movements(movements)),
        ):
            path = _written(folder, made)
            floor = _floor(kind_id, path)
            checked = _imported(catalogue.kind(kind_id), path, is_dry=True)
            took = _imported(catalogue.kind(kind_id), path)
            rows.append(
                {
                    "database": on,
                    "records": kind_id,
                    "rows": number,
                    "check s": round(checked, 1),
                    "import s": round(took, 1),
                    "rows/s": round(number / took),
                    "floor s": round(floor, 1),
                    "times the floor": round(took / floor, 1),
                }
            )
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--movements", type=int, default=1_000_000)
    parser.add_argument("--database", choices=kinds(), action="append")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    for on in asked.database or kinds():
        show(f"imports on {on}", measure(on, asked.customers, asked.movements), as_json=asked.json)


if __name__ == "__main__":
    main()
