"""How long signs of life last. No timer in a page decides any of these.

Going down is slow and coming up is at once: a console that misses a beat or two gets no new offer, and keeps
its conversations until it has been gone for a minute and a grace besides.
"""

from datetime import datetime, timedelta
from typing import Final, Literal

Busy = Literal["off", "break", "call", "meeting", "visit"]
BREAK: Final = "break"
OFF: Final = "off"
# what a person may say besides "available"; off: done for today
BUSY: Final[tuple[Busy, ...]] = ("off", "break", "call", "meeting", "visit")
INTENTS: Final = ("available", *BUSY)
BREAKS: Final = ("rest", "meal", "breath")  # breath: after a hard talk
LONGEST: Final = {
    BREAK: timedelta(hours=2),
    "call": timedelta(hours=4),  # at a telephone that this program knows nothing of
    "meeting": timedelta(hours=4),
    "visit": timedelta(hours=8),
}
MORE_WRAP_UP: Final = timedelta(minutes=5)  # at each asking
LONGEST_WRAP_UP: Final = timedelta(minutes=30)
Link = Literal["alive", "stale", "gone"]

CONSOLE_PING: Final = timedelta(seconds=10)
STALE_AFTER: Final = timedelta(seconds=25)  # two answers missed: nothing new is offered
GONE_AFTER: Final = timedelta(seconds=60)
GRACE: Final = timedelta(
    seconds=55
)  # with the clock's own second, nobody sits with a dead console for two minutes
RETURN: Final = timedelta(seconds=30)  # for consoles to come back once they can be heard again
CALLER_PING: Final = timedelta(seconds=30)
TOKEN_LIFE: Final = timedelta(minutes=15)  # a lost network keeps the caller's token this long
LEAVING_GRACE: Final = timedelta(seconds=5)  # a reload is not leaving
SESSION_IDLE: Final = timedelta(minutes=30)  # off duty
SESSION_LIFE: Final = timedelta(hours=12)
SHIFT_GRACE: Final = timedelta(hours=1)  # a session ends an hour after the shift
LINK_LIFE: Final = timedelta(hours=12)
INVITATION_LIFE: Final = timedelta(hours=24)
RECOVERY_WAITS: Final = timedelta(hours=24)  # for the second person
RECOVERY_LIFE: Final = timedelta(hours=1)
SECOND_STEP_LIFE: Final = timedelta(minutes=5)  # between the password and the code
LOOK_LIFE: Final = timedelta(hours=1)  # so long one reason opens what is not one's own


def link(seen_at: datetime | None, now: datetime) -> Link:
    """Of a console, by its last sign of life."""
    if seen_at is None or now - seen_at > GONE_AFTER:
        return "gone"
    return "alive" if now - seen_at <= STALE_AFTER else "stale"


def given_back_at(seen_at: datetime | None, held_since: datetime) -> datetime:
    """When a conversation waits again unless its console comes back. Taking it was a sign of life, too."""
    return max(seen_at or held_since, held_since) + GONE_AFTER + GRACE
