"""One thing done at a door, cut short at its first await, its second, its third …, and looked at after each.

Whatever was committed then is what some whole transactions of it commit, audit included; no connection, lock or gate is
kept; and done again it has the effect of having been done once.
"""

import asyncio
import os
import types
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Row, Table, and_, delete, insert, select, update

from hotline.errors import HotlineError, NotFound
from hotline.ids import new_id
from hotline.store import tables
from hotline.store.db import Database
from hotline.store.journal import Line
from hotline.store.live_board import LiveBoard
from hotline.store.recent import Recent
from hotline.store.tables import centre, roster
from hotline.system import System

Make = Callable[[], Coroutine[Any, Any, Any]]
Rows = dict[Table, dict[tuple[Any, ...], Row[Any]]]
Shape = Counter[str]
SOON = 10.0  # seconds: "at once", where others keep the machine busy
SIGNS = frozenset({"seen_at", "caller_seen_at"})  # columns that change by themselves
APART = frozenset({"leases"})
OF_PLANS = frozenset(
    table.name for part in (roster, centre) for table in vars(part).values() if isinstance(table, Table)
)


# A try counts before it is judged, so that whoever hangs up guesses no more often; the last one may be used up by that.
COUNTED = {"+sign_in_tries", "sign_in_tries: tries, last_at, until"}


class HalfDone(AssertionError):
    """What was found after cutting something short."""


@dataclass
class Cut:
    """Cancel at the await of this number, as soon as it waits, or (`late`) when what it waited for has come."""

    at: int
    late: bool = False
    seen: int = 0

    async def run(self, doing: Coroutine[Any, Any, Any]) -> Any:
        return await self._driven(doing)

    @types.coroutine
    def _driven(self, doing: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
        error: BaseException | None = None
        task = asyncio.current_task()
        assert task is not None
        while True:
            try:
                waits = doing.send(None) if error is None else doing.throw(error)
            except StopIteration as done:
                return done.value
            self.seen += 1
            if self.seen == self.at:
                if self.late and waits is not None:
                    waits.add_done_callback(lambda _done: task.cancel())
                else:
                    task.cancel()
            try:
                yield waits
                error = None
            except BaseException as thrown:  # noqa: BLE001  handed on to whom it is meant for
                error = thrown


@dataclass
class Found:
    """What cutting short came to, by the name of what was done."""

    awaits: Counter[str] = field(default_factory=Counter)
    cuts: Counter[str] = field(default_factory=Counter)
    nothing: int = 0  # cuts after which nothing was there
    all: int = 0  # and after which all of it was
    parts: Counter[str] = field(default_factory=Counter)  # some of several transactions
    doubled: Counter[str] = field(default_factory=Counter)  # done twice by doing again what had been done
    faults: list[str] = field(default_factory=list)


async def everything(system: System) -> Rows:
    """All rows of both databases, by their primary keys."""
    rows: Rows = {}
    for db, metadata in ((system.db, tables.metadata), (system.keys, tables.key_metadata)):
        async with db.read() as connection:
            for table in metadata.sorted_tables:
                if table.name not in APART:
                    found = await connection.execute(select(table))
                    rows[table] = {_key(table, row): row for row in found}
    return rows


def shape(before: Rows, after: Rows) -> Shape:
    """How many rows of which table came, went, or changed in which columns."""
    found: Shape = Counter()
    for table, rows in after.items():
        old = before[table]
        found[f"+{table.name}"] += len(rows.keys() - old.keys())
        found[f"-{table.name}"] += len(old.keys() - rows.keys())
        for key in rows.keys() & old.keys():
            changed = _changed(table, old[key], rows[key])
            if changed:
                found[f"{table.name}: {', '.join(changed)}"] += 1
    return +found


def _changed(table: Table, old: Row[Any], new: Row[Any]) -> list[str]:
    names = table.c.keys()
    return [name for name in names if name not in SIGNS and getattr(old, name) != getattr(new, name)]


async def restore(system: System, before: Rows, after: Rows) -> None:
    """As it was before, in both databases and in what this process remembers of them."""
    for db, metadata in ((system.db, tables.metadata), (system.keys, tables.key_metadata)):
        async with db.write() as connection:
            ordered = [each for each in metadata.sorted_tables if each in before]
            for table in reversed(ordered):
                for key in after[table].keys() - before[table].keys():
                    await connection.execute(delete(table).where(_is(table, key)))
            for table in ordered:
                for key in before[table].keys() - after[table].keys():
                    await connection.execute(insert(table).values(_values(table, before[table][key])))
            for table in ordered:
                for key in before[table].keys() & after[table].keys():
                    if before[table][key] != after[table][key]:
                        values = _values(table, before[table][key])
                        await connection.execute(update(table).where(_is(table, key)).values(values))
    system.journal.recent = Recent()
    if any(before[table] != after[table] for table in before if table.name in OF_PLANS):
        system.duty, system._centre_version = LiveBoard(), None
        await system.refresh_centre()


def _key(table: Table, row: Row[Any]) -> tuple[Any, ...]:
    return tuple(getattr(row, column.name) for column in table.primary_key.columns)


def _is(table: Table, key: tuple[Any, ...]) -> Any:
    return and_(*(column == value for column, value in zip(table.primary_key.columns, key, strict=True)))


def _values(table: Table, row: Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in table.c.keys()}  # noqa: SIM118  not a mapping


@dataclass(frozen=True)
class Scene:
    """What is done, from where, and what is there after each of its commits."""

    name: str
    system: System
    make: Make
    before: Rows
    steps: list[Shape]
    once: bool


class Cutter:
    """Cuts short what is done at the doors of the tests, and then lets it be done."""

    def __init__(self, each: int = 1, cuts: Callable[[int], bool] = lambda _at: True) -> None:
        """`each`: so many things of one name; `cuts`: at which awaits."""
        self.found = Found()
        self._each, self._cuts = each, cuts
        self._had: Counter[str] = Counter()
        self.busy = False

    async def does(self, name: str, system: System, make: Make, *, once: bool = False) -> Any:
        """What `make` makes, after it was cut short everywhere. `once`: done again it adds nothing."""
        if self.busy or self._had[name] >= self._each:
            return await make()
        self.busy = True
        try:
            before, cut = await everything(system), Cut(0)
            outcome = await _outcome(cut.run(make()))
            await _journal_is_idle(system)
            after = await everything(system)
            if not shape(before, after) or _refused(outcome):
                return _answer(outcome)
            self._had[name] += 1
            self.found.awaits[name] = max(self.found.awaits[name], cut.seen)
            await restore(system, before, after)
            scene = Scene(name, system, make, before, await self._steps(system, make, before), once)
            for late in (False, True):
                await self._everywhere(scene, cut.seen, late=late)
            return await make()
        finally:
            self.busy = False

    async def _steps(self, system: System, make: Make, before: Rows) -> list[Shape]:
        """What is there after each commit on the way: first nothing, in the end all of it."""
        steps: list[Shape] = [Counter()]

        async def committed() -> None:
            steps.append(shape(before, await everything(system)))

        async with _watched(system, committed):
            await _outcome(make())
        await _journal_is_idle(system)
        after = await everything(system)
        await restore(system, before, after)
        return [*steps, shape(before, after)]

    async def _everywhere(self, scene: Scene, awaits: int, *, late: bool) -> None:
        for at in filter(self._cuts, range(1, 2 * awaits + 1)):
            cut = Cut(at, late)
            await _outcome(cut.run(scene.make()))
            try:
                after = await self._looks(scene, reached=cut.seen >= at)
            except (HalfDone, TimeoutError, HotlineError) as error:
                how = "late" if late else "at once"
                test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]
                fault = f"{scene.name}, await {at} {how}: {type(error).__name__} {error}"
                self.found.faults.append(f"{fault} {test}".rstrip())
                after = await everything(scene.system)
            await restore(scene.system, scene.before, after)
            if cut.seen < at:
                break

    async def _looks(self, scene: Scene, *, reached: bool) -> Rows:
        """Right after it: then it is done again."""
        system, before, whole = scene.system, scene.before, scene.steps[-1]
        await _nothing_is_held(system)
        there = shape(before, await everything(system))
        if there not in scene.steps:
            raise HalfDone(f"{dict(there)} is none of {[dict(each) for each in scene.steps]}")
        if reached:
            self.found.cuts[scene.name] += 1
            self.found.nothing += not there
            self.found.all += there == whole
            self.found.parts[scene.name] += bool(there) and there != whole
        async with asyncio.timeout(SOON):
            again = await _outcome(scene.make())
            await _journal_is_idle(system)
        if isinstance(again, BaseException) and not isinstance(again, HotlineError):
            raise HalfDone(f"done again, it fails: {again!r}")
        after = await everything(system)
        twice = _essence(shape(before, after))
        used_up = _refused(again) and bool(twice) and twice.keys() <= COUNTED
        if twice != _essence(whole) and not used_up:
            if _essence(there) != _essence(whole) or scene.once:
                raise HalfDone(f"done again: {dict(twice)} instead of {dict(whole)}; there was {dict(there)}")
            self.found.doubled[scene.name] += 1  # it has no id of its own: whoever does it again means it
        return after


def _essence(found: Shape) -> Shape:
    """A key for a contact that never came opens nothing and is in nobody's way.

    A privacy notice is kept by whichever process sees first that it is another one, not by who caused it.
    """
    names = {f"+{table.name}" for table in (*tables.key_metadata.sorted_tables, tables.notices)}
    return Counter({name: count for name, count in found.items() if name not in names})


async def _outcome(doing: Awaitable[Any]) -> Any:
    """What it gives or raises, in a task of its own, as a server runs it."""

    async def run() -> Any:
        return await doing

    task = asyncio.get_running_loop().create_task(run())
    done, _ = await asyncio.wait([task], timeout=3 * SOON)
    if not done:
        task.cancel()
        await asyncio.wait([task])
        return HalfDone("it hangs")
    if task.cancelled():
        return asyncio.CancelledError()
    return task.exception() or task.result()


def _refused(outcome: Any) -> bool:
    return isinstance(outcome, BaseException) or getattr(outcome, "status", 200) >= 400


def _answer(outcome: Any) -> Any:
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


async def _nothing_is_held(system: System) -> None:
    """Others write at once, the journal goes on, and all connections are back."""
    try:
        async with asyncio.timeout(SOON):
            for db in (system.db, system.keys):
                async with db.write():
                    pass
            await _journal_is_idle(system)
            while system.db.in_use or system.keys.in_use:  # noqa: ASYNC110  the loops of the house use one now and then
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise HalfDone(f"held: {system.db.in_use} and {system.keys.in_use} connections") from None


async def _journal_is_idle(system: System) -> None:
    """Behind all that waits in it, a line that nobody can write."""
    with suppress(NotFound):
        await system.journal.write(Line(new_id(), new_id(), "message", "caller"))


@asynccontextmanager
async def _watched(system: System, committed: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Be told after each commit of either database, and of the journal."""

    def telling(db: Database) -> Callable[[], Any]:
        write = db.write

        @asynccontextmanager
        async def told() -> AsyncIterator[Any]:
            async with write() as connection:
                yield connection
            await committed()

        return told

    write = system.journal.write

    async def written(line: Line) -> Any:
        receipt = await write(line)
        await committed()
        return receipt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(system.db, "write", telling(system.db))
        patch.setattr(system.keys, "write", telling(system.keys))
        patch.setattr(system.journal, "write", written)
        yield
