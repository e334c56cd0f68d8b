"""The connection to the database: addresses, what errors mean, repeating, pooler, standby, one machine for SQLite."""

from __future__ import annotations

import json
import logging
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import IntegrityError

from laneway.engine import accounts
from laneway.engine import database as laneway_database
from laneway.engine.database import connections, sqlite_files
from laneway.engine.database import failures as database_errors
from laneway.errors import Conflict, Unavailable
from laneway.words import Text

PGBOUNCER = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"


def add_group(session: Any, group_id: str) -> None:
    accounts.add_group(session, group_id, name=Text(group_id, group_id))


def groups(database: ModuleType) -> set[str]:
    with database.reading() as session:
        return {group.group_id for group in accounts.list_groups(session)}


@pytest.fixture
def postgresql_url(new_postgresql_database: Any) -> str:
    return str(new_postgresql_database())


@pytest.fixture
def on_postgresql(postgresql_url: str) -> Iterator[ModuleType]:
    laneway_database.connect(postgresql_url)
    yield laneway_database
    laneway_database.disconnect()


class Server:
    """The real server behind `postgresql_url`, to cut its connections."""

    def __init__(self, url: str) -> None:
        self._url = url

    def cut_all(self) -> int:
        """End every connection of others to this database; how many there were."""
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        with psycopg.connect(self._url, autocommit=True) as connection:
            cut = connection.execute(f"SELECT pg_terminate_backend(pid) {others}").fetchall()
            # They are told to end; when they are gone, they have said so to those who were connected.
            while connection.execute(f"SELECT 1 {others}").fetchone() is not None:
                time.sleep(0.01)
            return len(cut)


@pytest.fixture
def server(postgresql_url: str) -> Server:
    return Server(postgresql_url)


# -- addresses


@pytest.mark.parametrize(
    ("written", "hosts", "ports", "database"),
    [
        ("postgresql://u:p@h1,h2,h3/db", "h1,h2,h3", "5432,5432,5432", "db"),
        ("postgresql://u:p@h1:6000,h2/db?target_session_attrs=read-write", "h1,h2", "6000,5432", "db"),
    ],
)
def test_several_hosts_are_written_as_libpq_writes_them(written, hosts, ports, database):
    _, options = (
        connections.address(written).get_dialect()().create_connect_args(connections.address(written))
    )

    assert (options["host"], str(options["port"]), options["dbname"]) == (hosts, ports, database)
    assert ("target_session_attrs" in written) == ("target_session_attrs" in options)


def test_the_first_host_that_takes_changes_is_used(postgresql_url):
    found = make_url(postgresql_url)
    several = found.set(
        query={"host": ("/nowhere", found.query["host"]), "target_session_attrs": "read-write"}
    )
    laneway_database.connect(several.render_as_string(hide_password=False))
    try:
        assert "admin" in groups(laneway_database)
    finally:
        laneway_database.disconnect()


def test_a_database_that_is_not_there_is_told(unused_port):
    with pytest.raises(Unavailable) as told:
        laneway_database.connect(f"postgresql://nobody@127.0.0.1:{unused_port}/none")

    assert told.value.code == "database_unreachable"


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


# -- when connections are lost


def test_connections_that_were_cut_while_idle_are_not_noticed(on_postgresql, server):
    for _ in range(3):
        groups(on_postgresql)
        assert server.cut_all() > 0

    assert "admin" in groups(on_postgresql)


def test_a_connection_that_is_lost_in_the_middle_is_told_and_changes_nothing(on_postgresql, server):
    def work() -> None:
        with on_postgresql.unit_of_work() as session:
            add_group(session, "lost")
            server.cut_all()
            add_group(session, "lost too")

    with pytest.raises(Unavailable) as told:
        work()

    assert told.value.code == "database_unreachable"
    assert not {"lost", "lost too"} & groups(on_postgresql)


def test_work_that_lost_its_connection_before_the_commit_is_done_again(on_postgresql, server):
    tries = []

    def work(session: Any) -> str:
        tries.append(1)
        add_group(session, "kept")
        if len(tries) < 3:
            server.cut_all()
            session.execute(text("SELECT 1"))
        return "done"

    assert on_postgresql.transact(work) == "done"
    assert len(tries) == 3
    assert "kept" in groups(on_postgresql)


def test_a_connection_that_is_lost_during_the_commit_leaves_the_outcome_open(on_postgresql, server):
    def work() -> None:
        with on_postgresql.unit_of_work() as session:
            add_group(session, "open")
            server.cut_all()

    with pytest.raises(Unavailable) as told:
        work()

    assert told.value.code == "commit_outcome_unknown"


def test_an_open_outcome_is_settled_by_what_the_repetition_is_told(on_postgresql, server):
    tries = []

    def work(session: Any) -> str:
        tries.append(1)
        if len(tries) > 1:
            raise Conflict("user_task_already_completed", holder="mei")
        session.execute(text("SELECT 1"))
        server.cut_all()
        return "done"

    assert on_postgresql.transact(work, settle=lambda refusal: str(refusal.params["holder"])) == "mei"
    tries.clear()
    with pytest.raises(Unavailable):
        on_postgresql.transact(work)


def test_a_refusal_at_the_first_try_settles_nothing(on_postgresql):
    def work(_session: Any) -> None:
        raise Conflict("user_task_already_completed", holder="mei")

    with pytest.raises(Conflict):
        on_postgresql.transact(work, settle=lambda _refusal: None)


def test_two_that_wait_for_each_other_both_get_through(on_postgresql):
    meet, results = threading.Barrier(2, timeout=10), []

    def lock(session: Any, group_id: str) -> None:
        session.execute(
            text("UPDATE person_group SET name_zh = group_id WHERE group_id = :id"), {"id": group_id}
        )

    def work(first: str, second: str) -> None:
        is_first_try = True

        def both(session: Any) -> None:
            nonlocal is_first_try
            lock(session, first)
            if is_first_try:
                is_first_try = False
                meet.wait()
            lock(session, second)

        on_postgresql.transact(both)
        results.append(first)

    threads = [
        threading.Thread(target=work, args=pair) for pair in (("admin", "auditor"), ("auditor", "admin"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["admin", "auditor"]


def test_a_mistake_of_ours_stays_a_mistake(database):
    with pytest.raises(IntegrityError), database.unit_of_work() as session:
        session.execute(text("INSERT INTO person_group SELECT * FROM person_group"))


def test_a_reading_that_takes_too_long_is_given_up(postgresql_url):
    laneway_database.connect(postgresql_url, statement_seconds=0.05)
    try:
        with pytest.raises(Unavailable) as told, laneway_database.reading() as session:
            session.execute(text("SELECT pg_sleep(5)"))
        assert told.value.code == "database_slow"
    finally:
        laneway_database.disconnect()


def test_a_lock_that_stays_taken_is_given_up(on_postgresql):
    with on_postgresql.reading() as session:
        assert session.execute(text("SHOW lock_timeout")).scalar() == "5s"


def test_what_a_full_disk_says_is_told_as_that():
    told = database_errors.told(psycopg.errors.lookup("53100")())

    assert isinstance(told, Unavailable)
    assert told.code == "database_full"


# -- SQLite stays on one machine


def test_a_second_machine_may_not_open_a_sqlite_file(tmp_path):
    path = tmp_path / "laneway.db"
    laneway_database.connect(f"sqlite:///{path}")
    laneway_database.disconnect()
    mark = tmp_path / "laneway.db.host"
    mark.write_text(json.dumps({"host": "elsewhere", "boot": "another", "pid": 1}))

    with pytest.raises(Unavailable) as told:
        laneway_database.connect(f"sqlite:///{path}")

    assert told.value.code == "sqlite_on_other_host"
    assert told.value.params["host"] == "elsewhere"


def test_a_machine_takes_over_what_it_left_behind_in_a_crash(tmp_path):
    path, mark = tmp_path / "laneway.db", tmp_path / "laneway.db.host"
    for left in ({"host": socket.gethostname(), "boot": "the last one", "pid": 1}, "not even JSON"):
        mark.write_text(json.dumps(left))
        laneway_database.connect(f"sqlite:///{path}")
        laneway_database.disconnect()
        assert not mark.exists()


def test_a_network_file_system_is_refused(tmp_path, monkeypatch):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        f"30 22 0:30 / {tmp_path}/share\\040d rw - nfs4 server:/share rw\n"
    )
    monkeypatch.setattr(sqlite_files, "_MOUNTS", mounts)
    place = tmp_path / "share d" / "deep"
    place.mkdir(parents=True)

    with pytest.raises(Unavailable) as told:
        laneway_database.connect(f"sqlite:///{place / 'laneway.db'}")

    assert (told.value.code, told.value.params["kind"]) == ("sqlite_on_network", "nfs4")


# -- a pooler


@pytest.fixture
def pooled_url(postgresql_url: str, tmp_path: Path, unused_port: int) -> Iterator[str]:
    """The database through a real PgBouncer in transaction mode."""
    if not Path(PGBOUNCER).exists():
        pytest.skip("PgBouncer is not installed: apt-get install pgbouncer")
    found = make_url(postgresql_url)
    folder = Path(f"/tmp/laneway-pooler-{unused_port}")
    folder.mkdir(mode=0o755)
    file = folder / "pgbouncer.ini"
    target = f"host={found.query['host']} dbname={found.database} user={found.username}"
    file.write_text(
        f"[databases]\ndb = {target}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {unused_port}\n"
        "auth_type = any\nunix_socket_dir =\npool_mode = transaction\ndefault_pool_size = 3\nquery_wait_timeout = 5\n"
    )
    # PgBouncer refuses to run as root, and PostgreSQL's folder is closed to others: so its own account it is.
    owner = Path(str(found.query["host"])).owner()
    account = ["--user", owner] if _is_root() else []
    process = subprocess.Popen(
        [PGBOUNCER, *account, str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"postgresql://anyone@127.0.0.1:{unused_port}/db"
    try:
        _wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


def _is_root() -> bool:
    return Path("/proc/self").stat().st_uid == 0


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_pooler_is_found_and_told_of(pooled_url, caplog):
    with caplog.at_level(logging.WARNING):
        laneway_database.connect(pooled_url)
    try:
        assert laneway_database.pooled()
        assert "database_pooled" in caplog.text
    finally:
        laneway_database.disconnect()


def test_without_a_pooler_there_is_none(database):
    assert not database.pooled()


def test_many_at_once_work_through_few_connections_of_a_pooler(pooled_url):
    laneway_database.connect(pooled_url, statement_seconds=20)
    try:

        def work(name: str) -> None:
            for number in range(20):
                laneway_database.transact(lambda session: add_group(session, f"{name}{number}"))  # noqa: B023 - done at once
                groups(laneway_database)

        threads = [threading.Thread(target=work, args=(f"g{number}-",)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len([name for name in groups(laneway_database) if name.startswith("g")]) == 120
        with laneway_database.unit_of_work() as session:
            assert session.execute(text("SHOW lock_timeout")).scalar() == "5s"
    finally:
        laneway_database.disconnect()


def test_keys_are_unique_and_later_ones_are_greater():
    keys = [laneway_database.new_key() for _ in range(20_000)]

    assert keys == sorted(set(keys))
    assert keys[-1] < 2**63


def test_an_outcome_that_cannot_be_looked_up_stays_open(on_postgresql, server):
    tries = []

    def work(session: Any) -> None:
        tries.append(1)
        session.execute(text("SELECT 1"))
        server.cut_all()
        if len(tries) > 1:
            session.execute(text("SELECT 1"))

    with pytest.raises(Unavailable) as told:
        on_postgresql.transact(work, settle=lambda _refusal: None)

    assert told.value.code == "commit_outcome_unknown"
    assert len(tries) == 5
