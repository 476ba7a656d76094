"""Can this process serve? Said in a few codes, looked up at most once a second however often it is asked."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from hotline.errors import HotlineError
from hotline.store import schema
from hotline.store.db import Database
from hotline.system import System
from hotline.values import dataclass

FRESH_SECONDS = 1.0
PATIENCE = 2.0  # for a part that neither answers nor refuses
DATABASE, KEYS, REDIS, SCHEMA, DRAINING = PARTS = ("database", "keys", "redis", "schema", "draining")
SPARED = frozenset({REDIS})  # without it everything works, only later


@dataclass(frozen=True, slots=True)
class Report:
    """What is missing, as codes. `ready` if the process can serve all the same."""

    missing: tuple[str, ...]

    @property
    def ready(self) -> bool:
        return SPARED.issuperset(self.missing)


class Health:
    """Asks the parts of one process. One that is to end says so, and that counts as not ready."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._one_look = asyncio.Lock()
        self._looked_at = float("-inf")
        self._missing: frozenset[str] = frozenset()

    async def report(self) -> Report:
        """What is missing now, or was a second ago."""
        async with self._one_look:
            if time.monotonic() - self._looked_at > FRESH_SECONDS:
                self._missing = await self._look()
                self._looked_at = time.monotonic()
        missing = self._missing | {DRAINING} if self._system.closing.is_set() else self._missing
        return Report(tuple(part for part in PARTS if part in missing))

    async def _look(self) -> frozenset[str]:
        system = self._system
        asked = [self._database(DATABASE, system.db, "main"), self._database(KEYS, system.keys, "keys")]
        asked.append(_answers(REDIS, system.bus.ping))
        return frozenset(part for part in await asyncio.gather(*asked) if part is not None)

    async def _database(self, part: str, db: Database, which: schema.Which) -> str | None:
        current = True

        async def look() -> None:
            nonlocal current
            current = await schema.fit(db, which) in ("current", "ahead")

        return await _answers(part, look) or (None if current else SCHEMA)


async def _answers(part: str, ask: Callable[[], Awaitable[None]]) -> str | None:
    """None if it does, else the part."""
    try:
        async with asyncio.timeout(PATIENCE):
            await ask()
    except (HotlineError, TimeoutError):
        return part
    return None
