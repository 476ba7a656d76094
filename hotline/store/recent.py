"""The newest entries of the contacts that are spoken in now, as they are stored, so that words need not be read back.

What is kept of a contact is whole: of all that was committed from its beginning up to its newest entry nothing is
missing. Other processes write too, so that nothing new here does not mean that there is nothing new.
"""

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from hotline.store.lines import Row

CONTACTS: Final = 4000
ENTRIES: Final = 8  # of one contact: readers are a blink behind, and who is further behind asks the database
Rows = Sequence[Row]


@dataclass(slots=True)
class _Tail:
    """Entries with numbers above `start`, up to `newest`."""

    start: int
    newest: int
    told: int | None = None
    rows: "deque[Row]" = field(default_factory=deque)

    def add(self, rows: Rows) -> None:
        self.rows.extend(rows)
        self.newest = rows[-1].seq
        while len(self.rows) > ENTRIES:
            self.start = self.rows.popleft().seq


class Recent:
    """Of a bounded number of contacts a bounded number of entries."""

    def __init__(self) -> None:
        self._tails: OrderedDict[str, _Tail] = OrderedDict()

    def keep(self, contact_id: str, start: int, rows: Rows, *, written: bool = False) -> None:
        """All that was committed above `start`, up to the last of these. `written`: here, and everybody was told."""
        if not rows:
            return
        tail = self._tails.get(contact_id)
        if tail is None or tail.newest < start:  # something in between is not known here
            tail = self._tails[contact_id] = _Tail(start, start)
        fresh = [row for row in rows if row.seq > tail.newest]
        if fresh:
            tail.add(fresh)
        if written:
            tail.told = rows[-1].seq
        self._tails.move_to_end(contact_id)
        while len(self._tails) > CONTACTS:
            self._tails.popitem(last=False)

    def after(self, contact_id: str, seq: int) -> Rows:
        """What follows that number; nothing where it is not known here."""
        tail = self._tails.get(contact_id)
        if tail is None or tail.start > seq:
            return ()
        return [row for row in tail.rows if row.seq > seq]

    def told(self, contact_id: str) -> int | None:
        """The number of the last entry that this process wrote."""
        tail = self._tails.get(contact_id)
        return tail.told if tail is not None else None
