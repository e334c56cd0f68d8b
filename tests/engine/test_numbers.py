"""Numbers of records are gapless and unique, whoever asks for them at the same time."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from laneway.engine import numbers
from laneway.errors import Conflict, Invalid, NotFound

AT = datetime(2026, 3, 2, tzinfo=UTC)
WORKER = """
import sys
from datetime import UTC, datetime
from laneway.engine import database, numbers
database.connect(sys.argv[1])
def allot(session):
    return numbers.allot(session, "SO", thing="service_order", by=sys.argv[2], at=datetime(2026, 3, 2, tzinfo=UTC))
for _ in range(25):
    print(database.transact(allot))
database.disconnect()
"""


def test_eight_processes_allot_two_hundred_numbers_without_gap_or_duplicate(database, database_url):
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, database_url, f"w{n}"], stdout=subprocess.PIPE, text=True
        )
        for n in range(8)
    ]
    given = [number for worker in workers for number in worker.communicate()[0].split()]
    assert [worker.returncode for worker in workers] == [0] * 8
    assert sorted(given) == [f"SO-2026-{n:06d}" for n in range(1, 201)]
    with database.unit_of_work() as session:
        numbers.cancel(session, "SO-2026-000017", reason="entered twice", by="mei")
    with database.reading() as session:
        listed = numbers.listed(session, "SO", year=2026)
    assert [row.number for row in listed] == list(range(1, 201))
    cancelled = [row for row in listed if row.state == numbers.CANCELLED]
    assert [(row.number, row.reason, row.cancelled_by) for row in cancelled] == [(17, "entered twice", "mei")]


def test_a_record_that_is_taken_back_gives_its_number_back(database):
    def fail() -> None:
        with database.unit_of_work() as session:
            numbers.allot(session, "SO", thing="service_order", at=AT)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with database.unit_of_work() as session:
        assert numbers.allot(session, "SO", thing="service_order", at=AT) == "SO-2026-000001"
        assert (
            numbers.allot(session, "SO", thing="service_order", at=AT.replace(year=2027)) == "SO-2027-000001"
        )


def test_what_cannot_be_cancelled_is_told(database):
    with database.unit_of_work() as session:
        number = numbers.allot(session, "SO", thing="service_order", at=AT)
    with database.unit_of_work() as session:
        with pytest.raises(Invalid, match="number_reason_missing"):
            numbers.cancel(session, number, reason=" ", by="mei")
        for unknown in ("SO-2026-000002", "nonsense"):
            with pytest.raises(NotFound, match="number_not_found"):
                numbers.cancel(session, unknown, reason="wrong", by="mei")
        numbers.cancel(session, number, reason="wrong", by="mei")
        with pytest.raises(Conflict, match="number_already_cancelled"):
            numbers.cancel(session, number, reason="wrong", by="mei")
