"""Sums and differences of half-open intervals [start, end): always of their union, never of their lengths."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice

Span = tuple[datetime, datetime]


def union(spans: Iterable[Span]) -> list[Span]:
    """The same instants in disjoint spans that do not touch, in order."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def minus(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """What of `spans` is in none of `others`."""
    left: list[Span] = []
    holes = union(others)
    place = 0
    for start, end in union(spans):
        while place < len(holes) and holes[place][1] <= start:
            place += 1
        since = start
        for begins, ends in islice(holes, place, None):
            if begins >= end:
                break
            if since < begins:
                left.append((since, begins))
            since = max(since, ends)
        if since < end:
            left.append((since, end))
    return left


def clipped(spans: Iterable[Span], start: datetime, end: datetime) -> list[Span]:
    """What of `spans` lies in [start, end)."""
    return [(max(a, start), min(b, end)) for a, b in spans if a < end and start < b and a < b]


def length(spans: Iterable[Span]) -> timedelta:
    """How long the union lasts, in real time."""
    return sum((end - start for start, end in union(spans)), timedelta())
