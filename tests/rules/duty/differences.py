"""Where the evaluator and the oracle disagree. An empty list is what everybody wants to see."""

from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hotline.rules.duty import Ask, Board, OnDuty, OpenButEmpty
from tests.rules.duty.oracle import Oracle, instant, minute_of
from tests.rules.duty.worlds import LINES, World, ask, told, world

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def at(board: Board, oracle: Oracle, line: str, when: datetime, asked: Ask) -> list[str]:
    """The people at one instant."""
    said, seen = told(board.answer(line, when, asked)), oracle.answer(line, minute_of(when), asked)
    return [] if said == seen else [f"{line} {when} {asked}: said {said}, seen {seen}"]


def holding(board: Board, oracle: Oracle, line: str, when: datetime, asked: Ask) -> list[str]:
    """That the answer stands until it says so, that something changes then, and that `next_at` is true."""
    answer, found = board.answer(line, when, asked), []
    seen = oracle.answer(line, minute_of(when), asked)
    until = answer.until
    assert until is not None
    assert until > when
    for step in looks(when, until):
        if oracle.answer(line, step, asked) != seen:
            found.append(f"{line} {when} {asked}: changed at {instant(step)}, before {until}")
            break
    if until < board.end and board.answer(line, until, asked) == answer:
        found.append(f"{line} {when} {asked}: nothing happens at {until}")
    if isinstance(answer, OpenButEmpty):
        end = board.end if answer.next_at is None else answer.next_at
        for step in looks(when, end):
            if oracle.answer(line, step, asked)[0] == "on":
                found.append(f"{line} {when} {asked}: somebody at {instant(step)}, before {answer.next_at}")
                break
        if answer.next_at is not None and not isinstance(board.answer(line, end, asked), OnDuty):
            found.append(f"{line} {when} {asked}: nobody at {end}")
    return found


def looks(start: datetime, end: datetime) -> list[int]:
    """Minutes of [start, end) to look at: the last hour of it one by one, every eleventh before that."""
    first, last = minute_of(start), minute_of(end - SECOND)
    return [*range(first, last - 60, 11), *range(max(first, last - 60), last + 1)]


def instants(rng: Random, world: World, board: Board, line: str, count: int) -> list[datetime]:
    """Half anywhere in the span, half within a second of a breakpoint."""
    seconds = int((world.end - world.start).total_seconds())
    edges = board.timelines[line].instants
    found = []
    for number in range(count):
        if number % 2:
            when = world.start + SECOND * rng.randrange(seconds)
        else:
            when = rng.choice(edges) + SECOND * rng.choice((-1, 0, 1))
        found.append(min(max(when, world.start), world.end - SECOND))
    return found


def random_pairs(rng: Random, world: World, count: int) -> list[str]:
    board, oracle = world.board(), world.oracle()
    found = []
    for _ in range(count):
        line, asked = rng.choice(LINES), ask(rng)
        found += at(board, oracle, line, instants(rng, world, board, line, 2)[rng.randint(0, 1)], asked)
    return found


def night_by_minutes(rng: Random, zone: ZoneInfo, first: date) -> list[str]:
    """Each minute of two days around a clock change, on every line, with at least three patterns at work."""
    it = world(rng, zone, first)
    while len(it.patterns) < 3:
        it = world(rng, zone, first)
    board, oracle = it.board(), it.oracle()
    start = it.start + timedelta(days=2, hours=12)
    return [
        each
        for line in LINES
        for step in range(2 * 1440)
        for each in at(board, oracle, line, start + step * MINUTE, Ask())
    ]
