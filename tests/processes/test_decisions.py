"""The complaint tables against the rules of the department, over every combination of their inputs."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from laneway.engine.calendars.targets import is_target
from laneway.engine.dmn import DecisionModel, read_decisions
from laneway.words import Resource

FILES = sorted((Path(__file__).parents[2] / "processes").glob("c110_*/decisions/*.dmn"))

YES_NO = ("yes", "no")
FLAG = (True, False)
CATEGORIES = ("product", "packaging", "service", "order", "invoice", "other")
SEVERITIES = ("S1", "S2", "S3", "S4")

# Inputs by table: a value of each kind that its rules tell apart, and the number of rules.
TABLES: dict[str, tuple[dict[str, tuple[Any, ...]], int]] = {
    "d1_severity": (
        {
            "injury": ("none", "minor", "serious", "death"),
            "exposure": YES_NO,
            "bulging": YES_NO,
            "authority_or_media": YES_NO,
            "line_stopped": YES_NO,
            "lab": ("in_spec", "off_spec", "unknown"),
            "category": CATEGORIES,
        },
        10,
    ),
    "d2_sla": ({"severity": SEVERITIES, "tier": ("key", "standard", "prospect")}, 6),
    "d3_routing": ({"category": CATEGORIES, "severity": SEVERITIES, "safety_flag": FLAG}, 9),
    "d4_next_activity": (
        {
            "justified": ("yes", "partly", "no"),
            "reaction": ("repair", "refund", "exchange", "other"),
            "goods_back": YES_NO,
            "replacement_available": YES_NO,
        },
        8,
    ),
    "d5_credit": (
        {
            "fraud": FLAG,
            "country_class": ("A", "B", "C", "D"),
            "overdue_days": (0, 1, 30, 31, 60, 61),
            "dispute_open": FLAG,
            "credit_used": (79, 80, 100, 101),
        },
        10,
    ),
    "d6_approval": (
        {
            "injury_or_liability": FLAG,
            "amount": (None, 0, 1, 5_000, 5_001, 50_000, 50_001, 500_000, 500_001),
            "credit_note": FLAG,
        },
        6,
    ),
    "d7_recall_watch": (
        {
            "death_or_serious": FLAG,
            "own_test_fail": FLAG,
            "authority_order": FLAG,
            "n_batch": (1, 2, 3),
            "customers": (1, 2),
            "severity": SEVERITIES,
        },
        8,
    ),
}


@pytest.fixture(scope="module", name="model")
def _model() -> DecisionModel:
    return read_decisions([Resource(path.name, path.read_bytes()) for path in FILES])


def decide(model: DecisionModel, table: str, **variables: Any) -> Any:
    return model.evaluate(f"c110_{table}", variables).value


def rule(model: DecisionModel, table: str, **variables: Any) -> list[str]:
    return [rule.rule_id for rule in model.evaluate(f"c110_{table}", variables).decisions[0].matched_rules]


@pytest.mark.parametrize("table", TABLES)
def test_every_combination_meets_one_rule_and_every_rule_is_met(model: DecisionModel, table: str) -> None:
    inputs, rules = TABLES[table]
    met = set()
    for values in product(*inputs.values()):
        result = model.evaluate(f"c110_{table}", dict(zip(inputs, values, strict=True)))
        matched = result.decisions[0].matched_rules
        assert result.value is not None, values
        assert len(matched) == 1, values
        met.add(matched[0].number)
    assert met == set(range(1, rules + 1))


@pytest.mark.parametrize("table", sorted(set(TABLES) - {"d2_sla"}))
def test_a_table_answers_even_when_nothing_is_known(model: DecisionModel, table: str) -> None:
    last = TABLES[table][1]
    assert rule(model, table) == [f"{table[:2]}_r{last:02d}"]


def test_all_table_files_are_enumerated_here() -> None:
    assert {path.stem for path in FILES} == set(TABLES)


def test_safety_outranks_everything_when_severity_is_graded(model: DecisionModel) -> None:
    calm = {"injury": "none", "exposure": "no", "bulging": "no", "authority_or_media": "no"}
    calm |= {"line_stopped": "no", "lab": "unknown", "category": "invoice"}
    for change, severity, safety, watch in (
        ({}, "S4", False, False),
        ({"injury": "serious"}, "S1", True, True),
        ({"injury": "death"}, "S1", True, True),
        ({"exposure": "yes"}, "S1", True, True),
        ({"bulging": "yes"}, "S1", True, True),
        ({"injury": "minor"}, "S2", True, True),
        ({"injury": "minor", "bulging": "yes"}, "S1", True, True),
        ({"authority_or_media": "yes"}, "S2", False, True),
        ({"line_stopped": "yes", "category": "product"}, "S2", False, True),
        ({"line_stopped": "yes", "category": "packaging"}, "S2", False, True),
        ({"line_stopped": "yes"}, "S3", False, False),
        ({"lab": "off_spec", "category": "product"}, "S2", False, True),
        ({"lab": "off_spec", "category": "packaging"}, "S3", False, False),
        ({"category": "order"}, "S3", False, False),
        ({"category": "service"}, "S4", False, False),
    ):
        graded = {"severity": severity, "safety_flag": safety, "recall_watch": watch}
        assert decide(model, "d1_severity", **calm | change) == graded, change


def test_deadlines_follow_severity_and_customer_tier(model: DecisionModel) -> None:
    expected = {
        ("S1", "standard"): ("24x7", "1 h", "4 h", "24 h", "10 wd"),
        ("S2", "key"): ("business", "4 bh", "24 h", "2 wd", "10 wd"),
        ("S2", "prospect"): ("business", "8 bh", "48 h", "3 wd", "15 wd"),
        ("S3", "key"): ("business", "8 bh", None, "5 wd", "15 wd"),
        ("S3", "standard"): ("business", "8 bh", None, "5 wd", "20 wd"),
        ("S4", "key"): ("business", "8 bh", None, "5 wd", "10 wd"),
    }
    for (severity, tier), deadlines in expected.items():
        sla = decide(model, "d2_sla", severity=severity, tier=tier)
        names = ("clock", "human_ack", "containment", "substantive_reply", "resolution")
        assert tuple(sla[name] for name in names) == deadlines


def test_every_deadline_is_one_that_a_clock_can_count(model: DecisionModel) -> None:
    for severity, tier in product(SEVERITIES, ("key", "standard", "prospect")):
        sla = decide(model, "d2_sla", severity=severity, tier=tier)
        names = ("human_ack", "containment", "substantive_reply", "resolution")
        assert all(sla[name] is None or is_target(sla[name]) for name in names)
        assert sla["clock"] in ("24x7", "business")


def test_each_kind_of_complaint_finds_its_owner(model: DecisionModel) -> None:
    for category, severity, safety, owner, notify in (
        ("invoice", "S4", True, "hse", ["quality", "recall_coord", "cs_manager"]),
        ("invoice", "S1", False, "quality", ["hse", "recall_coord"]),
        ("product", "S2", False, "quality", ["tech_service"]),
        ("product", "S3", False, "tech_service", []),
        ("packaging", "S3", False, "logistics", ["quality"]),
        ("order", "S3", False, "logistics", ["sales"]),
        ("invoice", "S4", False, "credit_control", ["sales"]),
        ("service", "S4", False, "cs_manager", []),
        ("other", "S4", False, "complaint_desk", []),
    ):
        routed = decide(model, "d3_routing", category=category, severity=severity, safety_flag=safety)
        assert routed == {"owner_group": owner, "notify_groups": notify}


def test_the_remedy_follows_the_verdict_and_what_the_customer_wants(model: DecisionModel) -> None:
    for justified, reaction, back, stock, remedy, calls in (
        ("no", "refund", "yes", "yes", "refusal", []),
        ("yes", "repair", "no", "no", "repair", ["service_order"]),
        ("yes", "exchange", "yes", "no", "alternative", ["availability"]),
        ("partly", "exchange", "yes", "yes", "replacement_after_return", ["return", "replacement_order"]),
        ("yes", "exchange", "no", "yes", "replacement", ["replacement_order"]),
        ("yes", "refund", "yes", "no", "credit_after_return", ["return", "credit_note"]),
        ("yes", "refund", "no", "no", "credit_note", ["credit_note"]),
        ("partly", "other", "no", "no", "negotiate", ["technical_help"]),
    ):
        facts = {"justified": justified, "reaction": reaction}
        facts |= {"goods_back": back, "replacement_available": stock}
        assert decide(model, "d4_next_activity", **facts) == {"remedy": remedy, "calls": calls}, facts


def test_a_dispute_freezes_only_what_is_not_disputed(model: DecisionModel) -> None:
    overdue = {"country_class": "B", "overdue_days": 61, "credit_used": 50}
    disputed = decide(model, "d5_credit", **overdue, dispute_open=True)
    assert disputed["credit"] == "freeze_undisputed"
    assert disputed["trading"] == "prepayment"
    assert decide(model, "d5_credit", **overdue, dispute_open=False)["credit"] == "suspend"
    assert rule(model, "d5_credit", fraud=True, country_class="D") == ["d5_r01"]


def test_money_and_injury_decide_who_approves(model: DecisionModel) -> None:
    for amount, credit_note, approvers in (
        (None, False, []),
        (0, True, []),
        (1_200, True, ["complaint_lead"]),
        (5_000, True, ["complaint_lead"]),
        (30_000, True, ["cs_manager", "credit_control"]),
        (30_000, False, ["cs_manager"]),
        (50_001, False, ["director", "finance"]),
        (500_001, False, ["director", "finance"]),
    ):
        result = decide(
            model, "d6_approval", injury_or_liability=False, amount=amount, credit_note=credit_note
        )
        assert result == {"approvers": approvers, "legal": False}, amount
    injured = decide(model, "d6_approval", injury_or_liability=True, amount=3_000, credit_note=True)
    assert injured == {"approvers": ["director"], "legal": True}


def test_two_customers_with_one_bad_lot_start_a_recall_assessment(model: DecisionModel) -> None:
    one = {"n_batch": 1, "customers": 1, "severity": "S2"}
    assert decide(model, "d7_recall_watch", **one) == {"action": "watch", "ship_stop": False}
    two = decide(model, "d7_recall_watch", **one | {"customers": 2})
    assert two == {"action": "assess", "ship_stop": True}
    mild = decide(model, "d7_recall_watch", n_batch=3, customers=2, severity="S3")
    assert mild == {"action": "assess", "ship_stop": False}
    assert decide(model, "d7_recall_watch", severity="S1")["action"] == "assess"
    assert decide(model, "d7_recall_watch", severity="S4", own_test_fail=True)["ship_stop"] is True
