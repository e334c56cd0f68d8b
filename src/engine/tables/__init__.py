"""Every table of the engine, as SQLAlchemy Core. Live rows say what is now; `history` only ever grows.

Keys are time-ordered 63-bit numbers made by `database.new_key`; hot tables lead with the instance key, so that they can
be sharded by it. A comment on a column says what its name alone does not.
"""

from laneway.engine.tables.base import Instant, metadata
from laneway.engine.tables.clocks import (
    calendar,
    calendar_day,
    calendar_hours,
    case_clock,
    group_duty,
    is_running_clock,
)
from laneway.engine.tables.decided import decision_instance
from laneway.engine.tables.department import (
    cases,
    documents,
    goods,
    interactions,
    mail,
    parties,
    records,
    work,
)
from laneway.engine.tables.deployed import (
    decision_definition,
    decision_requirements,
    definition_draft,
    deployment,
    form_definition,
    process_definition,
)
from laneway.engine.tables.kept import archive, archived_case, legal_hold
from laneway.engine.tables.leaving import effect, outgoing
from laneway.engine.tables.measured import case_hour, open_case, pending_change, step_day
from laneway.engine.tables.operating import compatibility, worker
from laneway.engine.tables.people import membership, person, person_group, web_session
from laneway.engine.tables.running import (
    allotted_number,
    case_file,
    history,
    history_line,
    number_series,
    process_instance,
)
from laneway.engine.tables.waiting import (
    STARTS,
    incident,
    is_leased_job,
    is_waiting_job,
    job,
    message,
    message_correlation,
    message_subscription,
    signal_subscription,
    timer,
    user_task,
    user_task_candidate,
    user_task_draft,
)

__all__ = [
    "STARTS",
    "Instant",
    "allotted_number",
    "archive",
    "archived_case",
    "calendar",
    "calendar_day",
    "calendar_hours",
    "case_clock",
    "case_file",
    "case_hour",
    "cases",
    "compatibility",
    "decision_definition",
    "decision_instance",
    "decision_requirements",
    "definition_draft",
    "deployment",
    "documents",
    "effect",
    "form_definition",
    "goods",
    "group_duty",
    "history",
    "history_line",
    "incident",
    "interactions",
    "is_leased_job",
    "is_running_clock",
    "is_waiting_job",
    "job",
    "legal_hold",
    "mail",
    "membership",
    "message",
    "message_correlation",
    "message_subscription",
    "metadata",
    "number_series",
    "open_case",
    "outgoing",
    "parties",
    "pending_change",
    "person",
    "person_group",
    "process_definition",
    "process_instance",
    "records",
    "signal_subscription",
    "step_day",
    "timer",
    "user_task",
    "user_task_candidate",
    "user_task_draft",
    "web_session",
    "work",
    "worker",
]
