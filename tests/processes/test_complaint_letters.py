"""The letters of the complaint process: the customer's language, the facts of the case, and nothing lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from laneway.tasks import Job
from laneway.tasks.loader import load_handlers
from laneway.tasks.registry import handler_of

CASE = {
    "reporter": "Jonas Keller",
    "subject": "Foam too hard",
    "contact_email": "jonas.keller@example.com",
    "language": "en",
    "remedy": "credit_note",
    "amount": 1234.5,
    "letter_text": "The lot was off colour.",
    "question_to_customer": "Which temperature?",
}


@pytest.fixture(autouse=True, scope="module")
def _handlers() -> None:
    load_handlers(Path(__file__).parents[2] / "processes")


def job(step: str, **variables: Any) -> Job:
    return Job(
        key=1,
        type=f"c110_complaint.{step}",
        variables=CASE | variables,
        headers={},
        case_number="CP-2026-000007",
        process_id="c110_complaint",
        element_id=step,
        retries=3,
    )


STEPS = ("acknowledge", "ask_customer", "send_decision", "send_closing_letter")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_letter_names_the_case_and_speaks_the_customers_language(step: str, language: str) -> None:
    asked = job(step, language=language)
    handler_of(asked.type)(asked)
    (mail,) = asked.mails
    assert mail.to == CASE["contact_email"]
    assert "CP-2026-000007" in mail.subject
    assert "CP-2026-000007" in mail.body
    assert "Jonas Keller" in mail.body
    assert ("投诉" in mail.subject) is (language == "zh")
    assert "{" not in mail.subject + mail.body


def test_the_decision_states_remedy_amount_reasons_and_appeal() -> None:
    asked = job("send_decision")
    handler_of(asked.type)(asked)
    body = asked.mails[0].body
    for words in ("Credit note, CNY 1,234.50", "The lot was off colour.", "within 14 days", "mediation"):
        assert words in body


def test_a_remedy_without_money_names_none() -> None:
    asked = job("send_decision", remedy="refusal", amount=None)
    handler_of(asked.type)(asked)
    assert "CNY" not in asked.mails[0].body


def test_a_decision_sent_again_is_a_reminder() -> None:
    asked = job("send_decision", answer_due="2026-03-16T09:00:00Z")
    handler_of(asked.type)(asked)
    assert asked.mails[0].subject.startswith("Reminder: ")


def test_a_question_says_how_many_will_follow() -> None:
    asked = job("ask_customer", input_tries=1)
    handler_of(asked.type)(asked)
    assert "Which temperature?" in asked.mails[0].body
    assert "request 2 of three" in asked.mails[0].body


def test_without_an_address_the_receipt_waits_for_the_human_acknowledgement() -> None:
    asked = job("acknowledge", contact_email=None)
    assert handler_of(asked.type)(asked) == {"receipt_sent": False}
    assert asked.mails == []


@pytest.mark.parametrize("step", STEPS[1:])
def test_without_an_address_no_other_letter_is_silently_lost(step: str) -> None:
    with pytest.raises(ValueError, match="contact_email"):
        handler_of(f"c110_complaint.{step}")(job(step, contact_email=""))


def test_words_of_a_customer_are_never_taken_for_a_template() -> None:
    asked = job("send_decision", reporter="{number}", letter_text="{subject}")
    handler_of(asked.type)(asked)
    assert "{number}" in asked.mails[0].body
    assert "{subject}" in asked.mails[0].body
