"""Imports and exports of records in words: what went wrong with a file, where an import stands, what became of rows."""

from __future__ import annotations

from collections.abc import Mapping

from laneway.errors import LanewayError
from laneway.records.importing.batches import Outcome
from laneway.records.importing.imports import State
from laneway.web.i18n import N_, in_chinese
from laneway.words import Text

TEXTS: Mapping[str, str] = {
    "export_too_long": N_(
        "More than %(most)s rows do not fit into a workbook. Export as CSV, or filter the list."
    ),
    "import_empty": N_("The file needs a header and at least one row below it."),
    "import_encoding_unknown": N_(
        "The encoding of this file is unknown. Save it as UTF-8 and upload it again."
    ),
    "import_encoding_wrong": N_("The file cannot be read as %(encoding)s. Choose another encoding."),
    "import_mapping_incomplete": N_("Say which column is “%(zh)s %(en)s”: records are told apart by it."),
    "import_mapping_twice": N_("Each field can come from one column only."),
    "import_mapping_unknown": N_("One of the columns is given to a field that cannot be imported."),
    "import_not_a_table": N_("This file is no readable table. Save it as CSV or XLSX and upload it again."),
    "import_not_found": N_("There is no such import."),
    "import_not_waiting": N_("This import is at work or has ended already."),
    "import_old_excel": N_("This is an old Excel file. Save it as XLSX or CSV and upload it again."),
    "import_row_refused": N_("The database does not take this row."),
    "import_row_unreadable": N_("Row %(row)s cannot be read: perhaps a quotation mark is not closed."),
    "import_too_large": N_("The file is larger than %(most)s MB. Divide it; CSV may be larger than XLSX."),
    "import_too_many_columns": N_("The file has more than %(most)s columns."),
    "import_too_many_rows": N_("A workbook may have %(most)s rows. Save more as CSV."),
    "import_unpacks_too_large": N_("Unpacked, this workbook is larger than %(most)s MB. Save it as CSV."),
}


def in_both(refusal: LanewayError) -> Text:
    """Why a file is refused, in both languages."""
    english = TEXTS.get(refusal.code) or TEXTS["import_not_a_table"]
    both = Text(in_chinese(english), english)
    return Text(*(text % refusal.params if "%(" in text else text for text in both))


STATES: Mapping[State, tuple[str, str, str]] = {
    State.UPLOADED: ("table", "line", N_("Columns to be confirmed")),
    State.CHECKING: ("refresh", "acc", N_("Being checked")),
    State.CHECKED: ("eye", "acc", N_("Checked, nothing written yet")),
    State.RUNNING: ("refresh", "acc", N_("Being imported")),
    State.DONE: ("check", "good", N_("Imported")),
    State.CANCELLED: ("x", "line", N_("Cancelled")),
    State.FAILED: ("alert", "bad", N_("Stopped at an error")),
}
"""Icon, colour and words, by where an import stands."""

OUTCOMES: Mapping[str, str] = {
    Outcome.NEW: N_("new"),
    Outcome.CHANGED: N_("changed"),
    Outcome.UNCHANGED: N_("as they were"),
    Outcome.SKIPPED: N_("known, left alone"),
    Outcome.WRONG: N_("wrong"),
    "proposed": N_("with changes that wait for approval"),
}
