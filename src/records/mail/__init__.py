"""Mails that arrive: read, recognised, kept once, and brought to their case; what finds none waits in a tray for people.

    receiving.receive(session, raw, source, settings) -> Received    the mail is kept; the same one only once
    receiving.file_next(settings) -> bool                             bring the oldest kept one where it belongs
    tray.listed / find / assign / open_case / discard                 what people see and decide

A mail is kept before it is understood, so that none is lost: whatever goes wrong then, it waits in the tray.
"""
