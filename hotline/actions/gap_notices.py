"""Gaps of the roster are told to supervisors, each once per step, and ring on the board when they are a day away."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import NAMESPACE_OID, uuid5

from hotline.actions import alarms
from hotline.ids import new_id
from hotline.rules import access, staff_notices
from hotline.rules.access import Actor
from hotline.rules.alarms import DUTY_EMPTY
from hotline.rules.duty import notices
from hotline.rules.duty.gaps import Gap, Identity, phase
from hotline.store import attendance, claims, duty_log, reachable
from hotline.system import System, Transaction

RINGS_WITHIN: Final = timedelta(hours=24)


def thing_of(gap: Gap) -> str:
    """What an alarm about this gap is about; the same gap is the same thing."""
    return str(uuid5(NAMESPACE_OID, f"{gap.identity}"))


def rings(gap: Gap, now: datetime) -> bool:
    """Is a line alone within a day, or alone now?"""
    return gap.kind == "EMPTY" and gap.start - now <= RINGS_WITHIN and phase(gap, now) != "past"


async def tell(system: System, actor: Actor, found: Sequence[Gap], opened: Collection[Identity]) -> int:
    """Of everything short or wrong now, tell what is due and untold; how many messages that makes.

    `opened` are gaps an edit has just made. A gap that is no more is forgotten: opened again, it is news.
    While nobody can be reached outside the house, nothing counts as told.
    """
    access.require(actor, "duty.watch")
    async with system.transaction(actor) as tx:
        await _ring(tx, found)
        told = await duty_log.told(tx)
        await attendance.forget_told(tx, {gap for gap, _ in told} - {gap.identity for gap in found})
        due = notices.due(found, told, tx.now, opened)
        walls = {line: tx.centre.lines_behind_wall(line) for line in tx.centre.lines}
        who = await reachable.reachable(tx)
        messages = staff_notices.of_gaps(who, due, walls, f"gaps:{new_id()}")
        if messages:
            await duty_log.tell(tx, {each for notice in due for each in notice.settles})
        return await claims.add_notices(tx, messages)


async def _ring(tx: Transaction, found: Sequence[Gap]) -> None:
    first: dict[str, Gap] = {}  # of each line: the next one rings when this one is over
    for gap in found:
        if rings(gap, tx.now):
            first.setdefault(gap.line, gap)
    for gap in first.values():
        await alarms.raised(tx, DUTY_EMPTY, "gap", thing_of(gap), gap.line)
    await alarms.only(tx, DUTY_EMPTY, [thing_of(gap) for gap in first.values()])
