"""That somebody writes just now: a hint from one side of a talk to the other, without a word of what is written.

It goes over the bus like a poke and nowhere else: nothing is stored, and whoever does not hear it misses nothing.
"""

import time
from typing import Final, Literal

from hotline.live import topics
from hotline.system import System

EVERY: Final = 2.5  # seconds; pages tell it every three, and the other side believes it for six


class Typing:
    """The hints of one page, few enough for any bus."""

    __slots__ = ("_bus", "_told", "_who")

    def __init__(self, system: System, who: Literal["caller", "staff"]) -> None:
        self._bus, self._who = system.bus, who
        self._told = 0.0

    def tell(self, contact_id: str) -> None:
        """The other side hears it, unless it has just heard it."""
        if time.monotonic() - self._told >= EVERY:
            self._told = time.monotonic()
            self._bus.publish({topics.typing(contact_id, self._who)})
