"""What may not be planned: each check raises the error whose sentence says what to correct.

The rules of the database's own constraints are here too, so that both databases refuse the same.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from hotline.errors import (
    DemandInvalid,
    DoubleBooked,
    Malformed,
    OverrideInvalid,
    PatternInvalid,
    RosterFrozen,
    RotationEmpty,
    SeatTaken,
    ShiftInvalid,
    SkillExpired,
    SpanInvalid,
)
from hotline.rules.civil_time import DAY_MINUTES, local
from hotline.rules.duty.demand import Demand
from hotline.rules.duty.gaps import Gap
from hotline.rules.duty.people import Absence
from hotline.rules.duty.plan import Override, Pattern, Roster, Shift

LONGEST = timedelta(hours=25)  # a day and a night of 24 hours by the clock, when the clocks go back


def pattern(it: Pattern) -> None:
    """Raises RotationEmpty, PatternInvalid."""
    if not any(member for group in it.rotation.groups for member in group):
        raise RotationEmpty
    reasonable = (
        it.days
        and 0 <= it.start < DAY_MINUTES
        and it.start < it.end <= it.start + DAY_MINUTES
        and it.every_weeks >= 1
        and (it.last is None or it.first <= it.last)
        and it.seats >= 1
        and it.tier >= 1
        and all(len(group) <= it.seats for group in it.rotation.groups)
        and all(len(set(seated)) == len(seated) for seated in map(_members, it.rotation.groups))
    )
    if not reasonable:
        raise PatternInvalid


def _members(group: tuple[str | None, ...]) -> list[str]:
    return [member for member in group if member is not None]


def shifts(rows: Iterable[Shift], zone: ZoneInfo) -> None:
    """Raises ShiftInvalid; SeatTaken and DoubleBooked for exclusive shifts that overlap.

    Two that touch on the wall clock may: in the hour that occurs twice, a hand-over overlaps.
    """
    planned = sorted(rows, key=lambda row: (row.starts_at, row.ends_at))
    if any(not timedelta() < row.ends_at - row.starts_at <= LONGEST for row in planned):
        raise ShiftInvalid
    exclusive = [row for row in planned if row.exclusive]
    if _overlap(exclusive, zone, seat=True):
        raise SeatTaken
    if _overlap(exclusive, zone, seat=False):
        raise DoubleBooked


def _overlap(rows: list[Shift], zone: ZoneInfo, seat: bool) -> bool:
    """Whether two rows of one seat, or of one person, are in force at once."""

    def key(row: Shift) -> tuple[str, int]:
        return (row.line, row.seat) if seat else (row.staff_id, 0)

    for _, group in groupby(sorted(rows, key=key), key=key):  # sorting is stable: by start within a key
        latest: Shift | None = None
        for row in group:
            if latest is not None and row.starts_at < latest.ends_at and not _touch(latest, row, zone):
                return True
            latest = row if latest is None or row.ends_at > latest.ends_at else latest
    return False


def _touch(one: Shift, following: Shift, zone: ZoneInfo) -> bool:
    ends, starts = local(one.ends_at, zone), local(following.starts_at, zone)
    return ends.replace(tzinfo=None, fold=0) == starts.replace(tzinfo=None, fold=0)


def papers(opened: Iterable[Gap]) -> None:
    """Raises SkillExpired where a need would be met, had nobody's papers lapsed; a skill nobody has is a gap."""
    for gap in opened:
        if gap.kind == "EXPIRED":
            raise SkillExpired(skill=gap.need)


AGREED = {
    "rest": (0, 24),
    "week_rest": (0, 168),
    "week": (1, 168),
    "month": (1, 744),
    "quarter": (1, 2232),
    "nights_in_row": (0, 31),
    "nights_in_month": (0, 31),
}  # what may be agreed with one person, from least to most; no rest at all is none that can be broken


def agreed(own: Mapping[str, float]) -> None:
    """Raises Malformed."""
    for name, value in own.items():
        least, most = AGREED.get(name, (0, -1))
        whole = not name.startswith("nights") or value == int(value)
        if not (least <= value <= most and whole):
            raise Malformed(field=name)


def override(it: Override) -> None:
    """Raises SpanInvalid, OverrideInvalid."""
    if it.ends_at <= it.starts_at:
        raise SpanInvalid
    if (it.kind == "REPLACE") != (it.by is not None) or it.by == it.staff_id:
        raise OverrideInvalid


def absence(it: Absence) -> None:
    """Raises SpanInvalid."""
    if it.ends_at <= it.starts_at:
        raise SpanInvalid


def demand(it: Demand) -> None:
    """Raises DemandInvalid."""
    windows = all(each.days and 0 <= each.start < each.end <= each.start + DAY_MINUTES for each in it.windows)
    starts = all(each.start < DAY_MINUTES for each in it.windows)
    needs = all((need.skill or need.channel) and need.count >= 1 for need in it.needs)
    asked = it.people >= 0 and it.backups >= 0 and it.people + it.backups > 0
    ordered = it.first is None or it.last is None or it.first <= it.last
    if not (windows and starts and needs and asked and ordered):
        raise DemandInvalid


def may_change(it: Roster) -> None:
    """Raises RosterFrozen for a version that was published: a new version or an override changes it."""
    if it.status in ("published", "superseded"):
        raise RosterFrozen
