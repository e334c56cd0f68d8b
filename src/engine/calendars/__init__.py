"""Working calendars: when people work, and the arithmetic of working time (DOMAIN section 2, rule 3).

`hours.Calendar` is a value: a time zone, weekly hours with breaks, and single days with hours of their own (a holiday has
none, a make-up working day 调休 has some). `hours.is_open`, `next_opening` and `working_seconds` ask it;
`durations.add` counts "8 bh", "5 wd", "24 h" or "1 d" on from a moment.
"""
