"""Lines: entries on their way into a contact's sequence, who may write which, and where each one stands.

What is decided here is decided under the lock of the thread, by whoever holds it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from hotline.errors import ContactEnded, HotlineError, NotFound, NotSignedIn, NotTheHolder
from hotline.values import dataclass

# Who may write what while the contact is in which state.
WRITABLE = {
    ("caller", "message"): ("waiting", "active"),
    ("caller", "edit"): ("waiting", "active"),
    ("staff", "message"): ("active",),
    ("staff", "note"): ("active", "wrap_up"),
    ("staff", "receipt"): ("active", "wrap_up"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """An entry to be written. `id` is the sender's own: the same id again changes nothing.

    `caller_blind`: by which secret the caller was let in; the line is refused if that is dead meanwhile. `revision`: of
    the sessions and rights by which its author was; the line is refused if those are others by now. `outgoing`:
    of a system text, whether a channel has to carry it out; of a counsellor's words the contact's channel tells.
    """

    contact_id: str
    id: str
    kind: str
    author: str
    author_id: str | None = None
    body_sealed: bytes | None = None
    data: dict[str, Any] = field(default_factory=dict)
    ref_seq: int | None = None
    source_blind: str | None = None
    outgoing: bool = False
    caller_blind: str | None = None
    revision: int | None = None

    def with_body(self, sealed: bytes) -> "Line":
        """The same line with its sealed words."""
        return replace(self, body_sealed=sealed)


class Receipt(NamedTuple):
    """Where an entry stands. `repeated` says that it had been there before."""

    contact_id: str
    seq: int
    at: datetime
    repeated: bool


class Row(NamedTuple):
    """An entry as it is stored, under the names of its columns; then who wrote it, and what a page shows besides."""

    contact_id: str
    seq: int
    id: str
    kind: str
    author: str
    author_id: str | None
    at: datetime
    ref_seq: int | None
    source_blind: str | None
    body_sealed: bytes | None
    data: dict[str, Any]
    delivery: str
    delivery_at: datetime | None
    author_name: str | None
    signature: str | None
    delivery_reason: str | None = None  # when it has only just been written

    def values(self) -> dict[str, Any]:
        """By the columns of its table."""
        return {**dict(zip(COLUMNS, self, strict=False)), "delivery_tries": 0}


COLUMNS: Final = Row._fields[:-3]


class Stand(NamedTuple):
    """What a line meets in the database: its contact, and itself if it was stored before."""

    state: str
    holder_id: str | None
    caller_blind: str | None
    channel: str
    open: bool
    author_name: str | None
    signature: str | None
    revision: int | None
    shown: int | None  # of a receipt: up to where the newest one goes
    seq: int | None
    at: datetime | None


Outcome = Receipt | HotlineError | None
"""None: its thread is being changed by somebody else."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of each line, in their order; what is to be stored; the locked threads' numbers before and after."""

    outcomes: list[Outcome]
    rows: list[Row]
    before: Mapping[str, int]
    last: dict[str, int]

    def by_contact(self) -> dict[str, list[Row]]:
        """What is to be stored in each, in order."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.contact_id, []).append(row)
        return found


def judge(
    lines: Sequence[Line], stands: Sequence[Stand | None], locked: Mapping[str, int], now: datetime
) -> Judged:
    """Number what may be written. `locked`: the threads that are ours, with their last numbers."""
    outcomes: list[Outcome] = []
    rows: list[Row] = []
    last = dict(locked)
    fresh: dict[tuple[str, str], Receipt] = {}
    for line, stand in zip(lines, stands, strict=True):
        key = (line.contact_id, line.id)
        if stand is not None and line.contact_id not in locked:
            outcomes.append(None)
        elif stand is not None and stand.seq is not None and stand.at is not None:
            # A repeat of what is stored is answered as stored, even when the contact has ended meanwhile.
            outcomes.append(Receipt(line.contact_id, stand.seq, stand.at, repeated=True))
        elif key in fresh:
            outcomes.append(fresh[key]._replace(repeated=True))
        elif stand is None:
            outcomes.append(NotFound())
        elif (refusal := _refusal(line, stand)) is not None:
            outcomes.append(refusal)
        elif line.kind == "receipt" and (shown := _shown(line, stand, rows, locked)) is not None:
            outcomes.append(Receipt(line.contact_id, shown, now, repeated=True))
        else:
            last[line.contact_id] += 1
            fresh[key] = Receipt(line.contact_id, last[line.contact_id], now, repeated=False)
            outcomes.append(fresh[key])
            outgoing = stand.channel == "telegram" and (line.author, line.kind) == ("staff", "message")
            names = stand.author_name, stand.signature
            rows.append(row_of(line, fresh[key].seq, now, *names, outgoing=outgoing))
    return Judged(outcomes, rows, locked, last)


def _refusal(line: Line, stand: Stand) -> HotlineError | None:
    if line.caller_blind is not None and line.caller_blind != stand.caller_blind:
        return NotSignedIn()
    if line.revision is not None and line.revision != stand.revision:
        return NotSignedIn()
    if not stand.open or stand.state not in WRITABLE[(line.author, line.kind)]:
        return ContactEnded()
    if line.author == "staff" and line.author_id != stand.holder_id:
        return NotTheHolder()
    return None


def _shown(line: Line, stand: Stand, rows: Sequence[Row], locked: Mapping[str, int]) -> int | None:
    """How far the newest receipt goes, if this one goes no further, or to words that nobody has written; else None."""
    here = [row.ref_seq for row in rows if (row.contact_id, row.kind) == (line.contact_id, "receipt")]
    newest = max((seq for seq in (*here, stand.shown) if seq is not None), default=0)
    return None if newest < (line.ref_seq or 0) <= locked[line.contact_id] else newest


def row_of(
    line: Line,
    seq: int,
    now: datetime,
    author_name: str | None = None,
    signature: str | None = None,
    *,
    outgoing: bool,
) -> Row:
    """The entry that this line becomes."""
    return Row(
        line.contact_id,
        seq,
        line.id,
        line.kind,
        line.author,
        line.author_id,
        now,
        line.ref_seq,
        line.source_blind,
        line.body_sealed,
        line.data,
        "pending" if outgoing else "none",
        now if outgoing else None,
        author_name,
        signature,
    )
