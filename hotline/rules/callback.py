"""Call-backs: when it is safe, how often one is tried, what may be said. Pure.

A safe time is a span of the wall clock that holds on each day from the first one on, until the call-back expires.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from hotline.errors import NoSuchTime, PhoneWrong, SafeTimeWrong
from hotline.rules.centre_facts import Part
from hotline.rules.civil_time import DAY_MINUTES, local, resolve
from hotline.values import dataclass

Way = Literal["phone", "telegram"]
WAYS: Final = ("phone", "telegram")
SAYS: Final = ("nothing", "first_name", "centre")  # to whoever else answers
REACHED, NOT_REACHED, WRONG_NUMBER, ASKED_NOT = "reached", "not_reached", "wrong_number", "asked_not"
OUTCOMES: Final = (REACHED, NOT_REACHED, WRONG_NUMBER, ASKED_NOT)  # what a counsellor chooses from
EXPIRED, WITHDRAWN, CHANGED = "expired", "withdrawn", "changed"  # found out by the program
END_REASON: Final = {
    NOT_REACHED: "unreachable",
    WRONG_NUMBER: "wrong_number",
    ASKED_NOT: "caller_left",
    EXPIRED: "callback_expired",
}
SHORTEST: Final = 30  # minutes of a safe time


class CallbackRules(Part):
    """How often, how far apart, and for how long a centre calls back."""

    tries: int = Field(default=3, ge=1)
    spacing_minutes: int = Field(default=120, ge=1)
    expires_hours: int = Field(default=72, ge=1)
    warn_hours: int = Field(default=6, ge=0)

    @property
    def spacing(self) -> timedelta:
        return timedelta(minutes=self.spacing_minutes)

    @property
    def life(self) -> timedelta:
        return timedelta(hours=self.expires_hours)

    @property
    def warning(self) -> timedelta:
        return timedelta(hours=self.warn_hours)


@dataclass(frozen=True, slots=True)
class SafeTime:
    """Minutes of the local day from `start` to `end`, on `first` and on every day after it."""

    first: date
    start: int = 0
    end: int = DAY_MINUTES


@dataclass(frozen=True, slots=True)
class Wish:
    """How somebody wants to be called back. Without a number the channel they wrote through is the way."""

    safe: SafeTime
    way: Way = "phone"
    number: str = ""
    says: str = "nothing"
    voicemail: bool = False


def phone(text: str) -> str:
    """A number as it is dialled: nine Polish digits, or + and the country. Raises PhoneWrong."""
    digits = re.sub(r"[\s()./-]", "", text)
    digits = "+" + digits[2:] if digits.startswith("00") else digits
    digits = digits.removeprefix("+48") if len(digits) == len("+48") + 9 else digits
    if not re.fullmatch(r"[1-9][0-9]{8}|\+[1-9][0-9]{7,14}", digits) or digits[:3] in ("112", "999"):
        raise PhoneWrong
    return digits


def check(safe: SafeTime, now: datetime, life: timedelta, zone: ZoneInfo) -> None:
    """Raises SafeTimeWrong (too short, over, or too far off) or NoSuchTime (skipped by the clocks, with the next)."""
    if not 0 <= safe.start <= safe.end - SHORTEST <= DAY_MINUTES - SHORTEST:
        raise SafeTimeWrong
    if not local(now, zone).date() <= safe.first <= local(now + life, zone).date():
        raise SafeTimeWrong
    for minute in (safe.start, safe.end):
        _check_exists(safe.first, minute, zone)
    if next(_spans(safe, now, now + life, zone), None) is None:
        raise SafeTimeWrong


def _check_exists(day: date, minute: int, zone: ZoneInfo) -> None:
    wall = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=minute)
    real = wall.astimezone(UTC).astimezone(zone)
    if real.replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise NoSuchTime(time=f"{real:%H:%M}")


def due(
    safe: SafeTime,
    after: datetime,
    until: datetime,
    zone: ZoneInfo,
    next_open: Callable[[datetime], datetime | None],
) -> datetime | None:
    """The first safe instant from `after` on at which the line is open; where none is, the first safe one.

    `next_open` gives the instant itself while the line is open. None when no safe time is left before `until`.
    """
    spans = list(_spans(safe, after, until, zone))
    for start, end in spans:
        opens = next_open(start)
        if opens is not None and opens < end:
            return opens
    return spans[0][0] if spans else None


def is_safe(safe: SafeTime, at: datetime, zone: ZoneInfo) -> bool:
    """May one call at this instant?"""
    return next(_spans(safe, at, at + timedelta(seconds=1), zone), None) is not None


def _spans(
    safe: SafeTime, after: datetime, until: datetime, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    day, last = max(safe.first, local(after, zone).date()), local(until, zone).date()
    while day <= last:
        start = max(after, resolve(day, safe.start, zone, "start"))
        end = min(until, resolve(day, safe.end, zone, "end"))
        if start < end:
            yield start, end
        day += timedelta(days=1)
