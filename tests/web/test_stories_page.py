"""The stories of a process in the browser: read by everyone, played by owners beside the installation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from laneway.engine.model import Person
from laneway.engine.runtime import Started
from laneway.records.scenarios import runs

from .conftest import SignIn

PAGE = "/processes/refund/scenarios"
STORY = """zh = "退款核对"
en = "A refund is checked"
number = 3
[given]
now = 2026-03-02T09:00:00+08:00
[[when]]
start = "refund"
by = "mei"
values = { customer = "<b>Foam</b>", subject = "Late" }
then = { open = ["check"] }
[[when]]
advance = "PT3H"
[[when]]
complete = "check"
by = "stranger"
refused = true
[then]
state = "closed"
"""


@pytest.fixture(name="processes")
def _processes(app: Flask, refund: Started, tmp_path: Path) -> Path:
    folder = tmp_path / "processes"
    (folder / "refund" / "scenarios").mkdir(parents=True)
    (folder / "refund" / "scenarios" / "check.toml").write_text(STORY, "utf-8")
    app.config["LANEWAY"] = replace(app.config["LANEWAY"], processes=folder, data=tmp_path)
    return folder


def test_a_story_reads_as_sentences_and_nothing_of_it_runs_as_a_page(
    sign_in: SignIn, bob: Person, processes: Path
) -> None:
    page = sign_in(bob).get(PAGE).text
    for words in (
        "A refund is checked",
        "Mei starts “Refund”",
        "3 hours go by",
        "Stranger completes “Check the claim”",
    ):
        assert words in page
    assert "has to be refused" in page
    assert "&lt;b&gt;Foam" in page
    assert "not played yet" in page
    assert "Play all" not in page


def test_a_process_without_stories_says_so_and_a_broken_one_tells_why(
    sign_in: SignIn, owner: Person, processes: Path
) -> None:
    path = processes / "refund" / "scenarios" / "check.toml"
    path.write_text(STORY + "foo = 1\n", "utf-8")
    assert "foo" in sign_in(owner).get(PAGE).text
    path.unlink()
    assert "No stories yet" in sign_in(owner).get(PAGE).text


def test_only_owners_play(sign_in: SignIn, mei: Person, processes: Path) -> None:
    assert sign_in(mei).post(f"{PAGE}/play").status_code == 403


def test_an_owner_plays_and_sees_which_step_failed_and_why(
    sign_in: SignIn, owner: Person, processes: Path, tmp_path: Path
) -> None:
    browser = sign_in(owner)
    assert browser.post(f"{PAGE}/play").status_code == 303
    assert browser.post(f"{PAGE}/play").status_code == 409
    assert "Playing, in a database of its own" in browser.get(PAGE).text
    assert runs._turn.acquire(timeout=120)
    runs._turn.release()
    run = runs.last(tmp_path, "refund")
    assert run is not None
    assert (run.problem, run.results["check"]["passed"]) == ("", False)
    page = browser.get(PAGE).text
    # The people of the tests are not those of the demonstration, by whom stories are played.
    assert "nobody is called mei" in page
    assert "0 passed, 1 failed" in page
