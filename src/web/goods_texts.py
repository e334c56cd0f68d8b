"""What went wrong with numbers, products, lots and stock, in words."""

from __future__ import annotations

from collections.abc import Mapping

from laneway.web.i18n import N_

TEXTS: Mapping[str, str] = {
    "delivery_known": N_("%(reference)s is there already."),
    "lot_block_incomplete": N_("A block of lot %(lot)s needs a reason, and the lot a product."),
    "lot_block_not_found": N_("There is no such block, or it was lifted already."),
    "lot_made_of_itself": N_("Lot %(lot)s cannot be made of itself."),
    "lot_not_found": N_("There is no lot %(lot)s."),
    "movement_corrected_already": N_(
        "This movement was corrected already, or the reference of the correction is in use."
    ),
    "movement_is_correction": N_("A correction is not corrected itself. Enter a new movement."),
    "movement_reference_missing": N_("Give the correction a reference of its own."),
    "movement_not_found": N_("There is no such movement of stock."),
    "number_already_cancelled": N_("Number %(number)s was cancelled already."),
    "number_not_found": N_("Number %(number)s was never given out."),
    "number_reason_missing": N_("Say why number %(number)s is cancelled."),
    "product_not_found": N_("There is no product %(product)s."),
    "quantity_not_positive": N_("A quantity is more than zero, and not %(quantity)s."),
    "quantity_wrong": N_("“%(quantity)s” is not a quantity with three decimals at most."),
    "reservation_not_found": N_("There is no such reservation."),
    "stock_not_enough": N_("Of %(product)s, %(left)s %(unit)s can be promised, or the lot is blocked."),
    "substitute_is_itself": N_("%(product)s cannot be a substitute for itself."),
}
