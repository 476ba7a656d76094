"""How the checks of shifts stand: one's own, and for whoever leads those of everybody on duty."""

from collections.abc import Collection

from hotline.errors import KeyDestroyed
from hotline.rules import shift_checks as rules
from hotline.rules.duty import Board
from hotline.rules.shift_checks import Due, Saved, State
from hotline.store import shift_checks as rows
from hotline.store.db import Tx
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class CheckNow:
    """The check that is due for somebody, what of it was saved, and the remark if it was asked for."""

    due: Due
    state: State
    saved: Saved | None
    remark: str = ""


async def check_now(tx: Tx, board: Board, staff_id: str) -> CheckNow | None:
    """One's own; None while no shift begins or ends."""
    return (await checks_now(tx, board, [staff_id])).get(staff_id)


async def checks_now(tx: Tx, board: Board, staff_ids: Collection[str]) -> dict[str, CheckNow]:
    """Of those among these people for whom one is due."""
    due = {who: rules.due(board.worked(who), tx.now) for who in staff_ids}
    newest = await rows.newest(tx, staff_ids)
    return {
        who: CheckNow(
            each,
            rules.state(each, newest.get(who), tx.now),
            newest[who] if rules.belongs(each, newest.get(who)) else None,
        )
        for who, each in due.items()
        if each is not None
    }


async def checks_on_duty(tx: Tx, board: Board, lines: frozenset[str]) -> dict[str, CheckNow]:
    """Of everybody who begins, works or has just ended, with remarks; less the other side of these lines."""
    barred = frozenset().union(*(board.centre.lines_behind_wall(line) for line in lines))
    found = await checks_now(tx, board, board.people())
    return {
        who: CheckNow(each.due, each.state, each.saved, await _remark(tx, who, each.saved))
        for who, each in found.items()
        if not each.due.shift.lines & barred
    }


async def _remark(tx: Tx, staff_id: str, saved: Saved | None) -> str:
    if saved is None or saved.remark_sealed is None:
        return ""
    try:
        return await tx.unseal(staff_id, "shift_checks", saved.id, saved.remark_sealed)
    except KeyDestroyed:  # of somebody who was erased meanwhile
        return ""
