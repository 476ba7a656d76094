"""How talks stood when the journal last looked: so that the next words need no look of their own.

What is remembered is a guess. It is compared in the very statement that stores the words, and worth nothing where
anything else was written meanwhile; a refusal is never taken from it.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from hotline.store.lines import Judged, Line, Outcome, Receipt, Row, Stand, judge

TALKS: Final = 2_000
KEPT_SECONDS: Final = 60.0  # a name that was changed stays for as long on what is shown at once


class Expected(NamedTuple):
    """How a talk must stand, to the letter, for what was guessed to be true."""

    contact_id: str
    last_seq: int
    state: str
    holder_id: str | None
    caller_blind: str | None


@dataclass(slots=True)
class _Talk:
    """`last_seq` is the number of its last entry; of each author and kind of line, what such a line meets."""

    last_seq: int
    at: float
    stands: dict[tuple[str | None, str], Stand] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Guess:
    """What would become of which lines (by their places in the group), and what must be true for it."""

    outcomes: dict[int, Outcome]
    judged: Judged
    expected: list[Expected]

    def true_of(self, contact_ids: Collection[str]) -> Judged:
        """What was stored, when only these stood as expected; outcomes in order, without those of the others."""
        rows = [row for row in self.judged.rows if row.contact_id in contact_ids]
        outcomes: list[Outcome] = [
            each
            for each in self.outcomes.values()
            if isinstance(each, Receipt) and each.contact_id in contact_ids
        ]
        return Judged(outcomes, rows, self.judged.before, self.judged.last)


class Standing:
    """Of a bounded number of talks, each for a bounded time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._talks: OrderedDict[str, _Talk] = OrderedDict()

    def guess(self, lines: Sequence[Line], now: datetime) -> Guess:
        """Those of the lines whose talks are known, where every one of a talk would be stored as something new."""
        stands = {place: self._stand(line) for place, line in enumerate(lines)}
        unsure = {lines[place].contact_id for place, stand in stands.items() if stand is None}
        while True:  # once more without those talks in which something would not be stored
            places = [place for place, line in enumerate(lines) if line.contact_id not in unsure]
            chosen = [lines[place] for place in places]
            last = {line.contact_id: self._talks[line.contact_id].last_seq for line in chosen}
            judged = judge(chosen, [stands[place] for place in places], last, now)
            pairs = zip(chosen, judged.outcomes, strict=True)
            doubtful = {line.contact_id for line, outcome in pairs if not _is_new(outcome)}
            if not doubtful:
                break
            unsure |= doubtful
        expected = []
        for place in {lines[place].contact_id: place for place in places}.values():
            stand, contact_id = stands[place], lines[place].contact_id
            assert stand is not None  # noqa: S101  it would be unsure
            known = stand.state, stand.holder_id, stand.caller_blind
            expected.append(Expected(contact_id, last[contact_id], *known))
        return Guess(dict(zip(places, judged.outcomes, strict=True)), judged, expected)

    def looked(self, lines: Sequence[Line], stands: Sequence[Stand | None], judged: Judged) -> None:
        """Remember what was met under the lock, and what was stored then."""
        for line, stand in zip(lines, stands, strict=True):
            last = judged.last.get(line.contact_id)
            if stand is None or last is None:
                continue
            talk = self._talks.get(line.contact_id)
            if talk is None or talk.last_seq != judged.before[line.contact_id] or self._is_old(talk):
                talk = self._talks[line.contact_id] = _Talk(judged.before[line.contact_id], self._clock())
            talk.stands[line.author_id, line.kind] = stand._replace(seq=None, at=None)
        self.stored(judged.rows, judged)

    def stored(self, rows: Sequence[Row], judged: Judged) -> None:
        """These were: their talks stand as before, but for the last number, and how far the newest receipt goes."""
        for row in rows:
            talk = self._talks.get(row.contact_id)
            if talk is None:
                continue
            talk.last_seq = judged.last[row.contact_id]
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
        return None if talk is None or self._is_old(talk) else talk.stands.get((line.author_id, line.kind))

    def _is_old(self, talk: _Talk) -> bool:
        return talk.at <= self._clock() - KEPT_SECONDS


def _is_new(outcome: object) -> bool:
    return isinstance(outcome, Receipt) and not outcome.repeated
