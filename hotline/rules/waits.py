"""How long a waiting caller can be told that it usually takes: a number with a basis, or none. Pure.

Whoever left, or waits still, counts as well: they waited at least so long. Leaving them out would promise too much.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from hotline.values import dataclass

LATELY: Final = timedelta(hours=4)
BASIS: Final = 10  # answered contacts; fewer say nothing about the next one
STEPS: Final = (2, 5, 10, 15, 20, 30, 45, 60)  # minutes that are said; what takes longer has no number


@dataclass(frozen=True, slots=True)
class Wait:
    """One contact of late: how long it waited, and whether somebody answered it then."""

    lasted: timedelta
    answered: bool


def usual(waits: Sequence[Wait]) -> timedelta | None:
    """The wait that half of them had behind them when they were answered (the median of Kaplan and Meier).

    None without a basis, and where half were never answered.
    """
    if sum(each.answered for each in waits) < BASIS:
        return None
    still = 1.0
    for place, each in enumerate(sorted(waits, key=lambda each: (each.lasted, not each.answered))):
        if each.answered:
            still *= 1 - 1 / (len(waits) - place)
        if still <= 0.5:
            return each.lasted
    return None


def minutes(waits: Sequence[Wait], waited: timedelta) -> int | None:
    """What a caller who has waited so long is told, in minutes, rounded up; None: nothing that would be true."""
    found = usual(waits)
    if found is None or waited >= found:
        return None
    return next((step for step in STEPS if found <= timedelta(minutes=step)), None)
