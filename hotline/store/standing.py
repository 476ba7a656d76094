"""How talks stood when the journal last looked: so that the next words need no look of their own.

What is remembered is a guess. It is compared in the very statement that stores the words, and worth nothing where
anything else was written meanwhile; a refusal is never taken from it.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Final, NamedTuple

from hotline.store.lines import Judged, Line, Outcome, Receipt, Row, Stand, judge
from hotline.values import dataclass

TALKS: Final = 10_000  # as many as one process may have open pages


class Expected(NamedTuple):
    """How a talk must stand, to the letter, for what was guessed to be true."""

    contact_id: str
    last_seq: int
    state: str
    holder_id: str | None
    caller_blind: str | None
    revision: int | None  # of who holds it, with their names and rights; None: nothing hangs on that


@dataclass(slots=True)
class _Talk:
    """`last_seq` is the number of its last entry; of each author and kind of line, what such a line meets."""

    last_seq: int
    stands: dict[tuple[str | None, str], Stand] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Guess:
    """What would be answered to which lines (by their places in the group) and stored, and what must be true for it."""

    outcomes: dict[int, Outcome]
    rows: list[Row]
    last: Mapping[str, int]
    expected: list[Expected]


class Standing:
    """Of a bounded number of talks."""

    def __init__(self) -> None:
        self._talks: OrderedDict[str, _Talk] = OrderedDict()

    def guess(self, lines: Sequence[Line], now: datetime) -> Guess:
        """Of the talks that are known, and where every line would be stored as something new."""
        stands = [self._stand(line) for line in lines]
        unsure = {line.contact_id for line, stand in zip(lines, stands, strict=True) if stand is None}
        places = [place for place, line in enumerate(lines) if line.contact_id not in unsure]
        chosen = [lines[place] for place in places]
        numbers = {line.contact_id: self._talks[line.contact_id].last_seq for line in chosen}
        judged = judge(chosen, [stands[place] for place in places], numbers, now)
        outcomes = dict(zip(places, judged.outcomes, strict=True))
        unsure |= {lines[place].contact_id for place, outcome in outcomes.items() if not _is_new(outcome)}
        holders: dict[str, int | None] = {}
        for line, stand in zip(lines, stands, strict=True):
            if stand is not None and line.author == "staff":
                known = holders.setdefault(line.contact_id, stand.revision)
                unsure |= {line.contact_id} if known != stand.revision else set()
        expected = {
            line.contact_id: Expected(
                line.contact_id,
                numbers[line.contact_id],
                stand.state,
                stand.holder_id,
                stand.caller_blind,
                holders.get(line.contact_id),
            )
            for line, stand in zip(lines, stands, strict=True)
            if stand is not None and line.contact_id not in unsure
        }
        rows = [row for row in judged.rows if row.contact_id in expected]
        return Guess(outcomes, rows, judged.last, list(expected.values()))

    def looked(self, lines: Sequence[Line], stands: Sequence[Stand | None], judged: Judged) -> None:
        """Remember what was met under the lock, and what was stored then."""
        for line, stand in zip(lines, stands, strict=True):
            before = judged.before.get(line.contact_id)
            if stand is None or before is None:  # not there, or not locked
                continue
            talk = self._talks.get(line.contact_id)
            if talk is None or talk.last_seq != before:
                talk = self._talks[line.contact_id] = _Talk(before)
            talk.stands[line.author_id, line.kind] = stand._replace(seq=None, at=None)
        self.stored(judged.rows)

    def stored(self, rows: Sequence[Row]) -> None:
        """These were: their talks stand as before, but for the last number, and how far the newest receipt goes."""
        for row in rows:
            talk = self._talks.get(row.contact_id)
            if talk is None:
                continue
            talk.last_seq = row.seq
            self._talks.move_to_end(row.contact_id)
            stand = talk.stands.get((row.author_id, row.kind))
            if row.kind == "receipt" and stand is not None:
                talk.stands[row.author_id, row.kind] = stand._replace(shown=row.ref_seq)
        while len(self._talks) > TALKS:
            self._talks.popitem(last=False)

    def forget(self, contact_ids: set[str]) -> None:
        """They were not as expected."""
        for contact_id in contact_ids:
            self._talks.pop(contact_id, None)

    def _stand(self, line: Line) -> Stand | None:
        talk = self._talks.get(line.contact_id)
        return None if talk is None else talk.stands.get((line.author_id, line.kind))


def _is_new(outcome: object) -> bool:
    return isinstance(outcome, Receipt) and not outcome.repeated
