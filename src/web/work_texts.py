"""What went wrong with service orders and their plans, in words."""

from __future__ import annotations

from collections.abc import Mapping

from laneway.web.i18n import N_

TEXTS: Mapping[str, str] = {
    "amount_wrong": N_("“%(amount)s” is no amount of money."),
    "nobody_goes": N_("Choose a person or a partner who goes. Nothing was booked."),
    "plan_time_wrong": N_("Give start and end as dates with times. Nothing was booked."),
    "resource_not_found": N_("There is no such resource: %(resource)s."),
    "resource_taken": N_(
        "%(resource)s is taken or absent at that time. Nothing was booked; choose another time or somebody else."
    ),
    "resource_unable": N_(
        "%(resource)s lacks the skill “%(skill)s” or its certificate is not valid then. Nothing was booked."
    ),
    "service_order_done": N_("Order %(number)s is done, so it cannot be cancelled any more."),
    "service_order_not_found": N_("There is no service order %(number)s."),
    "service_order_not_issued": N_("Order %(number)s was not given out, so there is nothing to report."),
    "service_order_not_planning": N_(
        "Order %(number)s was given out, done or cancelled already. Its plan stays as it is."
    ),
    "service_order_not_ready": N_(
        "Order %(number)s needs a plan that the customer has agreed to before it is given out."
    ),
    "service_plan_changed": N_(
        "Somebody has planned order %(number)s meanwhile. Look at the new plan first."
    ),
    "service_type_unknown": N_("There is no service type %(service_type)s in use."),
    "span_ends_before_it_begins": N_("The end comes before the start. Nothing was booked."),
    "work_centre_not_found": N_("There is no work centre %(wanted)s."),
    "work_resource_not_found": N_("There is no such resource: %(wanted)s."),
}
