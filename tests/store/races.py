"""Twenty at once: the same claim in twenty transactions, as far as the database lets them run together."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sqlalchemy import Select, func, insert, select

from hotline.ids import new_id
from hotline.rules.access import OPERATOR
from hotline.store.tables import contacts, staff, threads
from hotline.system import System, Transaction
from tests.factories import TRUST

T = TypeVar("T")
RUNNERS = 20


async def race(system: System, claim: Callable[[Transaction, int], Awaitable[T]]) -> list[T]:
    """What each of twenty transactions got; on PostgreSQL all of them are open before the first one claims."""
    line = asyncio.Barrier(RUNNERS)

    async def run(number: int) -> T:
        async with system.transaction(OPERATOR) as tx:
            await tx.connection.execute(select(1))
            if not system.db.is_sqlite:  # SQLite lets one writer in at a time, so they cannot meet inside
                await line.wait()
            return await claim(tx, number)

    return await asyncio.gather(*(run(number) for number in range(RUNNERS)))


async def at_once(action: Callable[[int], Awaitable[T]], times: int = RUNNERS) -> list[T | BaseException]:
    """What each of twenty calls of an action answered or raised."""
    return await asyncio.gather(*(action(number) for number in range(times)), return_exceptions=True)


async def one_value(system: System, query: Select[Any]) -> Any:
    """The one value of a query."""
    async with system.read() as tx:
        return (await tx.connection.execute(query)).scalar_one()


async def count(system: System, query: Select[Any]) -> int:
    """How many rows the query has."""
    return int(await one_value(system, select(func.count()).select_from(query.subquery())))


def contact_values(system: System, number: int = 0, **more: Any) -> dict[str, Any]:
    """A row of `contacts` that waits in the queue of everybody."""
    now = system.clock.now()
    contact_id = new_id()
    return {
        "id": contact_id,
        "ref": f"K/{number}/{contact_id[-12:]}",
        "origin": f"test:{contact_id}",
        "line": TRUST,
        "queue": "crisis_general",
        "channel": "web",
        "state": "waiting",
        "priority": "P3",
        "priority_initial": "P3",
        "queue_class": 1,
        "queue_at": now,
        "under18": False,
        "flags": [],
        "language": "pl",
        "arrived_at": now,
        "privacy_version": "",
        **more,
    }


async def add_contacts(system: System, many: int, **more: Any) -> list[str]:
    """Rows of contacts with an empty thread each; their ids."""
    rows = [contact_values(system, number, **more) for number in range(many)]
    ids = [row["id"] for row in rows]
    async with system.transaction(OPERATOR) as tx:
        await tx.connection.execute(insert(contacts), rows)
        await tx.connection.execute(
            insert(threads), [{"contact_id": contact_id, "last_seq": 0, "open": True} for contact_id in ids]
        )
    return ids


async def add_staff(system: System, many: int) -> list[str]:
    """Rows of people without shifts; their ids."""
    now = system.clock.now()
    ids = [new_id() for _ in range(many)]
    row = {
        "name": "Osoba",
        "signature": "O.",
        "roles": ["counsellor"],
        "flags": [],
        "lines": [TRUST],
        "languages": ["pl"],
        "text_limit": 2,
        "active": True,
        "intent": "available",
        "created_at": now,
    }
    async with system.transaction(OPERATOR) as tx:
        await tx.connection.execute(insert(staff), [{**row, "id": each, "login": each} for each in ids])
    return ids
