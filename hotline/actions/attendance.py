"""Duty taken up and left is written down, and whoever is missing five minutes into their shift is looked for."""

from hotline.actions import alarms
from hotline.rules import access
from hotline.rules.access import Actor
from hotline.rules.alarms import DUTY_MISSED
from hotline.rules.duty import attendance as rules
from hotline.store import attendance, claims, duty_log
from hotline.system import System, Transaction


async def note(tx: Transaction, staff_id: str, source: str) -> int:
    """Write down that the person has just taken up duty or left it; how many lines that changes."""
    await claims.lock_staff(tx, staff_id)  # two doors that notice at once write one fact
    facts = rules.changes(
        await tx.board(),
        await attendance.consoles(tx, staff_id),
        await duty_log.taken(tx, staff_id),
        tx.now,
        source,
    )
    for fact in facts:
        await duty_log.add_fact(tx, fact)
    return len(facts)


async def settle(system: System, actor: Actor, staff_id: str) -> int:
    """What the person's own console could not tell: a shift began or ended under it, or it fell silent."""
    access.require(actor, "duty.watch")
    async with system.transaction(actor) as tx:
        return await note(tx, staff_id, rules.ENGINE)


async def look_for_missing(system: System, actor: Actor) -> int:
    """Ring for everybody who is missing now, and for nobody else; how many alarms are new."""
    access.require(actor, "duty.watch")
    async with system.transaction(actor) as tx:
        found = rules.missing(await tx.board(), await attendance.consoles(tx), tx.now)
        rung = 0
        for each in found:
            alarm = await alarms.raised(tx, DUTY_MISSED, "staff", each.staff_id, each.line)
            rung += alarm is not None
        await alarms.only(tx, DUTY_MISSED, [each.staff_id for each in found])
    return rung
