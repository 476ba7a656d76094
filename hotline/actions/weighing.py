"""What an edit of the roster would open, close and break, found before anybody's writing waits for it.

A year of gaps takes tenths of a second, and SQLite has one writer. So an edit is weighed in a transaction that only
reads; the one that writes looks whether the ground is still the same, and weighs again only where somebody was faster.
"""

import asyncio
from collections.abc import Awaitable, Callable

from hotline.errors import GapWouldOpen
from hotline.rules.centre import Centre
from hotline.rules.civil_time import local
from hotline.rules.duty.demand import Demand
from hotline.rules.duty.edits import Edit, edited
from hotline.rules.duty.gaps import Gap
from hotline.rules.duty.preview import Preview, preview
from hotline.store import plans
from hotline.system import System, Transaction
from hotline.values import dataclass


@dataclass(frozen=True, slots=True)
class Weighed:
    """What was found, and of what: another centre, version of a line or demand may make it untrue."""

    preview: Preview
    centre: Centre
    versions: dict[str, str]
    demands: list[Demand]


async def ahead(system: System, plan: Callable[[Transaction], Awaitable[Edit]]) -> Weighed:
    """Weigh what `plan` makes of a reading transaction. Raises as `plan`."""
    async with system.read() as tx:
        versions, demands = await plans.versions(tx), await plans.needed(tx, tx.centre)
        return Weighed(await weigh(tx, await plan(tx)), tx.centre, versions, demands)


async def weigh(tx: Transaction, edit: Edit) -> Preview:
    """The same seen from the board of this transaction."""
    board, demands = await tx.board(), await plans.needed(tx, tx.centre)
    return await asyncio.to_thread(lambda: preview(board, edited(board, edit), demands, tx.now, edit.demands))


async def still(tx: Transaction, edit: Edit, weighed: Weighed) -> Preview:
    """What holds of the edit now that its lines are held."""
    versions = {line: version for line, version in (await plans.versions(tx) | tx.held).items() if version}
    same = (
        tx.centre is weighed.centre
        and versions == weighed.versions
        and await plans.needed(tx, tx.centre) == weighed.demands
    )
    return weighed.preview if same else await weigh(tx, edit)


async def agree(tx: Transaction, edit: Edit, weighed: Weighed, confirmed: bool) -> None:
    """Go on, unless it leaves a line alone within 72 hours and nobody said so twice. Raises GapWouldOpen."""
    asked_twice(tx, await still(tx, edit, weighed), confirmed)


def asked_twice(tx: Transaction, found: Preview, confirmed: bool) -> None:
    """Raises GapWouldOpen."""
    if found.asks_again and not confirmed:
        raise GapWouldOpen(**_named(tx, found.asks_again[0]))


def _named(tx: Transaction, gap: Gap) -> dict[str, str]:
    start, end = (f"{local(at, tx.centre.zone):%d.%m. %H:%M}" for at in gap.span)
    return {"line": tx.centre.line(gap.line).name_pl, "start": start, "end": end}
