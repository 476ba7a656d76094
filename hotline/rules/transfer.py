"""A conversation is passed on by whoever holds it: how, to whom, and with which word of the caller's."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from hotline.rules.assignment import FULL, WRAP_UP

STRAIGHT, CONSULT = "straight", "consult"
WAYS: Final = (STRAIGHT, CONSULT)  # the colleague takes it; or reads along first, and then takes it or not
CONSENTED, NOT_ASKED, REFUSED = "consented", "not_asked", "refused"
CONSENTS: Final = (CONSENTED, NOT_ASKED, REFUSED)

PENDING, JOINED = "pending", "joined"
LIVE: Final = (PENDING, JOINED)
ACCEPTED, DECLINED, EXPIRED, WITHDRAWN = "accepted", "declined", "expired", "withdrawn"

ANSWER_WITHIN: Final = timedelta(minutes=2)
LOST_AFTER: Final = timedelta(seconds=60)  # whoever reads along, by their console's last sign of life


def stale(state: str, deadline_at: datetime, seen_at: datetime | None, now: datetime) -> bool:
    """Is there nobody to answer any more? `seen_at` is the last sign of life of whoever was asked."""
    if state == PENDING:
        return deadline_at <= now
    return state == JOINED and (seen_at is None or now - seen_at > LOST_AFTER)


def consent_suffices(consent: str, *, with_note: bool, shift_over: bool) -> bool:
    """A note, and the next shift, need the caller's yes; against a no only a supervisor passes anybody on."""
    return consent == CONSENTED or (consent == NOT_ASKED and not with_note and not shift_over)


def hindrances(obstacles: Collection[str], way: str) -> tuple[str, ...]:
    """What keeps somebody from being asked: who writes a card may say no. To read along nobody needs room."""
    ignored = {WRAP_UP} if way == STRAIGHT else {WRAP_UP, FULL}
    return tuple(each for each in obstacles if each not in ignored)
