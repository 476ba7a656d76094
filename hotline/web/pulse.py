"""The heartbeats of all open lines of this process, from one task.

For ten thousand that are quiet, a task and a timer of each would cost more than what they send.
"""

import asyncio
import heapq
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from random import uniform
from typing import Final, Protocol

import structlog
from aiohttp import web

log = structlog.get_logger()
TICK: Final = 0.1  # seconds: those due in it are asked together
SPREAD: Final = (0.8, 1.0)  # ten per cent more or less, and never later than what presence counts on


class Asked(Protocol):
    """Who is asked for a sign of life."""

    def ping(self) -> None:
        """Without waiting for anything."""


@dataclass(slots=True)
class _Line:
    """One that is open, until it is nobody's any more. Sorted by when it is due."""

    who: Asked | None
    every: float
    due: float

    def __lt__(self, other: "_Line") -> bool:
        return self.due < other.due

    def __enter__(self) -> None:
        """It beats already."""

    def __exit__(self, *_error: object) -> None:
        self.who = None


class Pulse:
    """`run()` must be running."""

    def __init__(self) -> None:
        self._due: list[_Line] = []  # a heap

    def of(self, who: Asked, every: float) -> AbstractContextManager[None]:
        """Until the block ends, they are asked every so many seconds."""
        # Pages that came together after a restart must not answer together for ever.
        line = _Line(who, every, time.monotonic() + uniform(0, every))  # noqa: S311  nothing to guess
        heapq.heappush(self._due, line)
        return line

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(TICK)
            self._beat(time.monotonic())

    def _beat(self, now: float) -> None:
        while self._due and self._due[0].due <= now:
            line = heapq.heappop(self._due)
            if line.who is None:
                continue
            try:
                line.who.ping()
            except Exception as error:  # an edge: one line must not silence the others
                log.error("not pinged", exc_info=error)
            line.due = now + line.every * uniform(*SPREAD)  # noqa: S311
            heapq.heappush(self._due, line)


PULSE: web.AppKey[Pulse] = web.AppKey("pulse", Pulse)
