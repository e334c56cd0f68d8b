"""What went wrong, in words: English by error code; the catalogues carry the Chinese.

Each text says what happened and, after it, what is safe or what to do. No stack traces, no blame.
"""

from __future__ import annotations

from collections.abc import Mapping

from laneway.engine.access import Action
from laneway.errors import Conflict, Invalid, LanewayError, NotAllowed, NotFound, Unavailable
from laneway.web.case_texts import TEXTS as OF_CASES
from laneway.web.file_texts import TEXTS as OF_FILES
from laneway.web.goods_texts import TEXTS as OF_GOODS
from laneway.web.i18n import N_
from laneway.web.import_texts import TEXTS as OF_IMPORTS
from laneway.web.interaction_texts import TEXTS as OF_INTERACTIONS
from laneway.web.keeping_texts import TEXTS as OF_KEEPING
from laneway.web.mail_texts import TEXTS as OF_MAIL
from laneway.web.operation_texts import TEXTS as OF_OPERATIONS
from laneway.web.record_texts import TEXTS as OF_RECORDS
from laneway.web.work_texts import TEXTS as OF_WORK

TEXTS: Mapping[str, str] = {
    # conflicts
    "database_busy": N_("Many people are saving at this moment. Nothing was changed. Try again."),
    "draft_changed": N_("%(saved_by)s saved this draft at %(saved_at)s. Your diagram is still on this page."),
    "incident_already_resolved": N_("%(holder)s has already retried this step."),
    "job_ended": N_("This work has already ended."),
    "job_lease_lost": N_("The time for this work ran out, and it was given to another worker."),
    "message_already_published": N_("This message has already arrived."),
    "outgoing_being_sent": N_("It is being sent just now. Look again in a minute."),
    "outgoing_ended": N_("It has been sent or cancelled already."),
    "process_instance_changed": N_(
        "The case moved on while you were working. Reload the page to see where it stands."
    ),
    "process_instance_ended": N_("This case has already ended."),
    "process_instance_is_a_child": N_("This run belongs to another case. Act on that case."),
    "process_starts_by_event_only": N_("This process starts by an event, so it cannot be started here."),
    "stories_are_playing": N_("Stories are being played at this moment. Try again when they have ended."),
    "user_task_already_claimed": N_("%(holder)s claimed this task at %(at)s."),
    "user_task_already_completed": N_(
        "%(holder)s completed this task at %(at)s. What you typed is still on this page."
    ),
    "user_task_canceled": N_("This task is no longer needed: the case has moved on."),
    "user_task_changed": N_(
        "This task has changed since you opened it. What you typed is still on this page; reload to go on."
    ),
    "username_taken": N_("This user name is already taken."),
    # values
    "body_invalid": N_("The data sent does not fit."),
    "deployment_refused": N_("Not published: %(count)s findings must be mended first."),
    "form_invalid": N_("Some fields need another look."),
    "group_unknown": N_("There is no such group: %(groups)s."),
    "scratch_needs_postgresql": N_("A PostgreSQL server is needed for this, not %(url)s."),
    "scratch_not_made": N_("The server did not make a database: %(reason)s."),
    "scenario_broken": N_("A story cannot be read: %(file)s, step %(step)s, %(field)s: %(reason)s."),
    "handlers_broken": N_("The automatic steps of a process could not be loaded: %(file)s."),
    "calendar_unknown": N_("There is no calendar %(calendar)s."),
    "locale_unknown": N_("There is no such language."),
    "message_name_required": N_("The message needs a name."),
    "password_too_long": N_("The password is too long."),
    "password_too_short": N_("The password needs at least %(least)s characters."),
    "reason_required": N_("Give a reason. It stays in the timeline."),
    "search_invalid": N_("This search cannot be understood."),
    "upload_empty": N_("Choose at least one file."),
    "username_invalid": N_("This user name cannot be used."),
    "xml_required": N_("The diagram is missing from what was sent."),
    # rights
    "csrf_token_wrong": N_(
        "This page is too old to save from. Nothing was changed. Reload it and try again."
    ),
    "login_failed": N_("User name or password is wrong."),
    "login_locked": N_("Too many wrong passwords. Try again in %(minutes)s minutes."),
    "login_needed": N_("You are not signed in, or your session has ended."),
    "user_task_needs_someone_else": N_("%(person)s has done a step that must be checked by someone else."),
    # missing
    "case_not_found": N_("There is no case %(number)s, or you may not see it."),
    "decision_not_found": N_("There is no such decision."),
    "decision_instance_not_found": N_("There is no such evaluation of a decision."),
    "file_not_found": N_("There is no such file: %(path)s."),
    "form_not_found": N_("The form of this step is not deployed. Tell the process owner: %(form_id)s."),
    "incident_not_found": N_("There is no such failed step."),
    "job_not_found": N_("There is no such work."),
    "outgoing_not_found": N_("There is no such message in the outbox."),
    "person_not_found": N_("There is no such person."),
    "process_definition_not_found": N_("There is no such version of a process."),
    "process_instance_not_found": N_("There is no such case."),
    "process_not_found": N_("There is no such process."),
    "user_task_not_found": N_("There is no such task, or you may not see it."),
    # running cases
    **OF_OPERATIONS,
    # files of cases, documents, manuals
    **OF_FILES,
    **OF_GOODS,
    **OF_INTERACTIONS,
    **OF_MAIL,
    # what cases have to do with one another
    **OF_CASES,
    # copies, archives, backups
    **OF_KEEPING,
    # records of parties and others
    **OF_RECORDS,
    **OF_WORK,
    **OF_IMPORTS,
    # parts that do not answer
    "database_not_connected": N_("The database is not connected yet."),
    "database_needs_upgrade": N_("The database is of an older release. Run: %(command)s."),
    "database_of_later_release": N_(
        "The database is of a later release, which this one cannot work with. Upgrade this one."
    ),
    "database_unreachable": N_("The database does not answer. Nothing was changed. Try again in a moment."),
    "database_full": N_("The database has no room left. Nothing was changed."),
    "database_slow": N_("The database took too long. Nothing was changed."),
    "commit_outcome_unknown": N_(
        "The connection to the database broke while this was being saved. Look whether it was saved before you repeat it."
    ),
    "sqlite_on_network": N_(
        "The SQLite file %(path)s lies on a network file system (%(kind)s), where its locks cannot be relied on. "
        "Move it to a local disk, or use PostgreSQL."
    ),
    "sqlite_on_other_host": N_(
        "The SQLite file %(path)s is in use by another machine, %(host)s. Use PostgreSQL for several machines. "
        "If %(host)s no longer uses it, delete %(mark)s."
    ),
    "port_taken": N_("Something else uses the port already."),
    "traces_need_extra": N_("Traces need packages that are not installed: pip install laneway[otel]"),
    "front_end_not_built": N_("The pages are not built yet."),
}

RIGHTS: Mapping[str, str] = {
    f"not_allowed_{action}": text
    for action, text in {
        Action.SEE_USER_TASK: N_("This task is for another group."),
        Action.CLAIM_USER_TASK: N_(
            "You may not claim this task: it is for another group, or you did a step that it must be kept apart from."
        ),
        Action.RELEASE_USER_TASK: N_("Only its holder or a manager may release this task."),
        Action.ASSIGN_USER_TASK: N_("Only managers may hand tasks to others."),
        Action.COMPLETE_USER_TASK: N_("Claim this task before you complete it."),
        Action.SEE_CASE: N_("You may not see cases."),
        Action.RECORD_INTERACTION: N_("Only the staff of the department write into the log of a case."),
        Action.ATTACH_FILE: N_("Only staff may add files to a case."),
        Action.START_PROCESS: N_("You may not start this process."),
        Action.CANCEL_CASE: N_("Only managers may cancel a case."),
        Action.OPERATE_CASE: N_("Only process owners and administrators may change how a case runs."),
        Action.RETRY_INCIDENT: N_("Only managers and process owners may retry a step."),
        Action.PUBLISH_MESSAGE: N_("You may not record messages."),
        Action.LINK_CASES: N_("Only staff may link cases."),
        Action.MERGE_CASES: N_("Only the complaint desk and managers may merge cases."),
        Action.REOPEN_CASE: N_("Only the hotline, the complaint desk and managers may reopen a case."),
        Action.SEE_RECORD: N_("You may not see these records."),
        Action.EDIT_RECORD: N_("You may not change records of this kind."),
        Action.EXPORT_PERSONAL_DATA: N_("Telephone, e-mail and bank are masked in your exports."),
        Action.APPROVE_RECORD: N_(
            "Only the group that is asked may decide on this change, and nobody on their own."
        ),
        Action.MERGE_RECORDS: N_("Only the stewards of master data may merge records."),
        Action.SEE_WORKERS: N_("The workers are for administrators."),
        Action.SEE_OUTBOX: N_("The outbox is for managers and process owners."),
        Action.SEE_MAIL: N_("The tray of mails is for the hotline, the complaint desk and managers."),
        Action.HANDLE_MAIL: N_("Only the hotline, the complaint desk and managers decide about mails."),
        Action.RECEIVE_MAIL: N_("Only programs with the right of a worker hand in mails."),
        Action.OPERATE_OUTBOX: N_("Only managers and process owners may send again or cancel."),
        Action.SEE_DISPATCH: N_("Only those who plan or do service on site may see the dispatch board."),
        Action.PLAN_SERVICE: N_("Only service coordination may plan service orders."),
        Action.SEE_BOARD: N_("The board is for managers."),
        Action.SEE_PROCESSES: N_("You may not see processes."),
        Action.EDIT_PROCESS: N_("Only process owners may change a process."),
        Action.EVALUATE_DECISION: N_(
            "Only process owners and programs may evaluate a decision outside a case."
        ),
        Action.WORK_JOBS: N_("Only workers may take automatic work."),
        Action.ADMIN_PEOPLE: N_("Only administrators may see this page."),
    }.items()
}

OF_KIND: list[tuple[type[LanewayError], str]] = [
    (NotFound, N_("This does not exist, or you may not see it.")),
    (NotAllowed, N_("You may not do this.")),
    (Conflict, N_("Someone else has just changed this. Reload the page to see how it stands.")),
    (Invalid, N_("Some values do not fit.")),
    (Unavailable, N_("A part of the product does not answer now. Try again in a moment.")),
]
"""For codes that only programs meet."""

TITLES: Mapping[int, str] = {
    400: N_("This request cannot be understood"),
    401: N_("Sign in first"),
    403: N_("No access"),
    404: N_("Not found"),
    405: N_("This request cannot be understood"),
    409: N_("Someone was first"),
    413: N_("Too large to be taken in"),
    422: N_("Not accepted"),
    500: N_("Something failed on our side"),
    503: N_("Not available now"),
    504: N_("It is not known whether this was saved"),
}
