"""A counsellor's console is gone and does not come back: the caller is told, and waits in front again."""

from hotline.actions.leaving import hand_back
from hotline.rules import access, presence
from hotline.rules.access import Actor
from hotline.store import claims
from hotline.store.held import Held, held
from hotline.system import System


async def give_back(system: System, actor: Actor, conversation: Held) -> bool:
    """Let it wait again under its old key. False if the console has come back, or somebody else goes on.

    Whoever held it is offered it no more than anybody whose console is silent, and again once they are back.
    """
    access.require(actor, "talks.watch")
    async with system.transaction(actor) as tx:
        row = await claims.lock_contact(tx, conversation.contact_id)
        await claims.lock_staff(tx, conversation.holder_id)
        now_held = await held(tx, conversation.contact_id)
        if row is None or [each.holder_id for each in now_held] != [conversation.holder_id]:
            return False
        if tx.now < presence.given_back_at(now_held[0].seen_at, now_held[0].since):
            return False
        await hand_back(tx, [row])
    return True
