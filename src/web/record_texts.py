"""What went wrong with records and what happened to them, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from laneway.records.kinds.changes import Event
from laneway.web.i18n import N_, in_chinese, pick
from laneway.web.import_texts import TEXTS as OF_IMPORTS
from laneway.words import Text

TEXTS: Mapping[str, str] = {
    "field_pending": N_("%(holder)s has proposed a change of this field. It must be decided first."),
    "merge_has_pending": N_("A change of %(record)s waits for approval. It must be decided before merging."),
    "merge_not_found": N_("There is no such merge."),
    "merge_undone_already": N_("This merge was taken back already."),
    "merge_with_itself": N_("A record cannot be merged with itself. Choose another one."),
    "proposal_decided": N_("This change was decided already."),
    "proposal_not_found": N_("There is no such proposed change."),
    "proposal_outdated": N_(
        "%(record)s has changed since this was proposed. Return it, and let it be proposed again."
    ),
    "record_append_only": N_(
        "%(record)s stays as it is: entries of this kind are only added, and put right by a further one."
    ),
    "record_changed": N_("Someone else has just changed %(record)s. Nothing of yours was saved."),
    "record_code_taken": N_("A record with this number is there already."),
    "record_invalid": N_("Some fields need another look."),
    "record_kind_not_found": N_("There are no records of this kind."),
    "record_not_found": N_("There is no such record, or you may not see it."),
    "record_not_listed": N_("%(record)s was merged into another record. Change that one."),
}

PROBLEMS: Mapping[str, str] = {
    "closed_has_no_hours": N_("A closed day has no hours. Mark it as a working day, or leave them out."),
    "code_is_in_use": N_("Clocks and customers name this code. It stays as it is."),
    "append_only": N_("Is there already with another value, and entries of this kind stay as they are."),
    "decimal_comma": N_("Write the decimal point as a dot, and thousands as 1,234 or not at all."),
    "ends_before_it_begins": N_("Ends before it begins."),
    "hours_overlap": N_("Hours of a day overlap, or there is no opening within ten years."),
    "longer_than_a_year": N_("At most a year fits in one line."),
    "lot_descends_from_itself": N_("Lot %(lot)s was made of this one, so this one was not made of it."),
    "never_closes": N_("Round the clock has no exceptions. Keep another calendar for yours."),
    "masked": N_("This value was masked in an export. Write the whole of it, or leave the column out."),
    "no_such_record": N_("There is no record %(code)s."),
    "not_a_country": N_("Not a country code of two letters."),
    "not_a_currency": N_("Not a currency code of three letters."),
    "not_a_day": N_("Not a day. Write it as 2026-03-31."),
    "not_a_moment": N_("Not a moment. Write it as 2026-03-31 14:30."),
    "not_a_number": N_("Not a number."),
    "not_a_phone": N_("Not a telephone number. Write it with country code, as +49 30 123456."),
    "not_positive": N_("Must be more than zero."),
    "not_a_time": N_("Not a time. Write it as 08:30."),
    "not_a_zone": N_("Not a time zone. Write it as Asia/Shanghai."),
    "not_an_email": N_("Not an e-mail address."),
    "not_an_option": N_("Choose one of the options."),
    "not_rows": N_("At most %(most)s rows fit."),
    "not_text": N_("Text is expected here."),
    "not_yes_or_no": N_("Answer yes or no."),
    "one_is_ours": N_("One calendar is our own. Mark another one, and this one is no longer it."),
    "number_of_ours": N_(
        "This is a number of ours that was never given out. Leave it empty to get the next one."
    ),
    "phone_or_email": N_("Give a telephone number or an e-mail address."),
    "read_only": N_("This field follows from others and cannot be set."),
    "record_merged": N_("Was merged into another record. Change that one."),
    "recall_contact_missing": N_("Who is supplied needs a recall contact with telephone or e-mail."),
    "required": N_("Fill this in."),
    "taken": N_("A record with this number is there already."),
    "too_large": N_("At most %(most)s."),
    "too_long": N_("At most %(longest)s characters."),
    "too_many_decimals": N_("At most %(decimals)s decimals."),
    "too_short": N_("At least %(shortest)s characters."),
    "too_small": N_("At least %(least)s."),
    "too_many_proposals": N_(
        "So many changes that wait for approval are too many for one file. Leave this column out, or divide the file."
    ),
    "twice_in_file": N_("This number stands in the file more than once. Keep one of the rows."),
    "twice": N_("Stands here twice."),
    "unknown_field": N_("There is no such field."),
}

EVENTS: Mapping[Event, tuple[str, str]] = {
    Event.CREATED: ("plus", N_("created the record")),
    Event.CHANGED: ("form", N_("changed the record")),
    Event.PROPOSED: ("flag", N_("proposed a change")),
    Event.APPROVED: ("check", N_("approved a change")),
    Event.RETURNED: ("undo", N_("returned a proposed change")),
    Event.WITHDRAWN: ("x", N_("withdrew a proposed change")),
    Event.REFUSED: ("lock", N_("wanted to decide on their own change and was refused")),
    Event.MERGED: ("link", N_("merged two records")),
    Event.UNMERGED: ("undo", N_("took a merge back")),
    Event.CONFIRMED: ("check", N_("confirmed that the data are right")),
}
"""Icon and words, by what has happened."""


def problem(code: str, params: Mapping[str, Any]) -> str:
    """What is wrong with a field, in the reader's language."""
    return pick(problem_in_both(code, params))


def problem_in_both(code: str, params: Mapping[str, Any]) -> Text:
    """What is wrong with a field, in both languages; an import may be refused a row with the code of an error."""
    english = PROBLEMS.get(code) or TEXTS.get(code) or OF_IMPORTS.get(code) or PROBLEMS["not_an_option"]
    both = Text(in_chinese(english), english)
    return Text(*(text % params if "%(" in text else text for text in both))
