"""Who would read a word that comes now: on duty by the roster, and truly at a console. Every text goes by this."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, select

from hotline.rules.duty import ClosedNow, OpenButEmpty, asking
from hotline.rules.presence import GONE_AFTER
from hotline.store.db import Instant, Tx, only
from hotline.store.tables import staff
from hotline.values import dataclass

_SINCE = staff.c.seen_at >= bindparam("since", type_=Instant)
_SPOKEN = only(select(staff.c.languages).where(_SINCE), staff.c.id, "seated")


@dataclass(frozen=True, slots=True)
class Attended:
    """`there`: of those on duty somebody is at a console, or was a moment ago; `languages`: what these speak.

    `next_at`: where nobody is on duty, when somebody will be, as far as that is planned.
    """

    on_duty: bool
    there: bool = False
    languages: frozenset[str] = frozenset()
    next_at: datetime | None = None

    def speaks(self, language: str) -> bool:
        """False only if there is somebody, and none of them speaks it."""
        return not self.there or language in self.languages


async def attended(tx: Tx, lines: Collection[str], barred: frozenset[str] = frozenset()) -> Attended:
    """How it stands with these lines now; people who serve a `barred` one are not there for this caller."""
    board = await tx.board()
    seated = asking.seated(
        board, lines, tx.now, barred
    )  # open or not: who came in time is served after closing
    if not seated:
        answers = asking.answers(board, lines, tx.now, barred)
        starts = [each.next_at for each in answers if isinstance(each, OpenButEmpty) and each.next_at]
        starts += [each.next_open for each in answers if isinstance(each, ClosedNow) and each.next_open]
        return Attended(on_duty=False, next_at=min(starts, default=None))
    given = {"seated": list(seated), "since": tx.now - GONE_AFTER}
    spoken = list((await tx.connection.execute(tx.made(_SPOKEN), given)).scalars())
    return Attended(True, bool(spoken), frozenset().union(*spoken))
