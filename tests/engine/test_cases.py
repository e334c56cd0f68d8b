"""Case files: numbers without a gap, and what lists show kept current from the variables."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

from laneway.engine import instances, tables


def filing(draw: Any) -> Any:
    body = draw.start() + draw.user("u") + draw.end() + draw.way("start", "u", "end")
    properties = {
        "laneway__case__series": "CP",
        "laneway__case__title": "=text",
        "laneway__case__customer": "=customer.name",
        "laneway__case__severity": "=severity",
        "laneway__case__owner": "complaint_desk",
    }
    return draw.file(draw.process(body, **properties))


def test_a_case_is_filed_with_its_number_and_follows_its_variables(
    engine: Any, draw: Any, mei: Any, frozen_clock: Any
) -> None:
    engine.deploy(filing(draw))
    key = engine.start(by=mei, text="leaking drum", customer={"name": "华东化工"})
    (case,) = engine.rows(tables.case_file)
    assert (case.number, case.title, case.customer) == ("CP-2026-000001", "leaking drum", "华东化工")
    assert (case.severity, case.owner_group, case.opened_by) == ("", "complaint_desk", "mei")
    assert engine.variables(key)["case_number"] == "CP-2026-000001"
    assert engine.instance(key).business_key == "CP-2026-000001"
    engine.do(mei, severity="high", text="x" * 1000)
    (case,) = engine.rows(tables.case_file)
    assert (case.state, case.severity, len(case.title)) == ("COMPLETED", "high", 400)
    assert case.closed_at == frozen_clock.now


def test_numbers_begin_anew_each_year(engine: Any, draw: Any, frozen_clock: Any) -> None:
    engine.deploy(filing(draw))
    engine.start()
    frozen_clock.now = datetime(2027, 1, 1, tzinfo=UTC)
    engine.start()
    assert [row.number for row in engine.rows(tables.case_file)] == ["CP-2026-000001", "CP-2027-000001"]


def test_numbers_have_no_gap_however_many_start_at_once_and_however_many_fail(engine: Any, draw: Any) -> None:
    engine.deploy(filing(draw))
    problems: list[Exception] = []

    def start_many(number: int) -> None:
        for turn in range(25):
            try:
                with engine.database.unit_of_work() as session:
                    instances.start(session, process_id="P", variables={}, by=None)
                    if (turn + number) % 7 == 0:
                        raise RuntimeError("this one is taken back")
            except RuntimeError:
                pass
            except Exception as error:
                problems.append(error)

    threads = [threading.Thread(target=start_many, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    numbers = [row.number for row in engine.rows(tables.case_file)]
    assert numbers == [f"CP-2026-{number:06d}" for number in range(1, len(numbers) + 1)]
    taken_back = sum((turn + number) % 7 == 0 for turn in range(25) for number in range(8))
    assert len(numbers) == 200 - taken_back
