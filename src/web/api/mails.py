"""Mails for programs: a mail server or gateway hands one in as it came over the wire."""

from __future__ import annotations

from flask import Blueprint, current_app, request
from werkzeug.exceptions import UnsupportedMediaType

from laneway.engine import access, database
from laneway.engine.access import Action
from laneway.errors import Invalid
from laneway.records.mail import receiving
from laneway.records.mail.reading import LARGEST
from laneway.records.mail.receiving import Rules, Source
from laneway.web.api.operations import Answer, key, operation
from laneway.web.api.shapes import KEY, record
from laneway.web.auth import current_person

blueprint = Blueprint("api_mails", __name__, url_prefix="/api/v1")

_TYPE = "message/rfc822"


@operation(
    blueprint,
    "POST",
    "/mails",
    name="receiveMail",
    summary="Hand in a mail that arrived, as it came over the wire; the same mail is taken once",
    body={"type": "string", "format": "binary", "maxLength": LARGEST},
    media_type=_TYPE,
    answer=record(mailKey=KEY, isNew={"type": "boolean"}),
)
def receive_mail() -> Answer:
    access.require(current_person(), Action.RECEIVE_MAIL)
    if request.mimetype != _TYPE:
        raise UnsupportedMediaType
    raw = request.get_data()
    if not raw.strip():
        raise Invalid("mail_empty")
    rules = Rules.of(current_app.config["LANEWAY"])
    with database.unit_of_work() as session:
        received = receiving.receive(session, raw, Source.API, rules)
    # It is kept: should this fail or be cut off, a worker brings it where it belongs.
    receiving.file(received.key, rules)
    return {"mailKey": key(received.key), "isNew": received.is_new}
