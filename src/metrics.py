"""What this process counts and times, for Prometheus. Labels are names from diagrams and code, never values.

Counting costs about a microsecond, so any layer may count where it happens; `laneway.web.health` gives it out.
"""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has not annotated it

_SHORT = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_LONG = (0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)

REGISTRY = CollectorRegistry()
"""Everything below, and processor time, memory and garbage collection of the process."""

ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

STEP_SECONDS = Histogram(
    "laneway_step_seconds",
    "A transaction that moved a process instance, its commit included, by what moved it.",
    ["kind"],
    buckets=_SHORT,
    registry=REGISTRY,
)
LOCK_WAIT_SECONDS = Histogram(
    "laneway_lock_wait_seconds",
    "Waiting for the lock of a process instance (PostgreSQL) or of the database (SQLite).",
    buckets=_SHORT,
    registry=REGISTRY,
)
CONFLICTS = Counter(
    "laneway_conflicts",
    "Transactions given up because someone else had changed the same thing, by error code.",
    ["code"],
    registry=REGISTRY,
)
JOB_SECONDS = Histogram(
    "laneway_job_seconds",
    "Runs of handlers by job type; outcome: completed, failed, error (a BPMN error), dropped (lease lost).",
    ["type", "outcome"],
    buckets=_LONG,
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "laneway_http_request_seconds",
    "Requests by method, route and status.",
    ["method", "route", "status"],
    buckets=_LONG,
    registry=REGISTRY,
)
FEEL_LIMITS = Counter(
    "laneway_feel_limits",
    "FEEL evaluations that were stopped because their budget was used up.",
    registry=REGISTRY,
)
WAKE_UPS = Counter(
    "laneway_wake_ups",
    "Times the workers of this process were woken; source: local (a commit here), notify (one elsewhere).",
    ["source"],
    registry=REGISTRY,
)
CACHE_LOOKUPS = Counter(
    "laneway_cache_lookups",
    "Looks into caches of this process; result: hit, miss.",
    ["cache", "result"],
    registry=REGISTRY,
)
