"""Which rungs of a line's ladder may be asked by now. A rung with nobody on it is skipped at once."""

from collections.abc import Sequence
from datetime import timedelta

from hotline.rules.duty.answers import Duty, OnDuty
from hotline.rules.duty.plan import BACKUP, COORDINATOR, PRIMARY, Rung

DEFAULT = (
    Rung("tier", str(PRIMARY)),
    Rung("tier", str(BACKUP), after_seconds=60),
    Rung("tier", str(COORDINATOR), after_seconds=120),
)


def in_use(ladder: Sequence[Rung], answer: Duty, waited: timedelta) -> tuple[Rung, ...]:
    """The rungs a contact that waited so long has reached: the first that is not empty is reached at once."""
    tiers = {str(each.tier) for each in answer.people} if isinstance(answer, OnDuty) else set()
    manned = [rung for rung in ladder if rung.kind != "tier" or rung.target in tiers]
    delays = [timedelta(seconds=rung.after_seconds) for rung in ladder]
    return tuple(rung for rung, delay in zip(manned, delays, strict=False) if waited >= delay)
