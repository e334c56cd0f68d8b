"""DMN files that import each other are linked when they are deployed, and stay linked as they were."""

from __future__ import annotations

from typing import Any

import pytest

from laneway.engine import decisions, deployments, tables
from laneway.engine.queries import decisions as queries
from laneway.errors import Refused
from laneway.words import Resource

NAMESPACE = "http://example.com/{}"


def dmn(id: str, *parts: str, imports: tuple[str, ...] = (), name: str = "") -> Resource:
    """A file of that id; what it imports is known in it by the id of the imported file."""
    head = (
        f'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="{id}" name="{id}" '
        f'namespace="{NAMESPACE.format(id)}">'
    )
    listed = "".join(
        f'<import name="{one}" namespace="{NAMESPACE.format(one)}" '
        'importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'
        for one in imports
    )
    return Resource(name or f"{id}.dmn", f"{head}{listed}{''.join(parts)}</definitions>".encode())


def decision(id: str, text: str, *required: str) -> str:
    """A literal decision; `required` are references such as `vat#add`."""
    listed = ""
    for number, one in enumerate(required):
        file, _, key = one.partition("#")
        kind = "Knowledge" if key == "add" else "Decision"
        wrapper = "knowledgeRequirement" if key == "add" else "informationRequirement"
        listed += f'<{wrapper} id="{id}_{number}"><required{kind} href="{NAMESPACE.format(file)}#{key}"/></{wrapper}>'
    return (
        f'<decision id="{id}" name="{id}"><variable name="{id}"/>{listed}'
        f"<literalExpression><text>{text}</text></literalExpression></decision>"
    )


def vat(percent: int) -> Resource:
    """A file with a function and no decision at all."""
    model = (
        '<businessKnowledgeModel id="add" name="add"><variable name="add"/><encapsulatedLogic>'
        '<formalParameter name="net"/><literalExpression>'
        f"<text>net * (100 + {percent}) / 100</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>"
    )
    return dmn("vat", model)


def rates(value: int) -> Resource:
    return dmn("rates", decision("rate", str(value)))


def bill(text: str = "vat.add(rates.rate)") -> Resource:
    return dmn("bill", decision("total", text, "vat#add", "rates#rate"), imports=("vat", "rates"))


def total(engine: Any, owner: Any, decision_id: str = "total") -> Any:
    done = engine.call(decisions.evaluate_alone, by=owner, variables={}, decision_id=decision_id)
    assert done.failure is None
    return done.value


def test_files_deployed_together_import_each_other(engine: Any, owner: Any) -> None:
    deployed = engine.deploy(bill(), rates(200), vat(10))
    assert {one.decision_id: one.resource_name for one in deployed.decisions} == {
        "total": "bill.dmn",
        "rate": "rates.dmn",
    }
    assert total(engine, owner) == 220
    with engine.database.reading() as session:
        made = queries.recent(session, owner, "rate", limit=5)
    assert [(one.decision_id, one.position, one.is_root) for one in made] == [("rate", 1, False)]


def test_an_importing_file_keeps_the_versions_it_was_linked_with(engine: Any, owner: Any) -> None:
    engine.deploy(vat(10), rates(200))
    engine.deploy(bill())
    assert total(engine, owner) == 220
    engine.deploy(vat(20), rates(300))
    assert total(engine, owner) == 220
    assert total(engine, owner, "rate") == 300
    linked = engine.deploy(bill())
    assert [(one.decision_id, one.version, one.is_new) for one in linked.decisions] == [("total", 2, True)]
    assert total(engine, owner) == 360
    assert not engine.deploy(bill()).has_news


def test_a_file_without_decisions_is_deployed_alone(engine: Any, owner: Any) -> None:
    first = engine.deploy(vat(10))
    assert [(one.requirements_id, one.version, one.is_new) for one in first.requirements] == [
        ("vat", 1, True)
    ]
    assert not engine.deploy(vat(10)).has_news
    engine.deploy(rates(100), bill())
    assert total(engine, owner) == 110


def test_a_file_deployed_with_a_changed_import_is_linked_anew(engine: Any, owner: Any) -> None:
    files = [bill(), rates(100), vat(10)]
    engine.deploy(*files)
    assert not engine.deploy(*files).has_news
    changed = engine.deploy(bill(), rates(100), vat(50))
    assert {one.decision_id: one.is_new for one in changed.decisions} == {"total": True, "rate": False}
    assert total(engine, owner) == 150


def test_what_an_import_imports_comes_along(engine: Any, owner: Any) -> None:
    middle = dmn("middle", decision("net", "rates.rate * 2", "rates#rate"), imports=("rates",))
    engine.deploy(rates(7))
    engine.deploy(middle)
    top = dmn("top", decision("gross", "middle.net + 1", "middle#net"), imports=("middle",))
    engine.deploy(top)
    assert total(engine, owner, "gross") == 15
    engine.deploy(rates(100))
    assert total(engine, owner, "gross") == 15
    engine.deploy(Resource(top.name, top.content.replace(b"+ 1", b"+ 2")))
    assert total(engine, owner, "gross") == 16  # the import is deployed as it was, so is what it imports


def test_files_may_import_each_other_in_a_circle(engine: Any, owner: Any) -> None:
    one = dmn("one", decision("a", "1"), decision("c", "two.b + 1", "two#b"), imports=("two",))
    two = dmn("two", decision("b", "one.a + 1", "one#a"), imports=("one",))
    engine.deploy(one, two)
    assert total(engine, owner, "c") == 3
    assert not engine.deploy(one, two).has_news
    engine.deploy(Resource(one.name, one.content.replace(b">1<", b">5<")), two)
    assert total(engine, owner, "c") == 7


def test_an_import_that_is_nowhere_is_refused_and_named(engine: Any) -> None:
    with pytest.raises(Refused) as refused:
        engine.deploy(bill(), rates(1))
    assert ("unknown_import", "bill.dmn") in [(one.code, one.file) for one in refused.value.findings]
    assert engine.rows(tables.decision_requirements) == []


def test_what_is_wrong_in_an_imported_file_is_told_once(engine: Any) -> None:
    wrong = dmn("rates", decision("rate", "1 +"))
    findings = engine.call(deployments.check, [bill(), wrong, vat(10)])
    assert [(one.code, one.file) for one in findings] == [("bad_expression", "rates.dmn")]


def test_an_id_that_two_files_have_is_refused(engine: Any) -> None:
    twice = dmn("again", decision("rate", "2"))
    with pytest.raises(Refused) as refused:
        engine.deploy(rates(1), twice)
    assert {one.code for one in refused.value.findings} == {"duplicate_id"}
    with pytest.raises(Refused) as refused:
        engine.deploy(rates(1), dmn("rates", decision("other", "2"), name="other.dmn"))
    assert [(one.code, one.element_id) for one in refused.value.findings] == [("duplicate_id", "rates")]
    with pytest.raises(Refused) as refused:
        engine.deploy(rates(1), dmn("other", decision("other", "2"), name="rates.dmn"))
    assert [(one.code, one.file) for one in refused.value.findings] == [("duplicate_file", "rates.dmn")]
