"""Drafts of diagrams: saved while two people edit, published as the next version, forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from laneway.engine import tables
from laneway.engine.deployments import drafts
from laneway.engine.model import Person
from laneway.errors import Conflict, NotAllowed, NotFound, Refused
from laneway.words import Text


def diagram(draw: Any, name: str = "u", id: str = "P") -> Any:
    body = draw.start() + draw.user(name) + draw.end() + draw.way("start", name, "end")
    return draw.file(draw.process(body, id=id))


@pytest.fixture
def deployed(engine: Any, draw: Any) -> Any:
    engine.deploy(diagram(draw))
    return engine


def test_a_draft_begins_as_the_published_version_and_is_published_as_the_next(
    deployed: Any, draw: Any, owner: Any
) -> None:
    first = deployed.call(drafts.get_draft, "P")
    assert (first.revision, first.base_version, first.xml) == (0, 1, diagram(draw).content)
    edited = diagram(draw, "edited").content
    saved = deployed.call(drafts.save_draft, "P", xml=edited, revision=0, by=owner)
    assert (saved.revision, saved.base_version, saved.saved_by) == (1, 1, "owner")
    published = deployed.call(drafts.publish, "P", xml=edited, revision=1, by=owner)
    assert (published.version, published.is_new) == (2, True)
    assert deployed.rows(tables.definition_draft) == []
    assert deployed.instance(deployed.start()).waiting_at == ["edited"]


def test_whoever_saves_over_someone_else_is_told_who_it_was(deployed: Any, draw: Any, owner: Any) -> None:
    other = Person("other", Text("另", "Other"), frozenset({"process_owner"}))
    one, two = diagram(draw, "one").content, diagram(draw, "two").content
    saved = deployed.call(drafts.save_draft, "P", xml=one, revision=0, by=owner)
    for revision in (0, 7):
        with pytest.raises(Conflict) as refused:
            deployed.call(drafts.save_draft, "P", xml=two, revision=revision, by=other)
        assert refused.value.code == "draft_changed"
        assert refused.value.params == {"saved_by": "owner", "saved_at": saved.saved_at}
    with pytest.raises(Conflict):
        deployed.call(drafts.publish, "P", xml=two, revision=0, by=other)
    forced = deployed.call(drafts.save_draft, "P", xml=two, revision=0, by=other, force=True)
    assert (forced.revision, forced.xml, forced.saved_by) == (2, two, "other")


def test_a_broken_draft_is_kept_but_not_published(deployed: Any, draw: Any, owner: Any) -> None:
    broken = diagram(draw).content.replace(b'targetRef="end"', b'targetRef="nowhere"')
    deployed.call(drafts.save_draft, "P", xml=broken, revision=0, by=owner)
    with pytest.raises(Refused):
        deployed.call(drafts.publish, "P", xml=broken, revision=1, by=owner)
    renamed = diagram(draw, id="Q").content
    with pytest.raises(Refused) as refused:
        deployed.call(drafts.publish, "P", xml=renamed, revision=1, by=owner)
    assert [finding.code for finding in refused.value.findings] == ["process_id_changed"]
    assert deployed.call(drafts.get_draft, "P").xml == broken
    assert len(deployed.rows(tables.process_definition)) == 1
    deployed.call(drafts.discard_draft, "P", by=owner)
    assert deployed.call(drafts.get_draft, "P").revision == 0


def test_only_process_owners_edit(deployed: Any, mei: Any, owner: Any) -> None:
    for use_case in (drafts.save_draft, drafts.publish):
        with pytest.raises(NotAllowed):
            deployed.call(use_case, "P", xml=b"", revision=0, by=mei)
    with pytest.raises(NotAllowed):
        deployed.call(drafts.discard_draft, "P", by=mei)
    with pytest.raises(NotFound):
        deployed.call(drafts.get_draft, "unknown")
