"""The templates of mails in the browser."""

from __future__ import annotations

import pytest

from laneway.engine.database import reading, unit_of_work
from laneway.engine.model import Person
from laneway.engine.runtime import Started
from laneway.records.documents import templates
from laneway.records.documents.templates import Kind

from .conftest import SignIn

ADDRESS = "/processes/refund/mails/answer/zh"


@pytest.fixture(autouse=True)
def _answer(refund: Started) -> None:
    with unit_of_work() as session:
        for language, text in (
            ("zh", "# 回复 {{ subject }}\n\n您好"),
            ("en", "# Answer {{ gone }}\n\nHello"),
        ):
            templates.save(session, "refund", "answer", language, text, by=None, kind=Kind.MAIL)


def test_an_owner_finds_the_mails_and_sees_both_languages_filled(
    sign_in: SignIn, owner: Person, refund: Started
) -> None:
    client = sign_in(owner)
    assert ADDRESS in client.get("/processes/refund/documents").text
    page = client.get(ADDRESS).text
    assert str(refund.case_number) in page
    assert "您好" in page
    assert "Hello" in page
    assert "the case does not know gone" in page


def test_a_changed_text_is_shown_first_and_kept_on_demand(sign_in: SignIn, owner: Person) -> None:
    client = sign_in(owner)
    sent = {"text": "# 新 <b>\r\n\r\n正文", "case": "", "try": "1"}
    assert "新 &lt;b&gt;" in client.post(ADDRESS, sent).text
    with reading() as session:
        assert templates.newest(session, "refund", "answer", "zh", Kind.MAIL).version == 1
    del sent["try"]
    assert client.post(ADDRESS, sent).status_code == 303
    with reading() as session:
        assert templates.newest(session, "refund", "answer", "zh", Kind.MAIL).text.startswith("# 新")


@pytest.mark.parametrize("text", ["no subject", "# a {{ 1 + }}", "# a\n{{#if x}}"])
def test_what_cannot_be_read_is_refused_in_words_and_the_text_stays(
    sign_in: SignIn, owner: Person, text: str
) -> None:
    answer = sign_in(owner).post(ADDRESS, {"text": text})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_others_do_not_change_mails_and_unknown_ones_are_not_found(
    sign_in: SignIn, owner: Person, mei: Person
) -> None:
    assert sign_in(mei).get(ADDRESS).status_code == 403
    assert sign_in(mei).post(ADDRESS, {"text": "# a"}).status_code == 403
    assert sign_in(owner).get("/processes/refund/mails/other/zh").status_code == 404
