"""The board every decision is taken on, kept in memory and never older than the transaction that asks.

Whoever decides reads the versions of all lines in their own transaction, one small query; only what has moved is
read and compiled anew. A lost poke can therefore let nobody answer who is off duty.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from hotline.rules.centre import Centre
from hotline.rules.civil_time import local, resolve
from hotline.rules.duty import Board, Plan, build
from hotline.store import plans
from hotline.store.db import Tx
from hotline.values import dataclass

BEFORE, AFTER = timedelta(days=35), timedelta(days=400)
DRIFT = timedelta(days=2)  # how far the horizon may lag when nobody has rolled it


@dataclass(frozen=True, slots=True)
class _Kept:
    board: Board
    versions: Mapping[str, str]
    today: date


class LiveBoard:
    """One per process. The board is swapped as a whole: whoever reads the former one goes on reading it."""

    def __init__(self) -> None:
        self._kept: _Kept | None = None
        self._renewing = asyncio.Lock()

    async def board(self, tx: Tx, centre: Centre, drift: timedelta = DRIFT) -> Board:
        """The board as this transaction sees the database; one that is being edited is kept by nobody."""
        versions, today = await plans.versions(tx), local(tx.now, centre.zone).date()
        kept = self._kept
        if kept is None or not _fits(kept, versions, centre, today, drift):
            if tx.held:  # what it sees is its own affair until it commits
                return (await _renewed(tx, kept, versions, centre, today, drift)).board
            async with self._renewing:
                kept = self._kept  # somebody else may just have done it
                if kept is None or not _fits(kept, versions, centre, today, drift):
                    kept = self._kept = await _renewed(tx, kept, versions, centre, today, drift)
        return kept.board


def _fits(kept: _Kept, versions: Mapping[str, str], centre: Centre, today: date, drift: timedelta) -> bool:
    return kept.versions == versions and _same_ground(kept, centre, today, drift)


def _same_ground(kept: _Kept, centre: Centre, today: date, drift: timedelta) -> bool:
    return kept.board.centre is centre and abs(today - kept.today) <= drift


async def _renewed(
    tx: Tx, kept: _Kept | None, versions: Mapping[str, str], centre: Centre, today: date, drift: timedelta
) -> _Kept:
    if kept is not None and _same_ground(kept, centre, today, drift):
        lines = {line for line, _ in kept.versions.items() ^ versions.items()}
        plan, touched = await _moved(tx, kept.board, lines)
        return _Kept(await asyncio.to_thread(kept.board.edited, plan, touched), versions, kept.today)
    span = tuple(resolve(today + days, 0, centre.zone, "start") for days in (-BEFORE, AFTER))
    plan = await plans.load(tx, centre, (span[0], span[1]))
    return _Kept(await asyncio.to_thread(build, centre, plan, span[0], span[1]), versions, today)


async def _moved(tx: Tx, board: Board, moved: set[str]) -> tuple[Plan, frozenset[str]]:
    """The plan of now, and the lines whose answers the edits may have changed."""
    span, plan = (board.start, board.end), board.plan
    lines = moved & board.supplies.keys()
    fresh = Plan.of(await plans.shifts_in_force(tx, span, lines), await plans.changes(tx, span, lines))
    for line in lines:
        plan = plan.with_line(line, fresh.shifts.get(line, ()), fresh.overrides.get(line, ()))
    if plans.PEOPLE not in moved:
        return plan, frozenset(lines)
    people = {person.id: person for person in await plans.people(tx, board.centre)}
    absences = tuple(await plans.away(tx, span))
    others = {row.staff_id for row in {*absences} ^ {*plan.absences}}
    others |= {who for who in people.keys() | plan.people.keys() if people.get(who) != plan.people.get(who)}
    plan = replace(plan, people=people, absences=absences)
    touched = frozenset[str]().union(lines, *(plan.lines_of(who) for who in others))
    return plan, touched & board.supplies.keys()
