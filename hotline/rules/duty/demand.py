"""How many people a line needs, with which skills and channels, in which windows; and what is short of that.

A need without windows holds whenever the line is open. Closed and unknown hours need nobody.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from hotline.rules.centre import Centre
from hotline.rules.civil_time import Weekday, local, weekday
from hotline.rules.duty.answers import Seated
from hotline.rules.duty.expansion import edges
from hotline.rules.duty.matching import covers
from hotline.rules.duty.plan import BACKUP, PRIMARY
from hotline.values import dataclass

DAY = timedelta(days=1)
Short = Literal["EMPTY", "THIN", "SKILL", "EXPIRED", "CHANNEL", "TIER2", "UNCONFIRMED"]


@dataclass(frozen=True, slots=True)
class Need:
    """So many people with a skill, or on a channel, or both.

    One person fills one need of a skill only; a channel is covered by everybody who is on it.
    """

    skill: str | None = None
    channel: str | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class DemandWindow:
    """Wall-clock minutes [start, end) of some weekdays, counted from midnight of the day it starts on."""

    days: frozenset[Weekday]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Demand:
    """`people` of tier 1, of whom some meet the `needs`, and `backups` of tier 2, while the line is open."""

    id: str
    line: str
    people: int = 1
    needs: tuple[Need, ...] = ()
    backups: int = 0
    windows: tuple[DemandWindow, ...] = ()
    first: date | None = None
    last: date | None = None

    def spans(self, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """When it holds within [start, end), the hours of the line aside."""
        day, latest = local(start, zone).date() - 2 * DAY, local(end, zone).date()
        while day <= latest:
            if (self.first is None or self.first <= day) and (self.last is None or day <= self.last):
                for opens, closes in self._edges(day):
                    starts_at, ends_at = edges(day, opens, closes, zone)
                    if max(starts_at, start) < min(ends_at, end):
                        yield max(starts_at, start), min(ends_at, end)
            day += DAY

    def _edges(self, day: date) -> list[tuple[int, int]]:
        if not self.windows:
            return [(0, 24 * 60)]
        return [(each.start, each.end) for each in self.windows if weekday(day) in each.days]


def one_person_each(centre: Centre) -> tuple[Demand, ...]:
    """What holds until a centre says otherwise: somebody on every line that has a queue, while it is open."""
    return tuple(Demand(f"{line}/1", line) for queue in centre.queues.values() for line in queue.lines)


def with_the_usual(centre: Centre, stated: Collection[Demand]) -> list[Demand]:
    """What was stated, and beside it one person on the days of which nothing was: no line is ever forgotten."""
    usual = (
        each
        for line in one_person_each(centre)
        for each in _other_days(line, [demand for demand in stated if demand.line == line.line])
    )
    return [*stated, *usual]


def _other_days(usual: Demand, stated: Iterable[Demand]) -> Iterator[Demand]:
    holding = (each for each in stated if not (each.first and each.last and each.last < each.first))
    since: date | None = None
    for each in sorted(holding, key=lambda demand: demand.first or date.min):
        if each.first is not None and (since is None or since < each.first):
            yield replace(usual, first=since, last=each.first - DAY)
        if each.last is None:
            return
        since = max(since or date.min, each.last + DAY)
    yield replace(usual, first=since)


def shortages(demand: Demand, people: Collection[Seated]) -> Iterator[tuple[Short, str]]:
    """(kind, need) of everything these people, one seat each, leave open."""
    primary = [each for each in people if each.tier == PRIMARY]
    found = list(_short(demand, primary))
    yield from found
    if sum(each.tier == BACKUP for each in people) < demand.backups:
        yield "TIER2", str(demand.backups)
    if not found and not all(each.shift.confirmed for each in primary):
        for kind, need in _short(demand, [each for each in primary if each.shift.confirmed]):
            yield "UNCONFIRMED", f"{kind} {need}"


def _short(demand: Demand, primary: list[Seated]) -> Iterator[tuple[Short, str]]:
    if demand.people and not primary:
        yield "EMPTY", ""  # and nothing else: who is missing altogether lacks no skill besides
        return
    if len(primary) < demand.people:
        yield "THIN", str(demand.people)
    slots = [need for need in demand.needs if need.skill is not None for _ in range(need.count)]
    if not covers([[_meets(each, need, each.skills) for each in primary] for need in slots]):
        wanted = ", ".join(sorted(str(need.skill) for need in slots))
        yield "SKILL", wanted
        if covers([[_meets(each, need, each.skills | each.expired) for each in primary] for need in slots]):
            yield "EXPIRED", wanted
    for need in demand.needs:
        if need.skill is None and sum(need.channel in each.channels for each in primary) < need.count:
            yield "CHANNEL", f"{need.channel} {need.count}"


def _meets(each: Seated, need: Need, skills: frozenset[str]) -> bool:
    return need.skill in skills and (need.channel is None or need.channel in each.channels)
