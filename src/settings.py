"""Every setting of the product: read once at the start from environment variables, into one frozen object."""

from __future__ import annotations

import difflib
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

PREFIX = "LANEWAY_"
_OF_THE_BUILD = frozenset({"LANEWAY_SKIP_FRONTEND"})
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"", "0", "false", "no", "off"})


class SettingsError(ValueError):
    """A setting is unknown or does not fit; the message tells which, and what would."""


@dataclass(frozen=True)
class Settings:
    """The defaults start the product with no setting at all, on SQLite, for one machine."""

    data: Path = Path("var")
    """Folder for what the product keeps outside the database, and for SQLite's file."""

    database_url: str = ""
    """`sqlite:///file` or `postgresql://user:password@host/database`; empty: `laneway.db` under `data`."""

    standby_url: str = ""
    """Address of a PostgreSQL standby, from which pages that only look may be read; empty: none."""

    standby_max_lag: float = 30.0
    """How many seconds the standby may be behind; beyond that the primary is asked."""

    host: str = "127.0.0.1"
    """Address that the web server listens on; `0.0.0.0` for every network."""

    port: int = 8080
    """Port that the web server listens on."""

    secure_cookies: bool = False
    """Send cookies over HTTPS only; switch on behind a server that speaks HTTPS."""

    session_hours: float = 12.0
    """How long a login lasts."""

    time_zone: str = "Asia/Shanghai"
    """IANA name of the zone in which pages tell times, such as `Europe/Berlin`."""

    secret_key: str = ""
    """Signs what the browser keeps; empty: made once and kept in `data`. Share it between web processes."""

    demo: bool = False
    """Fill in the demonstration organisation; everyone's password is `demo`. Not for use in earnest."""

    processes: Path = Path("processes")
    """Folder with diagrams, decisions, forms and handlers that are deployed at the start."""

    web_threads: int = 16
    """Requests that one web process answers at the same time."""

    archive: Path = Path()
    """Folder for the archive files of cases whose time is over; empty: `archive` under `data`."""

    retention: str = ""
    """How long ended cases stay in the database, such as `P3Y`, where their process does not say; empty: for ever."""

    worker_threads: int = 2
    """Jobs that one worker process runs at the same time, of handlers that are `def`."""

    worker_async_jobs: int = 100
    """The same for handlers that are `async def`."""

    listen_url: str = ""
    """PostgreSQL past the pooler, for one connection a process that wakes it; empty: as `database_url`."""

    smtp_url: str = ""
    """`smtp://user:password@host:25` or `smtps://…:465`; empty: mails stay queued."""

    mail_from: str = "laneway@localhost"
    """Sender of mails."""

    mail_reply_to: str = ""
    """Where answers to mails of a case go, `{case}` standing for its number; empty: to the sender."""

    mail_processes: str = "c090_enquiry,c110_complaint"
    """Processes that a new mail of a known customer opens: the first of them that is deployed; commas between them."""

    imap_url: str = ""
    """Mailbox that is read, `imaps://user:password@host:993/INBOX`; empty: none."""

    imap_done: str = ""
    """Folder that read mails are moved to; empty: they are marked seen, and only unseen ones are read."""

    webhook_secrets: str = ""
    """One secret that signs webhooks, or two while receivers change over, the newer first, with a comma between."""

    webhook_hosts: str = ""
    """Hosts, or `host:port`, that webhooks may go to although they are not public; commas between them."""

    worker_port: int = 0
    """Port on which `laneway worker` answers health checks and gives its metrics; 0: none."""

    metrics_token: str = ""
    """Bearer token for `/metrics` and the details of `/readyz`; empty: only this machine may read them."""

    stop_delay_seconds: float = 0.0
    """How long a process goes on after SIGTERM while it says that it is not ready, for load balancers."""

    clamav: str = ""
    """Where ClamAV listens, `host:port` or the path of its socket; empty: files are judged by type and size."""

    log_level: str = "INFO"
    """`DEBUG`, `INFO`, `WARNING` or `ERROR`."""

    log_json: bool = False
    """One JSON object per log line, for machines; otherwise text."""


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings of an environment such as `os.environ`; makes data folder and secret key where missing.

    Raises SettingsError for unknown `LANEWAY_…` names, telling the nearest known one, and for unfit values.
    """
    known = {PREFIX + field.name.upper(): field for field in fields(Settings)}
    values: dict[str, Any] = {}
    for name, text in environment.items():
        if not name.startswith(PREFIX) or name in _OF_THE_BUILD:
            continue
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0)
            raise SettingsError(f"没有 {name} 这个设置 / there is no setting {name}; {near[0]}?")
        field = known[name]
        values[field.name] = _parse(name, text.strip(), type(field.default))
    return _completed(_checked(Settings(**values)))


def _parse(name: str, text: str, kind: type) -> Any:
    if kind is bool:
        if text.lower() in _YES | _NO:
            return text.lower() in _YES
        raise SettingsError(f"{name}={text}: 请填 1 或 0 / say 1 or 0")
    try:
        return kind(text)
    except ValueError:
        raise SettingsError(f"{name}={text}: 请填数字 / say a number") from None


def _checked(settings: Settings) -> Settings:
    for name in ("web_threads", "worker_threads", "worker_async_jobs", "session_hours", "standby_max_lag"):
        if getattr(settings, name) <= 0:
            raise SettingsError(f"{PREFIX}{name.upper()}: 须大于 0 / must be more than 0")
    if settings.stop_delay_seconds < 0:
        raise SettingsError(f"{PREFIX}STOP_DELAY_SECONDS: 不得小于 0 / must not be less than 0")
    for name in ("port", "worker_port"):
        port = getattr(settings, name)
        if not 0 <= port <= 65535:
            told = "须在 0 至 65535 之间 / must be from 0 to 65535"
            raise SettingsError(f"{PREFIX}{name.upper()}={port}: {told}")
    if settings.time_zone not in available_timezones():
        raise SettingsError(f"{PREFIX}TIME_ZONE={settings.time_zone}: 没有这个时区 / there is no such zone")
    if settings.webhook_secrets.count(",") > 1:
        raise SettingsError(f"{PREFIX}WEBHOOK_SECRETS: 最多两个 / two at most")
    if settings.log_level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise SettingsError(f"{PREFIX}LOG_LEVEL={settings.log_level}: DEBUG, INFO, WARNING, ERROR")
    return settings


def _completed(settings: Settings) -> Settings:
    data = settings.data.resolve()
    data.mkdir(parents=True, exist_ok=True)
    return replace(
        settings,
        data=data,
        archive=data / "archive" if settings.archive == Path() else settings.archive.resolve(),
        processes=settings.processes.resolve(),
        database_url=settings.database_url or f"sqlite:///{data / 'laneway.db'}",
        secret_key=settings.secret_key or _kept_secret(data / "secret_key"),
        log_level=settings.log_level.upper(),
    )


def _kept_secret(path: Path) -> str:
    """The secret in a file that only its owner can read; the first process that comes makes it."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        # A link appears whole or not at all, so that no other process reads half a secret.
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text().strip()
