"""What stands in the way of an operation on a running case, in words: English by error code."""

from __future__ import annotations

from collections.abc import Mapping

from laneway.web.case_texts import TOLD as OF_CASES
from laneway.web.i18n import N_

TEXTS: Mapping[str, str] = {
    "element_instance_ended": N_(
        "This step has ended meanwhile. Reload the page to see where the case stands."
    ),
    "element_instance_not_found": N_("There is no such element instance."),
    "migration_refused": N_("The case cannot go over to that version: %(obstacles)s."),
    "migration_same_version": N_("The case runs under this version already."),
    "modification_ambiguous": N_(
        "“%(name)s” could start in several runs of “%(scope)s”. Choose the token to move, which tells the run."
    ),
    "modification_behind_event_gateway": N_(
        "“%(name)s” follows an event gateway. Start the gateway; the event then happens or not."
    ),
    "modification_boundary_event": N_(
        "“%(name)s” watches another step and cannot start by itself. Start the step after it."
    ),
    "modification_compensation": N_("“%(name)s” only undoes another step and cannot start by itself."),
    "modification_empty": N_("Say what is to be done: nothing was chosen."),
    "modification_event_subprocess": N_(
        "“%(name)s” starts by its event only. Choose another step, or let the event happen."
    ),
    "modification_inside_event_subprocess": N_(
        "“%(name)s” has not been started by its event, so nothing can start inside it."
    ),
    "modification_inside_multi_instance": N_(
        "“%(name)s” runs once for each item and is not running. Start the whole of it."
    ),
    "modification_join": N_(
        "“%(name)s” waits for branches and cannot start by itself. Start the step after it."
    ),
    "modification_not_active": N_("The case does not stand at “%(name)s”."),
    "modification_scope_failed": N_("“%(name)s” could not be opened: %(reason)s"),
    "modification_start_event": N_(
        "“%(name)s” is a start event and cannot start again. Choose the step after it."
    ),
    "modification_token_not_found": N_("The case no longer stands there. Reload the page."),
    "modification_unknown_element": N_("This version of the process has no step “%(name)s”."),
    "modification_variable_scope": N_("“%(name)s” is not around “%(target)s”, so it cannot get variables."),
    "process_instance_not_suspended": N_("This case is not suspended."),
    "process_instance_suspended": N_(
        "This case has been suspended since %(at)s. Nothing was changed; it goes on when someone resumes it."
    ),
    "rewind_never_entered": N_("The case has never been at “%(name)s”."),
    "variables_invalid": N_("These variables cannot be set."),
}

TOLD: Mapping[str, tuple[str, str]] = {
    "instance_suspended": ("pause", N_("suspended the case")),
    "instance_resumed": ("play", N_("resumed the case")),
    "instance_modified": ("swap", N_("moved the case by hand")),
    "instance_rewound": ("undo", N_("took the case back to “%(step)s”")),
    "instance_migrated": ("flow", N_("took the case over to another version")),
    "variables_changed": ("form", N_("changed data by hand")),
    "case_held": ("lock", N_("held the case: it stays until it is released")),
    "interaction_added": ("chat", N_("logged a contact with the customer")),
    "attachment_added": ("form", N_("added the file “%(name)s”")),
    "attachment_refused": ("alert", N_("the file “%(name)s” was refused")),
    "case_released": ("lock", N_("released the case: it may be archived when its time is over")),
    **OF_CASES,
}
"""By event of the history: the icon and the words of a timeline."""

VARIABLE_PROBLEMS: Mapping[str, str] = {
    "no_variable_name": N_(
        "%(field)s: no name for a variable. Use up to 200 characters without dots or breaks."
    ),
    "no_json_value": N_("%(field)s: the value is no JSON that can be kept."),
    "reserved_name": N_("%(field)s: this name is reserved. Choose another."),
    "values_too_large": N_("The values are larger than %(max)s bytes together."),
}
