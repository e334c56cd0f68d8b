"""Markdown as the few blocks that a letter or a manual is made of, the same for PDF, Word and pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

_PARSER: Final = MarkdownIt("commonmark", {"html": False}).enable("table")
_LINES = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Run:
    """Words of one look. `missing` marks a value that the case does not have."""

    text: str
    bold: bool = False
    italic: bool = False
    missing: bool = False


@dataclass
class Block:
    """A heading (`level` 1 to 6), paragraph, list item, table, rule, or image whose one run is an SVG.

    `cells` are the rows of a table, the first of them its head. `marker` is the number or bullet of a list item.
    """

    kind: str
    runs: list[Run] = field(default_factory=list)
    level: int = 0
    marker: str = ""
    cells: list[list[list[Run]]] = field(default_factory=list)


Fill = Callable[[str], Sequence[Run]]


def as_it_stands(text: str) -> Sequence[Run]:
    """A text without placeholders."""
    return (Run(text),)


def html(text: str) -> str:
    """Markdown as HTML for a page: raw HTML in it is text, and links lead to the web, to mail or within the page only."""
    return str(_PARSER.render(text))


def read(text: str, fill: Fill = as_it_stands) -> list[Block]:
    """The blocks of a Markdown text; `fill` turns each of its texts into words. Raw HTML is text."""
    blocks: list[Block] = []
    depth, numbers = 0, list[int | None]()
    marker = ""
    for token in _PARSER.parse(text):
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                depth += 1
                numbers.append(int(token.attrs.get("start", 1)) if token.type.startswith("ordered") else None)
            case "bullet_list_close" | "ordered_list_close":
                depth -= 1
                numbers.pop()
            case "list_item_open":
                number = numbers[-1]
                marker = "•" if number is None else f"{number}."
                if number is not None:
                    numbers[-1] = number + 1
            case "heading_open":
                blocks.append(Block("heading", level=int(token.tag[1])))
            case "paragraph_open":
                kind = "item" if depth else "paragraph"
                blocks.append(Block(kind, level=depth, marker=marker))
                marker = ""
            case "hr":
                blocks.append(Block("rule"))
            case "fence" | "code_block":
                blocks.append(Block("paragraph", list(fill(token.content.rstrip()))))
            case "table_open":
                blocks.append(Block("table"))
            case "tr_open":
                blocks[-1].cells.append([])
            case "th_open" | "td_open":
                blocks[-1].cells[-1].append([])
            case "inline":
                words = list(_words(token, fill))
                table = blocks[-1].cells
                (table[-1][-1] if blocks[-1].kind == "table" else blocks[-1].runs).extend(words)
    return blocks


def _words(inline: Token, fill: Fill) -> Iterator[Run]:
    bold = italic = 0
    for token in inline.children or ():
        match token.type:
            case "strong_open" | "strong_close":
                bold += token.nesting
            case "em_open" | "em_close":
                italic += token.nesting
            case "softbreak":
                yield Run(" ")
            case "hardbreak":
                yield Run("\n")
            case "text" | "code_inline" | "image":
                for run in fill(token.content):
                    shown = _LINES.sub("\n", run.text)
                    yield Run(shown, bool(bold), bool(italic), run.missing)
