"""Does a message cost the same among many? Processor time of the web process and of PostgreSQL per message.

What the open sockets cost while nobody writes is taken off, and told apart. What is stored lies in conversations that
ended, as it does in a house that has been open for years.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from sqlalchemy import Table

from hotline.config import Settings
from hotline.store.tables import contacts, entries, threads
from tests.bench.conversations.paper import Part
from tests.bench.conversations.rounds import CALLERS, PACE, WARM_SECONDS
from tests.bench.conversations.sides import Place, Side, cpu_seconds
from tests.torture.goals import Goal

OPEN, STORED, STORED_LONG = (10, 100, 1000, 5000), (1_000, 1_000_000), (1_000, 1_000_000, 10_000_000)
TALKS = 100  # open ones beside what is stored
FILL_SECONDS = 3600.0  # at most, for ten million
IN_EACH = 100  # entries of a conversation that ended
OPEN_SPREAD, STORED_SPREAD = 1.3, 1.2


@dataclass(frozen=True)
class Cost:
    """Microseconds of processor time per message, and what the quiet sockets took, in percent of a core."""

    lost: int
    came_back: int
    web: float
    postgres: float
    quiet: float

    @property
    def whole(self) -> float:
        return self.web + self.postgres


async def by_open(place: Place, rounds: int, seconds: float, sizes: Sequence[int] = OPEN) -> Part:
    """From few open conversations to many."""
    sides = {size: await place.ours(f"{size} open", size) for size in sizes}
    title = "Cost of a message by open conversations, microseconds of processor time"
    return await _compared(place, title, sides, rounds, seconds, OPEN_SPREAD)


async def by_stored(place: Place, rounds: int, seconds: float, sizes: Sequence[int] = STORED) -> Part:
    """From few stored entries to many."""
    sides, disk = {}, {}
    talks = min(TALKS, *sizes)
    for size in sizes:
        urls: list[str] = []

        async def fill(settings: Settings, size: int = size, urls: list[str] = urls) -> None:
            urls.append(settings.database_url)
            await _store(place, settings.database_url, size)

        sides[size] = await place.ours(f"{size} stored", talks, fill=fill)
        disk[size] = await place.postgres.ask("SELECT pg_database_size(current_database())", urls[0])
    title = f"Cost of a message by stored entries, {talks} conversations open, microseconds of processor time"
    part = await _compared(place, title, sides, rounds, seconds, STORED_SPREAD)
    part.notes.append(
        "disk: " + ", ".join(f"{size:,} entries {taken / 1e6:,.0f} MB" for size, taken in disk.items())
    )
    return part


async def _compared(
    place: Place, title: str, sides: dict[int, Side], rounds: int, seconds: float, most: float
) -> Part:
    found: dict[int, list[Cost]] = {size: [] for size in sides}
    for number in range(rounds + 1):
        for size, side in sides.items():
            async with side.turn():
                if number:
                    found[size].append(await _cost(place, side, seconds))
                else:  # the first words of a talk are looked up before they are stored
                    await side.pace(PACE, max(WARM_SECONDS, side.talks / PACE), CALLERS)
    await place.clear()
    part = Part(title, ("how many", "web", "PostgreSQL", "both", "quiet sockets, % of a core"))
    whole = {}
    for size, costs in found.items():
        parts = [
            median(getattr(each, name) for each in costs) for name in ("web", "postgres", "whole", "quiet")
        ]
        part.rows.append((size, *parts))
        whole[size] = parts[2]
    part.bars = {f"{size:,}": value for size, value in whole.items()}
    spread = max(whole.values()) / max(min(whole.values()), 1e-9)
    lost = sum(cost.lost for costs in found.values() for cost in costs)
    back = sum(cost.came_back for costs in found.values() for cost in costs)
    part.notes.append(f"talks cut off while their side stood still, which came back: {back:,}")
    part.goals.append(Goal("messages not acknowledged and delivered", lost, most=0))
    part.goals.append(Goal(f"dearest against cheapest, {min(sides):,} to {max(sides):,}", spread, most=most))
    return part


async def _cost(place: Place, side: Side, seconds: float) -> Cost:
    def taken() -> tuple[float, float]:
        return side.cpu(), cpu_seconds(place.postgres.process.pid, with_children=True)

    marks = [taken()]
    await asyncio.sleep(seconds)
    marks.append(taken())
    told = await side.pace(PACE, seconds)
    marks.append(taken())
    quiet, busy = ([later - sooner for sooner, later in zip(*pair, strict=True)] for pair in pairwise(marks))
    # what follows the last message, until it is delivered, belongs to it; there the quiet cost is small
    web, postgres = (1e6 * (more - less) / max(told.acked, 1) for less, more in zip(quiet, busy, strict=True))
    return Cost(told.sent - told.delivered, told.came_back, web, postgres, 100 * quiet[0] / seconds)


async def _store(place: Place, url: str, count: int) -> None:
    """So many entries in conversations that ended, made by the database itself."""
    many = max(1, count // IN_EACH)
    ended = {"id": "'old' || g", "ref": "'O/' || g", "origin": "'old:' || g", "state": "'closed'"}
    ended |= {
        "holder_id": "NULL",
        "caller_blind": "NULL",
        "ended_at": "arrived_at",
        "closed_at": "arrived_at",
    }
    thread = {"contact_id": "'old' || g", "open": "false", "last_seq": str(IN_EACH)}
    entry = {"contact_id": "'old' || g", "seq": "s", "id": "'old' || g || '.' || s"}
    contacts_too = f"generate_series(1, {many}) g"
    await place.postgres.execute(_copied(contacts, "true", ended, contacts_too), url)
    await place.postgres.execute(_copied(threads, "true", thread, contacts_too), url)
    series = f"generate_series(1, {many}) g, generate_series(1, {min(count, IN_EACH)}) s"
    await place.postgres.execute(_copied(entries, "kind = 'message'", entry, series), url, FILL_SECONDS)
    for table in (contacts, threads, entries):
        await place.postgres.execute(f"VACUUM ANALYZE {table.name}", url, FILL_SECONDS)
    await place.postgres.execute("CHECKPOINT", url)


def _copied(table: Table, which: str, changed: dict[str, str], series: str) -> str:
    names = [column.name for column in table.columns]
    values = ", ".join(changed.get(name, f"one.{name}") for name in names)
    one = f"(SELECT * FROM {table.name} WHERE {which} LIMIT 1) one"  # noqa: S608
    return f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {values} FROM {one}, {series}"  # noqa: S608
