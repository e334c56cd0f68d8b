"""Log lines: one event each, with the ids of what it is about. Never variable values: they are customers'.

Ids have the same names everywhere: `request_id`, `person`, `case_number`, `instance_key`, `process_id`, `user_task_key`,
`job_key`, `job_type`, `chore`, `timer_key`, `effect_key`, `outgoing_key`.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

from laneway.errors import LanewayError

_EMPTY: Mapping[str, Any] = {}
_ids: ContextVar[Mapping[str, Any]] = ContextVar("laneway_log_ids", default=_EMPTY)
_ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


@contextmanager
def bound(**ids: Any) -> Iterator[None]:
    """Add ids such as `request_id`, `instance_key`, `job_key` to every line that is logged inside."""
    token = _ids.set({**_ids.get(), **ids})
    try:
        yield
    finally:
        _ids.reset(token)


def also(**ids: Any) -> None:
    """Add ids until the innermost `bound` ends that is open here; without one nothing is added."""
    present = _ids.get()
    if present is not _EMPTY:
        _ids.set({**present, **ids})


def configure(*, level: str = "INFO", as_json: bool = False, stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (standard error), as text or as JSON.

    Tracebacks leave out the messages of exceptions, which may quote a variable's value, unless `level` is DEBUG.
    """
    output = logging.StreamHandler(stream or sys.stderr)
    formatter = _Json() if as_json else _Readable()
    formatter.tells_messages = level == "DEBUG"
    output.setFormatter(formatter)
    output.addFilter(_with_ids)
    root = logging.getLogger()
    root.handlers[:] = [output]
    root.setLevel(level)
    # These tell at INFO what only their authors want to know.
    for chatty in ("waitress", "alembic", "spiff"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))


def _with_ids(record: logging.LogRecord) -> bool:
    extra = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    record.laneway_fields = {**_ids.get(), **extra}
    return True


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = getattr(record, "laneway_fields", _EMPTY)
    return fields


class _Formatter(logging.Formatter):
    tells_messages = False

    def formatException(self, ei: _ExceptionInfo) -> str:  # noqa: N802 - logging's own name
        if self.tells_messages or ei[1] is None:
            return super().formatException(ei)
        return _without_messages(ei[1])


class _Json(_Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
            # Keys have 63 bits and would be rounded by tools that read numbers as JavaScript does.
            **{
                name: str(value) if name.endswith("_key") else value
                for name, value in _fields(record).items()
            },
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class _Readable(_Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        line = f"{at} {record.levelname.lower():7} {record.getMessage()}{fields}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def _without_messages(error: BaseException) -> str:
    """A traceback with the lines of code and the types of all exceptions in the chain, the cause first."""
    chain: list[BaseException] = []
    next_one: BaseException | None = error
    while next_one is not None and next_one not in chain:
        chain.append(next_one)
        context = None if next_one.__suppress_context__ else next_one.__context__
        next_one = next_one.__cause__ or context
    return "\n".join(
        "".join([*traceback.format_tb(one.__traceback__), in_brief(one)]) for one in reversed(chain)
    )


def in_brief(error: BaseException) -> str:
    """An exception as a log may tell it: its type, and of its words only what cannot quote a variable.

    That is the code of our own errors, the operating system's word for an error number, and the first line of what a
    database driver says about the connection.
    """
    name = type(error).__name__
    if isinstance(error, LanewayError):
        return f"{name}: {error.code}"
    if isinstance(error, OSError) and error.errno is not None:
        return f"{name}: {os.strerror(error.errno)}"
    of_driver = getattr(error, "orig", error)
    if name == "OperationalError" and type(of_driver).__module__.split(".")[0] in ("psycopg", "sqlite3"):
        return f"{name}: {str(of_driver).partition(chr(10))[0]}"
    return name
