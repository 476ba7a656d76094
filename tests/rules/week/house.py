"""The house of the simulated week: who is on shift when, who calls, and what goes wrong, all of it from one seed.

Time is a whole number of hundredths of a second from Monday, midnight. Load is the work that callers bring (talk and
card) over the time of the people on shift, less their breaks; whoever comes from home is on top of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

MONDAY: Final = datetime(2026, 11, 23, tzinfo=UTC)
TICK: Final = timedelta(milliseconds=10)
SECOND, MINUTE, HOUR, DAY = 100, 6_000, 360_000, 8_640_000
CRISIS, TRUST, USING = "crisis", "trust", "using_violence"
LADDERS: Final = {
    CRISIS: ("tier:1", "tier:2", "tier:3"),
    TRUST: ("tier:1", "tier:2", "tier:3", f"line:{CRISIS}"),
    USING: ("tier:1", "tier:2", "tier:3"),
}
TALK, CARD = 20 * MINUTE, 3 * MINUTE  # means
SERVICE = TALK + CARD
BREAKS = (2 * HOUR, 4 * HOUR, 6 * HOUR)  # into a shift
BREAK = 10 * MINUTE
NOBODY = (3 * HOUR, 5 * HOUR)  # in the nights of these days the house is empty
EMPTY_NIGHTS = (0, 3)
NO_TRUST = (2 * HOUR, 6 * HOUR)  # every night
SHARES: Final = {"P1": 10, "P2": 20, "P3": 30, "P4": 40}


@dataclass(frozen=True)
class House:
    """One run. `equal`: everybody is alike, every talk equally long, and only the engine fails. `rough`: talks are
    short, much is danger, and everything that can go wrong does so often."""

    load: float
    days: float = 7.0
    seed: int = 1
    limit: int = 1
    equal: bool = False
    rough: bool = False
    first_hour: float = 0.0

    @property
    def begins(self) -> int:
        return int(self.first_hour * HOUR)

    @property
    def ends(self) -> int:
        return self.begins + int(self.days * DAY)

    @property
    def talk(self) -> int:
        return TALK * self.limit // (5 if self.rough else 1)

    @property
    def card(self) -> int:
        return CARD // (3 if self.rough else 1)


@dataclass(frozen=True)
class Member:
    """Somebody of the staff: a shift from `start` (hour of the day), on these lines."""

    id: str
    start: int
    hours: int
    lines: frozenset[str]
    tier: int = 1
    languages: frozenset[str] = frozenset({"pl"})


def staff(house: House) -> tuple[Member, ...]:
    """Three shifts, two at home by turns, and a coordinator at home always."""
    both, main = frozenset({CRISIS, TRUST}), frozenset({CRISIS})
    if house.equal:
        return tuple(Member(name, 0, 24, main) for name in ("anna", "beata", "celina", "dorota"))
    uk = frozenset({"pl", "uk"})
    found = []
    for shift, start in (("d", 7), ("e", 15)):
        found += [
            Member(f"{shift}1", start, 8, both),
            Member(f"{shift}2", start, 8, both, languages=uk),
            Member(f"{shift}3", start, 8, main),
            Member(f"{shift}4", start, 8, main),
            Member(f"{shift}5", start, 8, frozenset({CRISIS, USING})),
        ]
    found += [
        Member("n1", 23, 8, both),
        Member("n2", 23, 8, both, languages=uk),
        Member("n3", 23, 8, main),
        Member("home1", 0, 12, both, tier=2),
        Member("home2", 12, 12, both, tier=2),
        Member("lead", 0, 24, both, tier=3),
    ]
    return tuple(found)


def duty(member: Member, at: int) -> Mapping[str, int]:
    """Line -> tier, for which the person is on duty."""
    hour = at % DAY
    into = (hour - member.start * HOUR) % DAY
    if into >= member.hours * HOUR:
        return {}
    if (
        member.tier == 1
        and member.hours == 8
        and at // DAY % 7 in EMPTY_NIGHTS
        and NOBODY[0] <= hour < NOBODY[1]
    ):
        return {}
    lines = member.lines
    if member.tier == 1 and member.hours == 8 and NO_TRUST[0] <= hour < NO_TRUST[1]:
        lines = lines - {TRUST}
    return dict.fromkeys(lines, member.tier)


def on_shift(members: tuple[Member, ...], at: int, line: str | None = None) -> int:
    """How many of the first tier there are, on the line or on any."""
    on = (duty(member, at) for member in members if member.tier == 1)
    return sum(bool(lines) if line is None else line in lines for lines in on)


@dataclass(frozen=True)
class Caller:
    """Who comes, what they need, and how long they would talk."""

    at: int
    id: str
    line: str
    priority: str
    channel: str
    language: str
    neutral: bool  # may be talked with by those who serve the other side, too
    apart: str | None  # must not meet this one
    before: bool  # has been here
    talk: int
    gives_up: int | None  # after this time

    @property
    def arrived(self) -> datetime:
        return clock(self.at)


def clock(at: int) -> datetime:
    return MONDAY + at * TICK


def callers(house: House) -> Iterator[Caller]:
    """Poisson by the hour, in proportion to who is on shift; when nobody is, as if somebody were."""
    rng, members = Random(f"callers {house.seed}"), staff(house)
    names = [member.id for member in members]
    at, number = float(house.begins), 0
    breaks = 0 if house.equal else len(BREAKS) * BREAK / (8 * HOUR)
    service = house.talk + house.card
    while True:
        people = max(on_shift(members, int(at)), 1) * (1 - breaks) * house.limit
        at += rng.expovariate(house.load * people / service)
        if at >= house.ends:
            return
        number += 1
        yield _caller(house, rng, int(at), f"{rng.getrandbits(24):06x}-{number}", names)


def _caller(house: House, rng: Random, at: int, name: str, names: list[str]) -> Caller:
    if house.equal:
        return Caller(at, name, CRISIS, "P3", "web", "pl", True, None, False, house.talk, None)
    line = rng.choices((CRISIS, TRUST, USING), (75, 18, 7))[0]
    rough = house.rough
    priority = rng.choices(tuple(SHARES), (1, 1, 1, 1) if rough else tuple(SHARES.values()))[0]
    if line == USING and priority == "P1":
        line = CRISIS
    return Caller(
        at=at,
        id=name,
        line=line,
        priority=priority,
        channel=rng.choices(("phone", "web", "telegram"), (30, 40, 30))[0],
        language="uk" if rng.random() < 0.1 else "pl",
        neutral=line == USING or rng.random() < 0.2,
        apart=rng.choice(names) if rng.random() < (0.3 if rough else 0.04) else None,
        before=rng.random() < (0.4 if rough else 0.1),
        talk=max(int(rng.expovariate(1 / house.talk)), 30 * SECOND),
        gives_up=int(rng.expovariate(1 / (20 * MINUTE))) if rng.random() < (0.1 if rough else 0.04) else None,
    )
