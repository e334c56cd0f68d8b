"""A standby of PostgreSQL for pages that only look: used while it answers and is not too far behind."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime

import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from laneway import logs
from laneway.engine.database import connections
from laneway.errors import Unavailable

_log = logging.getLogger(__name__)

_AVOID_SECONDS = 10.0
"""How long a standby that did not answer is left alone."""

# What has been replayed is as old as its last transaction, unless everything that the primary has sent is replayed:
# then it is as old as the primary's last message. Only members of pg_monitor may see that message's time.
_HOW_OLD = text("""
    SELECT pg_is_in_recovery() AS is_standby, clock_timestamp() AS now, greatest(
        pg_last_xact_replay_timestamp(),
        CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
             THEN (SELECT last_msg_send_time FROM pg_stat_wal_receiver) END) AS as_of
""")


@dataclass(frozen=True)
class Staleness:
    """How old what is read from a standby may be: all that was committed until `as_of` is in it."""

    as_of: datetime
    seconds: float


class Standby:
    """The standby at an address. It is opened when it is first wanted, so that nothing depends on it."""

    def __init__(self, url: str, *, max_lag: float, statement_seconds: float | None) -> None:
        self._url = url
        self._max_lag = max_lag
        self._statement_seconds = statement_seconds
        self._engine: Engine | None = None
        self._sessions: sessionmaker[Session] | None = None
        self._avoid_until = 0.0

    def session(self) -> Session | None:
        """A session whose `info["staleness"]` tells how old it is; None when the primary must be asked instead.

        The staleness is None when a primary answers at the address.
        """
        if time.monotonic() < self._avoid_until:
            return None
        try:
            return self._look()
        except (DBAPIError, psycopg.Error, Unavailable) as error:
            _log.warning("standby_unreachable", extra={"reason": logs.in_brief(error)})
            self.avoid()
            return None

    def avoid(self) -> None:
        """Ask the primary for the next seconds."""
        self._avoid_until = time.monotonic() + _AVOID_SECONDS

    def _look(self) -> Session | None:
        if self._sessions is None:
            self._engine = connections.open_(self._url, statement_seconds=self._statement_seconds)
            self._sessions = sessionmaker(self._engine, expire_on_commit=False)
        session = self._sessions()
        try:
            session.connection(execution_options={"laneway_read_only": True})
            found = session.execute(_HOW_OLD).one()
        except (DBAPIError, psycopg.Error):
            session.close()
            raise
        if found.is_standby:
            seconds = (found.now - found.as_of).total_seconds() if found.as_of is not None else None
            if seconds is None or seconds > self._max_lag:
                session.close()
                return None
            session.info["staleness"] = Staleness(found.as_of, max(0.0, seconds))
        return session

    def close(self) -> None:
        """Close every connection."""
        if self._engine is not None:
            connections.close(self._engine)
