"""What stands in the way of copying, keeping and restoring, in words: English by error code."""

from __future__ import annotations

from collections.abc import Mapping

from laneway.web.i18n import N_

TEXTS: Mapping[str, str] = {
    "archive_file_changed": N_("This archive file is not what was written: %(file)s. Take it from a backup."),
    "archive_file_missing": N_("This archive file is missing: %(file)s. Look at the setting “archive”."),
    "archive_newer": N_("A later release wrote this archive file: %(file)s. Use that release to read it."),
    "archived_case_not_found": N_("There is no case %(number)s in the archive."),
    "backup_broken": N_("This is no complete backup: %(file)s. Nothing was changed. Take another one."),
    "backup_of_other_kind": N_(
        "This backup is of %(kind)s. Restore it there, then move it with laneway db copy. Nothing was changed."
    ),
    "backup_of_later_release": N_("A later release made this backup. Use that release. Nothing was changed."),
    "backup_tool_failed": N_("%(tool)s failed: %(words)s"),
    "backup_tool_missing": N_(
        "There is no %(tool)s of version %(version)s or newer. Install PostgreSQL's client programs."
    ),
    "case_already_held": N_("This case is held already."),
    "case_not_held": N_("This case is not held."),
    "copy_onto_itself": N_("Source and target are the same database."),
    "copy_source_in_use": N_("%(worker)s still works on this database. Stop every process of Laneway first."),
    "copy_target_not_empty": N_(
        "The target holds rows already, in %(table)s. Nothing was changed. Choose an empty database."
    ),
    "copy_value_unfit": N_(
        "PostgreSQL cannot hold a value of %(table)s: column %(column)s of %(row)s. Nothing was copied."
    ),
    "database_in_use": N_("Something still uses this database. Stop every process of Laneway first."),
    "restore_target_not_empty": N_(
        "This database holds rows already. Nothing was changed. Say --replace to put the backup in their place."
    ),
    "retention_invalid": N_("“%(retention)s” is no time to keep cases. Write it like P3Y or P180D."),
    "live_state_newer": N_(
        "A later release has worked on this case. Use that release; this one cannot read how the case stands."
    ),
}
