"""The heartbeats of all open lines of this process, from one task.

For ten thousand that are quiet, a task and a timer of each would cost more than what they send.
"""

import asyncio
import heapq
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from random import uniform
from typing import Final

import structlog
from aiohttp import web

log = structlog.get_logger()
TICK: Final = 0.1  # seconds: those due in it are asked together
SPREAD: Final = (0.8, 1.0)  # ten per cent more or less, and never later than what presence counts on


@dataclass(slots=True)
class _Line:
    """One that is open; without a `ping` it is not any more. Sorted by when it is due."""

    ping: Callable[[], None] | None
    every: float
    due: float

    def __lt__(self, other: "_Line") -> bool:
        return self.due < other.due

    def __enter__(self) -> None:
        """It beats already."""

    def __exit__(self, *_error: object) -> None:
        self.ping = None


class Pulse:
    """`run()` must be running."""

    def __init__(self) -> None:
        self._due: list[_Line] = []  # a heap

    def of(self, ping: Callable[[], None], every: float) -> AbstractContextManager[None]:
        """Until the block ends, `ping` is called every so many seconds. It waits for nothing."""
        # Pages that came together after a restart must not answer together for ever.
        line = _Line(ping, every, time.monotonic() + uniform(0, every))  # noqa: S311  nothing to guess
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
            if line.ping is None:
                continue
            try:
                line.ping()
            except Exception as error:  # an edge: one line must not silence the others
                log.error("not pinged", exc_info=error)
            line.due = now + line.every * uniform(*SPREAD)  # noqa: S311
            heapq.heappush(self._due, line)


PULSE: web.AppKey[Pulse] = web.AppKey("pulse", Pulse)
