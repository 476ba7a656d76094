"""Rotas to measure on: the 49-event rota, a line-year with overrides, 200 patterns, any number of breakpoints."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Literal
from zoneinfo import ZoneInfo

from hotline.rules.centre import Centre
from hotline.rules.civil_time import WEEKDAYS
from hotline.rules.duty import Board, Override, Pattern, Plan, Rotation, Shift, build
from hotline.rules.duty.expansion import expand, holidays_of
from tests.rules.small_centre import centre, line

WARSAW = ZoneInfo("Europe/Warsaw")
FIRST = date(2026, 9, 28)  # a Monday
START = datetime(2026, 10, 1, tzinfo=UTC)
YEAR = START + timedelta(days=365)
EVERY = frozenset(WEEKDAYS)
WEEKEND = frozenset(WEEKDAYS[5:])
SEVEN = tuple((f"s{n}",) for n in range(7))
FOURTEEN = tuple((f"w{n}",) for n in range(14))


def own_centre() -> Centre:
    return centre(line("always", always=True))


def forty_nine() -> list[Pattern]:
    """Five patterns that are 49 weekly events: three shifts of seven people, two weekend ones of fourteen."""
    return [
        Pattern("morning", "always", EVERY, 360, 840, Rotation(SEVEN), FIRST),
        Pattern("afternoon", "always", EVERY, 840, 1320, Rotation(SEVEN, anchor=3), FIRST),
        Pattern("night", "always", EVERY, 1320, 1800, Rotation(SEVEN, anchor=5), FIRST),
        Pattern("weekend day", "always", WEEKEND, 540, 1020, Rotation(FOURTEEN), FIRST),
        Pattern("weekend night", "always", WEEKEND, 1140, 1560, Rotation(FOURTEEN, anchor=7), FIRST),
    ]


def many(count: int) -> list[Pattern]:
    """Patterns of eight hours that start on some half hour of some weekdays, four people taking turns."""
    rng = Random(200)
    return [
        Pattern(
            f"p{n}",
            "always",
            frozenset(rng.sample(WEEKDAYS, rng.randint(1, 5))),
            start := 30 * rng.randrange(48),
            start + 480,
            Rotation(tuple((f"p{n}-{member}",) for member in range(4))),
            FIRST,
        )
        for n in range(count)
    ]


def overrides(count: int, people: list[str], on: str = "always") -> list[Override]:
    rng = Random(count)
    kinds: tuple[Literal["ADD", "REMOVE", "REPLACE"], ...] = ("ADD", "REMOVE", "REPLACE")
    found = []
    for seq in range(count):
        kind = rng.choice(kinds)
        start = START + timedelta(minutes=30 * rng.randrange(365 * 48))
        who, by = rng.sample(people, 2)
        end = start + timedelta(hours=rng.choice((2, 4, 8)))
        found.append(Override(seq, on, kind, who, start, end, by if kind == "REPLACE" else None))
    return found


def members(patterns: list[Pattern]) -> list[str]:
    return sorted({who for each in patterns for group in each.rotation.groups for who in group if who})


def compiled(own: Centre, patterns: list[Pattern], changes: list[Override]) -> Board:
    """From patterns to a board that answers: everything a process does when it starts."""
    days = holidays_of(own.calendar, FIRST, YEAR.date())
    shifts = [each for one in patterns for each in expand(one, days, own.zone, START, YEAR).shifts]
    return build(own, Plan.of(shifts, changes), START, YEAR)


def breakpoints(count: int) -> Board:
    """A board whose line `always` has exactly so many breakpoints: two people in turn, ten minutes each."""
    ten = timedelta(minutes=10)
    shifts = [
        Shift(str(n), "always", "ab"[n % 2], START + n * ten, START + (n + 1) * ten) for n in range(count)
    ]
    return build(own_centre(), Plan.of(shifts), START, START + count * ten)
