"""Records from files and into files (docs/records.md).

imports.add(session, KIND, name, path, by=person) -> key      keeps the file, proposes which column is which
imports.begin(session, key, by=person, is_dry=True)           lets workers check it, or with False run it
imports.get(session, key) -> Import; imports.problems(session, key); imports.cancel(session, key, by=person)
Importer(worker).work()                                       one batch of whatever waits; .finish(key) all of one
exporting.as_csv(KIND, wanted, header="zh", is_masked=True)   piece by piece; exporting.as_xlsx into a file
"""
