"""How long to wait after tries at signing in: a few are free, then the pauses double up to a limit.

Nobody is ever locked out: a hard lock would be a weapon against the night shift.
"""

from datetime import timedelta
from typing import Final

from hotline.values import dataclass

FORGET: Final = timedelta(days=1)  # tries, and networks where somebody signed in before
REMEMBER_BROWSER: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries without a pause; after them pauses of 1, 2, 4 … seconds, never longer than `longest`."""

    free: int
    longest: int


PAIR: Final = Limit(free=5, longest=300)  # one account from one place
NETWORK: Final = Limit(free=30, longest=60)  # all accounts from one network: a whole centre sits behind one
CODES: Final = Limit(free=10, longest=300)  # second steps of one account from places that are not known

CALLER_CODES: Final = Limit(free=10, longest=60)  # from one network: a hospital sits behind one


def pause(limit: Limit, tries: int) -> timedelta:
    """How long after this try the next one must wait."""
    over = tries - limit.free
    return timedelta(seconds=0 if over < 0 else min(2 ** min(over, 16), limit.longest))
