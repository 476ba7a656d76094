"""The newest entries of the contacts that are spoken in now, as they are stored, so that words need not be read back.

What is kept of a contact is whole: of all that was committed from its beginning up to its newest entry nothing is
missing. Others write too: whoever hears of it says so, and what is kept of that contact is not used any more, for a
page that is told to look must find the last word by it and not only the last one known here.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from hotline.store.lines import Row

WEIGHT: Final = 32 * 1024 * 1024  # bytes of all that is kept, by estimate
ENTRIES: Final = 40  # of one contact: readers are a blink behind, and who is further behind asks the database
KEPT_SECONDS: Final = 20.0  # after the last words: whoever listens has them by then
ROW: Final = 1000  # bytes of an entry beside its words
Rows = Sequence[Row]


def _weight(row: Row) -> int:
    return ROW + len(row.body_sealed or b"")


@dataclass(slots=True)
class _Tail:
    """Entries with numbers above `start`, up to `newest`."""

    start: int
    newest: int
    at: float  # when it was last added to
    told: int | None = None
    weight: int = 0
    rows: "deque[Row]" = field(default_factory=deque)

    def add(self, rows: Rows) -> None:
        self.rows.extend(rows)
        self.newest = rows[-1].seq
        self.weight += sum(map(_weight, rows))
        while len(self.rows) > ENTRIES:
            oldest = self.rows.popleft()
            self.start = oldest.seq
            self.weight -= _weight(oldest)


class Recent:
    """Of some contacts some entries: of each a bounded number, in all a bounded weight, and for a bounded time."""

    def __init__(self, weight: int = WEIGHT, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tails: OrderedDict[str, _Tail] = OrderedDict()
        self._most, self._weight = weight, 0
        self.undoubted: set[str] = set()
        """Of the contacts that are being read just now, those of which nothing was doubted since."""
        self.under_way: Collection[str] = ()
        """Contacts of which this process stores something just now: it may be in the rows and not yet here."""

    def keep(self, contact_id: str, start: int, rows: Rows, *, told: bool = False) -> None:
        """All that was committed above `start`, up to the last of these. `told`: so is everybody here who listens."""
        if not rows:
            return
        now = self._clock()
        tail = self._tails.get(contact_id)
        if tail is None or tail.newest < start:  # something in between is not known here
            self._forget(tail)
            tail = self._tails[contact_id] = _Tail(start, start, now)
        fresh = [row for row in rows if row.seq > tail.newest]
        if fresh:
            self._weight -= tail.weight
            tail.add(fresh)
            self._weight += tail.weight
        if told:
            tail.told = rows[-1].seq
        tail.at = now
        self._tails.move_to_end(contact_id)
        self._forget_the_oldest(now)

    def _forget_the_oldest(self, now: float) -> None:
        """Of whom nothing was said for longest, until what is left is neither too much nor too old."""
        while self._tails:
            oldest = next(iter(self._tails.values()))
            if self._weight <= self._most and oldest.at > now - KEPT_SECONDS:
                break
            self._forget(self._tails.popitem(last=False)[1])

    def _forget(self, tail: _Tail | None) -> None:
        self._weight -= tail.weight if tail is not None else 0

    def after(self, contact_id: str, seq: int) -> Rows:
        """What follows that number; nothing where it is not known here."""
        tail = self._tails.get(contact_id)
        if tail is None or tail.start > seq:
            return ()
        found = list(takewhile(lambda row: row.seq > seq, reversed(tail.rows)))
        found.reverse()
        return found

    def doubt(self, contact_id: str) -> None:
        """Something was stored of it elsewhere: nothing here is used until it is read again."""
        self.undoubted.discard(contact_id)
        self._forget(self._tails.pop(contact_id, None))

    def told(self, contact_id: str) -> int | None:
        """The number of the last entry of which everybody here was told."""
        tail = self._tails.get(contact_id)
        return tail.told if tail is not None else None

    def is_told(self, contact_id: str, newest: int) -> bool | None:
        """Was everybody here told of that entry, which is stored? None: it may be one that is just being settled.

        What is kept and ends before it is doubted.
        """
        tail = self._tails.get(contact_id)
        if tail is None or tail.newest < newest:
            if contact_id in self.under_way:
                return None
            self.doubt(contact_id)
        told = self.told(contact_id)
        return told is not None and told >= newest
