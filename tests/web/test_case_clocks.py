"""Clocks of cases on the screens: the most urgent one in lists, all of them on the page of the case."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest

from laneway.engine import deployments, instances, statistics, user_tasks
from laneway.engine.database import reading, unit_of_work
from laneway.engine.queries import board, cases
from laneway.engine.queries.board import BoardFilter, Lanes
from laneway.records.calendars import delivered
from laneway.testing import drain
from laneway.words import Resource

CLOCKS = (
    "=[{name: &quot;acknowledge&quot;, target: &quot;8 h&quot;, calendar: &quot;24x7&quot;},"
    " {name: &quot;reply&quot;, target: &quot;5 wd&quot;, calendar: &quot;CN&quot;},"
    " {name: &quot;statutory&quot;, target: &quot;30 d&quot;}]"
)
DIAGRAM = f"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
<process id="asked" name="Asked" isExecutable="true"><extensionElements><zeebe:properties>
<zeebe:property name="laneway:case:series" value="CP"/><zeebe:property name="laneway:case:clocks" value="{CLOCKS}"/>
</zeebe:properties></extensionElements><startEvent id="s"/>
<userTask id="look" name="Look"><extensionElements><zeebe:userTask/>
<zeebe:assignmentDefinition candidateGroups="complaint_desk"/><zeebe:properties>
<zeebe:property name="laneway:clock:meets" value="acknowledge"/><zeebe:property name="laneway:due" value="clock:reply"/>
</zeebe:properties></extensionElements></userTask>
<receiveTask id="r" name="Wait" messageRef="m"><extensionElements><zeebe:properties>
<zeebe:property name="laneway:clock:pauses" value="customer"/></zeebe:properties></extensionElements></receiveTask>
<sequenceFlow id="a" sourceRef="s" targetRef="look"/><sequenceFlow id="b" sourceRef="look" targetRef="r"/></process>
<message id="m" name="M"><extensionElements><zeebe:subscription correlationKey="=case_number"/></extensionElements>
</message></definitions>"""


@pytest.fixture
def case(app: Any, frozen_clock: Any, owner: Any, mei: Any) -> str:
    frozen_clock.now = datetime(2026, 9, 30, 8, 30, tzinfo=UTC)  # 16:30 in Qingdao
    with unit_of_work() as session:
        delivered.load(session)
        deployments.deploy(session, [Resource("asked.bpmn", DIAGRAM.encode())], by=owner)
        number = instances.start(session, process_id="asked", variables={}, by=mei).case_number
    drain()
    assert number is not None
    return number


def chips(page: Any) -> list[str]:
    """State and words of the clocks on a page."""
    found = re.findall(r'<span class="clk (\w+)".*?>(.*?)</span></span>', page.get_data(as_text=True), re.S)
    return [" ".join([state, *unescape(re.sub(r"<[^>]+>", " ", words)).split()]) for state, words in found]


def look(number: str, mei: Any) -> None:
    with unit_of_work() as session:
        (task,) = user_tasks.open_under(session, cases.find(session, mei, number).instance_key)
        user_tasks.claim(session, task.key, by=mei)
        user_tasks.complete(session, task.key, by=mei, values={})
    drain()


def lane(mei: Any, chen: Any, now: datetime) -> list[str]:
    with unit_of_work() as session:
        statistics.fold(session)
        found = board.tallies(session, chen, BoardFilter(), Lanes.CLOCK, now=now)
        statistics.rebuild(session)
        assert board.tallies(session, chen, BoardFilter(), Lanes.CLOCK, now=now) == found
    return [one.lane[0] for one in found if one.total]


def test_lists_show_the_most_urgent_clock_and_the_case_all(
    case: str, sign_in: Any, bob: Any, mei: Any
) -> None:
    page = sign_in(bob).get("/cases")
    assert chips(page) == ["ok Acknowledge 8h"]
    assert "8 hours · calendar: Round the clock" in page.get_data(as_text=True)
    shown = chips(sign_in(bob).get(f"/cases/{case}"))
    assert shown[:3] == ["ok 8h", "ok 13 Oct", "ok 30 Oct"]
    inbox = chips(sign_in(mei).get("/inbox/open"))
    assert "ok 答复 10 月 13 日" in inbox


def test_a_clock_at_risk_over_or_met_says_so(
    case: str, sign_in: Any, bob: Any, mei: Any, chen: Any, frozen_clock: Any
) -> None:
    frozen_clock.advance(hours=6)
    assert chips(sign_in(bob).get("/cases")) == ["risk Acknowledge 2h"]
    assert lane(mei, chen, frozen_clock.now) == ["risk"]
    frozen_clock.advance(hours=3)
    assert chips(sign_in(bob).get("/cases")) == ["breach Acknowledge 1h over"]
    assert lane(mei, chen, frozen_clock.now) == ["breach"]
    look(case, mei)
    assert "done in 9h" in chips(sign_in(bob).get(f"/cases/{case}"))


def test_a_case_that_waits_for_its_customer_stands_still(
    case: str, sign_in: Any, bob: Any, mei: Any, chen: Any, frozen_clock: Any
) -> None:
    look(case, mei)
    frozen_clock.advance(days=3, hours=5)
    page = sign_in(bob).get(f"/cases/{case}")
    assert chips(page)[:3] == ["done in under 1m", "wait paused 3d", "ok 30 Oct"]
    assert lane(mei, chen, frozen_clock.now) == ["wait"]
    assert chips(sign_in(chen).get("/board")) == ["wait 等客户 已停 3 天"]
    assert chips(sign_in(bob).get("/cases")) == ["wait With customer paused 3d"]
    frozen_clock.advance(days=26)  # the law does not wait
    assert chips(sign_in(bob).get("/cases")) == ["risk Statutory 19h"]


def test_the_story_of_a_case_tells_of_its_clocks(
    case: str, sign_in: Any, bob: Any, mei: Any, frozen_clock: Any
) -> None:
    frozen_clock.advance(hours=9)
    drain()
    told = unescape(sign_in(bob).get(f"/cases/{case}/timeline").get_data(as_text=True))
    assert "the clock “Acknowledge” began: 8 hours" in told
    assert "the clock “Acknowledge” is at three quarters" in told
    assert "the clock “Acknowledge” is over" in told
    with reading() as session:
        assert cases.find(session, mei, case).clocks[0].met_at is None
