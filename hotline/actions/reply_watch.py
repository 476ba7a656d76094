"""The clock between two people: an unanswered word rings for the supervisor, a silent caller is asked and warned."""

from hotline.actions import alarms
from hotline.actions.contacts import say, topics_of, wrapped_up
from hotline.rules import access
from hotline.rules.access import Actor
from hotline.rules.alarms import REPLY_LATE
from hotline.rules.reply_watch import ASKED, WARNED, due, late
from hotline.store import claims
from hotline.store.turns import turns
from hotline.system import System


async def ring(system: System, actor: Actor) -> int:
    """Ring for every conversation that has been unanswered for long, and for no other; how many alarms are new."""
    access.require(actor, "talks.watch")
    async with system.transaction(actor) as tx:
        waiting = [turn for turn in await turns(tx) if late(turn, tx.now, tx.centre.talks) == "supervisor"]
        rung = 0
        for turn in waiting:
            alarm = await alarms.raised(tx, REPLY_LATE, "contact", turn.contact_id, turn.line)
            rung += alarm is not None
        await alarms.only(tx, REPLY_LATE, [turn.contact_id for turn in waiting])
    return rung


async def break_silence(system: System, actor: Actor, contact_id: str) -> bool:
    """Ask whether the caller is there, warn them, or close what stayed silent. False if a word came meanwhile."""
    access.require(actor, "talks.watch")
    async with system.transaction(actor) as tx:
        row = await claims.lock_contact(tx, contact_id)
        found = await turns(tx, contact_id=contact_id)
        step = due(found[0], tx.now, tx.centre.talks) if found else None
        if row is None or step is None:
            return False
        if step == "ask":
            await say(tx, row, ASKED)
        elif step == "warn":
            await say(tx, row, WARNED, minutes=round(tx.centre.talks.silence_close / 60))
        else:
            await wrapped_up(tx, row, "silent", "ended")
        tx.record("talks.break_silence", "contact", contact_id, topics_of(row), step=step)
    return True
