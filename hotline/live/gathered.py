"""What many readers want at the same moment is read in one go: once for those who want the same."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from hotline.errors import HotlineError

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
MOST: Final = 100  # in one go: so that the first of many does not wait for what is read for all of them


@dataclass(slots=True)
class _Round(Generic[Key, Value]):
    """What is read in one go: for whom, and then what came of it."""

    keys: dict[Key, None] = field(default_factory=dict)
    found: Mapping[Key, Value] | HotlineError | None = None


class Gathered(Generic[Key, Value]):
    """Readings by key. While one goes on, those who ask gather for the next, which holds what woke them.

    As the journal does with lines: alone nobody waits for others, and many cost little more than one.
    """

    def __init__(
        self, read: Callable[[list[Key]], Awaitable[Mapping[Key, Value]]], seconds: float = 0.0
    ) -> None:
        """Where nobody is in a hurry, each reading waits so long for those who come after the first."""
        self._read, self._seconds = read, seconds
        self._turn = asyncio.Lock()
        self._next: _Round[Key, Value] = _Round()

    async def get(self, key: Key) -> Value:
        """A reading that began after this was asked. Raises what the reading raised, to all of whom it was for."""
        if len(self._next.keys) >= MOST:
            self._next = _Round()
        mine = self._next
        mine.keys[key] = None
        async with self._turn:
            if mine.found is None:  # the first of the round, or the first after one who was cut short
                if self._seconds:
                    await asyncio.sleep(self._seconds)
                if self._next is mine:
                    self._next = _Round()
                try:
                    mine.found = await self._read(list(mine.keys))
                except HotlineError as error:
                    mine.found = error
        if isinstance(mine.found, HotlineError):
            raise mine.found
        return mine.found[key]
