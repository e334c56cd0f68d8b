"""The alerts and the dashboard that are delivered ask for figures that exist, with labels that they have."""

from __future__ import annotations

import configparser
import json
import re
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from laneway import metrics
from laneway.engine import database
from laneway.engine.monitoring import gauges

DEPLOY = Path(__file__).parents[2] / "deploy"
NAME = re.compile(r"\b(?:laneway|process)_[a-z_]+")
GROUPED = re.compile(r"by \(([a-z, ]+)\)")
OF_SCRAPES = {"instance", "job", "le"}


@pytest.fixture
def names(app: Flask) -> set[str]:
    """Every name that a query may use."""
    found: set[str] = set()
    for family in text_string_to_metric_families(app.test_client().get("/metrics").text):
        endings = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",)}.get(family.type, ("",))
        found |= {family.name + ending for ending in endings}
    return found


def labels() -> set[str]:
    found = {
        label
        for metric in (metrics.STEP_SECONDS, metrics.JOB_SECONDS, metrics.REQUEST_SECONDS, metrics.CONFLICTS)
        for label in metric._labelnames
    }
    found |= {label for metric in (metrics.WAKE_UPS, metrics.CACHE_LOOKUPS) for label in metric._labelnames}
    with database.reading() as session:
        found |= {label for gauge in gauges.count(session) for label in gauge.labels}
    return found | OF_SCRAPES


def queries(file: str) -> list[str]:
    text = (DEPLOY / "monitoring" / file).read_text("utf-8")
    if file.endswith(".json"):
        return [target["expr"] for panel in json.loads(text)["panels"] for target in panel["targets"]]
    return re.findall(r"^ +expr: (.+)$", text, re.MULTILINE)


@pytest.mark.parametrize("file", ["alerts.yml", "dashboard.json"])
def test_every_query_asks_for_figures_that_exist(names: set[str], file: str) -> None:
    asked = queries(file)
    assert len(asked) > 10
    for query in asked:
        for name in NAME.findall(re.sub(r"\{[^}]*\}", "", GROUPED.sub("", query))):
            assert name in names, query


@pytest.mark.parametrize("file", ["alerts.yml", "dashboard.json"])
def test_every_query_groups_by_labels_that_exist(app: Flask, file: str) -> None:
    known = labels()
    for query in queries(file):
        for group in GROUPED.findall(query):
            assert {label.strip() for label in group.split(",")} <= known, query


def test_every_figure_of_ours_is_on_the_dashboard(names: set[str]) -> None:
    shown = " ".join(queries("dashboard.json"))
    ours = {re.sub(r"_(bucket|count|sum)$", "", name) for name in names if name.startswith("laneway_")}
    assert sorted(name for name in ours if name not in shown) == []


def test_every_alert_is_explained_where_operators_look() -> None:
    text = (DEPLOY / "monitoring" / "alerts.yml").read_text("utf-8")
    page = (DEPLOY.parent / "docs" / "operations.md").read_text("utf-8")
    alerts = re.findall(r"- alert: (\w+)", text)
    assert [name for name in alerts if f"`{name}`" not in page] == []


@pytest.mark.parametrize("part", ["web", "worker"])
def test_the_units_run_the_parts_without_any_rights(part: str) -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # systemd tells upper case from lower case
    unit.read(DEPLOY / "systemd" / f"laneway-{part}.service", "utf-8")
    service = unit["Service"]
    assert service["ExecStart"].endswith(f"/laneway {part}")
    assert service["User"] == "laneway"
    assert service["CapabilityBoundingSet"] == ""
    assert (service["NoNewPrivileges"], service["ProtectSystem"]) == ("yes", "strict")
