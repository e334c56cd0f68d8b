"""Articles and solutions are found by what they say in either language, and get numbers of their own."""

from __future__ import annotations

import pytest

from laneway.errors import Invalid
from laneway.records import sample_records
from laneway.records.kinds import listing, proposals, store
from laneway.records.kinds.listing import Wanted
from laneway.records.knowledge.kinds import ARTICLE, SOLUTION

ADVICE = {
    "title_zh": "鼓桶怎么办",
    "title_en": "Bulging drums",
    "text_zh": "不要打开，远离水源。",
    "text_en": "Do not open. Keep away from water.",
    "topics": ["safety", "storage"],
    "owner_group": "hse",
    "review_on": "2027-03-01",
}


def test_an_article_gets_the_next_number_and_is_found_by_its_text(database):
    with database.unit_of_work() as session:
        keys = [store.create(session, ARTICLE, ADVICE, by="mei") for _time in range(2)]
        first, second = (store.get(session, ARTICLE, key).code for key in keys)
    assert first.startswith("KB-")
    assert int(second[-6:]) == int(first[-6:]) + 1
    with database.reading() as session:
        for text in ("鼓桶", "远离水", "bulg", "WATER open"):
            assert listing.page(session, ARTICLE, Wanted(text=text)).total == 2, text
        assert listing.page(session, ARTICLE, Wanted(text="fire")).total == 0


def test_both_languages_and_a_known_topic_are_needed(database):
    with database.unit_of_work() as session, pytest.raises(Invalid) as refusal:
        store.create(session, ARTICLE, {**ADVICE, "text_en": "", "topics": ["gossip"]}, by="mei")
    assert ("topics", "not_an_option") in [problem[:2] for problem in refusal.value.problems]
    with database.unit_of_work() as session, pytest.raises(Invalid) as refusal:
        store.create(session, ARTICLE, {**ADVICE, "text_en": ""}, by="mei")
    assert [problem[:2] for problem in refusal.value.problems] == [("text_en", "required")]


def test_solutions_are_filtered_by_problem_and_remedy(database):
    with database.unit_of_work() as session:
        sample_records.load(session)
    with database.reading() as session:
        every = listing.page(session, SOLUTION, Wanted(limit=500))
        assert every.total > 0
        problem = every.rows[0].values["problem"]
        found = listing.page(session, SOLUTION, Wanted(filters={"problem": problem}, limit=500))
        expected = [row.code for row in every.rows if row.values["problem"] == problem]
        assert [row.code for row in found.rows] == expected


def test_only_those_who_answer_enquiries_write_articles(database, mei, chen):
    with database.unit_of_work() as session:
        assert proposals.save(session, ARTICLE, None, ADVICE, by=chen).proposed == ()
        with pytest.raises(Exception, match="not_allowed_edit_record"):
            proposals.save(session, ARTICLE, None, ADVICE, by=mei)
