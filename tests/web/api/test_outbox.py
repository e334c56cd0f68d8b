"""The outbox through the API: search, one message, send again, cancel; closed to whoever may not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import httpx
import jsonschema
import pytest

from laneway.engine import database, outbox
from laneway.engine.outbox import Mail, Webhook
from laneway.web.api.document import document

BASE = "/api/v1/outbox"


@pytest.fixture
def asked(http: httpx.Client, deployed: Any) -> str:
    """A mail and a webhook wait; the key of their process instance."""
    started = http.post("/v2/process-instances", json={"processDefinitionId": "ship_order"}).json()
    key = started["processInstanceKey"]
    job = SimpleNamespace(
        key=database.new_key(), instance_key=int(key), element_id="pack", token=1, process_id="ship_order"
    )
    hook = Webhook("https://shop.example.com/hook", "order.packed", {"box": "small"})
    with database.unit_of_work() as session:
        outbox.queue(session, job, mails=[Mail("a@example.com", "Packed", "text")], webhooks=[hook])
    return str(key)


def search(http: httpx.Client, **filters: Any) -> list[dict[str, Any]]:
    answer = http.post(f"{BASE}/search", json={"filter": filters}).json()
    shape = document()["paths"][f"{BASE}/search"]["post"]["responses"]["200"]["content"]["application/json"]
    jsonschema.Draft202012Validator(shape["schema"]).validate(answer)
    items: list[dict[str, Any]] = answer["items"]
    return items


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"], indirect=True)
def test_messages_are_found_by_their_fields(http: httpx.Client, asked: str) -> None:
    assert {one["kind"] for one in search(http, processInstanceKey=asked)} == {"mail", "webhook"}
    (mail,) = search(http, kind="mail", state="QUEUED", recipient={"$like": "*@example.com"})
    assert (mail["subject"], mail["attempts"], mail["elementId"]) == ("Packed", 0, "pack")
    assert "body" not in mail
    whole = http.get(f"{BASE}/{mail['outgoingKey']}").json()
    assert whole == {**mail, "body": "text"}


def test_a_message_is_cancelled_and_sent_again(http: httpx.Client, asked: str) -> None:
    (mail,) = search(http, kind="mail")
    address = f"{BASE}/{mail['outgoingKey']}"
    assert http.post(f"{address}/cancellation", json={}).status_code == 400
    assert http.post(f"{address}/cancellation", json={"reason": "not needed"}).status_code == 204
    assert http.post(f"{address}/cancellation", json={"reason": "again"}).status_code == 409
    assert http.get(address).json()["state"] == "CANCELED"
    assert http.post(f"{address}/resend").status_code == 204
    assert http.get(address).json()["state"] == "QUEUED"
    assert http.post(f"{BASE}/1/resend").status_code == 404


def test_programs_and_the_desk_are_kept_out(http_of: Any, asked: str) -> None:
    for username in ("worker", "desk", "nobody"):
        client = http_of(username)
        assert client.post(f"{BASE}/search").status_code == 403
        assert client.get(f"{BASE}/1").status_code == 403
        assert client.post(f"{BASE}/1/resend").status_code == 403
        assert client.post(f"{BASE}/1/cancellation", json={"reason": "x"}).status_code == 403
