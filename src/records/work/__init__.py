"""Service orders: who is able and free, when, what was agreed, reported and charged (DOMAIN section 3, C100; F8, F9).

    resources.free(session, skills, start, end, but_order=None) -> list[Resource]    able and free, own people first
    resources.next_free(session, skills, minutes, after) -> Slot | None              the next date that can be offered
    orders.enter(session, Need(…), number=None, job_key=…, by=…) -> Order            number of the series SO, once per job
    orders.find(session, number) -> Order                                            raises NotFound
    plans.make(session, number, Plan(start, end, resources), by=…) -> Order          books, or raises Conflict
    plans.unplanned(session), plans.week(session, start, end)                        what the dispatch board shows
    orders.agreed, issue, acknowledge, add_change, report, cancel                    what happens to an order
    delivered.load(session)                                                          skills and service types delivered

Nothing here asks for rights: screens ask `engine.access` for SEE_DISPATCH and PLAN_SERVICE.
"""
