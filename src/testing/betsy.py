"""The adapter of the behaviour exam: the whole engine on a database of its own, with a clock that the exam moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from laneway.engine import database, deployments, instances, jobs, messages
from laneway.engine.model import IncidentState, JobState, Person
from laneway.engine.spiff import state as live_state
from laneway.engine.tables import effect, incident, job, process_instance, timer
from laneway.errors import Refused
from laneway.testing import drain
from laneway.testing.engine import FreshEngine
from laneway.testing.issues import Refusal
from laneway.words import Resource, Text

_EXAMINER = Person("examiner", Text("考官", "Examiner"), frozenset({"admin", "process_owner"}))
_OPEN = (JobState.CREATED, JobState.ACTIVATED, JobState.FAILED)


class BetsyEngine(FreshEngine):
    """Deploys, starts and reports through the use cases; what workers do in the background is done in each call."""

    def deploy(self, resources: Sequence[tuple[str, bytes]]) -> None:
        """Deploy files together; raises Refusal."""
        try:
            with database.unit_of_work() as session:
                deployments.deploy(session, [Resource(*item) for item in resources], by=_EXAMINER)
        except Refused as refused:
            raise Refusal(refused.findings) from refused
        self._settle()

    def start(self, process_id: str, variables: dict[str, Any]) -> str:
        """Start the newest version; the key of the instance."""
        with database.unit_of_work() as session:
            started = instances.start(session, process_id=process_id, variables=variables, by=None)
        self._settle()
        return str(started.instance_key)

    def jobs(self) -> list[dict[str, Any]]:
        """All open jobs, oldest first."""
        query = (
            select(job, process_instance.c.live_state)
            .join(process_instance, process_instance.c.key == job.c.instance_key)
            .where(job.c.state.in_(_OPEN))
            .order_by(job.c.key)
        )
        with database.reading() as session:
            rows = session.execute(query).all()
        return [_job(row) for row in rows]

    def complete(self, key: str, variables: dict[str, Any]) -> None:
        """A worker has done its job."""
        with database.unit_of_work() as session:
            jobs.complete(session, int(key), variables=variables)
        self._settle()

    def throw_error(self, key: str, code: str) -> None:
        """A worker throws a BPMN error."""
        with database.unit_of_work() as session:
            jobs.throw_error(session, int(key), code=code)
        self._settle()

    def publish_message(self, name: str, correlation_key: str | None, variables: dict[str, Any]) -> None:
        """Publish a message that waits up to an hour."""
        with database.unit_of_work() as session:
            messages.publish(
                session, name=name, correlation_key=correlation_key, variables=variables, by=_EXAMINER
            )
        self._settle()

    def advance(self, seconds: float) -> None:
        """Let time pass, stopping at each timer that comes due."""
        until = self.now + timedelta(seconds=seconds)
        due = _next_timer()
        while due is not None and due <= until:
            self.now = max(self.now, due)
            self._settle()
            due = _next_timer()
        self.now = until
        self._settle()

    def incidents(self) -> list[dict[str, Any]]:
        """Open incidents, oldest first."""
        query = select(incident).where(incident.c.state == IncidentState.ACTIVE).order_by(incident.c.key)
        with database.reading() as session:
            rows = session.execute(query).all()
        return [{"type": row.type, "element": row.element_id, "message": row.message} for row in rows]

    def _settle(self) -> None:
        drain()
        with database.reading() as session:
            problem = session.scalar(select(effect.c.error).where(effect.c.error.is_not(None)).limit(1))
        if problem is not None:
            raise RuntimeError(f"background work failed: {problem}")


def _next_timer() -> datetime | None:
    with database.reading() as session:
        due: datetime | None = session.scalar(select(func.min(timer.c.due_at)))
    return due


def _job(row: Any) -> dict[str, Any]:
    variables: dict[str, Any] = {}
    for scope in reversed(live_state.scope_chain(row.live_state, row.token)):
        variables |= scope
    return {
        "key": str(row.key),
        "type": row.type,
        "headers": row.custom_headers,
        "variables": variables,
        "element": row.element_id,
        "process": row.process_id,
    }


def betsy_engine() -> BetsyEngine:
    """The adapter for `run_betsy.py`; one fresh engine per case."""
    return BetsyEngine()
