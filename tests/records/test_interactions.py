"""The log of contacts of a case, on both databases: lines are added and never changed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from laneway.engine import clock, deployments, instances
from laneway.engine.database import reading, unit_of_work
from laneway.errors import Invalid, NotFound
from laneway.records.interactions import log
from laneway.records.interactions.log import Channel, Entry, Kind
from laneway.words import Resource

DIAGRAM = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
<bpmn:process id="talks" name="Talks" isExecutable="true">
<bpmn:startEvent id="s"/><bpmn:userTask id="look" name="Look"/><bpmn:endEvent id="e"/>
<bpmn:sequenceFlow id="a" sourceRef="s" targetRef="look"/><bpmn:sequenceFlow id="b" sourceRef="look" targetRef="e"/>
</bpmn:process></bpmn:definitions>"""


@pytest.fixture
def root_key(database, owner, mei) -> int:
    """A case that stands at a user task."""
    with unit_of_work() as session:
        deployments.deploy(session, [Resource("talks.bpmn", DIAGRAM)], by=owner)
    with unit_of_work() as session:
        return instances.start(session, process_id="talks", variables={}, by=mei).instance_key


def test_what_happened_last_stands_first_and_one_kind_can_be_asked_for(root_key, mei):
    yesterday = clock.now() - timedelta(days=1)
    with unit_of_work() as session:
        call = log.add(session, root_key, Entry(Kind.CALL, " 桶鼓了 ", Channel.PHONE, "Ms Lee"), by=mei)
        old = log.add(session, root_key, Entry(Kind.DISPUTE, "Not ours", at=yesterday), by=mei)
    with reading() as session:
        lines = log.listed(session, root_key)
        assert [(line.key, line.text, line.recorded_by) for line in lines] == [
            (call, "桶鼓了", "mei"),
            (old, "Not ours", "mei"),
        ]
        assert [line.key for line in log.listed(session, root_key, Kind.DISPUTE)] == [old]
        assert log.listed(session, root_key + 1) == []


def test_a_wrong_line_stays_beside_the_one_that_sets_it_right(root_key, mei, chen):
    with unit_of_work() as session:
        wrong = log.add(session, root_key, Entry(Kind.CALL, "two drums", Channel.PHONE, "Ms Lee"), by=mei)
        right = log.correct(session, root_key, wrong, "three drums", by=chen)
    with reading() as session:
        newer, older = log.listed(session, root_key)
    assert (newer.key, newer.text, newer.correction_of, newer.contact) == (
        right,
        "three drums",
        wrong,
        "Ms Lee",
    )
    assert (older.text, older.corrected_by, older.recorded_by) == ("two drums", right, "mei")
    with unit_of_work() as session, pytest.raises(NotFound):
        log.correct(session, root_key, right + 1, "four", by=mei)


def test_a_job_that_runs_again_writes_its_line_once(root_key):
    with unit_of_work() as session:
        keys = {log.add(session, root_key, Entry(Kind.MAIL_OUT, "Sent"), by=None, source_key=7) for _ in "ab"}
    assert len(keys) == 1


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (Entry(Kind.NOTE, " \0 "), "interaction_empty"),
        (Entry(Kind.NOTE, "a" * (log.LONGEST + 1)), "interaction_too_long"),
        (Entry(Kind.NOTE, "a", contact="b" * 201), "interaction_contact_too_long"),
    ],
)
def test_a_line_that_says_nothing_or_too_much_is_refused(root_key, mei, entry, code):
    with unit_of_work() as session, pytest.raises(Invalid, match=code):
        log.add(session, root_key, entry, by=mei)


def test_what_has_not_happened_yet_is_not_logged(root_key, mei):
    later = Entry(Kind.VISIT, "We went there", at=clock.now() + timedelta(hours=1))
    with unit_of_work() as session, pytest.raises(Invalid, match="interaction_in_the_future"):
        log.add(session, root_key, later, by=mei)
