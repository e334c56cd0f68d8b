"""A diagram as the engine sees it: flow levels of nodes and flows, Camunda 8 (`zeebe:`) extensions read in.

Nothing here knows XML or SpiffWorkflow: `bpmn.reader` fills it, `bpmn.checks` judges it, `spiff.specs` builds
from it.
Expressions are FEEL texts; a leading `=` marks an expression where a plain text is allowed too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from laneway.words import Finding, Text

NO_NAME = Text("", "")

TASKS = frozenset(
    {
        "task",
        "manualTask",
        "userTask",
        "serviceTask",
        "scriptTask",
        "sendTask",
        "receiveTask",
        "businessRuleTask",
    }
)
LEVELS = frozenset({"subProcess", "adHocSubProcess", "transaction"})
EVENTS = frozenset(
    {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}
)
GATEWAYS = frozenset(
    {"exclusiveGateway", "parallelGateway", "inclusiveGateway", "complexGateway", "eventBasedGateway"}
)
FLOW_NODES = TASKS | LEVELS | EVENTS | GATEWAYS | {"callActivity"}


@dataclass
class Event:
    """What an event waits for or throws. `kind` is `none` or the BPMN event definition without its suffix."""

    kind: str = "none"
    ref: str | None = None
    """Name of the message, signal or link; code of the error or escalation; activity of a compensation."""
    expression: str | None = None
    """Timer text or condition."""
    timer: str | None = None
    """`timeDuration`, `timeDate` or `timeCycle`."""
    correlation_key: str | None = None
    code_variable: str | None = None
    message_variable: str | None = None
    waits: bool = True
    """Of a thrown compensation: whether it waits for what it undoes."""


@dataclass
class Flow:
    """A sequence flow; `condition` is FEEL."""

    id: str
    source: str
    target: str
    condition: str | None = None
    name: Text = NO_NAME


@dataclass
class Loop:
    """Multi-instance or standard loop; `kind` is `parallel`, `sequential` or `while`."""

    kind: str
    input_collection: str = ""
    cardinality: str | None = None
    """How many instances, where there is no collection."""
    condition: str | None = None
    """Of a standard loop: go round again while it is true; FEEL."""
    is_tested_before: bool = False
    maximum: int | None = None
    """Of a standard loop: rounds at most."""
    input_element: str | None = None
    output_collection: str | None = None
    output_element: str | None = None
    completion_condition: str | None = None


@dataclass
class AdHoc:
    """What an ad-hoc sub-process starts, and when it is done (`zeebe:adHoc`, BPMN 2.0 section 13.3.5)."""

    active_elements: str | None = None
    """FEEL that lists the ids to start on entry; without it, every element that no flow leads to."""
    output_collection: str | None = None
    output_element: str | None = None
    completion_condition: str | None = None
    cancels_rest: bool = True
    is_sequential: bool = False


@dataclass
class Mapping:
    """One input or output of `zeebe:ioMapping`: a FEEL source and a target variable (or dotted path)."""

    source: str
    target: str


@dataclass
class Assignment:
    """Who may do a user task and when; every text may be FEEL with a leading `=`."""

    assignee: str | None = None
    candidate_groups: str | None = None
    candidate_users: str | None = None
    due_date: str | None = None
    follow_up_date: str | None = None
    priority: str | None = None
    form_id: str | None = None
    form_binding: str = "latest"
    """`latest`, `deployment` or `versionTag`."""
    form_version_tag: str | None = None
    external_form: str | None = None
    separate_from: list[str] = field(default_factory=list)
    """Elements whose completers may not act here (property `laneway:separateFrom`)."""
    kept_away: str | None = None
    """People who may not act here (property `laneway:keptAway`, also of the process)."""
    completed_by: str | None = None
    """The variable that takes the username of whoever completes it (property `laneway:completedBy`)."""


@dataclass
class Called:
    """A called process or decision."""

    id: str
    """May be FEEL with a leading `=`."""
    binding: str = "latest"
    """`latest`, `deployment` or `versionTag`."""
    version_tag: str | None = None
    propagate_all_parent: bool = True
    propagate_all_child: bool = True
    result_variable: str | None = None


@dataclass
class Node:
    """One flow node."""

    id: str
    type: str
    """The BPMN tag, such as `userTask`."""
    name: Text = NO_NAME
    events: list[Event] = field(default_factory=list)
    interrupting: bool = True
    attached_to: str | None = None
    default: str | None = None
    incoming: list[Flow] = field(default_factory=list)
    outgoing: list[Flow] = field(default_factory=list)
    body: Level | None = None
    is_event_subprocess: bool = False
    loop: Loop | None = None
    is_for_compensation: bool = False
    compensation_handler: str | None = None
    """Of a compensation boundary event: the activity its association leads to."""
    start_quantity: int = 1
    """Tokens that must arrive before the activity starts."""
    completion_quantity: int = 1
    """Tokens that leave on each outgoing flow."""
    instantiates: bool = False
    """Whether this receive task or event gateway starts the process."""
    needs_all_events: bool = False
    """Whether all of several triggers must come (`parallelMultiple`), not one of them."""
    activation_condition: str | None = None
    """Of a complex gateway that joins: FEEL over `activationCount`."""
    ad_hoc: AdHoc | None = None
    job_type: str | None = None
    """Makes the node a job; may be FEEL with a leading `=`."""
    job_retries: str = "3"
    job_priority: str | None = None
    """Its own or the process's; may be FEEL with a leading `=`."""
    job_backoff: str | None = None
    """Pauses between tries, as `bpmn.backoff` reads them (property `laneway:job:backoff`)."""
    jobs_in_order: bool = False
    """Whether an instance does such jobs one at a time (property `laneway:job:inOrder`)."""
    headers: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    inputs: list[Mapping] = field(default_factory=list)
    outputs: list[Mapping] = field(default_factory=list)
    script: str | None = None
    """FEEL of a `zeebe:script`."""
    result_variable: str | None = None
    assignment: Assignment | None = None
    called_process: Called | None = None
    called_decision: Called | None = None
    lane: str = ""
    """Name of the innermost lane in the diagram's own language."""
    lane_groups: list[str] = field(default_factory=list)
    """Candidate groups of its lane (property `laneway:group`), for user tasks that name nobody."""

    @property
    def event(self) -> Event:
        """The first event, or one of kind `none`."""
        return self.events[0] if self.events else Event()

    @property
    def triggers(self) -> dict[str, Event]:
        """What it waits for, by the id of the wait: its own id, and of several events `id#0`, `id#1` and so on.

        An event sub-process waits for what its start event says.
        """
        inner = self.body.of("startEvent")[0] if self.is_event_subprocess and self.body is not None else self
        if len(inner.events) < 2:
            return {self.id: inner.event}
        return {f"{self.id}#{number}": event for number, event in enumerate(inner.events)}


@dataclass
class Level:
    """A process or the inside of a sub-process: its nodes and the flows between them."""

    id: str
    name: Text = NO_NAME
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)

    def of(self, *types: str) -> list[Node]:
        """The nodes of these types, in diagram order."""
        return [node for node in self.nodes.values() if node.type in types]

    def everything(self) -> Iterator[Node]:
        """All nodes of this level and of the levels inside it."""
        for node in self.nodes.values():
            yield node
            if node.body is not None:
                yield from node.body.everything()


def starts_of(level: Level) -> list[Node]:
    """What an event of the outside can start: start events, and what instantiates (BPMN 2.0 section 13.2).

    An event gateway stands for the events behind it.
    """
    found = level.of("startEvent")
    for node in level.of("receiveTask", "eventBasedGateway"):
        if node.instantiates and node.type == "receiveTask":
            found.append(node)
        elif node.instantiates:
            found.extend(level.nodes[flow.target] for flow in node.outgoing)
    return found


@dataclass
class Process:
    """One executable process of a diagram."""

    id: str
    name: Text
    level: Level
    file: str
    version_tag: str | None = None
    job_priority: str | None = None
    """Of its jobs that say nothing themselves; may be FEEL with a leading `=`."""
    properties: dict[str, str] = field(default_factory=dict)
    lanes: dict[str, Text] = field(default_factory=dict)
    """Names of the lanes by id."""

    @property
    def start_groups(self) -> list[str]:
        """Groups that may start it (property `laneway:start:groups`); empty: everyone."""
        listed = self.properties.get("laneway:start:groups", "")
        return [group.strip() for group in listed.split(",") if group.strip()]

    @property
    def none_start(self) -> Node | None:
        """The start event that a person or the API starts."""
        return next((n for n in self.level.of("startEvent") if n.event.kind == "none"), None)

    @property
    def start_form_id(self) -> str | None:
        """The form of the none start event."""
        start = self.none_start
        return start.assignment.form_id if start is not None and start.assignment is not None else None


@dataclass
class Diagram:
    """What a file holds: its executable processes, and what is wrong or not understood in the XML itself."""

    file: str
    processes: list[Process] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    element_ids: list[str] = field(default_factory=list)
    """Ids of all BPMN elements in the file, drawn-only ones too, in diagram order."""
