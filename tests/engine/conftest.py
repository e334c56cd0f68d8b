"""For the tests of the engine: small executable diagrams in few words, and the use cases in one line each."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from sqlalchemy import Table, select

from laneway.engine import deployments, incidents, instances, jobs, tables, user_tasks
from laneway.engine.deployments import Deployed
from laneway.engine.jobs import ActivatedJob
from laneway.engine.model import Person
from laneway.testing import drain
from laneway.words import Resource

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="defs" targetNamespace="http://example.com/tests">'
    '<message id="M" name="M"><extensionElements><zeebe:subscription correlationKey="=key"/>'
    '</extensionElements></message><signal id="S" name="S"/>'
    '<error id="E" errorCode="E"/><error id="F" errorCode="F"/><escalation id="X" escalationCode="X"/>'
)


class Draw:
    """Writes BPMN: every method gives XML of one part."""

    error = '<errorEventDefinition errorRef="E"/>'
    other_error = '<errorEventDefinition errorRef="F"/>'
    any_error = "<errorEventDefinition/>"
    escalation = '<escalationEventDefinition escalationRef="X"/>'
    signal = '<signalEventDefinition signalRef="S"/>'
    message = '<messageEventDefinition messageRef="M"/>'
    compensation = "<compensateEventDefinition/>"
    terminate = "<terminateEventDefinition/>"
    cancel = "<cancelEventDefinition/>"

    def file(self, *processes: str, name: str = "test.bpmn") -> Resource:
        return Resource(name, f"{HEAD}{''.join(processes)}</definitions>".encode())

    def process(self, *parts: str, id: str = "P", **properties: str) -> str:
        listed = "".join(
            f"<zeebe:property name={quoteattr(name.replace('__', ':'))} value={quoteattr(value)}/>"
            for name, value in properties.items()
        )
        extra = (
            f"<extensionElements><zeebe:properties>{listed}</zeebe:properties></extensionElements>"
            if listed
            else ""
        )
        return f'<process id="{id}" name="{id}" isExecutable="true">{extra}{"".join(parts)}</process>'

    def node(self, tag: str, id: str, inner: str = "", *, extra: str = "", **attributes: str) -> str:
        listed = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
        extensions = f"<extensionElements>{extra}</extensionElements>" if extra else ""
        return f'<{tag} id="{id}" name="{id}"{listed}>{extensions}{inner}</{tag}>'

    def start(self, id: str = "start", inner: str = "", extra: str = "", **attributes: str) -> str:
        return self.node("startEvent", id, inner, extra=extra, **attributes)

    def end(self, id: str = "end", inner: str = "") -> str:
        return self.node("endEvent", id, inner)

    def user(self, id: str, inner: str = "", extra: str = "", *, groups: str = "", form: str = "") -> str:
        who = f"<zeebe:assignmentDefinition candidateGroups={quoteattr(groups)}/>" if groups else ""
        shown = f"<zeebe:formDefinition formId={quoteattr(form)}/>" if form else ""
        return self.node("userTask", id, inner, extra=f"<zeebe:userTask/>{who}{shown}{extra}")

    def script(self, id: str, feel: str = "=null", result: str = "", **attributes: str) -> str:
        extra = f"<zeebe:script expression={quoteattr(feel)} resultVariable={quoteattr(result or '_' + id)}/>"
        return self.node("scriptTask", id, extra=extra, **attributes)

    def job(self, id: str, type: str = "work", inner: str = "", extra: str = "", retries: str = "3") -> str:
        definition = f"<zeebe:taskDefinition type={quoteattr(type)} retries={quoteattr(retries)}/>"
        return self.node("serviceTask", id, inner, extra=definition + extra)

    def call(self, id: str, process: str, extra: str = "", **attributes: str) -> str:
        listed = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
        called = f"<zeebe:calledElement processId={quoteattr(process)}{listed}/>"
        return self.node("callActivity", id, extra=called + extra)

    def gateway(self, kind: str, id: str, **attributes: str) -> str:
        return self.node(f"{kind}Gateway", id, **attributes)

    def sub(self, id: str, *inner: str, extra: str = "", **attributes: str) -> str:
        return self.node("subProcess", id, "".join(inner), extra=extra, **attributes)

    def event_sub(self, id: str, event: str, *inner: str, interrupting: bool = True) -> str:
        """An event sub-process whose start event is `<id>_start`."""
        start = self.start(f"{id}_start", event, isInterrupting=str(interrupting).lower())
        return self.sub(id, start, *inner, triggeredByEvent="true")

    def boundary(self, id: str, at: str, event: str, *, interrupting: bool = True) -> str:
        return self.node(
            "boundaryEvent", id, event, attachedToRef=at, cancelActivity=str(interrupting).lower()
        )

    def mapping(self, *, inputs: dict[str, str] | None = None, outputs: dict[str, str] | None = None) -> str:
        """Input and output mappings, {target: FEEL}."""
        parts = [
            f"<zeebe:{kind} source={quoteattr(source)} target={quoteattr(target)}/>"
            for kind, listed in (("input", inputs), ("output", outputs))
            for target, source in (listed or {}).items()
        ]
        return f"<zeebe:ioMapping>{''.join(parts)}</zeebe:ioMapping>"

    def timer(self, text: str, kind: str = "timeDuration") -> str:
        return f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>"

    def many(self, items: str, *, sequential: bool = False, until: str = "", **settings: str) -> str:
        listed = "".join(f" {name}={quoteattr(value)}" for name, value in settings.items())
        condition = f"<completionCondition>{until}</completionCondition>" if until else ""
        return (
            f'<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}"><extensionElements>'
            f"<zeebe:loopCharacteristics inputCollection={quoteattr(items)}{listed}/></extensionElements>"
            f"{condition}</multiInstanceLoopCharacteristics>"
        )

    def condition(self, feel: str) -> str:
        """A conditional event definition."""
        text = feel.replace("&", "&amp;").replace("<", "&lt;")
        return f"<conditionalEventDefinition><condition>{text}</condition></conditionalEventDefinition>"

    def times(self, number: str, *, sequential: bool = False) -> str:
        """Multi-instance by number."""
        return (
            f'<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">'
            f"<loopCardinality>{number}</loopCardinality></multiInstanceLoopCharacteristics>"
        )

    def again(self, condition: str = "", **attributes: str) -> str:
        """A standard loop."""
        listed = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
        text = condition.replace("&", "&amp;").replace("<", "&lt;")
        inner = f"<loopCondition>{text}</loopCondition>" if condition else ""
        return f"<standardLoopCharacteristics{listed}>{inner}</standardLoopCharacteristics>"

    def ad_hoc(
        self, id: str, *inner: str, until: str = "", extra: str = "", settings: str = "", **attributes: str
    ) -> str:
        """An ad-hoc sub-process; `settings` are attributes of its `zeebe:adHoc`."""
        condition = f"<completionCondition>{until}</completionCondition>" if until else ""
        parts = "".join(inner) + condition
        extra += f"<zeebe:adHoc {settings}/>" if settings else ""
        return self.node("adHocSubProcess", id, parts, extra=extra, **attributes)

    def flow(self, source: str, target: str, condition: str = "", id: str = "") -> str:
        inner = ""
        if condition:
            text = condition.replace("&", "&amp;").replace("<", "&lt;")
            inner = f"<conditionExpression>{text}</conditionExpression>"
        named = id or f"{source}_to_{target}"
        return f'<sequenceFlow id="{named}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'

    def way(self, *ids: str) -> str:
        """Flows from each to the next."""
        return "".join(self.flow(source, target) for source, target in pairwise(ids))


@pytest.fixture(scope="session")
def draw() -> Draw:
    return Draw()


class Engine:
    """The use cases in one line each, every call in a transaction of its own, on a real database."""

    def __init__(self, database: Any, owner: Person, admin: Person) -> None:
        self.database = database
        self.owner = owner
        self.admin = admin

    def deploy(self, *resources: Resource) -> Deployed:
        with self.database.unit_of_work() as session:
            return deployments.deploy(session, resources, by=self.owner)

    def start(self, process_id: str = "P", *, by: Person | None = None, **variables: Any) -> int:
        with self.database.unit_of_work() as session:
            return instances.start(session, process_id=process_id, variables=variables, by=by).instance_key

    def call(self, use_case: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Any use case, in a transaction."""
        with self.database.unit_of_work() as session:
            return use_case(session, *args, **named)

    def rows(self, table: Table, **where: Any) -> list[Any]:
        """Rows by equal columns, oldest first."""
        query = select(table).order_by(*table.primary_key)
        for name, value in where.items():
            query = query.where(table.c[name] == value)
        with self.database.reading() as session:
            return list(session.execute(query).all())

    def instance(self, key: int) -> Any:
        (row,) = self.rows(tables.process_instance, key=key)
        return row

    def variables(self, key: int) -> dict[str, Any]:
        with self.database.reading() as session:
            return instances.variables(session, key)

    def task(self, element_id: str = "u", **where: Any) -> Any:
        """The one open user task at an element."""
        (row,) = self.rows(tables.user_task, element_id=element_id, state="CREATED", **where)
        return row

    def job(self, element_id: str = "j", **where: Any) -> Any:
        """The newest job at an element."""
        return self.rows(tables.job, element_id=element_id, **where)[-1]

    def do(self, by: Person, element_id: str = "u", **values: Any) -> None:
        """Claim and complete the one open user task at an element, then let the background work run."""
        key = self.task(element_id).key
        self.call(user_tasks.claim, key, by=by)
        self.call(user_tasks.complete, key, by=by, values=values)
        drain()

    def work(self, type: str = "work", **variables: Any) -> None:
        """Lease and complete one job, then let the background work run."""
        (leased,) = self.lease(type)
        self.call(jobs.complete, leased.key, variables=variables, worker="w")
        drain()

    def lease(
        self, *types: str, worker: str = "w", seconds: float = 10, limit: int = 1
    ) -> list[ActivatedJob]:
        leased: list[ActivatedJob] = self.call(
            jobs.activate, types=types or ("work",), worker=worker, lease_seconds=seconds, limit=limit
        )
        return leased

    def incidents(self, key: int) -> list[Any]:
        """Active incidents of an instance."""
        return self.rows(tables.incident, instance_key=key, state="ACTIVE")

    def resolve(self, key: int) -> None:
        """Retry the one active incident of an instance."""
        (row,) = self.incidents(key)
        self.call(incidents.resolve, row.key, by=self.admin)
        drain()

    def events(self, key: int) -> list[str]:
        """History as `event` or `event element`."""
        rows = self.rows(tables.history_line, instance_key=key)
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        return [" ".join(filter(None, (row.event, row.element_id))) for row in rows]

    def has_no_waits(self) -> bool:
        """Whether nothing waits in any table, and nothing is left to do."""
        waits = (tables.timer, tables.message_subscription, tables.signal_subscription, tables.effect)
        return not any(
            [row for row in self.rows(table) if getattr(row, "instance_key", 1) is not None]
            for table in waits
        )


@pytest.fixture
def engine(database: Any, owner: Person, admin: Person) -> Engine:
    """The engine on SQLite, then on PostgreSQL."""
    return Engine(database, owner, admin)
