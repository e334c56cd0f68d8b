"""Products, lots, stock and what can be promised. Quantities go in and out as `Decimal` in the product's unit.

    stock.add_product(session, code, name, unit, hazard="", …) -> key
    stock.move(session, movements)                        movements join the list, balances with them
    stock.correct(session, movement_key, by, reference)   takes a movement back with one of the opposite sign
    stock.confirm(session, code, by)                      the stock is right as of now
    promises.availability(session, code, day) -> Availability   every term of DOMAIN C160, now and on a day
    promises.first_day(session, code, quantity, earliest=day)    when so much can be promised, with what is on its way
    promises.reserve(session, code, quantity, reserved_for, job_key) -> Reservation   the same again for a job done again
    promises.release(session, reservation_key)
    commitments.reservations(session, code), commitments.blocks(…), commitments.orders(…)    who has a claim on it
    lots.add(session, number, kind, quantity, product, made_of) -> key
    lots.trace(session, number, Direction.FORWARD) -> list of lots; lots.shipments(session, number)
    lots.left(session, number) -> Decimal; lots.block_rest(session, number, kind, reason, by) -> key, once for each kind
    lots.block(session, number, kind, quantity, reason, by) -> key; lots.unblock(session, block_key, by)
    deliveries.expect(session, reference, product, quantity, on=day); deliveries.order(…); deliveries.ship(…)

Nothing here asks for rights: whoever calls has asked `engine.access`.
"""
