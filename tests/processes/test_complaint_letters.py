"""The letters of the complaint process: the customer's language, the facts of the case, and nothing lost."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from laneway.engine import deployments
from laneway.engine.deployments import process_folder
from laneway.engine.outbox import Mail
from laneway.records.documents import templates
from laneway.tasks import Job
from laneway.tasks.registry import handler_of

PROCESSES = Path(__file__).parents[2] / "processes"
CASE = {
    "reporter": "Jonas Keller",
    "customer": "Rhein Dämm",
    "subject": "Foam too hard",
    "contact_email": "jonas.keller@example.com",
    "language": "en",
    "remedy": "credit_note",
    "amount": 1234.5,
    "letter_text": "The lot was off colour.",
    "question_to_customer": "Which temperature?",
    "merged_into": "CP-2026-000003",
}
STEPS = (
    "acknowledge",
    "ask_customer",
    "send_decision",
    "send_closing_letter",
    "unreachable",
    "external_route",
)
LETTERS = (*STEPS, "merged")


@pytest.fixture(autouse=True)
def _templates(database: ModuleType) -> None:
    with database.unit_of_work() as session:
        deployments.deploy(session, process_folder.read_files([PROCESSES]), by=None)
        templates.add_shipped(session, PROCESSES)


def job(step: str, headers: dict[str, str] | None = None, **variables: Any) -> Job:
    return Job(
        key=1,
        type="laneway:send-mail",
        variables=CASE | variables,
        headers={"template": step, **(headers or {})},
        case_number="CP-2026-000007",
        process_id="c110_complaint",
        element_id=step,
        retries=3,
    )


def sent(asked: Job) -> Mail:
    handler_of(asked.type)(asked)
    (mail,) = asked.mails
    return mail


@pytest.mark.parametrize("step", LETTERS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_letter_names_the_case_and_speaks_the_customers_language(step: str, language: str) -> None:
    mail = sent(job(step, language=language))
    assert mail.to == CASE["contact_email"]
    assert "CP-2026-000007" in mail.subject
    for body in (mail.body, mail.html):
        assert "CP-2026-000007" in body
        assert "Jonas Keller" in body
    assert ("投诉" in mail.subject) is (language == "zh")
    assert "{" not in mail.subject + mail.body


def test_the_decision_states_remedy_amount_reasons_and_appeal() -> None:
    body = sent(job("send_decision")).body
    for words in (
        "Credit note.",
        "CNY 1,234.50",
        "The lot was off colour.",
        "within 10 working days",
        "mediation",
    ):
        assert words in body


@pytest.mark.parametrize("amount", [None, 0])
def test_a_remedy_without_money_names_none(amount: int | None) -> None:
    assert "CNY" not in sent(job("send_decision", remedy="refusal", amount=amount)).body


def test_a_decision_sent_again_is_a_reminder() -> None:
    again = job("send_decision", reminders=1)
    assert sent(again).subject.startswith("Reminder: Complaint CP-2026-000007")
    assert sent(job("send_decision")).subject.startswith("Complaint CP-2026-000007")


def test_a_question_says_how_many_will_follow() -> None:
    body = sent(job("ask_customer", input_tries=1)).body
    assert "Which temperature?" in body
    assert "request 2 of three" in body


def test_without_a_name_the_customer_is_written_to() -> None:
    assert "Dear Rhein Dämm," in sent(job("acknowledge", reporter="")).body


def test_without_an_address_the_receipt_waits_for_the_human_acknowledgement() -> None:
    asked = job("acknowledge", {"result": "receipt_sent"}, contact_email=None)
    assert handler_of(asked.type)(asked) == {"receipt_sent": False}
    assert asked.mails == []


@pytest.mark.parametrize("step", STEPS[1:])
def test_without_an_address_no_other_letter_is_silently_lost(step: str) -> None:
    with pytest.raises(ValueError, match="contact_email"):
        sent(job(step, {"required": "true"}, contact_email=""))


def test_words_of_a_customer_are_never_taken_for_a_template() -> None:
    mail = sent(job("send_decision", reporter="{{ customer }}", letter_text="<b>{{ subject }}</b> # x"))
    assert "{{ customer }}" in mail.body
    assert "<b>{{ subject }}</b> # x" in mail.body
    assert "&lt;b&gt;{{ subject }}&lt;/b&gt;" in mail.html
