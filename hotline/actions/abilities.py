"""What people can do and until when, and what limits their hours."""

from collections.abc import Mapping
from datetime import datetime

from hotline.actions.rostering import concerned
from hotline.errors import NotFound, SkillExpired, StaffUnknown
from hotline.rules import access
from hotline.rules.access import Actor
from hotline.rules.duty import checks
from hotline.rules.words import checked
from hotline.store import claims, plans, queries
from hotline.store import roster as rows
from hotline.system import System, Transaction

NAME_LIMIT = 40


async def set_skill(
    system: System, actor: Actor, staff_id: str, name: str, valid_until: datetime | None = None
) -> None:
    """Note a skill and until when its papers hold. Raises SkillExpired, StaffUnknown, TextEmpty, TextTooLong."""
    access.require(actor, "roster.change")
    name = checked(name, NAME_LIMIT)
    async with system.transaction(actor) as tx:
        await _edit(tx, staff_id)
        if valid_until is not None and valid_until <= tx.now:
            raise SkillExpired(skill=name)
        await rows.set_skill(tx, staff_id, name, valid_until)
        tx.record("roster.set_skill", "staff", staff_id, concerned(staff_id), skill=name)


async def remove_skill(system: System, actor: Actor, staff_id: str, name: str) -> None:
    """Raises StaffUnknown, NotFound."""
    access.require(actor, "roster.change")
    async with system.transaction(actor) as tx:
        await _edit(tx, staff_id)
        if not await rows.remove_skill(tx, staff_id, name):
            raise NotFound
        tx.record("roster.remove_skill", "staff", staff_id, concerned(staff_id), skill=name)


async def set_limits(system: System, actor: Actor, staff_id: str, own: Mapping[str, float]) -> None:
    """What was agreed with a person; of what is not named the centre's limits hold. Raises Malformed, StaffUnknown."""
    access.require(actor, "roster.change")
    checks.agreed(own)
    async with system.transaction(actor) as tx:
        await _edit(tx, staff_id)
        await rows.set_limits(tx, staff_id, dict(own) or None)
        tx.record("roster.set_limits", "staff", staff_id, concerned(staff_id), own=sorted(own))


async def _edit(tx: Transaction, staff_id: str) -> None:
    await claims.edit_lines(tx, [plans.PEOPLE])
    person = await queries.staff_row(tx, staff_id)
    if person is None or not person.active:
        raise StaffUnknown
