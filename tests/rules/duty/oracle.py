"""Who is on duty, by looking at one real minute at a time: slow, simple, and blind to how `hotline` does it.

It shares no code with the evaluator. The wall clock is read off `zoneinfo` minute by minute from UTC; patterns
are walked day by day; holidays come from another library. The plan's values are read as data only. Minutes are
whole numbers since 1970; everything planned here begins and ends on a whole minute.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays as other_library

from hotline.rules.duty import Ask, Override, Pattern, Person, Plan

DAY = timedelta(days=1)
EPOCH = date(1970, 1, 1)
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
poland = frozenset(
    day
    for day in other_library.country_holidays("PL", years=range(2009, 2050))
    if day != date(2018, 11, 12)  # by an act for that one day; our calendar holds what recurs
)


@dataclass(frozen=True)
class Hours:
    """The hours of a test line: weekly (days, start, end), or "always", or "never stated"."""

    windows: tuple[tuple[frozenset[str], int, int], ...] = ()
    status: str = "stated"
    on_holiday: str = "open"


class Walls:
    """Which wall-clock minutes are shown by which real minutes, around a span of days."""

    def __init__(self, zone: ZoneInfo, first: date, days: int, step: int = 1) -> None:
        begin = (first - EPOCH).days * 1440 - 2 * 1440
        self.wall: dict[int, int] = {}
        self.first_shown: dict[int, int] = {}
        self.last_shown: dict[int, int] = {}
        self.step = step
        for minute in range(begin, begin + (days + 5) * 1440, step):
            there = datetime.fromtimestamp(minute * 60, zone)
            wall = (there.date() - EPOCH).days * 1440 + there.hour * 60 + there.minute
            self.wall[minute] = wall
            self.first_shown.setdefault(wall, minute)
            self.last_shown[wall] = minute

    def starts(self, day: date, minute: int) -> int:
        wall = (day - EPOCH).days * 1440 + minute
        return self.first_shown[wall] if wall in self.first_shown else self._after(wall)

    def ends(self, day: date, minute: int) -> int:
        wall = (day - EPOCH).days * 1440 + minute
        return self.last_shown[wall] if wall in self.last_shown else self._after(wall)

    def _after(self, wall: int) -> int:
        """The first real minute that shows something later than what is never shown."""
        while wall not in self.first_shown:
            wall += self.step
        return self.first_shown[wall]

    def day(self, minute: int) -> date:
        return EPOCH + self.wall[minute] // 1440 * DAY


@lru_cache(maxsize=512)
def walls(zone: ZoneInfo, first: date, days: int) -> Walls:
    return Walls(zone, first, days)


@dataclass(frozen=True)
class Seat:
    person: str
    number: int
    tier: int


@dataclass(frozen=True)
class Turn:
    """One shift: the naive expansion's own."""

    line: str
    seat: Seat
    start: int
    end: int


def turns(pattern: Pattern, until: date) -> Iterable[tuple[date, tuple[str | None, ...]]]:
    """(day, group) of every turn from the pattern's first day on, counted one by one."""
    served = 0
    day = pattern.first
    anchor = pattern.anchor or pattern.first
    anchor_monday = anchor - DAY * anchor.weekday()
    first_monday = pattern.first - DAY * pattern.first.weekday()
    while day <= until and (pattern.last is None or day <= pattern.last):
        monday = day - DAY * day.weekday()
        name = NAMES[day.weekday()]
        holiday = day in poland
        if holiday and pattern.holidays == "like_sunday":
            name = "sun"
        runs = name in pattern.days and (monday - anchor_monday).days // 7 % pattern.every_weeks == 0
        if holiday and pattern.holidays == "closed":
            runs = False
        if not holiday and pattern.holidays == "only":
            runs = False
        if runs:
            moved = {
                "per_occurrence": served,
                "day": (day - pattern.first).days,
                "week": sum(
                    (first_monday + DAY * ahead - anchor_monday).days // 7 % pattern.every_weeks == 0
                    for ahead in range(7, (monday - first_monday).days + 1, 7)
                ),
                "month": (day.year - pattern.first.year) * 12 + day.month - pattern.first.month,
            }[pattern.rotation.advance]
            groups = pattern.rotation.groups
            yield day, groups[(pattern.rotation.anchor + moved) % len(groups)]
            served += 1
        day += DAY


def minute_of(at: datetime) -> int:
    return int(at.timestamp() // 60)


class Oracle:
    def __init__(
        self,
        zone: ZoneInfo,
        hours: dict[str, Hours],
        queues: list[list[str]],
        walled: set[tuple[str, str]],
        patterns: Iterable[Pattern],
        plan: Plan,
        first: date,
        days: int,
    ) -> None:
        self.walls = walls(zone, first, days)
        self.hours, self.queues, self.walled, self.plan = hours, queues, walled, plan
        self.first, self.days = first, days
        self.turns = [turn for each in patterns for turn in self._expand(each)]

    def _expand(self, pattern: Pattern) -> Iterable[Turn]:
        for day, group in turns(pattern, self.first + self.days * DAY):
            if day < self.first - DAY:
                continue
            start, end = self.walls.starts(day, pattern.start), self.walls.ends(day, pattern.end)
            for number, person in enumerate(group, 1):
                if person is not None and number <= pattern.seats:
                    yield Turn(pattern.line, Seat(person, number, pattern.tier), start, end)

    def is_open(self, line: str, minute: int) -> str:
        hours = self.hours[line]
        if hours.status == "always":
            return "open"
        if hours.status == "unstated":
            return "unknown"
        today = self.walls.day(minute)
        for day in (today - DAY, today):
            if day in poland and hours.on_holiday != "open":
                continue
            for days, opens, closes in hours.windows:
                runs = NAMES[day.weekday()] in days
                if runs and self.walls.starts(day, opens) <= minute < self.walls.ends(day, closes):
                    return "open"
        return "unknown" if hours.on_holiday == "unstated" and today in poland else "closed"

    def seats(self, line: str, minute: int) -> list[Seat]:
        """Steps 2 to 4: shifts, overrides in order, absences."""
        held = [each.seat for each in self.turns if each.line == line and each.start <= minute < each.end]
        changes: list[Override] = [
            each
            for each in self.plan.overrides.get(line, ())
            if minute_of(each.starts_at) <= minute < minute_of(each.ends_at)
        ]
        for change in sorted(changes, key=lambda each: each.seq):
            after = []
            for seat in held:
                other_seat = change.seat is not None and seat.number != change.seat
                if change.kind == "ADD" or seat.person != change.staff_id or other_seat:
                    after.append(seat)
                elif change.kind == "REPLACE":
                    assert change.by is not None
                    after.append(Seat(change.by, seat.number, seat.tier))
            if change.kind == "ADD":
                after.append(Seat(change.staff_id, change.seat or 0, change.tier))
            held = after
        away = {
            each.staff_id
            for each in self.plan.absences
            if each.state == "approved" and minute_of(each.starts_at) <= minute < minute_of(each.ends_at)
        }
        return [seat for seat in held if seat.person not in away]

    def answer(self, line: str, minute: int, ask: Ask) -> tuple[str, frozenset[tuple[str, int]]]:
        """(open and staffed or not, closed, unknown; the people with their tier)"""
        state = self.is_open(line, minute)
        if state != "open":
            return state, frozenset()
        queue = next((queue for queue in self.queues if line in queue), [line])
        found: dict[str, int] = {}
        for mate in queue:
            for seat in self.seats(mate, minute):
                if not self.behind_wall(line, seat.person):
                    found[seat.person] = min(seat.tier, found.get(seat.person, 99))
        people = frozenset((who, tier) for who, tier in found.items() if self._asked(who, tier, minute, ask))
        return ("on" if people else "empty"), people

    def behind_wall(self, line: str, person: str) -> bool:
        serves = self.plan.people[person].lines if person in self.plan.people else frozenset()
        return any((line, other) in self.walled or (other, line) in self.walled for other in serves)

    def _asked(self, who: str, tier: int, minute: int, ask: Ask) -> bool:
        person = self.plan.people.get(who, Person(who))
        skilled = ask.skill is None or ask.skill in self.skills(who, minute)
        reached = ask.channel is None or ask.channel in person.channels
        apart = not any(line in ask.barred for line in person.lines)
        return skilled and reached and apart and (ask.tier is None or tier <= ask.tier)

    def skills(self, who: str, minute: int) -> set[str]:
        person = self.plan.people.get(who, Person(who))
        return {
            skill.name
            for skill in person.skills
            if skill.valid_until is None or minute < minute_of(skill.valid_until)
        }


def instant(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)
