"""Documents as DOCX, to be edited further in a word processor."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.text import WD_COLOR_INDEX
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from laneway.records.documents.blocks import Block, Run

_LATIN, _CHINESE = "Arial", "Noto Sans SC"
_DARK = RGBColor(0x1C, 0x24, 0x30)


def render(
    blocks: Sequence[Block], *, title: str, number: str, footer: str, language: str, at: datetime
) -> bytes:
    """A DOCX of these blocks."""
    document = Document()
    _set_up(document, language)
    document.core_properties.title = title
    document.core_properties.author = footer
    document.core_properties.created = document.core_properties.modified = at.astimezone(UTC).replace(
        tzinfo=None
    )
    section = document.sections[0]
    section.header.paragraphs[0].text = number
    section.footer.paragraphs[0].text = footer
    for block in blocks:
        _add(document, block)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _set_up(document: WordDocument, language: str) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(22)
    section.top_margin, section.bottom_margin = Mm(24), Mm(22)
    for name in ("Normal", "Heading 1", "Heading 2", "Heading 3"):
        style = document.styles[name]
        style.font.name, style.font.color.rgb = _LATIN, _DARK
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(theme), None)
        fonts.set(qn("w:eastAsia"), _CHINESE)
    document.styles["Normal"].font.size = Pt(10.5)
    document.core_properties.language = "zh-CN" if language == "zh" else "en-GB"


def _add(document: WordDocument, block: Block) -> None:
    match block.kind:
        case "heading":
            _write(document.add_heading(level=min(block.level, 3)), block.runs)
        case "table":
            columns = max(len(row) for row in block.cells)
            table = document.add_table(len(block.cells), columns, style="Table Grid")
            for at, row in enumerate(block.cells):
                for column, cell in enumerate(row):
                    runs = [Run(one.text, True, one.italic, one.missing) for one in cell] if at == 0 else cell
                    _write(table.cell(at, column).paragraphs[0], runs)
            document.add_paragraph()
        case "item":
            paragraph = document.add_paragraph()
            paragraph.paragraph_format.left_indent = Mm(6 * block.level)
            paragraph.paragraph_format.first_line_indent = Mm(-6)
            paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(6 * block.level))
            _write(paragraph, [Run(f"{block.marker}\t"), *block.runs])
        case "rule":
            document.add_paragraph("—" * 12)
        case _:
            _write(document.add_paragraph(), block.runs)


def _write(paragraph: Paragraph, runs: Sequence[Run]) -> None:
    for one in runs:
        written = paragraph.add_run(_printable(one.text))
        written.bold, written.italic = one.bold or None, one.italic or None
        if one.missing:
            written.font.highlight_color = WD_COLOR_INDEX.YELLOW


def _printable(text: str) -> str:
    """Without the control characters that XML refuses."""
    return "".join(one for one in text if one in "\n\t" or one >= " ")
