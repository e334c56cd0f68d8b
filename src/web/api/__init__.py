"""The HTTP API: Camunda 8's operations under /v2, our own under /api/v1, all described by /openapi.json."""

from __future__ import annotations

from flask import Blueprint

from laneway.web.api import (
    absent,
    case_clocks,
    case_files,
    changes,
    cluster,
    decisions,
    definitions,
    deployments,
    document,
    element_instances,
    evaluations,
    holds,
    incidents,
    instances,
    jobs,
    mails,
    messages,
    outbox,
    palette,
    problems,
    record_imports,
    records,
    user_tasks,
)

blueprints: list[Blueprint] = [
    module.blueprint
    for module in (
        cluster,
        deployments,
        definitions,
        decisions,
        evaluations,
        instances,
        changes,
        holds,
        element_instances,
        user_tasks,
        jobs,
        incidents,
        messages,
        outbox,
        case_clocks,
        mails,
        case_files,
        records,
        record_imports,
        palette,
        document,
        absent,
    )
]
"""What `create_app` registers, in this order."""

for _blueprint in blueprints:
    problems.register(_blueprint)
