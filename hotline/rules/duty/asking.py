"""What routing, desks and callers' pages ask of a board at an instant, beside the answer of one line."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime

from hotline.rules.duty.answers import Ask, Duty, OpenButEmpty
from hotline.rules.duty.board import Board, Worked
from hotline.rules.duty.supply import Seats
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class Emptiness:
    """Open, and nobody planned: from when until when; None: as far as the plan tells."""

    starts_at: datetime
    ends_at: datetime | None


def serving(board: Board, at: datetime) -> dict[str, dict[str, int]]:
    """Who sits for which lines and on which tier, open or not: whoever came in time is served after closing."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for line, supply in board.supplies.items():
        for seat in supply.at(at):
            mine = found[seat.staff_id]
            mine[line] = min(seat.tier, mine.get(line, seat.tier))
    return dict(found)


def answers(board: Board, lines: Collection[str], at: datetime, barred: frozenset[str]) -> list[Duty]:
    """The answers of these lines, of people who serve none of the `barred` ones."""
    return [board.answer(line, at, Ask(barred=barred)) for line in lines]


def planned(board: Board, lines: Collection[str], at: datetime) -> bool:
    """Does anybody sit for one of these lines from now on?"""
    return any(seats for line in lines for _, _, seats in _from(board, line, at))


def worked(board: Board, staff_id: str, start: datetime, end: datetime) -> list[Worked]:
    """When and where a person sits within [start, end), by start."""
    return [each for each in board.worked(staff_id) if each.start < end and start < each.end]


def on_until(board: Board, staff_id: str, at: datetime) -> datetime | None:
    """Until when the person is on duty without a gap, on whichever line; None off duty."""
    until: datetime | None = None
    for shift in worked(board, staff_id, at, board.end):
        if shift.start <= (until or at):
            until = max(until or shift.end, shift.end)
    return until


def follows(
    board: Board, lines: Collection[str], at: datetime, until: datetime, known: Collection[str]
) -> tuple[datetime | None, frozenset[str]]:
    """When somebody who is not `known` takes a seat before `until`, and who: the next to come."""
    arrivals: dict[datetime, set[str]] = defaultdict(set)
    for line in lines:
        for start, _, seats in _from(board, line, at):
            new = {seat.staff_id for seat in seats} - set(known)
            if start >= until or (new and start > at):
                arrivals[start] |= new
                break
    first = min((start for start, who in arrivals.items() if who), default=None)
    return first, frozenset() if first is None else frozenset(arrivals[first])


def seated(board: Board, lines: Collection[str], at: datetime, barred: frozenset[str]) -> dict[str, int]:
    """Who sits for one of these lines, open or not, and on which tier; nobody who serves a `barred` one."""
    found: dict[str, int] = {}
    for line in lines:
        for seat in board.supplies[line].at(at):
            if seat.lines.isdisjoint(barred):
                found[seat.staff_id] = min(seat.tier, found.get(seat.staff_id, seat.tier))
    return found


def next_empty(board: Board, line: str, at: datetime, until: datetime) -> Emptiness | None:
    """The first stretch from `at` on, begun before `until`, in which the line is open and nobody is planned."""
    timeline = board.timelines[line]
    place = bisect_right(timeline.instants, at) - 1
    for instant, answer in zip(timeline.instants[place:], timeline.answers[place:], strict=True):
        if instant >= until:
            break
        if isinstance(answer, OpenButEmpty):
            ends = None if answer.until == board.end else answer.until
            return Emptiness(max(instant, at), ends)
    return None


def _from(board: Board, line: str, at: datetime) -> Iterator[tuple[datetime, datetime, Seats]]:
    """The stretches of a line's people from the one that holds at `at`."""
    supply = board.supplies[line]
    place = bisect_right(supply.instants, at) - 1
    ends = (*supply.instants[place + 1 :], supply.end)
    yield from zip(supply.instants[place:], ends, supply.seats[place:], strict=True)
