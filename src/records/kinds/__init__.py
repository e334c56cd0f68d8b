"""Kinds of record: declared once, and lists, pages, checks, history, four-eyes and API follow (docs/records.md).

Declare, beside the records' own code, and name the module in `laneway.records.catalogue`:

    PRODUCT = known.add(Kind("product", Text("产品", "Product"), …, table=goods.product, fields=(Field(…), …)))

Work with records; `raw` values may be text, as forms and files have them:

    store.create(session, KIND, raw, by=username, reason="", source_key=job.key) -> key
    store.change(session, KIND, key, raw, by=username, revision=7, reason="") -> revision
    store.get(session, KIND, key), store.find(session, KIND, code) -> Record(values, revision, title, code)
    store.checked(session, KIND, raw, before={}) -> (values, problems)     for imports: row by row, nothing written
    store.create_many(session, KIND, [values, …], by=username)             for imports: hundreds at once
    listing.page(session, KIND, listing.Wanted(text, filters, sort, cursor, limit)) -> Page
    listing.suggestions(session, KIND, text) -> rows
    changes.listed(session, KIND.id, [key]) -> list of Change
    proposals.save(session, KIND, key or None, raw, by=person, revision, reason) -> Saved    with four-eyes

Nothing but `proposals` asks for rights: whoever calls has asked `engine.access` (SEE_RECORD, EDIT_RECORD).
"""
