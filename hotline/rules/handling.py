"""Callers known from before: how long a word on how to talk with them holds, and what the wall keeps from whom."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, Protocol

from hotline.errors import Malformed
from hotline.rules.centre import Centre

NOTE_LIMIT: Final = 500
PSEUDONYM_LIMIT: Final = 60
DAYS: Final = 90
LONGEST_DAYS: Final = 180
OFFERED_DAYS: Final = (30, DAYS, LONGEST_DAYS)

TELEGRAM, CASE, PSEUDONYM = "telegram", "case", "pseudonym"  # by which a caller is known again; surest first


class Placed(Protocol):
    """A contact as far as the wall looks at it."""

    @property
    def line(self) -> str: ...
    @property
    def queue(self) -> str | None: ...


def until(now: datetime, days: int) -> datetime:
    """When a note that is written or renewed now ends. Raises Malformed."""
    if not 1 <= days <= LONGEST_DAYS:
        raise Malformed(field="days")
    return now + timedelta(days=days)


def folded(pseudonym: str) -> str:
    """What is compared: neither capitals nor spaces tell two people apart."""
    return " ".join(pseudonym.casefold().split())


def apart(centre: Centre, lines: Collection[str], here: Placed, there: Placed) -> bool:
    """Is what belongs to the contact `there` kept from a person of these lines at the contact `here`?

    A line or queue that the centre no longer has may have been on either side.
    """
    if there.line not in centre.lines or (there.queue is not None and there.queue not in centre.queues):
        return True
    return bool(centre.barred_lines(there.line, there.queue) & {*lines, here.line})
