"""Parties: prospects, customers, distributors, with contacts, trade terms and requirements (DOMAIN F1, C080, C085).

    kinds.PARTY, kinds.COUNTRY_FILE                               declared kinds: `records.kinds` does the rest
    duplicates.search(session, values, leave_out=[key]) -> matches with reasons (tax, name, alike, phone, email)
    merging.merge(session, kept_key, absorbed_key, by=person, take=[field], reason) -> key; merging.undo(session, key, by)
    merging.kept_code(session, key), merging.family(session, key)   where a merged party is found, all codes of one
    starting.find(session, code) -> Record                         the party with this code, or what it was merged into
    starting.values_for_form(record)                               what a start form can know already
    reviews.due(session), reviews.confirm(session, key, by=person), reviews.figures(session)     C080 review path, K17
    changed.publish(session, key, by=person, source_key=job.key)   > customer.changed

For handlers of C080 (each may be repeated with the same `source_key=job.key`):

    proposals.save(session, PARTY, key or None, raw, by=person, source_key=job.key) -> Saved(key, revision, proposed)
    proposals.of_source(session, job.key)                          what it proposed
    proposals.approve(session, proposal_key, by=person), proposals.return_(…)
    store.change(session, PARTY, key, raw, by=username, source_key=job.key)     what was agreed to elsewhere
    country.state(session, code) -> CountryFile      risk, terms, whether valid; missing and outdated count as C

A case belongs to the party whose code stands in its variable `party` (docs/dialect.md, `laneway:case:party`).
"""
