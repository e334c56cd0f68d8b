"""Mails from templates: the first heading is the subject, the rest the text, plain and as simple HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import escape

from laneway.engine.queries.names import FieldWords
from laneway.records.documents import templates
from laneway.records.documents.blocks import Block, Run
from laneway.records.documents.templates import Template

LONGEST_SUBJECT: Final = 300
"""Characters of a subject; the number of the case comes on top."""

_LOOK: Final = "font-family:sans-serif;font-size:15px;line-height:1.6;color:#1c2430;max-width:40em"


@dataclass(frozen=True)
class Letter:
    """A mail as it would leave. `missing` are the placeholders that the case has no value for."""

    subject: str
    text: str
    html: str
    missing: tuple[str, ...]


def write(template: Template, values: Mapping[str, Any], words: FieldWords, *, number: str) -> Letter:
    """A mail with the values of a case. Its subject carries the number of the case, so that an answer finds it.

    Raises Invalid for a placeholder that cannot be read.
    """
    filled = templates.filled_in(template, values, words, number=number)
    first, *rest = filled.blocks
    body = rest if first.kind == "heading" else filled.blocks
    subject = " ".join(_words(first.runs).split())[:LONGEST_SUBJECT]
    if number and number not in subject:
        subject = f"{subject} [{number}]"
    return Letter(subject, plain(body), as_html(body, template.language), tuple(filled.missing))


def plain(blocks: Sequence[Block]) -> str:
    """Blocks as text: paragraphs with an empty line between, items of a list close together."""
    parts: list[str] = []
    before = ""
    for block in blocks:
        if parts:
            parts.append("\n" if before == block.kind == "item" else "\n\n")
        parts.append(_plain(block))
        before = block.kind
    return "".join(parts) + "\n"


def _plain(block: Block) -> str:
    match block.kind:
        case "item":
            marker = "-" if block.marker == "•" else block.marker
            return f"{'  ' * (block.level - 1)}{marker} {_words(block.runs)}"
        case "table":
            return "\n".join(" | ".join(_words(cell) for cell in row) for row in block.cells)
        case "rule":
            return "----"
        case _:
            return _words(block.runs)


def _words(runs: Sequence[Run]) -> str:
    return "".join(run.text for run in runs)


def as_html(blocks: Sequence[Block], language: str) -> str:
    """Blocks as a page for mail programs: no style sheet, script, picture or link to anywhere."""
    body = "\n".join(_html(block) for block in blocks)
    lang = "zh-CN" if language == "zh" else "en"
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8"></head>'
        f'<body><div style="{_LOOK}">\n{body}\n</div></body></html>\n'
    )


def _html(block: Block) -> str:
    words = "".join(_marked_up(run) for run in block.runs)
    match block.kind:
        case "heading":
            return f"<h{block.level}>{words}</h{block.level}>"
        case "item":
            indent = f"margin:4px 0 4px {block.level * 1.5 - 0.5}em"
            return f'<p style="{indent}">{escape(block.marker)} {words}</p>'
        case "table":
            rows = "".join(_row(row, "td" if at else "th") for at, row in enumerate(block.cells))
            return f'<table cellpadding="6" border="1" style="border-collapse:collapse">{rows}</table>'
        case "rule":
            return "<hr>"
        case _:
            return f"<p>{words}</p>"


def _row(cells: Sequence[Sequence[Run]], tag: str) -> str:
    inner = ("".join(_marked_up(run) for run in cell) for cell in cells)
    return f"<tr>{''.join(f'<{tag}>{words}</{tag}>' for words in inner)}</tr>"


def _marked_up(run: Run) -> str:
    words = str(escape(run.text)).replace("\n", "<br>\n")
    for tag, applies in (("strong", run.bold), ("em", run.italic), ("mark", run.missing)):
        if applies:
            words = f"<{tag}>{words}</{tag}>"
    return words
