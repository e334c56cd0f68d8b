"""News between processes: whoever commits wakes the others, through one connection per process of its own.

On PostgreSQL that is LISTEN and NOTIFY. A NOTIFY inside a step's transaction would let one commit wait for another, so
it is sent afterwards, many commits with one. Where there is no such connection (SQLite, or a pooler that lends a server
connection for one transaction only), processes look now and then instead. The connection also tells how far this
machine's clock is from the database's.
"""

from __future__ import annotations

import logging
import os
import secrets
import selectors
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from laneway import metrics
from laneway.engine import clock, database
from laneway.engine.database import connections
from laneway.errors import Unavailable

_log = logging.getLogger(__name__)

LISTENING = "listening"
POLLING = "polling"
RECONNECTING = "reconnecting"
OFF = "off"

_CHANNEL = "laneway_news"
_GATHER_SECONDS = 0.02  # at most fifty notifications a second from one process
_CLOCK_SECONDS = 30.0
_START_SECONDS = 3.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 10.0
_SMALLEST_CORRECTION = timedelta(milliseconds=20)

_wakes: list[Callable[[], None]] = []
_line: _Line | None = None


def start(listen_url: str = "") -> None:
    """Begin to tell and to hear; `listen_url` leads to the database past a pooler, where `database_url` does not.

    Returns when the clock has been compared, or after a moment when that is not possible now.
    """
    global _line
    stop()
    if not database.is_postgresql():
        return
    if not listen_url and database.pooled():
        _log.warning("wake_ups_by_polling", extra={"reason": "the database is reached through a pooler"})
        _line = _Line(None)
    else:
        _line = _Line(listen_url or database.engine().url.render_as_string(hide_password=False))
    _line.start()
    _line.compared.wait(_START_SECONDS)


def stop() -> None:
    """End the connection; processes are no longer woken by others."""
    global _line
    if _line is not None:
        _line.stop()
        clock.correct(timedelta())
    _line = None


def state() -> str:
    """`listening`, `polling` (through a pooler), `reconnecting`, or `off`: SQLite, or not started."""
    return OFF if _line is None else _line.state


def subscribe(wake: Callable[[], None]) -> Callable[[], None]:
    """Call `wake` after every commit that wrote something, here or elsewhere; the returned function ends that."""

    def local() -> None:
        metrics.WAKE_UPS.labels("local").inc()
        wake()

    forget = database.on_commit(local)
    _wakes.append(wake)

    def end() -> None:
        forget()
        if wake in _wakes:
            _wakes.remove(wake)

    return end


def _wake_all() -> None:
    for wake in list(_wakes):
        wake()


class _Line(threading.Thread):
    """The thread with that connection. Without an address it only keeps the clock right."""

    def __init__(self, address: str | None) -> None:
        super().__init__(name="laneway-wakeups", daemon=True)
        self.state = RECONNECTING if address else POLLING
        self._address = address
        self._me = secrets.token_hex(8)
        self._stopping = threading.Event()
        self.compared = threading.Event()
        self._has_news = False
        self._bell, self._rope = os.pipe()
        os.set_blocking(self._bell, False)
        os.set_blocking(self._rope, False)
        self._forget = database.on_commit(self._told) if address else lambda: None

    def stop(self) -> None:
        self._stopping.set()
        self._forget()
        self._ring()
        self.join(timeout=5)
        if not self.is_alive():
            os.close(self._bell)
            os.close(self._rope)

    def _told(self) -> None:
        """Something was committed here: others will be told in a moment."""
        if not self._has_news:
            self._has_news = True
            self._ring()

    def _ring(self) -> None:
        try:
            os.write(self._rope, b"x")
        except BlockingIOError:
            return  # it rings already

    def run(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            if self._address is None:
                self._keep_clock_by_polling()
                continue
            try:
                with self._connected(self._address) as connection:
                    if not self._listen(connection):
                        self._address = None
                        self._forget()
                        continue
                    pause = _FIRST_PAUSE_SECONDS
                    self._serve(connection)
            except psycopg.Error as error:
                if self.state != RECONNECTING or pause == _FIRST_PAUSE_SECONDS:
                    _log.warning("wake_ups_lost", extra={"reason": type(error).__name__})
                self.state = RECONNECTING
                self._stopping.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _connected(self, address: str) -> psycopg.Connection[Any]:
        url = connections.address(address)
        url = url.set(query=connections.LIVELINESS | dict(url.query))
        arguments, options = url.get_dialect()().create_connect_args(url)
        return psycopg.connect(*arguments, **options, autocommit=True, prepare_threshold=None)

    def _listen(self, connection: psycopg.Connection[Any]) -> bool:
        """Begin to listen; False where a pooler answers, whose next statement may run in another session."""
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        if row[0] != connection.info.backend_pid:
            _log.warning("wake_ups_by_polling", extra={"reason": "listen_url leads through a pooler"})
            self.state = POLLING
            return False
        connection.add_notify_handler(self._heard)
        connection.execute(f"LISTEN {_CHANNEL}")
        _log.info("wake_ups_listening")
        self.state = LISTENING
        _wake_all()  # for what was missed
        return True

    def _serve(self, connection: psycopg.Connection[Any]) -> None:
        measured_at = 0.0
        with selectors.DefaultSelector() as selector:
            selector.register(connection.fileno(), selectors.EVENT_READ)
            selector.register(self._bell, selectors.EVENT_READ)
            while not self._stopping.is_set():
                if time.monotonic() - measured_at > _CLOCK_SECONDS:
                    measured_at = time.monotonic()
                    self._correct_clock(lambda: _asked(connection))
                selector.select(timeout=_CLOCK_SECONDS)
                self._hush()
                connection.pgconn.consume_input()
                while (heard := connection.pgconn.notifies()) is not None:
                    self._hear(heard.extra.decode())
                if self._has_news:
                    self._has_news = False  # before telling: what is committed from now on is told again
                    connection.execute("SELECT pg_notify(%s, %s)", (_CHANNEL, self._me))
                    self._stopping.wait(_GATHER_SECONDS)

    def _hush(self) -> None:
        try:
            while os.read(self._bell, 1024):
                pass
        except BlockingIOError:
            return

    def _heard(self, notify: psycopg.Notify) -> None:
        self._hear(notify.payload)

    def _hear(self, who: str) -> None:
        if who != self._me:  # what was committed here has woken this process already
            metrics.WAKE_UPS.labels("notify").inc()
            _wake_all()

    # -- the clock

    def _keep_clock_by_polling(self) -> None:
        try:
            self._correct_clock(_asked_by_reading)
        except Unavailable:
            _log.debug("clock_not_compared")
        self._stopping.wait(_CLOCK_SECONDS)

    def _correct_clock(self, ask: Callable[[], datetime]) -> None:
        before = datetime.now(UTC)
        theirs = ask()
        after = datetime.now(UTC)
        ahead = theirs - (before + (after - before) / 2)
        uncertain = (after - before) / 2 + _SMALLEST_CORRECTION
        clock.correct(ahead if abs(ahead) > uncertain else timedelta())
        self.compared.set()


def _asked(connection: psycopg.Connection[Any]) -> datetime:
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    told: datetime = row[0]
    return told


def _asked_by_reading() -> datetime:
    with database.reading() as session:
        told: datetime = session.connection().exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        return told
