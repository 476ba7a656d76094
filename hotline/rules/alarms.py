"""Alarms: the kinds of trouble that a person must look at. One rings until it is over or somebody ended it."""

from datetime import timedelta
from typing import Final

CALLER_LEFT: Final = "caller_left"  # danger now, and the page was left in a hurry: the contact stays open
P1_WAITS: Final = "p1_waits"  # danger now, and nobody has taken it for a minute
BOT_SHARED: Final = "bot_shared"  # somebody else reads or writes as our bot: the token must be changed
UPDATE_PARKED: Final = (
    "update_parked"  # something that came could not be taken: see `hotline telegram parked`
)
DUTY_MISSED: Final = "duty_missed"  # on duty, and no live console for five minutes
DUTY_EMPTY: Final = "duty_empty"  # within a day a line will be open with nobody on duty, or is
SHIFT_CHECK: Final = "shift_check"  # something did not work when a shift was begun or ended
CALLBACK_ENDS: Final = "callback_ends"  # promised, and soon too late
RUNG_SILENT: Final = "rung_silent"  # backup or coordinator was called, and nobody came or could be reached
LADDER_END: Final = "ladder_end"  # somebody waits, and nobody is left to ask
STUCK: Final = "stuck"  # what should happen next to a waiting contact does not happen
OF_DANGER: Final = (CALLER_LEFT, P1_WAITS)  # their words say that somebody is in danger now
OF_WAITING: Final = (P1_WAITS, RUNG_SILENT, LADDER_END, STUCK)  # over when somebody takes the contact
OFFERS_MISSED: Final = "offers_missed"  # two in a row unanswered, or one with nobody else there
REPLY_LATE: Final = "reply_late"  # somebody talks with a counsellor and has had no answer for long
KINDS: Final = (
    CALLER_LEFT,
    BOT_SHARED,
    UPDATE_PARKED,
    DUTY_MISSED,
    DUTY_EMPTY,
    SHIFT_CHECK,
    CALLBACK_ENDS,
    *OF_WAITING,
    OFFERS_MISSED,
    REPLY_LATE,
)
RING_AFTER: Final = timedelta(seconds=60)
