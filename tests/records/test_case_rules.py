"""The everyday rules of cases on both databases: reopening, links, merging, duplicates and clusters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from laneway.engine import deployments, history, instances, statistics, user_tasks
from laneway.engine.database import reading, unit_of_work
from laneway.engine.model import InstanceState
from laneway.engine.queries import case_detail, cases
from laneway.errors import Conflict, Invalid, NotAllowed
from laneway.records.cases import figures, links, merging, reopening, similar
from laneway.records.cases.links import Kind
from laneway.tasks.draining import drain
from laneway.words import Resource

DIAGRAM = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
 id="d" targetNamespace="t">
<bpmn:process id="asked" name="Asked" isExecutable="true"><bpmn:extensionElements><zeebe:properties>
<zeebe:property name="laneway:case:series" value="CP"/><zeebe:property name="laneway:case:title" value="=subject"/>
<zeebe:property name="laneway:case:reopenAt" value="answer"/></zeebe:properties></bpmn:extensionElements>
<bpmn:startEvent id="s"/><bpmn:userTask id="look" name="Look"/><bpmn:userTask id="answer" name="Answer"/>
<bpmn:scriptTask id="told" name="Told"><bpmn:extensionElements>
<zeebe:script expression="=now()" resultVariable="customer_closed_at"/></bpmn:extensionElements></bpmn:scriptTask>
<bpmn:userTask id="mend" name="Mend"/><bpmn:endEvent id="e"/>
<bpmn:sequenceFlow id="a" sourceRef="s" targetRef="look"/><bpmn:sequenceFlow id="b" sourceRef="look" targetRef="answer"/>
<bpmn:sequenceFlow id="c" sourceRef="answer" targetRef="told"/>
<bpmn:sequenceFlow id="f" sourceRef="told" targetRef="mend"/>
<bpmn:sequenceFlow id="g" sourceRef="mend" targetRef="e"/>
<bpmn:subProcess id="merged" triggeredByEvent="true">
<bpmn:startEvent id="ms"><bpmn:messageEventDefinition messageRef="m"/>
</bpmn:startEvent><bpmn:endEvent id="me"/><bpmn:sequenceFlow id="mf" sourceRef="ms" targetRef="me"/></bpmn:subProcess>
</bpmn:process>
<bpmn:message id="m" name="complaint.merged"><bpmn:extensionElements><zeebe:subscription correlationKey="=case_number"/>
</bpmn:extensionElements></bpmn:message></bpmn:definitions>"""


@pytest.fixture
def open_case(database, owner, mei):
    """Opens cases that stand at their first task; gives their numbers."""
    with unit_of_work() as session:
        deployments.deploy(session, [Resource("asked.bpmn", DIAGRAM)], by=owner)
        figures.load(session)

    def opened(**variables) -> str:
        with unit_of_work() as session:
            started = instances.start(
                session, process_id="asked", variables={"subject": "Drum", **variables}, by=mei
            )
        assert started.case_number is not None
        return started.case_number

    return opened


def look(number, person):
    with reading() as session:
        return cases.find(session, person, number)


def do(number, element_id, person) -> None:
    with unit_of_work() as session:
        row = cases.find(session, person, number)
        task = next(
            one for one in user_tasks.open_under(session, row.instance_key) if one.element_id == element_id
        )
        user_tasks.claim(session, task.key, by=person)
        user_tasks.complete(session, task.key, by=person, values={})
    drain()


def close(number, person) -> None:
    for step in ("look", "answer", "mend"):
        do(number, step, person)


def reopen(number, person, reason="Still bulging"):
    with unit_of_work() as session:
        return reopening.reopen(session, number, by=person, reason=reason)


# -- reopening


def test_on_day_29_the_same_case_goes_on_and_keeps_its_history_and_variables(open_case, frozen_clock, mei):
    number = open_case(lot="A1")
    close(number, mei)
    assert look(number, mei).state == InstanceState.COMPLETED
    frozen_clock.advance(days=29)
    again = reopen(number, mei)
    assert (again.number, again.is_new) == (number, False)
    row = look(number, mei)
    assert (row.state, row.reopened, row.closed_at, row.customer_closed_at) == (
        InstanceState.ACTIVE,
        1,
        None,
        None,
    )
    assert row.waiting_at == ("answer",)
    with reading() as session:
        assert instances.variables(session, row.instance_key)["lot"] == "A1"
        told = [
            one.event
            for one in case_detail.happenings(
                session, row.instance_key, events=frozenset({"case_reopened", "instance_started"}), limit=20
            )
        ]
        task = user_tasks.open_under(session, row.instance_key)[0]
        assert task.created_at == frozen_clock.now  # the clock starts anew at the reply
    assert sorted(told) == ["case_reopened", "instance_started"]
    do(number, "answer", mei)
    do(number, "mend", mei)
    assert look(number, mei).state == InstanceState.COMPLETED


def test_on_day_31_a_new_case_follows_the_old_one(open_case, frozen_clock, mei):
    number = open_case()
    close(number, mei)
    frozen_clock.advance(days=31)
    again = reopen(number, mei)
    assert again.is_new
    assert again.number != number
    with reading() as session:
        new = cases.find(session, mei, again.number)
        (link,) = links.listed(session, new.instance_key)
        assert (link.kind, link.is_from_here, link.other.number) == (Kind.FOLLOWS, True, number)
        assert links.listed(session, look(number, mei).instance_key)[0].is_from_here is False
    assert look(number, mei).reopened == 0


def test_the_days_are_a_figure_that_its_owner_may_change(open_case, frozen_clock, mei):
    number = open_case()
    close(number, mei)
    frozen_clock.advance(days=31)
    with unit_of_work() as session:
        session.execute(figures.rule_figure.update().values(amount=60))
    assert not reopen(number, mei).is_new


def test_a_case_whose_customer_is_content_may_stay_open_and_is_reopened_beside_what_goes_on(
    open_case, frozen_clock, mei
):
    number = open_case()
    do(number, "look", mei)
    do(number, "answer", mei)
    row = look(number, mei)
    assert (row.state, row.customer_closed_at) == (InstanceState.ACTIVE, frozen_clock.now)
    frozen_clock.advance(days=3)
    reopen(number, mei)
    assert set(look(number, mei).waiting_at) == {"mend", "answer"}
    assert look(number, mei).customer_closed_at is None


def test_an_open_case_and_one_that_was_cancelled_are_not_reopened(open_case, mei, chen):
    number = open_case()
    with pytest.raises(Conflict, match="case_is_open"):
        reopen(number, mei)
    with unit_of_work() as session:
        instances.cancel(session, look(number, mei).instance_key, by=chen, reason="By mistake")
    with pytest.raises(Conflict, match="case_was_cancelled"):
        reopen(number, mei)


def test_reopening_needs_the_right_and_a_reason(open_case, mei, bob):
    number = open_case()
    close(number, mei)
    with pytest.raises(NotAllowed):
        reopen(number, bob)
    with pytest.raises(Invalid, match="reason_required"):
        reopen(number, mei, " ")


def test_k11_counts_reopenings_by_closures(open_case, frozen_clock, mei):
    since = frozen_clock.now
    numbers = [open_case() for _ in range(3)]
    for number in numbers:
        close(number, mei)
    until = frozen_clock.advance(days=2)
    with reading() as session:
        assert reopening.rate(session, since, until).share == 0
    reopen(numbers[0], mei)
    until = frozen_clock.advance(minutes=1)
    with reading() as session:
        told = reopening.rate(session, since, until)
    assert (told.closed, told.reopened) == (3, 1)
    assert told.share == pytest.approx(1 / 3)


@pytest.mark.parametrize("is_told_before", [True, False])
def test_statistics_tell_a_reopened_case_as_if_it_had_never_ended(
    open_case, frozen_clock, mei, is_told_before
):
    number = open_case()
    close(number, mei)
    if is_told_before:
        fold()
    frozen_clock.advance(hours=3)
    reopen(number, mei)
    fold()
    told = counted()
    with unit_of_work() as session:
        statistics.rebuild(session)
    assert counted() == told
    assert told[0] == [(1, 0)]


def fold() -> None:
    with unit_of_work() as session:
        statistics.fold(session)


def counted():
    """(opened, ended) by hour, and the open cases."""
    with reading() as session:
        hours = session.execute(statistics.case_hour.select()).all()
        rows = session.execute(statistics.open_case.select()).all()
    return [(row.opened, row.ended) for row in hours if row.opened or row.ended], len(rows)


# -- links


def test_a_link_is_seen_from_both_cases_and_taken_back_by_either_but_the_first_alone(open_case, mei):
    first, second = open_case(), open_case()
    with unit_of_work() as session:
        key = links.link(session, first, second, Kind.CAUSE_OF, by=mei, reason="Same pallet")
    with pytest.raises(Conflict, match="case_link_known"), unit_of_work() as session:
        links.link(session, first, second, Kind.CAUSE_OF, by=mei)
    with pytest.raises(Invalid, match="case_link_to_itself"), unit_of_work() as session:
        links.link(session, first, first, Kind.FOLLOWS, by=mei)
    with reading() as session:
        (seen,) = links.listed(session, look(second, mei).instance_key)
        assert (seen.kind, seen.is_from_here, seen.other.number, seen.reason) == (
            Kind.CAUSE_OF,
            False,
            first,
            "Same pallet",
        )
    with unit_of_work() as session:
        links.remove(session, first, key, by=mei)
    with reading() as session:
        assert links.listed(session, look(first, mei).instance_key) == []


# -- merging


def merge(number, into, person) -> None:
    with unit_of_work() as session:
        merging.merge(session, number, into, by=person, reason="Same drum, by phone and by mail")
    drain()


def test_a_merge_ends_one_case_and_gives_the_other_the_earlier_clock(open_case, mei):
    kept = open_case(received_at="2026-03-02T11:00:00+08:00")
    gone = open_case(received_at="2026-03-02T09:30:00+08:00")
    merge(gone, kept, mei)
    assert look(gone, mei).state == InstanceState.COMPLETED
    row = look(kept, mei)
    with reading() as session:
        assert instances.variables(session, row.instance_key)["received_at"] == "2026-03-02T09:30:00+08:00"
        (seen,) = links.listed(session, row.instance_key)
        assert (seen.kind, seen.other.number) == (Kind.MERGED, gone)
        assert instances.variables(session, seen.other.instance_key)["merged_into"] == kept


def test_a_merge_is_undone_while_the_other_case_is_untouched(open_case, mei):
    kept, gone = open_case(), open_case()
    do(gone, "look", mei)
    merge(gone, kept, mei)
    with unit_of_work() as session:
        merging.undo(session, gone, by=mei, reason="Two drums after all")
    row = look(gone, mei)
    assert (row.state, row.waiting_at, row.reopened) == (InstanceState.ACTIVE, ("answer",), 0)
    with reading() as session:
        assert links.listed(session, row.instance_key) == []
    merge(gone, kept, mei)  # it hears of a merge again
    assert look(gone, mei).state == InstanceState.COMPLETED


def test_a_merge_stays_once_something_was_done_in_the_other_case(open_case, mei):
    kept, gone = open_case(), open_case()
    merge(gone, kept, mei)
    with unit_of_work() as session:
        history.record(session, look(kept, mei).instance_key, "interaction_added", by=mei, kind="call")
    with pytest.raises(Conflict, match="case_merge_touched"), unit_of_work() as session:
        merging.undo(session, gone, by=mei, reason="Too late")


def test_only_open_cases_are_merged_and_none_with_itself(open_case, mei, bob):
    kept, gone = open_case(), open_case()
    with pytest.raises(NotAllowed):
        merge(gone, kept, bob)
    with pytest.raises(Invalid, match="case_link_to_itself"):
        merge(gone, gone, mei)
    close(kept, mei)
    with pytest.raises(Conflict, match="case_merge_needs_open"):
        merge(gone, kept, mei)


# -- duplicates and clusters

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def about(number, person, customer, lots, *, after=timedelta(0), defect="product") -> None:
    with unit_of_work() as session:
        row = cases.find(session, person, number)
        subject = similar.Subject(customer, similar.lots_in(lots), defect, AT + after)
        similar.remember(session, row.instance_key, subject)


def test_same_customer_lot_and_defect_within_two_weeks_are_duplicates_other_customers_a_cluster(
    open_case, mei
):
    first, second, third, late, other = (open_case() for _ in range(5))
    about(first, mei, "青岛泡沫", "HX-P20-0901A、HX-P20-0902B")
    about(second, mei, "青岛泡沫", "hx-p20-0901a ", after=timedelta(hours=2))
    about(third, mei, "Gulf Panel", "HX-P20-0901A", after=timedelta(days=20))
    about(late, mei, "Gulf Panel", "HX-P20-0901A", after=timedelta(days=40))
    about(other, mei, "青岛泡沫", "HX-P20-0901A", defect="packaging")
    with reading() as session:
        told = similar.found(session, look(second, mei).instance_key)
        assert [row.number for row in told.duplicates] == [first]
        assert {row.number for row in told.cluster} == {first, third}
        assert (told.complaints, told.customers) == (3, 2)
        assert similar.found(session, look(other, mei).instance_key).cluster == []


def test_a_lot_that_is_unknown_makes_no_cluster():
    assert similar.lots_in("unknown; 不详") == []
    assert similar.lots_in("a 1，A1/b2\nC3") == ["A1", "B2", "C3"]


def test_the_board_can_still_be_read_after_a_reopening(open_case, mei, chen):
    number = open_case()
    close(number, mei)
    reopen(number, mei)
    fold()
    with reading() as session:
        assert cases.search(session, chen, cases.CaseFilter(), limit=5, offset=0).rows[0].number == number
