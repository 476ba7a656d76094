"""All lines compiled together: the one place to ask who is on duty, for pages, routing, feeds and the gap finder.

A board never changes. An edit gives a new one that compiles the touched line anew and shares all others, so a
process swaps one reference and whoever is reading the old one goes on reading it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime

from hotline.rules.centre import Centre
from hotline.rules.duty.answers import Ask, Duty, Seated
from hotline.rules.duty.plan import Plan
from hotline.rules.duty.supply import Supply, compile_supply
from hotline.rules.duty.timeline import ANYBODY, Timeline, compile_timeline
from hotline.rules.opening import Stretch, stretches
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class Worked:
    """A person in a seat of a line from `start` to `end`, after overrides and absences."""

    start: datetime
    end: datetime
    line: str
    seat: Seated


@dataclass(frozen=True, slots=True)
class Board:
    """Every line of a centre over [start, end)."""

    centre: Centre
    plan: Plan
    start: datetime
    end: datetime
    hours: Mapping[str, tuple[Stretch, ...]]
    supplies: Mapping[str, Supply]
    timelines: Mapping[str, Timeline]

    def answer(self, line: str, at: datetime, ask: Ask = ANYBODY) -> Duty:
        """Who is on duty for a line. Raises LineUnknown, and ValueError outside the span."""
        timeline = self.timelines.get(line)
        if timeline is None:
            return self.timelines[self.centre.line(line).id].at(at)
        return timeline.at(at) if ask is ANYBODY else timeline.ask(at, ask)

    def now(self, at: datetime) -> dict[str, Duty]:
        """The answer of every line."""
        return {line: timeline.at(at) for line, timeline in self.timelines.items()}

    def worked(self, staff_id: str) -> tuple[Worked, ...]:
        """When and where one person sits, on all lines, by start; open or not."""
        found = [
            Worked(start, end, line, seat)
            for line, supply in self.supplies.items()
            for start, end, seat in supply.by_person.get(staff_id, ())
        ]
        return tuple(sorted(found, key=lambda each: (each.start, each.end, each.line, each.seat.shift.id)))

    def people(self) -> frozenset[str]:
        """Everybody who sits anywhere in the span."""
        return frozenset().union(*(supply.by_person for supply in self.supplies.values()))

    def edited(self, plan: Plan, lines: Iterable[str]) -> "Board":
        """The board of `plan`, which differs from this one's in what concerns `lines` only."""
        touched = frozenset(lines)
        fresh = {line: compile_supply(line, plan, self.start, self.end) for line in touched}
        mates = {mate for line in touched for mate in self.centre.lines_with(line)}
        return _met(self.centre, plan, self.hours, {**self.supplies, **fresh}, self, mates)


def build(centre: Centre, plan: Plan, start: datetime, end: datetime) -> Board:
    """Compile every line of the centre over [start, end)."""
    hours = {line: stretches(centre, line, start, end) for line in centre.lines}
    supplies = {line: compile_supply(line, plan, start, end) for line in centre.lines}
    nothing = Board(centre, plan, start, end, hours, supplies, {})
    return _met(centre, plan, hours, supplies, nothing, centre.lines)


def _met(
    centre: Centre,
    plan: Plan,
    hours: Mapping[str, tuple[Stretch, ...]],
    supplies: Mapping[str, Supply],
    former: Board,
    lines: Collection[str],
) -> Board:
    span = (former.start, former.end)
    fresh = {}
    for line in lines:
        mates = [supplies[mate] for mate in centre.lines_with(line)]
        barred, ladder = centre.lines_behind_wall(line), plan.ladders.get(line, ())
        redirect = never_closing(centre, line, lambda each: all(part.kind == "open" for part in hours[each]))
        fresh[line] = compile_timeline(line, hours[line], mates, span, barred, ladder, redirect)
    return Board(centre, plan, *span, hours, supplies, {**former.timelines, **fresh})


def never_closing(centre: Centre, line: str, never_closes: Callable[[str], bool]) -> str | None:
    """A line of this centre that never closes and may take this line's callers: its queue's own first."""
    barred = centre.lines_behind_wall(line)
    fallback = centre.danger_fallback()
    candidates = (*centre.lines_with(line), *(fallback.lines if fallback else ()))
    return next(
        (each for each in candidates if each != line and each not in barred and never_closes(each)), None
    )
