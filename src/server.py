"""Running processes: make everything ready, then serve pages, work on jobs, or both, until told to stop."""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType
from zoneinfo import ZoneInfo

from waitress.server import create_server

from laneway import logs
from laneway.engine import clock, database, deployments, process_folder, schema
from laneway.engine.deployments import Deployed
from laneway.errors import Unavailable
from laneway.records import organisation
from laneway.settings import Settings
from laneway.tasks import demonstration, outbox
from laneway.tasks.loader import load_handlers
from laneway.tasks.worker import Worker
from laneway.web import create_app

_MAX_BODY = 10 * 2**20
_MAX_CONNECTIONS = 1000

_log = logging.getLogger("laneway.server")


def prepare(settings: Settings) -> Deployed | None:
    """Bring the database up to date, and into it the groups, the demonstration people and new process files.

    Returns what was deployed, if anything. Raises Refused when a file in the folder cannot run.
    """
    _configure(settings)
    schema.upgrade(database.connect(settings.database_url))
    with database.unit_of_work() as session:
        organisation.add_default_groups(session)
        if settings.demo:
            organisation.load_demo(session)
    if not settings.processes.is_dir():
        return None
    load_handlers(settings.processes)
    resources = process_folder.read_files([settings.processes])
    with database.unit_of_work() as session:
        new = process_folder.never_deployed(session, resources)
        deployed = deployments.deploy(session, new, by=None) if new else None
    if settings.demo:
        people = {person.username: person for person in organisation.demo_people()}
        demonstration.fill(settings.processes, people)
    return deployed


def connect(settings: Settings) -> None:
    """Open a database that another process has prepared, and know its handlers. Raises Unavailable."""
    _configure(settings)
    if not schema.is_current(database.connect(settings.database_url)):
        raise Unavailable("database_needs_upgrade", command="laneway db upgrade")
    if settings.processes.is_dir():
        load_handlers(settings.processes)


def _configure(settings: Settings) -> None:
    clock.set_zone(ZoneInfo(settings.time_zone))
    logs.configure(level=settings.log_level, as_json=settings.log_json)


class Server:
    """Web server and worker threads of this process; each may be left out."""

    def __init__(self, settings: Settings, *, web: bool = True, worker: bool = True) -> None:
        """Opens the port. Raises Unavailable when something else listens there."""
        signal.signal(signal.SIGTERM, _leave)  # from here on: whoever reads that it runs may stop it
        self._worker = _worker(settings) if worker else None
        self._stopped = threading.Event()
        self._web = None
        if web:
            try:
                self._web = create_server(
                    create_app(settings),
                    host=settings.host,
                    port=settings.port,
                    threads=settings.web_threads,
                    connection_limit=_MAX_CONNECTIONS,
                    max_request_body_size=_MAX_BODY,
                    ident=None,
                )
            except OSError as error:
                raise Unavailable("port_taken", host=settings.host, port=settings.port) from error

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; requests and jobs that have begun are finished first."""
        if self._worker:
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
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            if self._web:
                self._web.close()
            if self._worker:
                self._worker.stop()
            database.disconnect()
            _log.info("server_stopped")


def _worker(settings: Settings) -> Worker:
    return Worker(threads=settings.worker_threads, senders=outbox.senders(settings))


def _leave(_signal: int, _frame: FrameType | None) -> None:
    # Both the web server's loop and a wait end with this exception, and finish what they have begun.
    raise SystemExit(0)
