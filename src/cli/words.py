"""What all commands share: an open database, both languages, findings, and how a command fails."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NoReturn

import click

from laneway.engine import database
from laneway.engine.database import schema
from laneway.errors import Invalid, LanewayError
from laneway.settings import Settings, read_settings
from laneway.words import Finding, Text


def opened() -> Settings:
    """The settings, with their database open and up to date."""
    settings = read_settings(os.environ)
    schema.upgrade(database.connect(settings.database_url))
    return settings


def fail(message: str) -> NoReturn:
    """Tell why on the error output and end with exit code 1."""
    click.echo(f"laneway: {message}", err=True)
    raise SystemExit(1)


def error_text(error: LanewayError) -> Text:
    """What went wrong in both languages, with the fields that do not fit."""
    from laneway.web import error_texts, errors  # only a failure needs the texts of the pages

    english = error_texts.TEXTS.get(error.code, "")
    fields = error.problems if isinstance(error, Invalid) else []
    unfit = "".join(f" {path}: {code}" for path, code, _params in fields)
    english = english % error.params if "%(" in english else english
    return Text(errors.message(error) + unfit, english + unfit)


def in_words(error: LanewayError) -> str:
    """Both languages, then the code and its parameters, which the general texts leave out."""
    return f"{' / '.join(filter(None, error_text(error)))} [{error}]"


def both(text: Text) -> str:
    """Both languages, or one where they are the same or one is missing."""
    return text.zh if text.zh == text.en else " / ".join(filter(None, text))


def show_findings(findings: Sequence[Finding], *, err: bool = False) -> None:
    """One line for each finding: how bad, where, what, its code."""
    for finding in findings:
        place = " ".join(filter(None, (finding.file, finding.element_id, finding.element_name)))
        click.echo(f"  {finding.severity}: {place}: {both(finding.message)} [{finding.code}]", err=err)
