"""What stands in the way of reopening, linking and merging cases, and what the timeline tells of it."""

from __future__ import annotations

from collections.abc import Mapping

from laneway.web.i18n import N_

TEXTS: Mapping[str, str] = {
    "case_is_open": N_("This case is not closed, so it goes on anyway."),
    "case_link_is_a_merge": N_("These cases were merged. Undo the merge instead."),
    "case_link_kind_unknown": N_("Choose what the cases have to do with one another."),
    "case_link_known": N_("This is said of the two cases already."),
    "case_link_not_found": N_("There is no such link on this case."),
    "case_link_reason_too_long": N_("The reason is longer than %(characters)s characters."),
    "case_link_to_itself": N_("Name another case: this is the case itself."),
    "case_merge_needs_open": N_("Only open cases are merged, and %(number)s is not open."),
    "case_merge_touched": N_(
        "Work has gone on in the case it was merged into, so the merge stays. Reopen this case instead."
    ),
    "case_merges_not": N_("The process of %(number)s knows no merging. Link the cases instead."),
    "case_not_merged": N_("This case was not merged into another."),
    "case_reopens_nowhere": N_(
        "The process does not say where a closed case goes on. Tell the process owner."
    ),
    "case_was_cancelled": N_("This case was cancelled. Start a new one and link it."),
    "rule_figure_not_found": N_("There is no figure “%(figure)s” among the rules."),
}

TOLD: Mapping[str, tuple[str, str]] = {
    "case_reopened": ("undo", N_("reopened the case")),
    "case_merged_in": ("link", N_("merged another case into this one")),
    "case_merge_undone": ("undo", N_("undid the merge")),
    "case_linked": ("link", N_("linked the case to another")),
    "case_unlinked": ("link", N_("took a link to another case back")),
    "user_task_refused": ("lock", N_("was refused at “%(step)s”: it needs someone else")),
}
"""By event of the history: the icon and the words of a timeline."""
