"""Rungs that are open for a contact, and what ties a call to its rung."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, literal, select

from hotline.rules.ladder import Step
from hotline.rules.staff_notices import CALLED
from hotline.store.db import Ids, Tx
from hotline.store.tables import ladder_steps, staff_notices

Steps = Mapping[str, Mapping[str, Step]]


def occasion(step_id: str) -> str:
    """Each person is called once for each rung of each contact."""
    return f"rung:{step_id}"


def occasions(contact_ids: Ids) -> Select[str]:
    """The occasions of all rungs of these contacts."""
    return select(literal(occasion("")) + ladder_steps.c.id).where(ladder_steps.c.contact_id.in_(contact_ids))


def step_of(occasion_: str) -> str:
    """The step behind an occasion."""
    return occasion_.removeprefix("rung:")


async def of_contacts(tx: Tx, contact_ids: Ids) -> Steps:
    """Contact -> rung -> its step."""
    query = select(ladder_steps).where(ladder_steps.c.contact_id.in_(contact_ids))
    found: dict[str, dict[str, Step]] = defaultdict(dict)
    for row in await tx.connection.execute(query):
        found[row.contact_id][row.rung] = Step(row.id, row.opened_at, row.answered_by, row.answered_at)
    return found


async def names_of(tx: Tx, contact_ids: Ids) -> Mapping[str, Sequence[str]]:
    """Contact -> its open rungs, the first opened first."""
    query = select(ladder_steps.c.contact_id, ladder_steps.c.rung).where(
        ladder_steps.c.contact_id.in_(contact_ids)
    )
    found: dict[str, list[str]] = defaultdict(list)
    for row in await tx.connection.execute(query.order_by(ladder_steps.c.opened_at, ladder_steps.c.rung)):
        found[row.contact_id].append(row.rung)
    return found


async def step(tx: Tx, step_id: str) -> Row[Any] | None:
    query = select(ladder_steps).where(ladder_steps.c.id == step_id)
    return (await tx.connection.execute(query)).one_or_none()


async def call(tx: Tx, notice_id: str) -> Row[Any] | None:
    """The call with this id, if there is such a one."""
    query = select(staff_notices).where(staff_notices.c.id == notice_id, staff_notices.c.kind == CALLED)
    return (await tx.connection.execute(query)).one_or_none()
