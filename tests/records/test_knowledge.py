"""Knowledge: which article answers a question, and which words make it an emergency."""

from __future__ import annotations

from types import ModuleType

import pytest

from laneway.records import sample_records
from laneway.records.kinds import store
from laneway.records.knowledge import safety, suggesting


@pytest.fixture(name="library")
def _library(database: ModuleType) -> ModuleType:
    with database.unit_of_work() as session:
        sample_records.load(session)
        safety.load(session)
    return database


@pytest.mark.parametrize(
    ("question", "title"),
    [
        (
            "At which temperature do we store polymeric MDI?",
            "Storage temperature and shelf life of polymeric MDI",
        ),
        ("桶鼓起来了，能打开吗？鼓桶", "What to do with a bulging drum"),
        ("NCO 含量怎么测？", "How the NCO content is tested, and what deviation is allowed"),
    ],
)
def test_the_article_that_answers_comes_first(library: ModuleType, question: str, title: str) -> None:
    with library.reading() as session:
        found = suggesting.suggest(session, question)
    assert found[0].title.en == title
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(0 < one.score <= 1 for one in found)


@pytest.mark.parametrize("question", ["", "？！", "xyzzy plugh", "的", "'; DROP TABLE record_word; --"])
def test_words_that_stand_in_no_article_suggest_nothing(library: ModuleType, question: str) -> None:
    with library.reading() as session:
        assert suggesting.suggest(session, question) == []


def test_a_very_long_question_is_answered_too(library: ModuleType) -> None:
    with library.reading() as session:
        found = suggesting.suggest(session, "聚合 MDI 的储存温度 " + "啊" * 50_000, limit=1)
    assert len(found) == 1


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("发现两只鼓桶", {"bulging": ["鼓桶"]}),
        ("A drum is BULGING and Leaking", {"bulging": ["bulging"], "leak": ["leak"]}),
        ("ein Kollege wurde verletzt", {"injury": ["verletz"]}),
        ("Fıçı ŞİŞMİŞ", {"bulging": ["şişmiş"]}),
        ("thùng bị phồng, công nhân bị thương", {"bulging": ["phồng"], "injury": ["bị thương"]}),
        ("the drum was ｌｅａｋ tested", {"leak": ["leak"]}),
        ("Where is my invoice?", {}),
        ("", {}),
    ],
)
def test_words_of_an_emergency_are_seen_in_every_language(
    library: ModuleType, text: str, signs: dict[str, list[str]]
) -> None:
    with library.reading() as session:
        assert safety.found_in(session, text) == signs


def test_the_words_are_data_of_their_owner(library: ModuleType) -> None:
    with library.unit_of_work() as session:
        raw = {
            "word": "冒泡",
            "sign": "fire",
            "source": "HSE",
            "owner_group": "hse",
            "review_on": "2027-01-01",
        }
        store.create(session, safety.SAFETY_WORD, raw, by="wu.gang")
        assert safety.found_in(session, "桶口冒泡") == {"fire": ["冒泡"]}
        before = len(safety.found_in(session, "leak spill"))
        safety.load(session)  # a second start brings nothing back
        assert len(safety.found_in(session, "leak spill")) == before


def test_without_any_words_those_that_are_delivered_count(database: ModuleType) -> None:
    with database.reading() as session:
        assert safety.found_in(session, "鼓桶") == {"bulging": ["鼓桶"]}
