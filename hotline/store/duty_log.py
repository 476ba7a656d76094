"""What really was, and which gaps were told: rows that are only added."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, insert, select

from hotline.ids import new_id
from hotline.rules.duty import DutyFact
from hotline.rules.duty.gaps import Identity
from hotline.rules.duty.notices import Step
from hotline.store.db import Tx, one_of
from hotline.store.tables import duty_facts, gap_notices

LOOK_BACK: Final = timedelta(days=35)  # nobody is on duty longer without a word of it


async def add_facts(tx: Tx, facts: Collection[DutyFact]) -> None:
    """These people took up duty for a line, or left."""
    rows = [
        {
            "id": new_id(), "staff_id": fact.staff_id, "line": fact.line, "kind": fact.kind, "at": fact.at,
            "source": fact.source,
        }
        for fact in facts
    ]  # fmt: skip
    if rows:
        await tx.connection.execute(insert(duty_facts), rows)


async def facts(tx: Tx, lines: Collection[str], since: datetime, until: datetime) -> list[DutyFact]:
    """Who came and went on these lines within [since, until), in order."""
    query = select(duty_facts).where(
        duty_facts.c.line.in_(lines), duty_facts.c.at >= since, duty_facts.c.at < until
    )
    rows = await tx.connection.execute(query.order_by(duty_facts.c.at, duty_facts.c.id))
    return [DutyFact(row.staff_id, row.line, row.at, row.kind, row.source) for row in rows]


def _taken(*of: ColumnElement[bool]) -> Select[Any]:
    # at one instant, leaving comes last, as in `explain.present`
    place = func.row_number().over(
        partition_by=(duty_facts.c.staff_id, duty_facts.c.line),
        order_by=(duty_facts.c.at.desc(), duty_facts.c.kind.desc()),
    )
    facts = select(duty_facts, place.label("place")).where(duty_facts.c.at > bindparam("after"), *of)
    last = facts.subquery()
    return select(last).where(last.c.place == 1, last.c.kind == "in")


_TAKEN = _taken()  # made once: it is asked for with every step of the engine
_TAKEN_BY = {name: _taken(those) for name, those in one_of(duty_facts.c.staff_id, "people").items()}


async def taken(tx: Tx, staff_ids: Collection[str] | None = None) -> dict[tuple[str, str], datetime]:
    """(person, line) of those who took up duty and have not left it, with since when; of all, or of these people."""
    after = {"after": tx.now - LOOK_BACK}
    if staff_ids is None:
        rows = await tx.connection.execute(_TAKEN, after)
    else:
        statement = tx.made(_TAKEN_BY)
        rows = await tx.connection.execute(statement, {**after, "people": list(staff_ids)})
    return {(row.staff_id, row.line): row.at for row in rows}


async def tell(tx: Tx, settled: Collection[tuple[Identity, Step]]) -> None:
    """Remember these gaps as told at these steps; again changes nothing."""
    rows = [
        {"line": line, "kind": kind, "start": start.isoformat() if start else "", "need": need, "step": step}
        for (line, kind, start, need), step in settled
    ]
    if rows:
        told_rows = [{**row, "told_at": tx.now} for row in rows]
        await tx.connection.execute(tx.upsert(gap_notices).values(told_rows).on_conflict_do_nothing())


async def told(tx: Tx) -> set[tuple[Identity, Step]]:
    """Every gap that was told, with the step."""
    return {_told(row) for row in await tx.connection.execute(select(gap_notices))}


def _told(row: Row[Any]) -> tuple[Identity, Step]:
    start = datetime.fromisoformat(row.start) if row.start else None
    return (row.line, row.kind, start, row.need), row.step
