"""Who would read a word that comes now: on duty by the roster, and truly at a console. Every text goes by this."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from hotline.rules.duty import ClosedNow, OpenButEmpty, asking
from hotline.rules.presence import GONE_AFTER
from hotline.store.db import Tx
from hotline.store.tables import staff
from hotline.values import dataclass


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
    at_console = select(staff.c.languages).where(
        staff.c.id.in_(seated), staff.c.seen_at >= tx.now - GONE_AFTER
    )
    spoken = list((await tx.connection.execute(at_console)).scalars())
    return Attended(True, bool(spoken), frozenset().union(*spoken))
