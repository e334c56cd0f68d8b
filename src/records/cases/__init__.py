"""The everyday rules of cases (DOMAIN section 2): reopening, links, merging, duplicates and clusters, their figures.

    reopening.reopen(session, number, by=person, reason=…) -> Reopened    the same case, or a new one that follows it
    reopening.rate(session, since, until) -> Rate                         K11
    links.link(session, number, other_number, kind, by=…, reason=…), links.remove(session, number, key, by=…)
    links.listed(session, root_key) -> list[Link]                         as seen from either side
    merging.merge(session, number, into_number, by=…, reason=…), merging.undo(session, number, by=…, reason=…)
    similar.remember(session, root_key, Subject(customer, lots, defect, received_at))
    similar.found(session, root_key) -> Found                             duplicates, and the cluster on the lots
    figures.amount(session, "reopen_days") -> int                         what policy says, as it stands now
    figures.load(session)                                                 the delivered figures

All but `similar` and `figures` ask `engine.access`.
"""
