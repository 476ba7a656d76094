"""Patterns to concrete shifts, by local date: whose turn it is, and what the clock changes make of it.

An ordinary day is its midnight and minutes as whole numbers; only the days around a clock change go through
`resolve`, which alone knows what a skipped or a repeated hour does to an edge.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from hotline.rules.civil_time import DAY_MINUTES, WEEKDAYS, Calendar, local, resolve
from hotline.rules.duty.plan import Origin, Pattern, Shift
from hotline.values import dataclass

DAY = timedelta(days=1)
SUNDAY = 6
MINUTES = tuple(timedelta(minutes=minute) for minute in range(2 * DAY_MINUTES + 1))


@dataclass(frozen=True, slots=True)
class Dropped:
    """A warning: this turn has no length, because it lies wholly inside an hour the clocks skip."""

    pattern_id: str
    day: date


@dataclass(frozen=True, slots=True)
class Expansion:
    """The shifts that touch the span, by day and seat, and what was dropped from it."""

    shifts: tuple[Shift, ...]
    dropped: tuple[Dropped, ...] = ()


def holidays_of(calendar: Calendar, first: date, last: date) -> frozenset[date]:
    """The statutory holidays of every year from `first` to `last`."""
    return frozenset(day for year in range(first.year, last.year + 1) for day in calendar.holidays(year))


def expand(
    pattern: Pattern, holidays: Collection[date], zone: ZoneInfo, start: datetime, end: datetime
) -> Expansion:
    """The shifts of a pattern that touch [start, end). `holidays` must know those from its first day on."""
    shifts: list[Shift] = []
    dropped: list[Dropped] = []
    earliest, latest = local(start, zone).date() - 2 * DAY, local(end, zone).date()
    for turn, day in enumerate(occurrences(pattern, holidays, latest)):
        if day < earliest:
            continue
        starts_at, ends_at = edges(day, pattern.start, pattern.end, zone)
        if starts_at >= ends_at:
            dropped.append(Dropped(pattern.id, day))
        elif starts_at < end and start < ends_at:
            shifts += _seated(pattern, Origin(pattern.id, day, step(pattern, day, turn)), starts_at, ends_at)
    return Expansion(tuple(shifts), tuple(dropped))


def _seated(pattern: Pattern, origin: Origin, starts_at: datetime, ends_at: datetime) -> list[Shift]:
    stem, line, tier, exclusive = f"{pattern.id}/{origin.day}/", pattern.line, pattern.tier, pattern.exclusive
    return [
        Shift(f"{stem}{seat}", line, staff_id, starts_at, ends_at, seat, tier, exclusive, "", origin)
        for seat, staff_id in enumerate(group(pattern, origin.step)[: pattern.seats], 1)
        if staff_id is not None
    ]


def occurrences(pattern: Pattern, holidays: Collection[date], latest: date) -> Iterator[date]:
    """The days on which a turn of the pattern starts, from its first to `latest`, in order."""
    days = frozenset(WEEKDAYS.index(name) for name in pattern.days)
    last = latest if pattern.last is None else min(pattern.last, latest)
    skipped = _monday(pattern.anchor or pattern.first)
    for ordinal in range(pattern.first.toordinal(), last.toordinal() + 1):
        weekday = (ordinal + SUNDAY) % 7  # ordinal 1 was a Monday
        if pattern.every_weeks > 1 and (ordinal - weekday - skipped) // 7 % pattern.every_weeks:
            continue
        day = date.fromordinal(ordinal)
        if day in holidays:
            if pattern.holidays == "closed":
                continue
            weekday = SUNDAY if pattern.holidays == "like_sunday" else weekday
        elif pattern.holidays == "only":
            continue
        if weekday in days:
            yield day


def step(pattern: Pattern, day: date, turn: int) -> int:
    """Which step of the rotation serves on `day`, the pattern's `turn`-th occurrence (from 0)."""
    rotation = pattern.rotation
    match rotation.advance:
        case "per_occurrence":
            return rotation.anchor + turn
        case "day":
            return rotation.anchor + (day - pattern.first).days
        case "week":
            return rotation.anchor + _round(pattern, day) - _round(pattern, pattern.first)
        case "month":
            return rotation.anchor + 12 * (day.year - pattern.first.year) + day.month - pattern.first.month


def _round(pattern: Pattern, day: date) -> int:
    """Which round of `every_weeks` weeks the day is in, counted from that of the anchor."""
    return (_monday(day) - _monday(pattern.anchor or pattern.first)) // 7 // pattern.every_weeks


def group(pattern: Pattern, at_step: int) -> tuple[str | None, ...]:
    """Who sits where at this step."""
    groups = pattern.rotation.groups
    return groups[at_step % len(groups)]


def revise(
    pattern: Pattern, day: date, after: Pattern, holidays: Collection[date]
) -> tuple[Pattern, Pattern]:
    """`pattern` up to the eve of `day`, and `after` from `day` on, its rotation taking over where it stands.

    Nothing before `day` changes, and nobody's turn is skipped or given twice by the edit.
    """
    turns = sum(1 for _ in occurrences(pattern, holidays, day - DAY))
    rotation = replace(after.rotation, anchor=step(pattern, day, turns))
    anchor = after.anchor or pattern.anchor or pattern.first
    return replace(pattern, last=day - DAY), replace(after, first=day, rotation=rotation, anchor=anchor)


def edges(day: date, start: int, end: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The UTC instants of both edges."""
    midnight = _plain_midnight(day, zone)
    if midnight is None:
        return resolve(day, start, zone, "start"), resolve(day, end, zone, "end")
    return midnight + MINUTES[start], midnight + MINUTES[end]


@lru_cache(maxsize=8192)
def _plain_midnight(day: date, zone: ZoneInfo) -> datetime | None:
    """The instant at which `day` begins; None if the clocks change before the next day is over."""
    walls = [datetime(day.year, day.month, day.day, tzinfo=zone) + ahead * DAY for ahead in range(3)]
    offsets = {wall.replace(fold=fold).utcoffset() for wall in walls for fold in (0, 1)}
    return walls[0].astimezone(UTC) if len(offsets) == 1 else None


def _monday(day: date) -> int:
    return day.toordinal() - day.weekday()
