"""Real servers for what leaves: a mail server and a web server that do as a test tells them."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

HANG_SECONDS = 3.0
TLS = Path(__file__).parent / "tls"


class Letterbox:
    """A mail server that keeps what arrives. `answers` are taken one for each mail, then all is well."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        self.connections = 0
        self.answers: list[str] = []
        self.refused: dict[str, str] = {}
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"smtp://127.0.0.1:{port}"
        self._controller = Controller(self, hostname="127.0.0.1", port=port)

    async def handle_EHLO(  # noqa: N802 - the library's name
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer != "lost" and not answer.startswith("2"):
            return answer
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        if answer == "lost":
            assert server.transport is not None
            server.transport.abort()
        return "250 taken"

    def __enter__(self) -> Letterbox:
        self._controller.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._controller.stop()


@dataclass(frozen=True)
class Arrived:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


Answer = Callable[[BaseHTTPRequestHandler], None]


def status(code: int, words: str = "", **headers: str) -> Answer:
    """Answers with this status, these words and headers (underscores for hyphens)."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        for name, content in headers.items():
            request.send_header(name.replace("_", "-"), content)
        request.send_header("Content-Length", str(len(words.encode())))
        request.end_headers()
        request.wfile.write(words.encode())

    return answer


def hang(request: BaseHTTPRequestHandler) -> None:
    """Takes the request and says nothing until the other side has gone."""
    request.connection.settimeout(HANG_SECONDS)
    request.rfile.read(1)


def drip(request: BaseHTTPRequestHandler) -> None:
    """Sends one byte of a header now and then."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(int(HANG_SECONDS / 0.05)):
        request.wfile.write(b".")
        time.sleep(0.05)


def flood(request: BaseHTTPRequestHandler) -> None:
    """An answer without an end."""
    request.wfile.write(b"HTTP/1.1 500 Flood\r\n\r\n")
    while True:
        request.wfile.write(b"x" * 65536)


class Receiver:
    """A web server that keeps what arrives. `answers` are taken one for each request, then 200."""

    def __init__(self, *, is_secure: bool = False, host: str = "127.0.0.1") -> None:
        self.arrived: list[Arrived] = []
        self.answers: list[Answer] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): content for name, content in self.headers.items()}
                receiver.arrived.append(Arrived(self.path, headers, body))
                answer = receiver.answers.pop(0) if receiver.answers else status(200)
                try:
                    answer(self)
                except OSError:
                    self.close_connection = True  # the other side has gone

            def log_message(self, *_words: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer((host, 0), Handler)
        self._server.daemon_threads = False
        if is_secure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self.address = f"{host}:{self.port}"

    @contextmanager
    def serving(self) -> Iterator[Receiver]:
        """Answers until the end of the block."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()
