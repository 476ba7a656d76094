"""Local dates and minutes to instants, and the calendar of statutory holidays.

The one place that converts wall-clock time. Everything else compares UTC instants; nothing does arithmetic on
local datetimes, because two of them in one zone subtract by the wall clock and are an hour off twice a year.
"""

from collections.abc import Mapping
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, model_validator

Edge = Literal["start", "end"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 1440


def weekday(day: date) -> Weekday:
    """The short English name the centre files use."""
    return WEEKDAYS[day.weekday()]


def local(at: datetime, zone: ZoneInfo) -> datetime:
    """The same instant on the wall clock of `zone`, for showing and for asking which day it is.

    Raises ValueError for a datetime without a zone: guessing one would move a shift.
    """
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(zone)


@lru_cache(maxsize=16384)
def repeated(at: datetime, zone: ZoneInfo) -> Literal["first", "second"] | None:
    """Which pass of a wall time that occurs twice this instant is in; None on every ordinary day."""
    there = local(at, zone)
    if there.replace(fold=1 - there.fold).utcoffset() == there.utcoffset():
        return None
    return "second" if there.fold else "first"


def resolve(day: date, minute: int, zone: ZoneInfo, edge: Edge) -> datetime:
    """The UTC instant of wall-clock `minute` (0..2880, counted from local midnight) of `day`.

    A wall time that occurs twice gives its first instant as a start and its last as an end: hand-overs in the
    repeated hour overlap and never gap. One that does not occur gives the instant of the jump for both edges.
    """
    if not 0 <= minute <= 2 * DAY_MINUTES:
        raise ValueError(f"minute {minute} is outside 0..2880")
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001 - a wall time has no zone yet
    if (steady := _steady(day, zone)) is not None:
        return (wall - steady).replace(tzinfo=UTC)
    first, second = _offset(wall, zone, 0), _offset(wall, zone, 1)
    if first >= second:  # once, or twice with the earlier instant under the larger offset
        return (wall - (first if edge == "start" else second)).replace(tzinfo=UTC)
    return _jump((wall - second).replace(tzinfo=UTC), (wall - first).replace(tzinfo=UTC), zone)


@lru_cache(maxsize=4096)  # the days of a board, which compiles each of them for every line
def _steady(day: date, zone: ZoneInfo) -> timedelta | None:
    """The offset all through the two days from local midnight; None where the clock is changed in them."""
    if day.year == MAXYEAR:
        return None
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall time has no zone yet
    offsets = {_offset(midnight + timedelta(days=days), zone, fold) for days in range(3) for fold in (0, 1)}
    return offsets.pop() if len(offsets) == 1 else None


def _offset(wall: datetime, zone: ZoneInfo, fold: int) -> timedelta:
    offset = wall.replace(tzinfo=zone, fold=fold).utcoffset()
    if offset is None:  # pragma: no cover - ZoneInfo always knows
        raise ValueError(f"{zone} gives no offset")
    return offset


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second in (before, after] that has the offset of `after`."""
    new = after.astimezone(zone).utcoffset()
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if (before + timedelta(seconds=middle)).astimezone(zone).utcoffset() == new:
            high = middle
        else:
            low = middle
    return before + timedelta(seconds=high)


@cache
def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm of Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), f = divmod(b, 4), (b + 8) // 25
    h = (19 * a + b - d - (b - f + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    lead = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * lead) // 451
    month, day = divmod(h + lead - 7 * m + 114, 31)
    return date(year, month, day + 1)


class Calendar(BaseModel):
    """Statutory holidays as data: fixed dates, dates that joined in some year, days after Easter.

    `names` maps "MM-DD" or "easter+N" to a name per language. The two test lists are computed anew on loading
    and must agree, so that a slip of the pen in the file stops the start instead of closing a line.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    fixed: tuple[str, ...]
    fixed_since: Mapping[str, int] = {}
    easter_offsets: tuple[int, ...] = ()
    non_working_weekdays: tuple[Weekday, ...] = ("sat", "sun")
    names: Mapping[str, Mapping[str, str]]
    test_2026: tuple[date, ...]
    test_2027: tuple[date, ...]

    @model_validator(mode="after")
    def _check(self) -> Self:
        unnamed = [key for key in self._keys() if not self.names.get(key, {}).get("pl")]
        if unnamed:
            raise ValueError(f"no Polish name for {', '.join(unnamed)}")
        for year, stated in ((2026, self.test_2026), (2027, self.test_2027)):
            wrong = sorted(set(stated) ^ set(self.holidays(year)))
            if wrong:
                days = ", ".join(str(day) for day in wrong)
                raise ValueError(f"test_{year} and the rules disagree about {days}")
        return self

    def _keys(self) -> tuple[str, ...]:
        return (*self.fixed, *self.fixed_since, *(f"easter+{offset}" for offset in self.easter_offsets))

    def _days(self, year: int) -> dict[date, str]:
        """Day to key. A key that is no date raises ValueError, which names it."""
        keys = [*self.fixed, *(key for key, since in self.fixed_since.items() if year >= since)]
        days = {date.fromisoformat(f"{year}-{key}"): key for key in keys}
        for offset in self.easter_offsets:
            days.setdefault(easter(year) + timedelta(days=offset), f"easter+{offset}")
        return dict(sorted(days.items()))

    def holidays(self, year: int) -> dict[date, str]:
        """Every statutory holiday of `year` in order, with its Polish name."""
        return {day: self.names[key]["pl"] for day, key in self._days(year).items()}

    def is_holiday(self, day: date) -> bool:
        """Whether `day` is a statutory holiday; an ordinary Sunday is not."""
        return self.holiday_name(day) is not None

    def holiday_name(self, day: date, language: str = "pl") -> str | None:
        """What the day is called, in Polish where the language has no name for it; None on other days."""
        key = self._key(day)
        return None if key is None else self.names[key].get(language) or self.names[key]["pl"]

    def is_working_day(self, day: date) -> bool:
        """Neither a statutory holiday nor a non-working weekday: what deadlines in working days count."""
        return weekday(day) not in self.non_working_weekdays and self._key(day) is None

    def _key(self, day: date) -> str | None:
        key = f"{day.month:02}-{day.day:02}"
        if key in self.fixed or day.year >= self.fixed_since.get(key, 9999):
            return key
        offset = (day - easter(day.year)).days
        return f"easter+{offset}" if offset in self.easter_offsets else None
