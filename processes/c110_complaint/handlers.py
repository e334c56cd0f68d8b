"""Automatic steps of the complaint process: the letters to the customer, in the customer's language."""

from __future__ import annotations

from typing import Any, Final

from laneway.tasks import Job, handler

ANSWER_DAYS: Final = 14
"""Calendar days for an answer to the decision: ten working days, as in the diagram."""

_REMEDIES: Final = {
    "refusal": ("不予赔付，理由如下", "We cannot accept the claim, for the reasons below"),
    "repair": ("维修或现场技术支持", "Repair or technical support on your site"),
    "replacement_after_return": ("收到退货后换货", "Replacement after the goods have come back"),
    "replacement": ("免费换货", "Free replacement"),
    "credit_after_return": ("退货检验后开具贷项通知单", "Credit note after the return is inspected"),
    "credit_note": ("开具贷项通知单", "Credit note"),
    "negotiate": ("协商解决", "Settlement by agreement"),
}

_RECEIPT: Final = {
    "zh": (
        "已收到您的投诉 {number}",
        (
            "{reporter}：\n\n您的投诉已收到并登记，编号 {number}（{subject}）。"
            "我们会尽快与您联系，处理不收取任何费用。\n来信请注明编号，可随时询问进展。\n"
        ),
    ),
    "en": (
        "We have received your complaint {number}",
        (
            "Dear {reporter},\n\nyour complaint is registered as {number} ({subject}). "
            "A person will contact you shortly; handling it costs you nothing.\n"
            "Quote the number in any mail; you may ask for the state at any time.\n"
        ),
    ),
}
_QUESTION: Final = {
    "zh": (
        "投诉 {number}：请补充资料",
        (
            "{reporter}：\n\n为查清您的投诉 {number}（{subject}），我们还需要：\n\n{question}\n\n"
            "请直接回复本邮件。这是第 {tries} 次询问，共三次，之后我们只能先行结案；收到资料后会重新处理。\n"
        ),
    ),
    "en": (
        "Complaint {number}: we need your help",
        (
            "Dear {reporter},\n\nto clear up your complaint {number} ({subject}) we still need:\n\n{question}\n\n"
            "Please answer this mail. This is request {tries} of three; after that we have to close the case "
            "for now, and take it up again when we hear from you.\n"
        ),
    ),
}
_DECISION: Final = {
    "zh": (
        "投诉 {number}：我们的决定",
        (
            "{reporter}：\n\n关于您的投诉 {number}（{subject}），我们的决定是：{remedy}{amount}。\n\n{reasons}\n\n"
            "请在 {days} 天内回复本邮件，说明接受或不接受。如不接受，将由未参与本决定的负责人复议；"
            "仍不满意的，可申请外部调解。\n"
        ),
    ),
    "en": (
        "Complaint {number}: our decision",
        (
            "Dear {reporter},\n\non your complaint {number} ({subject}) we have decided: {remedy}{amount}.\n\n"
            "{reasons}\n\nPlease answer this mail within {days} days and say whether you accept. If you do not, "
            "a person who had no part in this decision reviews it; after that you may ask for outside mediation.\n"
        ),
    ),
}
_REMINDER: Final = {"zh": "提醒：", "en": "Reminder: "}
_CLOSING: Final = {
    "zh": (
        "投诉 {number} 已结案",
        (
            "{reporter}：\n\n您的投诉 {number}（{subject}）已处理完毕并结案。"
            "30 天内如有问题，回复本邮件即可重新处理。\n\n"
            "请用 1（很不满意）到 5（很满意）给这次处理打分，直接回复数字和意见即可。\n"
        ),
    ),
    "en": (
        "Complaint {number} is closed",
        (
            "Dear {reporter},\n\nyour complaint {number} ({subject}) is settled and closed. "
            "If anything is left, answer within 30 days and we take it up again.\n\n"
            "How did we do, from 1 (very bad) to 5 (very good)? Just answer with a number and your remarks.\n"
        ),
    ),
}


@handler("c110_complaint.acknowledge")
def acknowledge(job: Job) -> dict[str, Any] | None:
    """Send the receipt with the case number; without an address the human acknowledgement has to do."""
    if not job.variables.get("contact_email"):
        return {"receipt_sent": False}
    _send(job, _RECEIPT)
    return {"receipt_sent": True}


@handler("c110_complaint.ask_customer")
def ask_customer(job: Job) -> dict[str, Any] | None:
    """Ask the customer what the investigator needs to know."""
    tries = int(job.variables.get("input_tries") or 0) + 1
    _send(job, _QUESTION, question=str(job.variables.get("question_to_customer") or ""), tries=str(tries))
    return None


@handler("c110_complaint.send_decision")
def send_decision(job: Job) -> dict[str, Any] | None:
    """Send the decision with its reasons and the way to appeal; sent again, it is a reminder."""
    language = _language(job)
    remedy = _REMEDIES[str(job.variables["remedy"])][0 if language == "zh" else 1]
    _send(
        job,
        _DECISION,
        prefix=_REMINDER[language] if job.variables.get("answer_due") else "",
        remedy=remedy,
        amount=_amount(job.variables.get("amount"), language),
        reasons=str(job.variables.get("letter_text") or ""),
        days=str(ANSWER_DAYS),
    )
    return None


@handler("c110_complaint.send_closing_letter")
def send_closing_letter(job: Job) -> dict[str, Any] | None:
    """Tell the customer that the case is closed, how to reopen it, and ask for a rating."""
    _send(job, _CLOSING)
    return None


def _language(job: Job) -> str:
    """The customer's language wins over that of the staff."""
    return "en" if job.variables.get("language") == "en" else "zh"


def _amount(amount: Any, language: str) -> str:
    """The money in words of the letter; nothing for a remedy without money."""
    if not isinstance(amount, int | float) or amount <= 0:
        return ""
    return f"，金额人民币 {amount:,.2f} 元" if language == "zh" else f", CNY {amount:,.2f}"


def _send(job: Job, letters: dict[str, tuple[str, str]], prefix: str = "", **words: str) -> None:
    """Queue a letter. Raises ValueError when there is no address: somebody must see to it, none may be lost."""
    address = job.variables.get("contact_email")
    if not address:
        raise ValueError(
            "案件没有客户邮箱（contact_email）· the case has no e-mail of the customer (contact_email)"
        )
    subject, body = letters[_language(job)]
    known = {
        "number": job.case_number or "",
        "reporter": str(job.variables.get("reporter") or job.variables.get("customer") or ""),
        "subject": str(job.variables.get("subject") or ""),
        **words,
    }
    job.send_mail(
        to=str(address),
        subject=prefix + subject.format_map(known),
        body=body.format_map(known),
    )
