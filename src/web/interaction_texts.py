"""What went wrong with the log of a case, in words."""

from __future__ import annotations

from collections.abc import Mapping

from laneway.web.i18n import N_

TEXTS: Mapping[str, str] = {
    "interaction_contact_too_long": N_("The name of the contact is longer than %(characters)s characters."),
    "interaction_empty": N_("Write down what was said."),
    "interaction_in_the_future": N_("What is logged has happened: its time cannot lie in the future."),
    "interaction_kind_unknown": N_(
        "Choose what the line tells of: a call, a reaction, a dispute, a visit or a note."
    ),
    "interaction_not_found": N_("There is no such line in the log of this case."),
    "interaction_time_wrong": N_("This is not a time: write it as 2026-03-02 09:00."),
    "interaction_too_long": N_(
        "The text is longer than %(characters)s characters. Put the rest into a file."
    ),
}
