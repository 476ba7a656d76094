"""A line compiled: every instant at which its answer changes, and the answer from there on. Found by bisecting.

Opening and people meet here. The people of a line are those of all lines of its queue, less those behind the
wall. A person with two seats counts once.
"""

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from hotline.rules.duty.answers import (
    Ask,
    ClosedNow,
    Duty,
    NotStated,
    OnDuty,
    OpenButEmpty,
    Seated,
    collapsed,
)
from hotline.rules.duty.plan import Rung
from hotline.rules.duty.supply import Seats, Supply
from hotline.rules.opening import Kind, Stretch
from hotline.values import dataclass

ANYBODY = Ask()
State = Kind | Seats  # the people while open


@dataclass(frozen=True, slots=True)
class Timeline:
    """`answers[i]` holds from `instants[i]` to the next; instants strictly increase and neighbours differ.

    `seconds` are the instants as numbers side by side, so that a search touches little memory; a double tells
    microseconds apart until long after this program is gone.
    """

    line: str
    start: datetime
    end: datetime
    instants: tuple[datetime, ...]
    seconds: "array[float]"
    answers: tuple[Duty, ...]
    ladder: tuple[Rung, ...] = ()

    def at(self, at: datetime) -> Duty:
        """The answer at an instant of the span. Raises ValueError outside it."""
        if not self.start <= at < self.end:
            raise ValueError(f"{at} is outside what was compiled for {self.line}")
        return self.answers[bisect_right(self.seconds, at.timestamp()) - 1]

    def ask(self, at: datetime, ask: Ask) -> Duty:
        """The answer of those asked for; it may hold longer, since other people's comings and goings do not count."""
        answer = self.at(at)
        if ask == ANYBODY or not isinstance(answer, OnDuty | OpenButEmpty):
            return answer
        here = bisect_right(self.seconds, at.timestamp()) - 1
        people = _fitting(answer, ask)
        until, next_at = self.end, None
        for instant, later in zip(self.instants[here + 1 :], self.answers[here + 1 :], strict=True):
            found = _fitting(later, ask)
            if found == people and isinstance(later, OnDuty | OpenButEmpty):
                continue
            until = min(until, instant)
            if people or found:
                next_at = instant
                break
        if people:
            return OnDuty(people, until)
        return OpenButEmpty(next_at, until, self.ladder)

    def stretches(self) -> Iterator[tuple[datetime, datetime, Duty]]:
        """(start, end, answer) from the start of the span to its end."""
        yield from zip(self.instants, (*self.instants[1:], self.end), self.answers, strict=True)


def _fitting(answer: Duty, ask: Ask) -> tuple[Seated, ...]:
    return tuple(each for each in answer.people if each.fits(ask)) if isinstance(answer, OnDuty) else ()


def compile_timeline(
    line: str,
    hours: Sequence[Stretch],
    supplies: Collection[Supply],
    span: tuple[datetime, datetime],
    barred: frozenset[str] = frozenset(),
    ladder: tuple[Rung, ...] = (),
    redirect: str | None = None,
) -> Timeline:
    """Meet the hours of a line with the people of its queue. All must cover the span."""
    start, end = span
    instants: list[datetime] = []
    states: list[State] = []
    for instant, kind, seats in _merged(hours, supplies, barred):
        state: State = seats if kind == "open" else kind
        if not states or state != states[-1]:
            instants.append(instant)
            states.append(state)
    outside = tuple(rung for rung in ladder if rung.kind != "tier")
    answers: list[Duty] = []
    until = end
    next_on: datetime | None = None
    next_open: datetime | None = None
    for instant, state in zip(reversed(instants), reversed(states), strict=True):
        if state == "closed":
            answers.append(ClosedNow(next_open, until, redirect))
        elif isinstance(state, str):
            answers.append(NotStated(until))
        else:
            answers.append(OnDuty(state, until) if state else OpenButEmpty(next_on, until, outside))
            next_open = instant
            next_on = instant if state else next_on
        until = instant
    seconds = array("d", [instant.timestamp() for instant in instants])
    return Timeline(line, start, end, tuple(instants), seconds, tuple(reversed(answers)), outside)


def _merged(
    hours: Sequence[Stretch], supplies: Collection[Supply], barred: frozenset[str]
) -> Iterator[tuple[datetime, Kind, Seats]]:
    """At every edge of hours or supply: whether the line is open, and one seat per person."""
    changes: dict[datetime, list[tuple[int, Kind | Seats]]] = defaultdict(list)
    for stretch in hours:
        changes[stretch.start].append((-1, stretch.kind))
    for number, supply in enumerate(supplies):
        for instant, seats in zip(supply.instants, supply.seats, strict=True):
            changes[instant].append((number, seats))
    kind: Kind = "unknown"
    sources: list[Seats] = [()] * len(supplies)
    for instant in sorted(changes):
        for number, now in changes[instant]:
            if isinstance(now, str):
                kind = now
            else:
                sources[number] = now
        yield instant, kind, _one_each(sources, barred)


def _one_each(sources: Sequence[Seats], barred: frozenset[str]) -> Seats:
    """One seat per person, in order, without those behind the wall."""
    manned = [seats for seats in sources if seats]
    seats = manned[0] if len(manned) == 1 else tuple(each for seats in manned for each in seats)
    if barred:
        seats = tuple(each for each in seats if each.lines.isdisjoint(barred))
    in_order = len(manned) <= 1 and len({each.staff_id for each in seats}) == len(seats)
    return seats if in_order else collapsed(seats)
