from __future__ import annotations

import pytest

from laneway.engine import deployments
from laneway.engine.deployments import process_folder
from laneway.errors import NotFound
from laneway.words import Resource

FORM = b'{"type": "default", "id": "note", "schemaVersion": 16, "components": []}'


def test_resources_are_named_by_their_path_in_the_folder(tmp_path):
    (tmp_path / "c110" / "forms").mkdir(parents=True)
    (tmp_path / "c110" / "forms" / "note.form").write_bytes(FORM)
    (tmp_path / "c110" / "handlers.py").write_text("")
    assert process_folder.read_files([tmp_path]) == [Resource("c110/forms/note.form", FORM)]


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(NotFound, match="file_not_found"):
        process_folder.read_files([tmp_path / "nothing.bpmn"])


def test_an_older_file_does_not_undo_what_was_deployed_after_it(database):
    older, newer = Resource("note.form", FORM), Resource("note.form", FORM.replace(b"16", b"17"))
    with database.unit_of_work() as session:
        assert process_folder.never_deployed(session, [older]) == [older]
        deployments.deploy(session, [older], by=None)
        deployments.deploy(session, [newer], by=None)
        assert process_folder.never_deployed(session, [older, newer]) == []
        changed = Resource("note.form", FORM.replace(b"16", b"18"))
        assert process_folder.never_deployed(session, [older, changed]) == [changed]
