"""Edits of a roster wait for each other, line by line; PostgreSQL settles where two lines meet."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from hotline.errors import DoubleBooked, SeatTaken
from hotline.ids import new_id
from hotline.store.db import Tx
from hotline.store.tables import roster_versions

EXCLUSIONS = {"ex_shifts_one_place": DoubleBooked, "ex_shifts_one_person": SeatTaken}


async def edit_lines(tx: Tx, lines: Iterable[str]) -> None:
    """Hold these lines until the commit; whoever compiled them before compiles them anew after it."""
    for line in sorted(set(lines) - tx.held.keys()):
        hold = tx.upsert(roster_versions).values(line=line, version="")
        hold = hold.on_conflict_do_update(
            index_elements=[roster_versions.c.line], set_={"version": roster_versions.c.version}
        )
        before = (await tx.connection.execute(hold.returning(roster_versions.c.version))).scalar_one()
        tx.held[line] = before
        mine = update(roster_versions).where(roster_versions.c.line == line)
        await tx.connection.execute(mine.values(version=new_id()))


@asynccontextmanager
async def one_place_at_a_time() -> AsyncIterator[None]:
    """What PostgreSQL refuses when two edits cross, in the words of the rules. Raises SeatTaken, DoubleBooked."""
    try:
        yield
    except IntegrityError as error:
        name = getattr(getattr(error.orig, "__cause__", None), "constraint_name", None)
        if name in EXCLUSIONS:
            raise EXCLUSIONS[name] from error
        raise
