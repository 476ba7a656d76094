"""Random rotas: a small centre in some zone, patterns, overrides, absences, people; and the oracle beside it.

`world` takes a Random; in property tests Hypothesis chooses its seed.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import Literal
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from hotline.rules.centre import Centre
from hotline.rules.civil_time import WEEKDAYS
from hotline.rules.duty import (
    Absence,
    Ask,
    Board,
    ClosedNow,
    Duty,
    NotStated,
    OnDuty,
    OpenButEmpty,
    Override,
    Pattern,
    Person,
    Plan,
    Rotation,
    Shift,
    Skill,
    build,
)
from hotline.rules.duty.expansion import expand, holidays_of
from tests.rules.duty.oracle import Hours, Oracle
from tests.rules.small_centre import centre, line, window

ZONES = tuple(
    ZoneInfo(name)
    for name in (
        "Europe/Warsaw",
        "America/Chicago",
        "Australia/Lord_Howe",  # half an hour
        "Africa/Cairo",  # changes at midnight
        "America/Sao_Paulo",  # changed at midnight until 2019
        "UTC",
    )
)
YEARS = range(2018, 2038)  # twenty; the first two hold São Paulo's last changes
DAYS = 10
PEOPLE = tuple("abcdefg")
SKILLS = ("perpetrators", "children")
CHANNELS = ("voice", "text")
QUEUES = [["day", "night"], ["late", "shaky"]]
WALLED = {(one, other) for one in QUEUES[0] for other in QUEUES[1]}
WEEK = frozenset(WEEKDAYS[:5])
HOURS = {
    "day": Hours(((WEEK, 480, 1080),), on_holiday="closed"),
    "night": Hours(status="always"),
    "late": Hours(((frozenset({"mon", "wed", "fri", "sun"}), 1320, 1800),)),
    "shaky": Hours(((WEEK, 540, 900),), on_holiday="unstated"),
    "dark": Hours(status="unstated"),
}
LINES = tuple(HOURS)


class Seeded(Random):
    """A Random that says how to make it again; one that Hypothesis steers step by step gives too tame rotas."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    def __repr__(self) -> str:
        return f"Seeded({self.number})"


rolls = st.integers(0, 2**32 - 1).map(Seeded)


@cache
def own_centre(zone: ZoneInfo) -> Centre:
    return centre(
        line("day", window("08:00", "18:00"), on_public_holiday="closed"),
        line("night", always=True),
        line("late", window("22:00", "06:00", ["mon", "wed", "fri", "sun"]), on_public_holiday="open"),
        line("shaky", window("09:00", "15:00"), on_public_holiday="unstated"),
        line("dark", hours_status="unstated"),
        zone=zone.key,
        queue=[
            {"id": "one", "lines": QUEUES[0], "coverage": "always", "isolated_from": ["two"]},
            {"id": "two", "lines": QUEUES[1], "coverage": "line_hours", "isolated_from": ["one"]},
        ],
    )


@cache
def changes(zone: ZoneInfo) -> tuple[date, ...]:
    """First days of spans around each clock change of the twenty years; the change comes on the fifth or sixth."""
    found = []
    day = date(YEARS[0], 1, 10)
    while day.year < YEARS.stop:
        noons = [
            datetime(each.year, each.month, each.day, 12, tzinfo=zone) for each in (day, day + timedelta(1))
        ]
        if noons[0].utcoffset() != noons[1].utcoffset():
            found.append(day - timedelta(days=4))
        day += timedelta(days=1)
    return tuple(found)


def windows(zone: ZoneInfo) -> tuple[date, ...]:
    """First days of spans worth looking at: around each clock change, around holidays, and other days."""
    return (*changes(zone), *(date(year, month, 20) for year in YEARS[::4] for month in (4, 8, 12)))


@dataclass(frozen=True)
class World:
    zone: ZoneInfo
    first: date
    patterns: tuple[Pattern, ...]
    plan: Plan
    start: datetime
    end: datetime

    @property
    def centre(self) -> Centre:
        return own_centre(self.zone)

    def board(self) -> Board:
        return build(self.centre, self.plan, self.start, self.end)

    def oracle(self) -> Oracle:
        return Oracle(self.zone, HOURS, QUEUES, WALLED, self.patterns, self.plan, self.first, DAYS)


def world(rng: Random, zone: ZoneInfo | None = None, first: date | None = None) -> World:
    zone = zone or rng.choice(ZONES)
    first = first or rng.choice(windows(zone))
    base = datetime(first.year, first.month, first.day, tzinfo=UTC)
    start, end = base + timedelta(days=1), base + timedelta(days=DAYS - 1)
    patterns = tuple(pattern(rng, f"p{n}", first) for n in range(rng.randint(0, 6)))
    plan = Plan.of(
        expanded(patterns, zone, start, end),
        [override(rng, seq, base) for seq in range(rng.randint(0, 6))],
        [absence(rng, str(n), base) for n in range(rng.randint(0, 2))],
        [person(rng, name, base) for name in PEOPLE[:-1]],  # of the last one nothing is known
    )
    return World(zone, first, patterns, plan, start, end)


def expanded(patterns: Collection[Pattern], zone: ZoneInfo, start: datetime, end: datetime) -> list[Shift]:
    days = holidays_of(own_centre(zone).calendar, date(YEARS[0] - 2, 1, 1), date(YEARS.stop, 1, 1))
    return [shift for each in patterns for shift in expand(each, days, zone, start, end).shifts]


def pattern(rng: Random, name: str, first: date) -> Pattern:
    start = rng.choice((rng.randrange(0, 1440, 15), rng.choice((119, 120, 150, 180, 0, 1320))))
    length = rng.choice((15, 30, 60, 240, 480, 480, 600, 1440))
    groups = tuple(tuple(rng.sample((*PEOPLE, None), rng.randint(1, 2))) for _ in range(rng.randint(1, 4)))
    begins = first + timedelta(days=rng.choice((-400, -35, -3, 0, 4)))
    return Pattern(
        name,
        rng.choice(LINES),
        frozenset(rng.sample(WEEKDAYS, rng.randint(2, 7))),
        start,
        start + length,
        Rotation(groups, rng.choice(("per_occurrence", "day", "week", "month")), rng.randint(0, 3)),
        begins,
        rng.choice((None, None, first + timedelta(days=6))),
        rng.choice((1, 1, 1, 2, 3)),
        rng.choice((None, begins - timedelta(days=9))),
        rng.choice(("as_weekday", "closed", "like_sunday", "only", "as_weekday")),
        rng.randint(1, 2),
        rng.choice((1, 1, 1, 2)),
    )


def moments(rng: Random, base: datetime) -> tuple[datetime, datetime]:
    start = base + timedelta(minutes=15 * rng.randrange(DAYS * 96))
    return start, start + timedelta(minutes=15 * rng.choice((1, 8, 32, 96, 192)))


def override(rng: Random, seq: int, base: datetime) -> Override:
    start, end = moments(rng, base)
    kinds: tuple[Literal["ADD", "REMOVE", "REPLACE"], ...] = ("ADD", "REMOVE", "REPLACE", "REPLACE")
    kind = rng.choice(kinds)
    who, by = rng.sample(PEOPLE, 2)
    return Override(
        seq,
        rng.choice(LINES[:4]),
        kind,
        who,
        start,
        end,
        by if kind == "REPLACE" else None,
        rng.choice((None, None, 1, 2)),
        rng.choice((1, 2)),
    )


def absence(rng: Random, name: str, base: datetime) -> Absence:
    start, end = moments(rng, base)
    return Absence(
        name, rng.choice(PEOPLE), start, end, "sick", rng.choice(("approved", "approved", "asked"))
    )


def person(rng: Random, name: str, base: datetime) -> Person:
    expiry = base + timedelta(minutes=15 * rng.randrange(DAYS * 96))
    return Person(
        name,
        tuple(Skill(skill, rng.choice((None, expiry))) for skill in SKILLS if rng.random() < 0.5),
        frozenset({"pl"}),
        frozenset(channel for channel in CHANNELS if rng.random() < 0.7),
        frozenset(rng.choice((QUEUES[0], QUEUES[1], QUEUES[0], ["day", "late"]))),
    )


def ask(rng: Random) -> Ask:
    return Ask(
        rng.choice((None, None, *SKILLS)),
        rng.choice((None, None, *CHANNELS)),
        rng.choice((frozenset(), frozenset(), frozenset({"late"}))),
        rng.choice((None, None, 1)),
    )


def told(answer: Duty) -> tuple[str, frozenset[tuple[str, int]]]:
    match answer:
        case OnDuty(people=people):
            assert len({each.staff_id for each in people}) == len(people), "nobody counts twice"
            assert people == tuple(sorted(people, key=lambda each: (each.tier, each.staff_id)))
            return "on", frozenset((each.staff_id, each.tier) for each in people)
        case OpenButEmpty():
            return "empty", frozenset()
        case ClosedNow():
            return "closed", frozenset()
        case NotStated():
            return "unknown", frozenset()
