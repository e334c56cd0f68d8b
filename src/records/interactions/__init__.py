"""The interaction log of a case: contacts, reactions, disputes (DOMAIN seed 18). Lines are added, never changed.

    log.add(session, root_key, Entry(kind, text, …), by=person, source_key=job.key) -> key
    log.correct(session, root_key, key, text, by=person) -> key     a new line beside the wrong one
    log.listed(session, root_key, kind=None) -> list[Line]           the newest first

`root_key` is the key of the root instance, as in `case_file.instance_key`. `log.Kind` and `log.Channel` name the
kinds and channels. Nothing here asks for rights: screens ask `engine.access` for `RECORD_INTERACTION`.
"""
