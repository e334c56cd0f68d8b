"""The whole cluster on one machine, to try it and to break it: each host a network namespace with its own address.

Needs root and Debian's packages: apt-get install --no-install-recommends postgresql-15 patroni etcd-server \
etcd-client pgbouncer haproxy iproute2. Run it with the interpreter that Laneway is installed for.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from string import Template

import psycopg

HERE = Path(__file__).resolve().parent
BRIDGE = "lanebr0"
NETWORK = "10.97.0"
DATABASES = {f"db{number}": f"{NETWORK}.{10 + number}" for number in (1, 2, 3)}
APPLICATIONS = {"app1": f"{NETWORK}.21", "app2": f"{NETWORK}.22", "app3": f"{NETWORK}.23"}
WEB = "app1"
"""Serves the pages; the other application hosts are workers."""
HOSTS = DATABASES | APPLICATIONS
NEEDED = ("ip", "etcd", "patroni", "haproxy", "pgbouncer", "setpriv", "psql")
ACCOUNT = "postgres"


def missing() -> list[str]:
    """What this machine lacks for a cluster; empty when all is there."""
    found = [name for name in NEEDED if shutil.which(name) is None]
    return found + ([] if os.geteuid() == 0 else ["root"])


def run(*command: str, check: bool = True) -> str:
    """The output of a command. Ends with what it complains about when it fails, unless not to `check`."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if check and done.returncode:
        raise SystemExit(f"{' '.join(command[:4])}: {done.stderr}")
    return done.stdout


def wait_for(what: str, is_there: Callable[[], object], seconds: float = 90) -> None:
    """Until `is_there` gives something true. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not is_there():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.3)


class Cluster:
    """A cluster whose files lie in `folder`; everything about it can be found again from there."""

    def __init__(self, folder: Path, processes: Path | None = None) -> None:
        self.folder = folder.resolve()
        self._processes = (processes or HERE.parents[1] / "processes").resolve()
        self._secrets = self.folder / "secrets.json"
        self._spawned: list[subprocess.Popen[bytes]] = []

    # -- what people ask for

    def up(self, *, demo: bool = False) -> None:
        """Everything, from nothing: network, database, poolers, web host and two worker hosts."""
        if lacking := missing():
            raise SystemExit(f"缺少 / missing: {', '.join(lacking)}")
        if self._secrets.exists():
            raise SystemExit(f"{self.folder}: 已经存在，请先 down / is there already; say down first")
        self._make_folder()
        self._make_network()
        for host in DATABASES:
            self._start_etcd(host)
        for host in DATABASES:
            self._start_patroni(host)
        wait_for("a primary", self.primary, 120)
        self._make_database()
        wait_for("a synchronous standby", self.synchronous_standby, 120)
        wait_for("the other standby", lambda: count_of_databases(self) == len(DATABASES), 120)
        for host in APPLICATIONS:
            self._start_ways(host)
        self.laneway(WEB, "db", "upgrade")
        if demo:
            self._fill_demonstration()
        else:
            self.laneway(WEB, "deploy", str(self._processes))
        for host in APPLICATIONS:
            self.start_application(host)
        wait_for("the web host", self._web_answers)

    def down(self) -> None:
        """End it and leave nothing behind."""
        for host in HOSTS:
            self._kill(host, signal.SIGKILL)
            run(
                "ip", "link", "del", f"lane-{host}", check=False
            )  # at once; with its namespace it would go later
            run("ip", "netns", "del", f"lane-{host}", check=False)
        run("ip", "link", "del", BRIDGE, check=False)
        for process in self._spawned:
            process.wait()
        self._spawned.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def status(self) -> str:
        """Hosts with what runs on them, and who leads."""
        primary, standby = self.primary(), self.synchronous_standby()
        lines = []
        for host, address in HOSTS.items():
            running = [path.name for path in self._marks(host) if self._is_running(path)]
            role = {primary: "primary 主库", standby: "synchronous standby 同步备库"}.get(host, "")
            lines.append(f"{host:<5} {address:<12} {' '.join(sorted(running)) or '-':<32} {role}")
        return "\n".join([*lines, f"\nhttp://{HOSTS[WEB]}:8080"])

    def kill_primary(self) -> str:
        """`kill -9` for all that runs on the primary's host; which one it was. `start` brings it back."""
        host = self.primary()
        if host is None:
            raise SystemExit("没有主库 / there is no primary")
        self._kill(host, signal.SIGKILL)
        return host

    def start(self, host: str) -> None:
        """Start again what a host runs."""
        if host in DATABASES:
            self._start_etcd(host)
            self._start_patroni(host)
        else:
            self._start_ways(host)
            self.start_application(host)

    def kill(self, host: str) -> None:
        """`kill -9` for all that runs on a host."""
        self._kill(host, signal.SIGKILL)

    def partition(self, host: str) -> None:
        """Pull a host's cable: it runs on, and nothing gets to it or from it."""
        run("ip", "link", "set", f"lane-{host}", "down")

    def heal(self, host: str) -> None:
        """Plug the cable in again."""
        run("ip", "link", "set", f"lane-{host}", "up")

    def restart_pooler(self, host: str) -> None:
        """End PgBouncer on a host at once, with whatever goes through it, and start it again."""
        self._end(self.folder / "run" / host / "pgbouncer", signal.SIGTERM)
        self._start_pgbouncer(host)

    def primary(self) -> str | None:
        """The host that leads; None while there is none."""
        return next((host for host in DATABASES if self._patroni(host, "primary")), None)

    def synchronous_standby(self) -> str | None:
        """The host that has every acknowledged change besides the primary."""
        return next((host for host in DATABASES if self._patroni(host, "synchronous")), None)

    def address(self, *, at: str | None = None) -> str:
        """The database's address for a look past all poolers: the primary, or the host `at`."""
        hosts = DATABASES[at] if at else ",".join(DATABASES.values())
        attribute = "" if at else "?target_session_attrs=read-write&connect_timeout=3"
        return f"postgresql://laneway:{self._kept()['password']}@{hosts}:5432/laneway{attribute}"

    def laneway(self, host: str, *arguments: str) -> str:
        """Run a command of Laneway on an application host; its output. Raises CalledProcessError."""
        command = [*self._inside(host), self._executable(), *arguments]
        done = subprocess.run(
            command, env=self._environment(host), capture_output=True, text=True, check=False, cwd="/"
        )
        if done.returncode:
            raise SystemExit(f"laneway {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout

    def start_application(self, host: str) -> None:
        """`laneway web` or `laneway worker` on its host."""
        command = [self._executable(), "web" if host == WEB else "worker"]
        self._spawn(host, "laneway", command, environment=self._environment(host))

    # -- making it

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True)
        self.folder.chmod(0o755)
        kept = {name: secrets.token_hex(16) for name in ("password", "superuser", "replication", "key")}
        self._secrets.touch(mode=0o600)
        self._secrets.write_text(json.dumps(kept))
        for host in HOSTS:
            for part in ("conf", "run", "logs", "data"):
                place = self.folder / part / host
                place.mkdir(parents=True)
                shutil.chown(place, ACCOUNT, ACCOUNT)

    def _make_network(self) -> None:
        run("ip", "link", "add", BRIDGE, "type", "bridge")
        run("ip", "addr", "add", f"{NETWORK}.1/24", "dev", BRIDGE)
        run("ip", "link", "set", BRIDGE, "up")
        for host, address in HOSTS.items():
            space, cable = f"lane-{host}", f"lane-{host}"
            run("ip", "netns", "add", space)
            run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", space)
            run("ip", "link", "set", cable, "master", BRIDGE, "up")
            run("ip", "-n", space, "addr", "add", f"{address}/24", "dev", "eth0")
            for link in ("lo", "eth0"):
                run("ip", "-n", space, "link", "set", link, "up")

    def _start_etcd(self, host: str) -> None:
        members = ",".join(f"{name}=http://{address}:2380" for name, address in DATABASES.items())
        file = self._render("etcd.yml", host, data=self.folder / "data" / host / "etcd", etcd_cluster=members)
        self._spawn(host, "etcd", ["etcd", "--config-file", str(file)], account=ACCOUNT)

    def _start_patroni(self, host: str) -> None:
        kept = self._kept()
        file = self._render(
            "patroni.yml",
            host,
            data=self.folder / "data" / host / "postgresql",
            etcd_hosts=",".join(f"{address}:2379" for address in DATABASES.values()),
            sockets=self.folder / "run" / host,
            shared_buffers="64MB",
            superuser_password=kept["superuser"],
            replication_password=kept["replication"],
            network=f"{NETWORK}.0/24",
            watchdog="off",
        )
        self._spawn(host, "patroni", ["patroni", str(file)], account=ACCOUNT)

    def _make_database(self) -> None:
        primary = self.primary()
        assert primary is not None
        superuser = f"postgresql://postgres:{self._kept()['superuser']}@{DATABASES[primary]}:5432/postgres"
        setting = f"password={self._kept()['password']}"
        file = str(HERE / "database.sql")
        run("psql", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-v", setting, "-f", file, superuser)

    def _start_ways(self, host: str) -> None:
        servers = [f"    server {name} {address}:5432" for name, address in DATABASES.items()]
        file = self._render("haproxy.cfg", host, primaries="\n".join(servers))
        self._spawn(host, "haproxy", ["haproxy", "-db", "-f", str(file)], account=ACCOUNT)
        self._start_pgbouncer(host)

    def _start_pgbouncer(self, host: str) -> None:
        users = self._render("userlist.txt", host, password=self._kept()["password"])
        pidfile = self.folder / "run" / host / "pgbouncer.pid"
        pidfile.unlink(missing_ok=True)
        file = self._render("pgbouncer.ini", host, userlist=users, pidfile=pidfile)
        self._spawn(host, "pgbouncer", ["pgbouncer", str(file)], account=ACCOUNT)

    def _fill_demonstration(self) -> None:
        """Start Laneway whole once: that fills in the demonstration's people, processes and cases."""
        command = [*self._inside(WEB), self._executable(), "serve"]
        environment = self._environment(WEB) | {"LANEWAY_DEMO": "1"}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, cwd="/")
        wait_for("the demonstration", self._web_answers)
        process.terminate()
        process.wait(60)

    def _web_answers(self) -> bool:
        return self._get(f"http://{HOSTS[WEB]}:8080/healthz") == 200

    # -- files and processes

    def _kept(self) -> dict[str, str]:
        kept: dict[str, str] = json.loads(self._secrets.read_text())
        return kept

    def _render(self, name: str, host: str, **values: object) -> Path:
        """A configuration file of this folder, filled in for a host."""
        text = Template((HERE / name).read_text("utf-8"))
        filled = text.substitute({"name": host, "address": HOSTS[host], **values})
        file = self.folder / "conf" / host / name
        file.write_text(filled, "utf-8")
        file.chmod(0o600)
        shutil.chown(file, ACCOUNT, ACCOUNT)
        return file

    def _environment(self, host: str) -> dict[str, str]:
        kept = self._kept()
        file = self._render(
            "laneway.env",
            host,
            password=kept["password"],
            secret_key=kept["key"],
            data=self.folder / "data" / host,
            processes=self._processes,
        )
        lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
        given = {name: value for name, value in os.environ.items() if not name.startswith("LANEWAY_")}
        return given | dict(line.split("=", 1) for line in lines)

    def _executable(self) -> str:
        return str(Path(sys.executable).with_name("laneway"))

    def _inside(self, host: str, account: str | None = None) -> list[str]:
        inside = ["ip", "netns", "exec", f"lane-{host}"]
        if account:
            inside += ["setpriv", f"--reuid={account}", f"--regid={account}", "--init-groups"]
        return inside

    def _spawn(
        self,
        host: str,
        name: str,
        command: Sequence[str],
        *,
        account: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start a program on a host in the background; its process number is kept in a file."""
        with (self.folder / "logs" / host / f"{name}.log").open("ab") as log:
            process: subprocess.Popen[bytes] = subprocess.Popen(
                [*self._inside(host, account), *command],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
            )
        self._spawned.append(process)
        (self.folder / "run" / host / name).write_text(str(process.pid))

    def _marks(self, host: str) -> list[Path]:
        names = ("etcd", "patroni", "haproxy", "pgbouncer", "laneway")
        return [path for name in names if (path := self.folder / "run" / host / name).exists()]

    def _is_running(self, mark: Path) -> bool:
        state = Path(f"/proc/{mark.read_text()}/stat")
        return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"

    def _end(self, mark: Path, how: signal.Signals) -> None:
        if mark.exists() and self._is_running(mark):
            os.kill(int(mark.read_text()), how)
            wait_for(f"the end of {mark.name}", lambda: not self._is_running(mark), 30)

    def _kill(self, host: str, how: signal.Signals) -> None:
        """All that runs in a host's namespace and nothing else."""
        for number in run("ip", "netns", "pids", f"lane-{host}", check=False).split():
            try:
                os.kill(int(number), how)
            except ProcessLookupError:
                continue

    def _patroni(self, host: str, role: str) -> bool:
        return self._get(f"http://{DATABASES[host]}:8008/{role}") == 200

    def _get(self, url: str) -> int:
        """The status of an answer; 0 when there is none."""
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


def count_of_databases(cluster: Cluster) -> int:
    """How many database hosts take connections now: with it one sees whether a host is back."""
    number = 0
    for host in DATABASES:
        try:
            psycopg.connect(cluster.address(at=host), connect_timeout=2).close()
            number += 1
        except psycopg.OperationalError:
            continue
    return number


def main() -> None:
    """The commands."""
    parser = argparse.ArgumentParser(description="Laneway 集群试验 / a cluster to try")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/laneway-cluster"))
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("up").add_argument("--demo", action="store_true")
    for verb in ("status", "down", "kill-primary", "restart-pooler"):
        verbs.add_parser(verb)
    for verb in ("partition", "heal", "start", "kill"):
        verbs.add_parser(verb).add_argument("host", choices=HOSTS)
    given = parser.parse_args()
    cluster = Cluster(given.folder)
    if given.verb == "up":
        cluster.up(demo=given.demo)
    elif given.verb == "restart-pooler":
        for host in APPLICATIONS:
            cluster.restart_pooler(host)
    elif given.verb == "kill-primary":
        print(cluster.kill_primary())
    elif given.verb in ("partition", "heal", "start", "kill"):
        getattr(cluster, given.verb)(given.host)
    elif given.verb == "down":
        cluster.down()
        return
    print(cluster.status())


if __name__ == "__main__":
    main()
