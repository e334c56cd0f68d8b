"""Posts webhooks: one signed request each, to an address that was checked, within ten seconds."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from laneway import __version__
from laneway.engine import clock
from laneway.engine.outbox import Delivery, Failure
from laneway.tasks.addresses import Forbidden, Guard, Target, target_of

TIMEOUT_SECONDS = 10.0
_WORDS_READ = 2000
_TRY_LATER = frozenset({408, 425, 429})


class WebhookCaller:
    """Posts to whatever URL a row names. With no secret requests go out unsigned."""

    def __init__(
        self, guard: Guard, secrets: Sequence[str] = (), *, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self._guard = guard
        self._secrets = [secret_bytes(secret) for secret in secrets]
        self._timeout = timeout_seconds
        self._tls = ssl.create_default_context()

    def take(self, row: Any) -> Delivery:
        """Post one row of the outbox. The id in its headers is the same at every attempt."""
        try:
            target = target_of(row.recipient)
            addresses = self._guard.addresses(target)
        except Forbidden as error:
            return Delivery(is_final=True, failure=Failure.ADDRESS_FORBIDDEN, error=str(error))
        except (ValueError, UnicodeError) as error:
            return Delivery(is_final=True, failure=Failure.UNSENDABLE, error=str(error))
        except OSError as error:
            return Delivery(failure=Failure.UNREACHABLE, error=str(error))
        body = row.body.encode()
        headers = {**row.headers, **self._headers(target, row.dedupe_key, body)}
        return self._post(target, addresses, body, headers)

    def rest(self) -> None:
        """Nothing is kept between two requests."""

    def _headers(self, target: Target, id_: str, body: bytes) -> dict[str, str]:
        timestamp = str(int(clock.now().timestamp()))
        headers = {
            "Host": target.name,
            "User-Agent": f"Laneway/{__version__}",
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            "Content-Length": str(len(body)),
            "Connection": "close",
            "Idempotency-Key": id_,
            "webhook-id": id_,
            "webhook-timestamp": timestamp,
        }
        if self._secrets:
            headers["webhook-signature"] = " ".join(
                signature(secret, id_, timestamp, body) for secret in self._secrets
            )
        return headers

    def _post(
        self, target: Target, addresses: list[str], body: bytes, headers: Mapping[str, str]
    ) -> Delivery:
        deadline = _Deadline(self._timeout)
        try:
            with deadline, self._connect(target, addresses, deadline) as connected:
                connection = http.client.HTTPConnection(target.host, target.port)
                connection.sock = connected
                connection.request("POST", target.path, body, dict(headers))
                with connection.getresponse() as answer:
                    if deadline.has_passed:  # it was cut off in its headers
                        raise TimeoutError("no whole answer in time")
                    return _judged(answer, answer.read(_WORDS_READ))
        except TimeoutError as error:
            return Delivery(failure=Failure.TIMEOUT, error=str(error))
        except (OSError, http.client.HTTPException, ValueError) as error:
            failure = Failure.TIMEOUT if deadline.has_passed else Failure.UNREACHABLE
            return Delivery(failure=failure, error=f"{type(error).__name__}: {error}".rstrip(": "))

    def _connect(self, target: Target, addresses: list[str], deadline: _Deadline) -> socket.socket:
        """A connection to one of the addresses; TLS still asks for the name and checks it. Raises OSError."""
        trouble: OSError = OSError("no address")
        for address in addresses:
            try:
                connected = socket.create_connection((address, target.port), timeout=self._timeout)
            except OSError as error:
                trouble = error
                continue
            deadline.closes(connected)
            if target.scheme == "http":
                return connected
            secured = self._tls.wrap_socket(
                connected, server_hostname=target.host, do_handshake_on_connect=False
            )
            deadline.closes(secured)
            try:
                secured.do_handshake()
            except OSError:
                secured.close()
                raise
            return secured
        raise trouble


class _Deadline:
    """Ends an exchange when its time is over, however slowly the other side lets bytes drip."""

    def __init__(self, seconds: float) -> None:
        self.has_passed = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._pass)
        self._timer.daemon = True

    def closes(self, connected: socket.socket) -> None:
        """This is the connection to end."""
        self._socket = connected

    def _pass(self) -> None:
        self.has_passed = True
        if self._socket is not None:
            try:
                # The plain socket's method: TLS would first take leave of a side that does not listen.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            except OSError:
                return  # it is closed already

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()


def secret_bytes(secret: str) -> bytes:
    """The key in a secret: `whsec_` and base64 as other products write it, or any text. ValueError if broken."""
    if secret.startswith("whsec_"):
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    return secret.encode()


def signature(secret: bytes, id_: str, timestamp: str, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over id, timestamp and body, joined by dots."""
    signed = b".".join((id_.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def _judged(answer: http.client.HTTPResponse, words: bytes) -> Delivery:
    status = answer.status
    if 200 <= status < 300:
        return Delivery(is_sent=True, status=status)
    is_final = 300 <= status < 500 and status not in _TRY_LATER  # redirects are not followed
    told = f"{status} {answer.reason}"
    if 300 <= status < 400:
        told += f": {answer.headers.get('Location', '')}"
    elif words:
        told += f": {words.decode('utf-8', 'replace')}"
    return Delivery(
        is_final=is_final,
        failure=Failure.REFUSED,
        error=told,
        status=status,
        retry_after_seconds=_retry_after(answer.headers.get("Retry-After", "")),
    )


def _retry_after(text: str) -> float:
    """Seconds that the other side asks to wait; 0 when it does not say."""
    if text.strip().isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return 0
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max((at - clock.now()).total_seconds(), 0)
