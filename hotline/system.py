"""System: what every action is given. `transaction()` commits, then pokes.

`tx.record` writes the audit row and queues the poke in one call, so neither can be forgotten.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hotline import metrics
from hotline.config import Settings
from hotline.errors import HotlineError, KeyDestroyed, LeaseLost
from hotline.ids import new_id
from hotline.live import topics
from hotline.live.bus import Bell, Bus
from hotline.live.gathered import Gathered
from hotline.rules import centre_changes
from hotline.rules.access import Actor
from hotline.rules.centre import Centre
from hotline.rules.duty import Board
from hotline.store import centre as centre_rows
from hotline.store import claims, queries
from hotline.store import keys as key_rows
from hotline.store.db import Database, Tx
from hotline.store.journal import Journal
from hotline.store.live_board import LiveBoard
from hotline.store.queries import ContactRow
from hotline.store.tables import audit
from hotline.store.waits import Waits
from hotline.texts.notice import Notice, notice_of
from hotline.texts.situations import check
from hotline.vault import Vault

log = structlog.get_logger()
LEASE = "engine"
LEASE_LIFE = timedelta(seconds=3)  # a dead engine is replaced within five seconds: renewed every second
CENTRE_SECONDS = 1.0
ROSTER_SECONDS = 1.0
LEDGER_SECONDS = 1.0
LEDGER_OVERLAP = timedelta(minutes=1)
MEASURE_SECONDS = 10.0  # between two looks at the database's clock; machines drift by microseconds meanwhile


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""


class MachineClock:
    """The clock of this machine; the one place where the program asks it."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251  the only clock


class DatabaseClock:
    """The database's clock, so that all processes agree: this machine only counts the seconds in between."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._zero: datetime | None = None  # when the monotonic clock stood at nought
        self._latest = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        assert self._zero is not None, "measure() comes first"  # noqa: S101
        self._latest = max(self._latest, self._zero + timedelta(seconds=time.monotonic()))
        return self._latest  # never earlier than before: a deadline that has passed stays passed

    async def measure(self) -> None:
        """Ask the database. Only what the time of the journey cannot explain is corrected. Raises Unavailable."""
        before = time.monotonic()
        there = await self._db.time()
        after = time.monotonic()
        zero = there - timedelta(seconds=(before + after) / 2)
        if self._zero is None or abs(zero - self._zero) > timedelta(seconds=(after - before) / 2):
            self._zero = zero

    async def run(self) -> None:
        """Measure now and then until cancelled; while the database is away the machine counts on."""
        while True:
            await asyncio.sleep(MEASURE_SECONDS)
            try:
                await self.measure()
            except HotlineError as error:
                log.warning("clock not measured", code=error.code)


@dataclass(slots=True)
class Record:
    """One line of the audit, written at commit."""

    verb: str
    thing_kind: str
    thing_id: str
    coded: dict[str, Any]
    reason: str | None
    owner_id: str | None


class Transaction(Tx):
    """A connection inside a transaction, its one `now`, who acts, and what to poke afterwards."""

    def __init__(self, system: "System", connection: AsyncConnection, actor: Actor | None) -> None:
        self.system = system
        self.connection = connection
        self.actor = actor
        self.now = system.clock.now()
        self.centre, self.notice = system.centre, system.notice
        self.topics: set[str] = set()
        self.held: dict[str, str] = {}
        self._records: list[Record] = []
        self._board: Board | None = None

    def record(
        self,
        verb: str,
        thing_kind: str,
        thing_id: str,
        topics: Collection[str] = (),
        *,
        reason: str | None = None,
        sealed_for: str | None = None,
        **coded: Any,
    ) -> None:
        """Say what was done to what, and which topics changed. A free-text reason needs an owner to seal it."""
        if reason is not None and sealed_for is None:
            raise ValueError("a reason is free text and needs an owner's key")
        self._records.append(Record(verb, thing_kind, thing_id, coded, reason, sealed_for))
        self.topics.update(topics)

    async def board(self) -> Board:
        """Who is on duty when, as it was when this transaction first asked; whoever edits takes the lock before."""
        if self._board is None:
            self._board = await self.system.duty.board(self, self.centre)
        return self._board

    async def seal(self, owner_id: str, table: str, row_id: str, text: str) -> bytes:
        """`text` sealed with the owner's key for this place. Raises KeyDestroyed."""
        await self.system.open_key(owner_id)
        return self.system.vault.seal(owner_id, table, row_id, text)

    async def unseal(self, owner_id: str, table: str, row_id: str, sealed: bytes) -> str:
        return await self.system.unseal(owner_id, table, row_id, sealed)

    def blind(self, purpose: str, value: str) -> str:
        """Keyed fingerprint for a look-up."""
        return self.system.vault.blind(purpose, value)

    def count_records(self) -> None:
        """What has been done, for whoever watches the process; called once, just after the commit."""
        for each in self._records:
            metrics.ACTIONS.labels(each.verb).inc()

    async def flush_records(self) -> None:
        """Write the audit rows; called once, just before the commit."""
        actor = self.actor
        if not self._records or actor is None:
            return
        rows = []
        for each in self._records:
            row_id = new_id()
            reason = None
            if each.reason is not None and each.owner_id is not None:
                reason = await self.seal(each.owner_id, "audit", row_id, each.reason)
            rows.append(
                {
                    "id": row_id,
                    "at": self.now,
                    "actor_kind": actor.kind,
                    "actor_id": actor.id,
                    "verb": each.verb,
                    "thing_kind": each.thing_kind,
                    "thing_id": each.thing_id,
                    "coded": each.coded,
                    "reason_sealed": reason,
                }
            )
        await self.connection.execute(insert(audit), rows)


@dataclass(slots=True, repr=False)  # a whole centre would be in every traceback
class System:
    """The parts an action may use. Built and closed by `app`."""

    db: Database
    keys: Database
    bus: Bus
    clock: Clock
    vault: Vault
    settings: Settings
    layers: Sequence[centre_changes.Layer]  # the files of the centre; what staff changed lies over them
    centre: Centre = field(init=False)
    notice: Notice = field(init=False)
    _centre_version: int | None = field(init=False, default=None)
    _refreshing: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    journal: Journal = field(init=False)
    callers: Gathered[str, ContactRow | None] = field(init=False)
    """The newest contact behind the blinded secret of a caller; asked with every word and by every page that opens."""
    duty: LiveBoard = field(init=False, default_factory=LiveBoard)
    waits: Waits = field(init=False, default_factory=Waits)
    closing: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    """Set when the process is to end: take nothing on any more, finish what is under way."""

    def __post_init__(self) -> None:
        self.centre = check(centre_changes.compiled(self.layers, ()))
        self.notice = notice_of(self.centre)
        self.journal = Journal(self.db, self.clock.now, self._written)
        self.callers = Gathered(self._read_callers)
        self.bus.listen(self._written_elsewhere, elsewhere=True)

    @asynccontextmanager
    async def transaction(self, actor: Actor) -> AsyncIterator[Transaction]:
        """All or nothing: rows and audit are committed together, pokes go out after.

        An engine gets no further than here once another has its lease. Raises LeaseLost, Unavailable.
        """
        async with self.db.write() as connection:
            tx = Transaction(self, connection, actor)
            if actor.kind == "engine" and not await claims.hold_lease(tx, LEASE, actor.epoch, LEASE_LIFE):
                raise LeaseLost
            yield tx
            await tx.flush_records()
        tx.count_records()
        if tx.topics:
            self._written_elsewhere(tx.topics)
            self.bus.publish(tx.topics)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A look without a trace."""
        async with self.db.read() as connection:
            yield Transaction(self, connection, None)

    async def _read_callers(self, blinds: list[str]) -> dict[str, ContactRow | None]:
        async with self.read() as tx:
            return await queries.contacts_by_callers(tx, blinds)

    async def refresh_centre(self) -> None:
        """Work on the newest centre from the next transaction on. Raises CentreInvalid, and keeps the former."""
        async with self._refreshing:
            async with self.read() as tx:
                version = await centre_rows.version(tx)
                if version == self._centre_version:
                    return
                changes = await centre_rows.changes(tx)
            centre = check(centre_changes.compiled(self.layers, changes))
            notice = notice_of(centre)
            async with self.db.write() as connection:  # kept before anybody is shown it
                await centre_rows.keep_notice(
                    Transaction(self, connection, None), notice.version, notice.body
                )
            self.centre, self.notice, self._centre_version = centre, notice, version

    async def follow_centre(self) -> None:
        """Take over what other processes changed: on their poke, and behind it once a second."""
        bell = Bell(self.bus, lambda topic: topic == topics.centre())
        while True:
            try:
                await self.refresh_centre()
            except HotlineError as error:
                log.warning("centre not refreshed", code=error.code)
            await bell.rest(CENTRE_SECONDS)

    async def follow_roster(self) -> None:
        """Compile ahead of whoever will ask what others edited: on their poke, once a second, and at midnight."""
        bell = Bell(self.bus, lambda topic: topic == topics.roster())
        while True:
            try:
                async with self.read() as tx:
                    await self.duty.board(tx, tx.centre, drift=timedelta())
            except HotlineError as error:
                log.warning("roster not refreshed", code=error.code)
            await bell.rest(ROSTER_SECONDS)

    def _written(self, contact_ids: set[str], outgoing: bool) -> None:
        changed = {topics.words(contact_id) for contact_id in contact_ids}
        self.bus.publish(changed | {topics.outbox()} if outgoing else changed)

    def _written_elsewhere(self, changed: Collection[str]) -> None:
        """Not by this journal: what it has at hand of these talks may end too early."""
        for contact_id in filter(None, map(topics.talk_of, changed)):
            self.journal.recent.doubt(contact_id)

    async def make_key(self, owner_id: str) -> None:
        """A key for a new contact or case; committed apart before anything is sealed with it."""
        key_id, wrapped = self.vault.new_key(owner_id)
        await key_rows.add(self.keys, owner_id, key_id, wrapped, self.clock.now())

    async def destroy_key(self, erasure: key_rows.Erasure) -> None:
        """Nothing sealed with the owner's key can be read again: here at once, elsewhere within a second or two."""
        await key_rows.destroy(self.keys, [erasure])
        self.vault.forget(erasure.owner_id)

    async def watch_ledger(self) -> None:
        """Forget keys that another process destroyed, until cancelled: on a poke, and every second in any case."""
        bell = Bell(self.bus, lambda topic: topic == topics.keys())
        since: datetime | None = None
        while True:
            try:
                async with self.keys.read() as connection:
                    erased = await key_rows.ledger(connection, since)
                for each in erased:
                    self.vault.forget(each.owner_id)
                if erased:  # again for a while: one that was being opened just then may have come back
                    since = erased[-1].destroyed_at - LEDGER_OVERLAP
            except HotlineError as error:
                log.warning("ledger not read", code=error.code)
            await bell.rest(LEDGER_SECONDS)

    async def ensure_key(self, owner_id: str) -> None:
        """Have the owner's key at hand; the first use makes it. Raises KeyDestroyed if it was destroyed.

        Of two that are made at once one is kept, and both seal with that: what is not stored opens nothing.
        """
        try:
            await self.open_key(owner_id)
        except KeyDestroyed:
            key_id, wrapped = self.vault.new_key(owner_id)
            self.vault.forget(owner_id)
            await key_rows.add_first(self.keys, owner_id, key_id, wrapped, self.clock.now())
            await self.open_key(owner_id)

    async def unseal(self, owner_id: str, table: str, row_id: str, sealed: bytes) -> str:
        """The text behind `sealed`, which belongs to that owner, table and row. Raises KeyDestroyed."""
        await self.open_key(owner_id)
        return self.vault.unseal(owner_id, table, row_id, sealed)

    async def open_key(self, owner_id: str) -> None:
        """Have the owner's key at hand. Raises KeyDestroyed if there is none."""
        if self.vault.knows(owner_id):
            return
        found = await key_rows.get(self.keys, owner_id)
        if found is None:
            raise KeyDestroyed
        self.vault.admit(owner_id, *found)
