"""The tables of the department: its parties, goods, calendars, documents."""
