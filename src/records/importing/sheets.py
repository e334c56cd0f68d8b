"""Files with rows and columns: CSV in the encodings that offices have, and XLSX, read row by row and within limits."""

from __future__ import annotations

import codecs
import csv
import io
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from charset_normalizer import from_bytes
from openpyxl.utils.exceptions import InvalidFileException

from laneway.errors import Invalid

LARGEST_CSV = 300 * 2**20
LARGEST_XLSX = 50 * 2**20
MOST_COLUMNS = 2_000
MOST_XLSX_ROWS = 200_000
MOST_XLSX_CELLS = 5_000_000
_MOST_UNPACKED = 400 * 2**20
_MOST_FILES_IN_ZIP = 2_000
_CHUNK = 2**20
_SAMPLE = 2**18
_LINES_FOR_DELIMITER = 20
_DELIMITERS = (",", ";", "\t", "|")
_ENOUGH_COMMON = 0.8
_ENOUGH_ZEROS = 0.2
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BROKEN = (
    InvalidFileException,
    zipfile.BadZipFile,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""In how many ways a broken workbook fails inside the library."""
_OTHERS = ["cp1252", "cp1250", "cp1251", "cp1254", "big5", "gb18030"]
ENCODINGS = ("utf-8-sig", "utf-8", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "big5", "cp1252")
"""What a reader may choose where the guess is wrong."""

Cell = Any
"""A cell: text from CSV; text, numbers, bool, days and moments from XLSX; None where nothing is."""


@dataclass(frozen=True)
class Form:
    """How a file is written: `format` is csv or xlsx; encoding and delimiter are those of CSV."""

    format: str
    encoding: str = ""
    delimiter: str = ""


def form_of(path: Path, encoding: str = "") -> Form:
    """How the file is written, told by its content where no encoding is given.

    Raises Invalid: what it is not, or which limit it breaks.
    """
    with path.open("rb") as file:
        start = file.read(4)
    size = path.stat().st_size
    if start[:4] == b"PK\x03\x04":
        _require_harmless(path, size)
        return Form("xlsx")
    if start[:4] == b"\xd0\xcf\x11\xe0":
        raise Invalid("import_old_excel")
    if size > LARGEST_CSV:
        raise Invalid("import_too_large", most=LARGEST_CSV // 2**20)
    if encoding and encoding not in ENCODINGS:
        raise Invalid("import_encoding_wrong", encoding=encoding)
    encoding = encoding or _encoding(path)
    return Form("csv", encoding, _delimiter(path, encoding))


def rows(path: Path, form: Form) -> Iterator[list[Cell]]:
    """The rows of the file, the header first, without empty cells at the end. Raises Invalid for what is unreadable."""
    return _xlsx_rows(path) if form.format == "xlsx" else _csv_rows(path, form)


# -- CSV


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    for mark, name in _BOMS:
        if sample.startswith(mark):
            return name
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) > _ENOUGH_ZEROS * len(sample) / 2:
        return "utf-16-le" if odd > even else "utf-16-be"
    if b"\0" in sample:
        raise Invalid("import_not_a_table")
    if _is_all(path, "utf-8"):
        return "utf-8"
    if _is_chinese(sample) and _is_all(path, "gb18030"):
        return "gb18030"
    best = from_bytes(sample, cp_isolation=_OTHERS).best()
    if best is None:
        raise Invalid("import_encoding_unknown")
    return str(best.encoding)


def _is_all(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_chinese(sample: bytes) -> bool:
    """Whether what is not ASCII are signs in common use: read as GB18030, accents of other languages become rare ones."""
    text = codecs.getincrementaldecoder("gb18030")("replace").decode(sample)
    signs = [sign for sign in text if ord(sign) > 127]
    common = sum(1 for sign in signs if _is_common(sign))
    return bool(signs) and common >= _ENOUGH_COMMON * len(signs)


def _is_common(sign: str) -> bool:
    try:
        sign.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _delimiter(path: Path, encoding: str) -> str:
    """The sign that cuts the first lines into the same number of cells, more than one."""
    with path.open("r", encoding=encoding, errors="replace", newline="") as file:
        lines = "".join(line for line, _number in zip(file, range(_LINES_FOR_DELIMITER), strict=False))
    best, best_score = ",", (0.0, 0)
    for sign in _DELIMITERS:
        widths = [len(row) for row in csv.reader(io.StringIO(lines), delimiter=sign) if row]
        if not widths or widths[0] < 2:
            continue
        score = (sum(width == widths[0] for width in widths) / len(widths), widths[0])
        if score > best_score:
            best, best_score = sign, score
    return best


def _csv_rows(path: Path, form: Form) -> Iterator[list[Cell]]:
    with path.open("r", encoding=form.encoding, newline="") as file:
        reader = csv.reader(file, delimiter=form.delimiter)
        try:
            for row in reader:
                yield _trimmed(row)
        except csv.Error as error:
            raise Invalid("import_row_unreadable", row=reader.line_num + 1) from error
        except UnicodeDecodeError as error:
            raise Invalid("import_encoding_wrong", encoding=form.encoding) from error


def _trimmed(row: list[Cell]) -> list[Cell]:
    while row and (row[-1] is None or row[-1] == ""):
        row.pop()
    if len(row) > MOST_COLUMNS:
        raise Invalid("import_too_many_columns", most=MOST_COLUMNS)
    return row


# -- XLSX


def _require_harmless(path: Path, size: int) -> None:
    """Unpack everything once, counting, so that nothing small unfolds into something huge later."""
    if size > LARGEST_XLSX:
        raise Invalid("import_too_large", most=LARGEST_XLSX // 2**20)
    total = 0
    try:
        with zipfile.ZipFile(path) as packed:
            names = packed.namelist()
            if "xl/workbook.xml" not in names or len(names) > _MOST_FILES_IN_ZIP:
                raise Invalid("import_not_a_table")
            for name in names:
                with packed.open(name) as part:
                    head = True
                    while chunk := part.read(_CHUNK):
                        total += len(chunk)
                        if total > _MOST_UNPACKED:
                            raise Invalid("import_unpacks_too_large", most=_MOST_UNPACKED // 2**20)
                        if head and name.endswith((".xml", ".rels")) and b"<!DOCTYPE" in chunk:
                            raise Invalid("import_not_a_table")
                        head = False
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise Invalid("import_not_a_table") from error


def _xlsx_rows(path: Path) -> Iterator[list[Cell]]:
    cells = 0
    try:
        with path.open("rb") as file:
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore"
                )  # styles and links that openpyxl does not know are none of ours
                book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # what the file says of its own size may be wrong
            for number, found in enumerate(sheet.iter_rows(values_only=True), 1):
                row = _trimmed(list(found))
                cells += len(row)
                if number > MOST_XLSX_ROWS or cells > MOST_XLSX_CELLS:
                    raise Invalid("import_too_many_rows", most=MOST_XLSX_ROWS)
                yield row
    except Invalid:
        raise
    except _BROKEN as error:
        raise Invalid("import_not_a_table") from error
