"""Guards of the program that a campaign takes away on purpose, to be seen to miss them: `--break NAME`."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Any
from unittest.mock import patch

from sqlalchemy import Table, select

from hotline.rules import assignment, routing
from hotline.rules.assignment import FULL, OFF_DUTY, SILENT, Person, Waiting
from hotline.store import claims
from hotline.store import tables as t


def _unlocked(table: Table) -> Callable[..., Awaitable[Any]]:
    """The row is read, and nobody else is kept from it."""

    async def read(tx: Any, row_id: str) -> Any:
        return (await tx.connection.execute(select(table).where(table.c.id == row_id))).one_or_none()

    return read


async def _last_first(tx: Any, staff_ids: Collection[str]) -> None:
    """As if nobody had thought of two who pass talks to each other."""
    for staff_id in reversed(tuple(staff_ids)):
        await claims.lock_staff(tx, staff_id)


def _not_asked(gate: str) -> Callable[..., tuple[str, ...]]:
    """At commit; whoever plans still asks."""

    def obstacles(person: Person, contact: Waiting, now: datetime) -> tuple[str, ...]:
        return tuple(each for each in assignment.obstacles(person, contact, now) if each != gate)

    return obstacles


BREAKS: dict[str, tuple[object, str, Callable[..., Any]]] = {
    "load": (routing, "obstacles", _not_asked(FULL)),
    "duty": (routing, "obstacles", _not_asked(OFF_DUTY)),
    "console": (routing, "obstacles", _not_asked(SILENT)),
    "token": (routing, "fits", lambda *_: True),
    "staff-lock": (claims, "lock_staff", _unlocked(t.staff)),
    "lock-order": (claims, "lock_people", _last_first),
    "contact-lock": (claims, "lock_contact", _unlocked(t.contacts)),
}


def apply(name: str) -> None:
    """For the rest of this process's life."""
    patch.object(*BREAKS[name]).start()
