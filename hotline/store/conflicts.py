"""Who is in personal conflict with whom: what routing, the wall and the lists ask.

A mark reaches as far as it is known to be the same person: from a contact to its case and the other contacts
of that case, from a caller to all their contacts, from a case to every case about the same name.
"""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, and_, or_, select

from hotline.store.db import Ids, Tx
from hotline.store.tables import case_contacts, cases, conflicts, contacts, offers

_of_case = case_contacts.alias("of_case")
_siblings = case_contacts.alias("siblings")
_callers = contacts.alias("callers")
_about = cases.alias("about")
_LIVE = conflicts.c.ended_at.is_(None)
_ONE = select(conflicts.c.id).where(_LIVE).limit(1)


def _case_met(case_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Does a mark reach this case?"""
    in_it = (
        select(_siblings.c.contact_id)
        .join(_callers, _callers.c.id == _siblings.c.contact_id)
        .where(
            _siblings.c.case_id == case_id,
            or_(
                _siblings.c.contact_id == conflicts.c.thing_id,
                and_(conflicts.c.kind == "caller", _callers.c.caller_blind == conflicts.c.blind),
            ),
        )
    )
    about = select(_about.c.id).where(
        _about.c.id == case_id, conflicts.c.kind == "case", _about.c.subject_blind == conflicts.c.blind
    )
    return or_(conflicts.c.thing_id == case_id, in_it.exists(), about.exists())


def _of_contacts() -> Select[tuple[str, str]]:
    met = or_(
        conflicts.c.thing_id == contacts.c.id,
        and_(conflicts.c.kind == "caller", conflicts.c.blind == contacts.c.caller_blind),
        and_(_of_case.c.case_id.is_not(None), _case_met(_of_case.c.case_id)),
    )
    return (
        select(contacts.c.id, conflicts.c.staff_id)
        .select_from(contacts)
        .outerjoin(_of_case, _of_case.c.contact_id == contacts.c.id)
        .join(conflicts, and_(_LIVE, met))
    )


async def with_contacts(tx: Tx, contact_ids: Ids) -> dict[str, frozenset[str]]:
    """Contact -> who must not have to do with it; contacts without a conflict are left out."""
    if not await _any(tx):
        return {}
    found: dict[str, set[str]] = defaultdict(set)
    for row in await tx.connection.execute(_of_contacts().where(contacts.c.id.in_(contact_ids))):
        found[row.id].add(row.staff_id)
    return {contact_id: frozenset(people) for contact_id, people in found.items()}


async def in_cases(tx: Tx, case_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """Case -> who must not have to do with it."""
    if not await _any(tx):
        return {}
    query = (
        select(cases.c.id, conflicts.c.staff_id)
        .select_from(cases)
        .join(conflicts, and_(_LIVE, _case_met(cases.c.id)))
        .where(cases.c.id.in_(case_ids))
    )
    found: dict[str, set[str]] = defaultdict(set)
    for row in await tx.connection.execute(query):
        found[row.id].add(row.staff_id)
    return {case_id: frozenset(people) for case_id, people in found.items()}


async def offered_despite(tx: Tx, staff_id: str) -> list[str]:
    """Contacts that ring for this person although they are in conflict with them."""
    query = (
        _of_contacts()
        .join(offers, and_(offers.c.contact_id == contacts.c.id, offers.c.staff_id == conflicts.c.staff_id))
        .where(offers.c.state == "pending", conflicts.c.staff_id == staff_id)
    )
    return sorted({row.id for row in await tx.connection.execute(query)})


async def _any(tx: Tx) -> bool:
    return (await tx.connection.execute(_ONE)).first() is not None
