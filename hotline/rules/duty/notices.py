"""Which gaps are to be told now: at 28, 14, 7 and 3 days, 24 and 2 hours before, and at once when one is opened.

Each gap is told once per step, and of several steps that have passed only the latest is told.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Literal

from hotline.rules.duty.gaps import Gap, GapKind, Identity, phase
from hotline.values import dataclass

Step = Literal["28d", "14d", "7d", "3d", "24h", "2h", "at_once"]
STEPS: dict[Step, timedelta] = {
    "28d": timedelta(days=28),
    "14d": timedelta(days=14),
    "7d": timedelta(days=7),
    "3d": timedelta(hours=72),
    "24h": timedelta(hours=24),
    "2h": timedelta(hours=2),
}
# a hand-over without an overlap and a seat outside the hours are for the page, not worth waking anybody
QUIET: frozenset[GapKind] = frozenset({"SINGLE_HANDOVER", "FREE_DUTY"})


@dataclass(frozen=True, slots=True)
class Notice:
    """Tell this gap at this step; then remember all of `settles` as told."""

    gap: Gap
    step: Step
    settles: frozenset[tuple[Identity, Step]]


def due(
    gaps: Iterable[Gap],
    told: Collection[tuple[Identity, Step]],
    now: datetime,
    opened: Collection[Identity] = (),
) -> tuple[Notice, ...]:
    """The notices due and untold. `opened` are gaps an edit or an absence has just made."""
    found: list[Notice] = []
    for gap in gaps:
        if gap.kind in QUIET or phase(gap, now) == "past":
            continue
        passed: list[Step] = [step for step, before in STEPS.items() if gap.start - before <= now]
        at_once: list[Step] = ["at_once"] if gap.identity in opened else []
        steps = (*passed, *at_once)
        if steps and (gap.identity, steps[-1]) not in told:
            found.append(Notice(gap, steps[-1], frozenset((gap.identity, step) for step in steps)))
    return tuple(found)
