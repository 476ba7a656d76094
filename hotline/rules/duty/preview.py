"""What an edit would do, before it is saved: gaps it opens and closes, rests it breaks, and whether to ask again."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hotline.rules.duty.board import Board
from hotline.rules.duty.demand import Demand
from hotline.rules.duty.gaps import Gap, GapKind, find
from hotline.rules.duty.rest import Breach, breaches
from hotline.rules.duty.spans import Span, minus

ASK_WITHIN = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Preview:
    """`asks_again` are the stretches with nobody within 72 hours, which need a second confirmation."""

    opened: tuple[Gap, ...]
    closed: tuple[Gap, ...]
    breached: tuple[Breach, ...]
    asks_again: tuple[Gap, ...]


def preview(before: Board, after: Board, demands: Collection[Demand], now: datetime) -> Preview:
    """Compare two boards of the same span from `now` on; only lines that `after` compiled anew are looked at."""
    lines = [line for line, each in after.timelines.items() if each is not before.timelines[line]]
    people = _moved(before, after)
    was = find(before, demands, now, before.end, lines, people)
    will = find(after, demands, now, after.end, lines, people)
    opened, closed = _difference(will, was, now), _difference(was, will, now)
    kept = {breach for each in people for breach in breaches(before, each)}
    made = [breach for each in sorted(people) for breach in breaches(after, each) if breach not in kept]
    urgent = [gap for gap in opened if gap.kind == "EMPTY" and gap.start < now + ASK_WITHIN]
    return Preview(opened, closed, tuple(breach for breach in made if breach.end > now), tuple(urgent))


def _moved(before: Board, after: Board) -> frozenset[str]:
    """Whose hours the edit changes."""
    touched = [line for line, each in after.supplies.items() if each is not before.supplies[line]]
    people = {who for line in touched for board in (before, after) for who in board.supplies[line].by_person}
    return frozenset(
        who
        for who in people
        if any(
            before.supplies[line].by_person.get(who) != after.supplies[line].by_person.get(who)
            for line in touched
        )
    )


def _difference(gaps: Iterable[Gap], others: Iterable[Gap], now: datetime) -> tuple[Gap, ...]:
    """What of `gaps`, from `now` on, none of the like of it in `others` covers."""
    like: dict[tuple[str, GapKind, str], list[Gap]] = defaultdict(list)
    for other in others:
        like[other.line, other.kind, other.need].append(other)
    found = (piece for gap in gaps for piece in _pieces(gap, like[gap.line, gap.kind, gap.need], now))
    return tuple(sorted(found, key=lambda gap: (gap.start, gap.line, gap.kind, gap.need)))


def _pieces(gap: Gap, others: list[Gap], now: datetime) -> Iterator[Gap]:
    if gap.start == gap.end:
        if all(gap.span != other.span for other in others):
            yield gap
        return
    spans: list[Span] = [other.span for other in others]
    for start, end in minus([(max(gap.start, now), gap.end)], spans):
        yield replace(gap, start=start, end=end, since_before=False)
