"""Files of a case and the documents that are made for it.

    attachments.add(session, root_key, name, content, by, kind) -> key      a file joins the case
    attachments.listed(session, root_key, kind=None) -> list[Attachment]    newest version first
    attachments.read(session, root_key, key) -> (Attachment, bytes)
    attachments.count(session, root_key, kind) -> int                       files that may be used
    templates.make(session, template_id, case, language, format) -> Made    a document from a template
    manuals.newest(session, process_id, version) -> Manual | None           the manual of a version

`root_key` is the key of the root instance, as in `case_file.instance_key`. Kinds are `evidence`, `document`, `mail`,
`photo` and `signature`; a process may use others. Nothing here asks for rights: whoever calls has asked `engine.access`.
A form refers to evidence by the files of its case (kind `evidence`), not by a field of its own: form-js keeps chosen
files in the browser's memory alone, and the files of a case are there before, during and after each form.
"""
