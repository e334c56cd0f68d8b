"""Who stands in, leads, manages and is on duty for a group, and what they are told of clocks.

`kinds` is the record, `recipients` who is told of an alert, `telling` the mails.
"""
