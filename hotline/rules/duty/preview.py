"""What an edit would do, before it is saved: gaps it opens and closes, rests it breaks, and whether to ask again."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from hotline.rules.duty.board import Board
from hotline.rules.duty.demand import Demand
from hotline.rules.duty.gaps import Gap, GapKind, find
from hotline.rules.duty.rest import Breach, breaches
from hotline.rules.duty.spans import Span, minus
from hotline.values import dataclass

ASK_WITHIN = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Preview:
    """`asks_again` are the stretches with nobody within 72 hours, which need a second confirmation."""

    opened: tuple[Gap, ...]
    closed: tuple[Gap, ...]
    breached: tuple[Breach, ...]
    asks_again: tuple[Gap, ...]


NOTHING = Preview((), (), (), ())


def preview(
    before: Board,
    after: Board,
    demands: Collection[Demand],
    now: datetime,
    will_need: Collection[Demand] | None = None,
) -> Preview:
    """Compare two boards of the same span from `now` on, and what is needed if that changes.

    Only lines that `after` compiled anew or that need something else are looked at.
    """
    will_need = demands if will_need is None else will_need
    lines = {line for line, each in after.timelines.items() if each is not before.timelines[line]}
    lines |= {demand.line for demand in {*demands} ^ {*will_need}}
    people = moved(before, after)
    was = find(before, demands, now, before.end, lines, people)
    will = find(after, will_need, now, after.end, lines, people)
    opened, closed = difference(will, was, now), difference(was, will, now)
    kept = {breach for each in people for breach in breaches(before, each)}
    made = [breach for each in sorted(people) for breach in breaches(after, each) if breach not in kept]
    urgent = [gap for gap in opened if gap.kind == "EMPTY" and gap.start < now + ASK_WITHIN]
    return Preview(opened, closed, tuple(breach for breach in made if breach.end > now), tuple(urgent))


def moved(before: Board, after: Board) -> frozenset[str]:
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


def difference(gaps: Iterable[Gap], others: Iterable[Gap], now: datetime) -> tuple[Gap, ...]:
    """What of `gaps`, from `now` on, none of the like of it in `others` covers."""
    like: dict[tuple[str, GapKind, str], list[Span]] = defaultdict(list)
    for other in others:
        like[other.line, other.kind, other.need].append(other.span)
    instants = {(key, span) for key, spans in like.items() for span in spans if span[0] == span[1]}
    found: list[Gap] = []
    for gap in gaps:
        key = (gap.line, gap.kind, gap.need)
        if gap.start == gap.end:
            found += [] if (key, gap.span) in instants else [gap]
            continue
        rest = minus([(max(gap.start, now), gap.end)], like[key])
        found += [replace(gap, start=start, end=end, since_before=False) for start, end in rest]
    return tuple(sorted(found, key=lambda gap: (gap.start, gap.line, gap.kind, gap.need)))
