"""Guarded changes: what could cut every way to this box is proved by somebody getting in afterwards, or undone by the box.

States, each on disk before the next step begins; a crash in any of them ends in the old or the new, never between:

    saved      old and new files are kept; nothing on the system is changed          crash: dropped
    armed      the timer runs, files are put in place, commands run                  crash: restored
    applied    waiting to be confirmed over a new inbound connection                 timer, reboot: restored
    committed  confirmed: the new stays
    restored   the old is back (or was never left)
"""
