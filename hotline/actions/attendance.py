"""Duty taken up and left is written down, and whoever is missing five minutes into their shift is looked for."""

from collections.abc import Collection

from hotline.actions import alarms
from hotline.rules import access
from hotline.rules.access import Actor
from hotline.rules.alarms import DUTY_MISSED
from hotline.rules.duty import attendance as rules
from hotline.store import attendance, claims, duty_log
from hotline.system import System, Transaction


async def note(tx: Transaction, staff_ids: Collection[str], source: str) -> int:
    """Write down that these people have just taken up duty or left it; how many lines that changes."""
    await claims.lock_people(tx, staff_ids)  # two doors that notice at once write one fact
    facts = rules.changes(
        await tx.board(),
        await attendance.consoles(tx, staff_ids),
        await duty_log.taken(tx, staff_ids),
        tx.now,
        source,
    )
    await duty_log.add_facts(tx, facts)
    return len(facts)


async def settle(system: System, actor: Actor, staff_ids: Collection[str]) -> int:
    """What people's own consoles could not tell: a shift began or ended under them, or they fell silent."""
    access.require(actor, "duty.watch")
    async with system.transaction(actor) as tx:
        return await note(tx, staff_ids, rules.ENGINE)


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
