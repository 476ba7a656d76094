"""What the clock does around duty: gaps are told ahead, who is missing is looked for, comings and goings written down.

It looks often and acts seldom: every look is one reading, and an action checks again what the look has found.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from hotline.actions import attendance, callbacks, gap_notices, shift_checks
from hotline.rules import shift_checks as check_rules
from hotline.rules.access import Actor
from hotline.rules.alarms import CALLBACK_ENDS, DUTY_MISSED, SHIFT_CHECK
from hotline.rules.callback import is_safe
from hotline.rules.duty import Board
from hotline.rules.duty import attendance as rules
from hotline.rules.duty.demand import Demand
from hotline.rules.duty.gaps import Gap, Identity, find
from hotline.rules.duty.preview import difference, moved
from hotline.store import attendance as signs
from hotline.store import callbacks as callback_rows
from hotline.store import duty_log, plans
from hotline.store import shift_checks as checks
from hotline.system import System, Transaction
from hotline.values import dataclass

TELL_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Known:
    """What was found on a board; while the board stays, only time makes gaps due."""

    board: Board
    gaps: tuple[Gap, ...]
    told_at: datetime


class Clockwork:
    """For the engine, once a second."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._known: _Known | None = None

    async def look(self, actor: Actor) -> int:
        """One look at the board and the consoles, and what follows from it. Returns how many things were done."""
        async with self._system.read() as tx:
            board, consoles = await tx.board(), await signs.consoles(tx)
            missing = {each.staff_id for each in rules.missing(board, consoles, tx.now)}
            rings = await signs.ringing(tx, DUTY_MISSED)
            failed = await checks.newest(tx, await signs.ringing(tx, SHIFT_CHECK))
            facts = rules.changes(board, consoles, await duty_log.taken(tx), tx.now, rules.ENGINE)
            known, opened = await self._known_now(tx, board)
            over = [each for each in failed.values() if not check_rules.rings(each, tx.now)]
        done = await self._call_backs(actor)
        if facts:
            done += await attendance.settle(self._system, actor, {fact.staff_id for fact in facts})
        if missing != rings:
            done += await attendance.look_for_missing(self._system, actor)
        if over:
            done += await shift_checks.let_go(self._system, actor)
        if known is not self._known:
            done += await gap_notices.tell(self._system, actor, known.gaps, opened)
            self._known = known  # only now: what failed is told in the next round
        return done

    async def _call_backs(self, actor: Actor) -> int:
        """What expired is closed, what soon will rings, what was not taken in its safe time is put off."""
        async with self._system.read() as tx:
            rules, zone = tx.centre.callbacks, tx.centre.zone
            rings = await signs.ringing(tx, CALLBACK_ENDS)
            found = [
                row.contact_id
                for row in await callback_rows.to_look_after(tx, tx.now + rules.warning)
                if row.contact_id not in rings
                or row.expires_at <= tx.now
                or not is_safe(callback_rows.safe_time(row), tx.now, zone)
            ]
        done = 0
        for contact_id in found:
            done += await callbacks.look_after(self._system, actor, contact_id)
        return done

    async def _known_now(self, tx: Transaction, board: Board) -> tuple[_Known, Collection[Identity]]:
        """The same as before while there is nothing to tell; and the gaps that an edit has opened since."""
        before = self._known
        if before is not None and board is before.board:
            due = abs(tx.now - before.told_at) >= TELL_EVERY
            return (_Known(board, before.gaps, tx.now) if due else before), ()
        demands = await plans.needed(tx, tx.centre)
        if before is None or before.board.centre is not board.centre or before.board.start != board.start:
            former = () if before is None else before.gaps
            found = await asyncio.to_thread(find, board, demands, tx.now, board.end)
            return _Known(board, found, tx.now), _opened(found, former, before, tx.now)
        return await asyncio.to_thread(_edited, before, board, demands, tx.now)


def _edited(
    before: _Known, board: Board, demands: Collection[Demand], now: datetime
) -> tuple[_Known, Collection[Identity]]:
    """Only what the edit touches is looked at anew."""
    lines = {line for line, each in board.timelines.items() if each is not before.board.timelines[line]}
    people = moved(before.board, board)

    def touched(gap: Gap) -> bool:
        return bool(gap.people & people) if gap.kind in ("REST", "DOUBLE") else gap.line in lines

    former = tuple(gap for gap in before.gaps if touched(gap))
    fresh = find(board, demands, now, board.end, lines, people)
    kept = (gap for gap in before.gaps if not touched(gap))
    gaps = sorted((*kept, *fresh), key=lambda gap: (gap.start, gap.line, gap.kind, gap.need))
    return _Known(board, tuple(gaps), now), _opened(fresh, former, before, now)


def _opened(
    gaps: Collection[Gap], former: Collection[Gap], before: _Known | None, now: datetime
) -> frozenset[Identity]:
    """Gaps of which some part was covered before; what the horizon brings with a new day was not looked at yet."""
    if before is None:
        return frozenset()
    fresh: dict[tuple[str, str, str], list[datetime]] = defaultdict(list)
    for part in difference(gaps, former, now):
        if part.start < before.board.end:
            fresh[part.line, part.kind, part.need].append(part.start)
    return frozenset(
        gap.identity
        for gap in gaps
        if any(gap.start <= start <= gap.end for start in fresh.get((gap.line, gap.kind, gap.need), ()))
    )
