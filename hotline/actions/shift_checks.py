"""The check at the beginning or end of a shift: what a person says is saved beside what the program saw itself."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from hotline.actions import alarms
from hotline.errors import HotlineError, Malformed, NoCheckDue, NotFound
from hotline.ids import new_id
from hotline.live import topics
from hotline.rules import access
from hotline.rules import shift_checks as rules
from hotline.rules.access import Actor
from hotline.rules.alarms import SHIFT_CHECK
from hotline.rules.centre_duty import CheckItem
from hotline.rules.shift_checks import BAD, NOTE, OK, Due, State
from hotline.rules.words import REASON_LIMIT, checked
from hotline.store import attendance, claims, queries
from hotline.store import shift_checks as rows
from hotline.store.journal import Line
from hotline.system import System, Transaction

PATIENCE: Final = 5.0  # seconds for the try of the chat
TRY: Final = "Wiadomość próbna"


async def save(
    system: System, actor: Actor, phase: str, answers: Mapping[str, str], remark: str = ""
) -> State:
    """What the person answers (item -> ok | bad; what is not answered stays open), and what is measured now.

    Raises NoCheckDue if this end of a shift is not at hand, Malformed, TextTooLong.
    """
    access.require(actor, "shift_checks.save")
    words = checked(remark, REASON_LIMIT) if remark.strip() else ""
    async with system.read() as tx:
        _, items = await _due(tx, actor, phase)
    chat = await _try_chat(system, actor) if any(item.id == "chat" for item in items) else {}
    await system.ensure_key(actor.id)
    async with system.transaction(actor) as tx:
        await claims.lock_staff(
            tx, actor.id
        )  # of two that are saved at once, the later says how things stand
        due, items = await _due(tx, actor, phase)
        measured = [item for item in items if not rules.is_asked(item)]
        results = _answered([item for item in items if rules.is_asked(item)], answers)
        results |= {item.id: await _measured(tx, actor, item.id, chat) for item in measured}
        check_id = new_id()
        saved = rules.Saved(
            check_id, due.phase, tx.now, due.shift.end, results, complete=len(results) == len(items)
        )
        await rows.add(
            tx,
            id=check_id,
            staff_id=actor.id,
            phase=phase,
            starts_at=due.shift.start,
            ends_at=due.shift.end,
            done_at=tx.now,
            complete=saved.complete,
            results=results,
            remark_sealed=await tx.seal(actor.id, "shift_checks", check_id, words) if words else None,
        )
        failed = [item for item in items if item.id in saved.failed]
        if failed:
            line = rules.concerned(tx.centre, due.shift.lines, failed)
            await alarms.raised(tx, SHIFT_CHECK, "staff", actor.id, line)
        elif saved.complete:
            await alarms.over(tx, actor.id, SHIFT_CHECK)
        told = (topics.staff(actor.id), topics.alarms())
        tx.record(
            "shift_checks.save", "shift_check", check_id, told, phase=phase, failed=sorted(saved.failed)
        )
        return rules.state(due, saved, tx.now)


async def let_go(system: System, actor: Actor) -> int:
    """What failed in a shift that is long over is nobody's trouble any more; how many alarms fall silent."""
    access.require(actor, "duty.watch")
    async with system.transaction(actor) as tx:
        ringing = await attendance.ringing(tx, SHIFT_CHECK)
        newest = await rows.newest(tx, ringing)
        still = [who for who in ringing if who in newest and rules.rings(newest[who], tx.now)]
        return await alarms.only(tx, SHIFT_CHECK, still)


async def _due(tx: Transaction, actor: Actor, phase: str) -> tuple[Due, tuple[CheckItem, ...]]:
    board = await tx.board()
    due = rules.due(board.worked(actor.id), tx.now)
    if due is None or due.phase != phase:
        raise NoCheckDue
    return due, rules.items(tx.centre, due, bot=bool(tx.system.settings.telegram_token))


def _answered(asked: list[CheckItem], answers: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    for item, answer in answers.items():
        if answer not in (OK, BAD) or item not in {each.id for each in asked}:
            raise Malformed(field=item)
    return {item: {"result": answer} for item, answer in answers.items()}


async def _measured(tx: Transaction, actor: Actor, item: str, chat: dict[str, Any]) -> dict[str, Any]:
    if item == "console":
        row = await queries.staff_row(tx, actor.id)
        return rules.of_console(row.seen_at if row else None, tx.now)
    if item == "bot":
        return rules.of_bot(await rows.sign(tx, "telegram"), tx.now)
    return chat if item == "chat" else rules.of_talks(*await rows.in_hand(tx, actor.id))


# -- the way of a message -----------------------------------------------------------------------------------


class _Undone(Exception):
    """Takes back everything the try has written."""


async def _try_chat(system: System, actor: Actor) -> dict[str, Any]:
    """A message of nobody: sealed, written, read and opened, then undone; and the journal answers.

    No contact, no number and no word of it remains.
    """
    if not system.centre.live_chat_enabled:
        return {"result": NOTE, "why": "switched_off"}
    began = system.clock.now()
    try:
        async with asyncio.timeout(PATIENCE):
            await system.ensure_key(actor.id)
            came_back = await _written_and_read(system, actor)
            await _ask_journal(system)
    except (HotlineError, TimeoutError):
        came_back = False
    if not came_back:
        return {"result": BAD, "why": "silent"}
    return {"result": OK, "ms": round((system.clock.now() - began).total_seconds() * 1000)}


async def _written_and_read(system: System, actor: Actor) -> bool:
    read = None
    try:
        async with system.transaction(actor) as tx:
            place = new_id()
            sealed = await tx.seal(actor.id, "entries", place, TRY)
            there = await rows.try_message(tx, next(iter(tx.centre.lines)), sealed)
            read = await tx.unseal(actor.id, "entries", place, there) if there else None
            raise _Undone
    except _Undone:
        return read == TRY


async def _ask_journal(system: System) -> None:
    """The journal takes words for contacts in turn; that there is no such contact is the right answer."""
    try:
        await system.journal.write(Line(new_id(), new_id(), "message", "caller"))
    except NotFound:
        return
