"""Staff who want to be told by Telegram that they are needed: linking a chat, unlinking it, and what they are told."""

from datetime import timedelta
from typing import Final

from hotline.actions.signing_in import digest
from hotline.errors import LinkGone, StaffUnknown
from hotline.ids import new_secret
from hotline.rules import access, staff_notices
from hotline.rules.access import Actor, Thing
from hotline.store import claims, queries, reachable, sign_ins
from hotline.system import System

CODE_LIFE: Final = timedelta(minutes=30)
PURPOSE: Final = "telegram"
CHAT: Final = "staff telegram"  # purpose of the blind index: a caller's chat has another


async def issue_code(system: System, actor: Actor, staff_id: str) -> str:
    """What the person sends to the staff bot once, as `/start CODE`. Raises StaffUnknown."""
    access.require(actor, "staff_notices.link", Thing(staff_id))
    code = new_secret()
    async with system.transaction(actor) as tx:
        if await queries.staff_row(tx, staff_id) is None:
            raise StaffUnknown
        await sign_ins.add_link(tx, digest(code), staff_id, PURPOSE, tx.now + CODE_LIFE)
        tx.record("staff_notices.link", "staff", staff_id, how="code")
    return code


async def link(system: System, actor: Actor, code: str, chat_id: int) -> None:
    """The chat that sent the code is the person's. Raises LinkGone."""
    access.require(actor, "staff_notices.answer")
    async with system.read() as tx:
        found = await sign_ins.link(tx, digest(code), PURPOSE)
    if found is None:
        raise LinkGone
    await system.ensure_key(found.id)
    async with system.transaction(actor) as tx:
        if await claims.use_link(tx, digest(code), PURPOSE) is None:
            raise LinkGone
        sealed = await tx.seal(found.id, "staff_chats", found.id, str(chat_id))
        await claims.link_chat(tx, found.id, tx.blind(CHAT, str(chat_id)), sealed)
        tx.record("staff_notices.answer", "staff", found.id, how="linked")


async def unlink(system: System, actor: Actor, staff_id: str) -> None:
    """The person is told nothing by Telegram any more."""
    access.require(actor, "staff_notices.link", Thing(staff_id))
    async with system.transaction(actor) as tx:
        if await claims.unlink_chat(tx, staff_id=staff_id) is not None:
            tx.record("staff_notices.link", "staff", staff_id, how="unlinked")


async def forget_chat(system: System, actor: Actor, chat_id: int) -> bool:
    """The chat said /stop, or takes nothing any more; was it anybody's?"""
    access.require(actor, "staff_notices.answer")
    async with system.transaction(actor) as tx:
        staff_id = await claims.unlink_chat(tx, chat_blind=tx.blind(CHAT, str(chat_id)))
        if staff_id is not None:
            tx.record("staff_notices.answer", "staff", staff_id, how="unlinked")
        return staff_id is not None


async def is_linked(system: System, chat_id: int) -> bool:
    """Is this the chat of somebody on the staff?"""
    async with system.read() as tx:
        return await reachable.owner_of(tx, tx.blind(CHAT, str(chat_id))) is not None


async def gather(system: System, actor: Actor) -> int:
    """Note who is to be told of what now; how many notices are new. Nobody linked means nothing is noted."""
    access.require(actor, "staff_notices.make")
    async with system.read() as tx:
        who = await reachable.reachable(tx)
        if not who:
            return 0
        ringing = await reachable.ringing(tx, tx.centre, await tx.board())
        waiting = await queries.waiting(tx)
        due = staff_notices.notices(who, await queries.people(tx), ringing, waiting, tx.now)
        due += staff_notices.of_unanswered(who, await reachable.unanswered(tx))
    if not due:
        return 0
    async with system.transaction(actor) as tx:
        return await claims.add_notices(tx, due)
