"""Laneway as a peer: its own use cases, as the API calls them. `python -m bench.peers.laneway DATABASE_URL`"""

from __future__ import annotations

import sys

from sqlalchemy import bindparam, select

from bench.peers.harness import Open, Peer, Values, serve
from laneway import __version__
from laneway.engine import database, deployments, instances, jobs, user_tasks
from laneway.engine.database import schema
from laneway.engine.model import OPEN_STATES, Person
from laneway.engine.tables import process_instance, user_task
from laneway.errors import Conflict
from laneway.words import Resource, Text

TYPES = ("nothing", "classify")
SOMEONE = Person("bench", Text("bench", "bench"), frozenset({"bench"}))
_LEASE_SECONDS = 60
_OPEN_TASKS = select(user_task.c.key, user_task.c.element_id).where(
    user_task.c.instance_key == bindparam("instance"), user_task.c.state == "CREATED"
)


class LanewayPeer(Peer):
    """Works on the open database. Service tasks are jobs: leased in one transaction, reported in another."""

    def deploy(self, name: str, diagram: str) -> None:
        with database.unit_of_work() as session:
            deployments.deploy(session, [Resource(f"{name}.bpmn", diagram.encode())], by=None)

    def start(self, process: str, variables: Values) -> str:
        started = database.transact(
            lambda session: instances.start(session, process_id=process, variables=variables, by=SOMEONE)
        )
        return str(started.instance_key)

    def open_tasks(self, instance: str) -> list[Open]:
        while not (found := self._tasks(instance)) and self.run_jobs(instance):
            pass
        return found

    def _tasks(self, instance: str) -> list[Open]:
        with database.reading() as session:
            rows = session.execute(_OPEN_TASKS, {"instance": int(instance)})
            return [Open(str(row.key), row.element_id) for row in rows]

    def complete(self, task: str, values: Values) -> None:
        database.transact(
            lambda session: user_tasks.complete_via_api(session, int(task), by=SOMEONE, variables=values)
        )

    def run_jobs(self, instance: str) -> bool:
        """Do the job that has waited longest, whose it may be; whether the instance is still open."""
        with database.unit_of_work() as session:
            leased = jobs.activate(
                session, types=TYPES, worker="bench", lease_seconds=_LEASE_SECONDS, limit=1
            )
        for job in leased:
            with database.unit_of_work() as session:
                jobs.complete(session, job.key, variables={}, worker="bench")
            if job.instance_key == int(instance):
                return True
        with database.reading() as session:
            query = select(process_instance.c.state).where(process_instance.c.key == int(instance))
            return session.scalar(query) in OPEN_STATES

    def conflicts(self) -> tuple[type[Exception], ...]:
        return (Conflict,)

    def about(self) -> dict[str, str]:
        return {"version": __version__, "history": "every step, with who and when"}


def main() -> None:
    schema.upgrade(database.connect(sys.argv[1]))
    serve(LanewayPeer())


if __name__ == "__main__":
    main()
