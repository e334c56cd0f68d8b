"""Log lines: one event each, with the ids of what it is about. Never variable values: they are customers'."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

_EMPTY: Mapping[str, Any] = {}
_ids: ContextVar[Mapping[str, Any]] = ContextVar("laneway_log_ids", default=_EMPTY)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


@contextmanager
def bound(**ids: Any) -> Iterator[None]:
    """Add ids such as `request_id`, `instance_key`, `job_key` to every line that is logged inside."""
    token = _ids.set({**_ids.get(), **ids})
    try:
        yield
    finally:
        _ids.reset(token)


def configure(*, level: str = "INFO", as_json: bool = False, stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (standard error), as text or as JSON."""
    output = logging.StreamHandler(stream or sys.stderr)
    output.setFormatter(_Json() if as_json else _Readable())
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


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class _Readable(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        line = f"{at} {record.levelname.lower():7} {record.getMessage()}{fields}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line
