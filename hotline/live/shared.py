"""What many readers want at the same moment is read once for all of them."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable
from itertools import count
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Shared(Generic[Value]):
    """Readings by key. Whoever asks gets one that began after they asked, so it holds what woke them."""

    def __init__(self) -> None:
        self._ticks = count()
        self._turns: dict[Hashable, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._newest: dict[Hashable, tuple[int, Value]] = {}

    async def get(self, key: Hashable, read: Callable[[], Awaitable[Value]]) -> Value:
        """A fresh reading: of fifty who ask at once the first two read."""
        asked = next(self._ticks)
        async with self._turns[key]:
            began, value = self._newest.get(key, (-1, None))
            if value is not None and began > asked:
                return value
            began, fresh = next(self._ticks), await read()
            self._newest[key] = began, fresh
            return fresh
