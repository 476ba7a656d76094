"""Who attends the duty that is planned, and who is missing: the board beside the signs of life of the consoles.

Taking up duty is a live console and no word of being off. A console that falls silent has five minutes: a network
that comes back is no leaving.
"""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from hotline.rules.duty.answers import Duty, OnDuty
from hotline.rules.duty.asking import serving
from hotline.rules.duty.board import Board
from hotline.rules.duty.people import DutyFact
from hotline.rules.duty.plan import BACKUP, PRIMARY
from hotline.rules.presence import link
from hotline.values import dataclass

GRACE: Final = timedelta(minutes=5)
ENGINE: Final = "engine"


@dataclass(frozen=True, slots=True)
class Console:
    """When it last gave a sign of life, and what its person said last: available, break or off."""

    seen_at: datetime | None
    intent: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Somebody on the first tier of a line that is open, with no live console."""

    staff_id: str
    line: str


Taken = Mapping[tuple[str, str], datetime]  # (person, line) -> since when they are there


def missing(board: Board, consoles: Mapping[str, Console], now: datetime) -> tuple[Missing, ...]:
    """Whose console has been silent for five minutes of their duty; each person once, for a line of theirs."""
    found: dict[str, Missing] = {}
    for line, timeline in board.timelines.items():
        answer = timeline.at(now)
        if board.centre.queue_of(line) is None or not isinstance(answer, OnDuty):
            continue  # nobody answers a line without a queue at a console
        for seat in answer.tier(PRIMARY):
            if seat.staff_id in found and seat.shift.line != line:
                continue
            if now - _quiet_since(board, consoles, line, seat.staff_id, now) >= GRACE:
                found[seat.staff_id] = Missing(seat.staff_id, line)
    return tuple(found[staff_id] for staff_id in sorted(found))


def next_rungs(board: Board, line: str, now: datetime) -> frozenset[str]:
    """Whom to call when the first tier is missing: backup and coordinator on duty now."""
    answer = board.answer(line, now)
    people = answer.people if isinstance(answer, OnDuty) else ()
    return frozenset(each.staff_id for each in people if each.tier >= BACKUP)


def changes(
    board: Board, consoles: Mapping[str, Console], taken: Taken, now: datetime, source: str
) -> list[DutyFact]:
    """Who has taken up duty or left it since `taken`, as facts to be written down. `source` is who noticed."""
    planned = serving(board, now)
    found = [
        DutyFact(staff_id, line, now, "in", source)
        for staff_id, lines in planned.items()
        if staff_id in consoles and _attends(consoles[staff_id], now)
        for line in lines
        if (staff_id, line) not in taken
    ]
    for (staff_id, line), since in taken.items():
        ended_at = None if line in planned.get(staff_id, {}) else _ended(board, staff_id, line, since, now)
        left = _left(consoles.get(staff_id), ended_at, now)
        if left is not None:
            at, noticed_by = left
            found.append(DutyFact(staff_id, line, max(since, at), "out", noticed_by or source))
    return sorted(found, key=lambda fact: (fact.at, fact.staff_id, fact.line))


def _attends(console: Console, now: datetime) -> bool:
    return console.intent != "off" and link(console.seen_at, now) == "alive"


def _ended(board: Board, staff_id: str, line: str, since: datetime, now: datetime) -> datetime:
    """When the seat that was taken `since` then ended; one that was taken away altogether ends now."""
    seats = board.supplies[line].by_person.get(staff_id, ()) if line in board.supplies else ()
    return max((end for _, end, _ in seats if since < end <= now), default=now)


def _left(console: Console | None, ended_at: datetime | None, now: datetime) -> tuple[datetime, str] | None:
    """(when, who noticed it if not the person) somebody who was there left; None while they are there."""
    if ended_at is not None:
        return ended_at, ENGINE
    if console is None or console.seen_at is None:
        return now, ENGINE
    if now - console.seen_at >= GRACE:
        return console.seen_at, ENGINE
    return (now, "") if console.intent == "off" else None


def _quiet_since(
    board: Board, consoles: Mapping[str, Console], line: str, staff_id: str, now: datetime
) -> datetime:
    began = _began(board, line, staff_id, now)
    seen_at = consoles[staff_id].seen_at if staff_id in consoles else None
    return began if seen_at is None else max(began, seen_at)


def _began(board: Board, line: str, staff_id: str, now: datetime) -> datetime:
    """Since when the person has been on the first tier of the line, without a break."""
    timeline = board.timelines[line]
    place = bisect_right(timeline.instants, now) - 1
    while place and _answers(timeline.answers[place - 1], staff_id):
        place -= 1
    return timeline.instants[place]


def _answers(answer: Duty, staff_id: str) -> bool:
    return isinstance(answer, OnDuty) and any(each.staff_id == staff_id for each in answer.tier(PRIMARY))
