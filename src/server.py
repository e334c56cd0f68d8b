"""Running processes: make everything ready, then serve pages, work on jobs, or both, until told to stop."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import Engine
from waitress.server import create_server

from laneway import logs, traces
from laneway.engine import clock, database
from laneway.engine.database import schema, wakeups
from laneway.engine.deployments import Deployed
from laneway.engine.keeping.retention import Rules
from laneway.engine.monitoring.readiness import Readiness
from laneway.errors import Unavailable
from laneway.records import organisation
from laneway.records.documents import scanner
from laneway.records.importing.working import Importer
from laneway.settings import Settings
from laneway.tasks import demonstration, imap, outbox, preparing
from laneway.tasks.archiving import Archivist
from laneway.tasks.heartbeat import Heartbeat
from laneway.tasks.loader import load_handlers
from laneway.tasks.worker import Worker
from laneway.web import create_app, create_health_app

_MAX_BODY = 101 * 2**20  # a file of records; what pages and API take besides is limited there, to less
_MAX_CONNECTIONS = 1000
# A COMMIT that a time limit cuts short while it waits for a standby passes for replicated: so this is longer than the
# cluster needs to do without a standby that has gone (docs/cluster.md).
_STATEMENT_SECONDS = 60.0

_log = logging.getLogger("laneway.server")


def prepare(settings: Settings) -> Deployed | None:
    """Bring the database up to date, and into it the groups, the demonstration people and new process files.

    Returns what was deployed, if anything. Raises Refused when a file in the folder cannot run.
    """
    _configure(settings)
    schema.upgrade(_open(settings))
    with database.unit_of_work() as session:
        preparing.bring_in_records(session, demo=settings.demo)
    if not settings.processes.is_dir():
        return None
    deployed = preparing.bring_in_processes(settings.processes)
    if settings.demo:
        people = {person.username: person for person in organisation.demo_people()}
        demonstration.fill(settings.processes, people)
    return deployed


def connect(settings: Settings) -> None:
    """Open a database that another process has prepared, and know its handlers. Raises Unavailable."""
    _configure(settings)
    if not schema.is_current(_open(settings)):
        raise Unavailable("database_needs_upgrade", command="laneway db upgrade")
    if settings.processes.is_dir():
        load_handlers(settings.processes)


def _open(settings: Settings) -> Engine:
    return database.connect(
        settings.database_url,
        statement_seconds=_STATEMENT_SECONDS,
        standby_url=settings.standby_url,
        standby_max_lag=settings.standby_max_lag,
    )


def _configure(settings: Settings) -> None:
    clock.set_zone(ZoneInfo(settings.time_zone))
    scanner.configure(settings.clamav)
    logs.configure(level=settings.log_level, as_json=settings.log_json)


class Server:
    """Web server and worker threads of this process; each may be left out."""

    def __init__(self, settings: Settings, *, web: bool = True, worker: bool = True) -> None:
        """Opens the port. Raises Unavailable when something else listens there."""
        self._readiness = Readiness(settings.data, has_standby=bool(settings.standby_url))
        self._stop_delay_seconds = settings.stop_delay_seconds
        self._listen_url = settings.listen_url
        self._is_leaving = False
        signal.signal(signal.SIGTERM, self._leave)  # from here on: whoever reads that it runs may stop it
        traces.configure("serve" if web and worker else "web" if web else "worker")
        self._worker = _worker(settings) if worker else None
        kinds = (("web",) if web else ()) + ("jobs", "timers", "mail")
        self._heartbeat = Heartbeat(self._worker.name, kinds) if self._worker else None
        self._stopped = threading.Event()
        self._web = None
        if web:
            self._web = _listen(create_app(settings, self._readiness), settings, settings.port)
        elif settings.worker_port:
            health = create_health_app(settings, self._readiness)
            self._web = _listen(health, settings, settings.worker_port)

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; requests and jobs that have begun are finished first."""
        wakeups.start(self._listen_url)
        if self._worker and self._heartbeat:
            self._heartbeat.start()
            self._worker.start()
        _log.info("server_started")
        try:
            if self._web:
                self._web.run()
            else:
                self._stopped.wait()
        except (KeyboardInterrupt, SystemExit):
            pass
        finally:
            self._readiness.stop()
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            if self._web:
                self._web.close()
            if self._worker and self._heartbeat:
                self._worker.stop()
                self._heartbeat.stop()
            wakeups.stop()
            database.disconnect()
            traces.stop()
            _log.info("server_stopped")

    def _leave(self, _signal: int, _frame: FrameType | None) -> None:
        self._readiness.stop()
        if self._stop_delay_seconds and not self._is_leaving:
            # Load balancers are to notice first. The same signal comes again then; whoever sends it earlier, hurries.
            self._is_leaving = True
            again = threading.Timer(self._stop_delay_seconds, os.kill, (os.getpid(), signal.SIGTERM))
            again.daemon = True
            again.start()
            _log.info("server_stopping", extra={"seconds": self._stop_delay_seconds})
            return
        # Both the web server's loop and a wait end with this exception, and finish what they have begun.
        raise SystemExit(0)


def _listen(app: Flask, settings: Settings, port: int) -> Any:
    try:
        return create_server(
            app,
            host=settings.host,
            port=port,
            threads=settings.web_threads,
            connection_limit=_MAX_CONNECTIONS,
            max_request_body_size=_MAX_BODY,
            ident=None,
        )
    except OSError as error:
        raise Unavailable("port_taken", host=settings.host, port=port) from error


def _worker(settings: Settings) -> Worker:
    archivist = Archivist(Rules(settings.archive, settings.retention))
    importer = Importer(f"{socket.gethostname()}:{os.getpid()}")
    return Worker(
        threads=settings.worker_threads,
        async_jobs=settings.worker_async_jobs,
        senders=[
            *outbox.senders(settings),
            *imap.readers(settings),
            archivist.archive_batch,
            importer.work,
        ],
    )
