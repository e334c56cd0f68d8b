"""What went wrong with files, documents and manuals, in words."""

from __future__ import annotations

from collections.abc import Mapping

from laneway.web.i18n import N_

TEXTS: Mapping[str, str] = {
    "attachment_checker_unreachable": N_(
        "The checker of files does not answer. The file waits in quarantine."
    ),
    "attachment_empty": N_("“%(name)s” is empty."),
    "attachment_not_found": N_("There is no such file in this case."),
    "attachment_quarantined": N_("“%(name)s” has not been checked yet, so nobody may open it."),
    "attachment_refused": N_("“%(name)s” was refused by the checker, so nobody may open it."),
    "attachment_too_large": N_("“%(name)s” is larger than %(megabytes)s MB. Make it smaller or split it."),
    "attachment_type_refused": N_(
        "“%(name)s” is not of a kind that a case takes: pictures, PDF, Office, text, mails, film, sound or ZIP."
    ),
    "document_format_unknown": N_("A document is PDF or DOCX."),
    "mail_template_without_subject": N_("The first line of a mail is its subject: “# ” and some words."),
    "manual_empty": N_("The manual has no text."),
    "manual_not_found": N_("This process has no manual yet."),
    "manual_too_long": N_("The manual is longer than %(characters)s characters."),
    "template_block_not_closed": N_(
        "%(placeholder)s has no end: put {{/if}} or {{/each}} on a line of its own."
    ),
    "template_block_not_opened": N_("%(placeholder)s ends something that has no beginning."),
    "template_empty": N_("The template has no text."),
    "template_name_wrong": N_("A template's name has small letters, digits and _ only."),
    "template_not_found": N_("There is no such template: %(template)s."),
    "template_placeholder_wrong": N_("The placeholder {{ %(placeholder)s }} cannot be read: %(reason)s"),
    "template_too_long": N_("The template is too long, or grows too long by repeating. %(placeholder)s"),
}
