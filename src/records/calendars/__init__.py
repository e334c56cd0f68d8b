"""Calendars of the department. `shipped.china()` gives the delivered one, with the days of each year and their source."""
