"""What listens on the wires: to requests and their answers, and to PostgreSQL's commits and theirs.

One loses answers of requests that were carried out; the other cuts where nobody can know whether a commit happened.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

SSL_REQUEST = (80877103).to_bytes(4)
WRITES = re.compile(rb"\b(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\b", re.IGNORECASE)
LOCKS = re.compile(rb"\bFOR\s+(NO\s+KEY\s+)?UPDATE\b", re.IGNORECASE)

TEXT = b"\x81"  # how a whole frame of text begins on an open line
WORDS = (b'{"id"', b'{"reply"')
ACK = b'{"ack"'


@dataclass
class Answers:
    """How often an answer is lost on a wire, and how many were."""

    chance: Random
    share: float = 0.0
    given: int = 0
    lost: int = 0


class HttpEar:
    """Hears words that are sent, by a request or over an open line; of these some are stored and not answered."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.waits = False  # for the answer to one that is on its way

    def sent(self, data: bytes) -> bool:
        self.waits |= data.startswith(b"POST ") or _said_on_line(data)
        return False

    def answered(self, data: bytes) -> bool:
        if not self.waits or (data[:1] == TEXT and ACK not in data):
            return False
        self.waits = False
        self._answers.given += 1
        lost = self._answers.chance.random() < self._answers.share
        self._answers.lost += lost
        return lost


def _said_on_line(data: bytes) -> bool:
    """Is this a frame with words in it? Browsers mask what they send."""
    if data[:1] != TEXT or len(data) < 20:
        return False
    start = {126: 4, 127: 10}.get(data[1] & 127, 2)
    mask, masked = data[start : start + 4], data[start + 4 : start + 16]
    return bytes(each ^ mask[place % 4] for place, each in enumerate(masked)).startswith(WORDS)


@dataclass
class Cuts:
    """How many of the next commits on a wire are to be cut, and what was cut."""

    chance: Random
    wanted: int = 0
    seen: int = 0  # commits of something written
    made: Counter[str] = field(default_factory=Counter)  # "sent" or "answered", the answer being lost

    def take(self, when: str) -> bool:
        if not self.wanted:
            return False
        self.wanted -= 1
        self.made[when] += 1
        return True


class PostgresEar:
    """Follows one connection: what is prepared, what was written, and when a commit is on its way.

    That is a COMMIT after something was written, or the Sync after a writing statement outside a transaction.
    """

    def __init__(self, cuts: Cuts) -> None:
        self._cuts = cuts
        self._left = b""
        self._greets = True
        self._writing: set[bytes] = set()  # prepared statements that write
        self._wrote = self._inside = self._waits = False

    def sent(self, data: bytes) -> bool:
        commits = False
        for kind, body in self._messages(data):
            commits |= self._commits(kind, body)
        if not commits:
            return False
        self._cuts.seen += 1
        self._waits = True
        return self._cuts.chance.random() < 0.5 and self._cuts.take("sent")

    def answered(self, data: bytes) -> bool:
        waited, self._waits = self._waits, False
        return waited and self._cuts.take("answered")

    def _messages(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The whole ones among what has come; the first ones of a connection have no kind."""
        self._left += data
        while True:
            head = 0 if self._greets else 1
            size = head + int.from_bytes(self._left[head : head + 4])
            if len(self._left) < head + 4 or len(self._left) < size:
                return
            message, self._left = self._left[:size], self._left[size:]
            kind, body = message[:head], message[head + 4 :]
            if self._greets:
                self._greets = body == SSL_REQUEST
            yield kind, body

    def _commits(self, kind: bytes, body: bytes) -> bool:
        match kind:
            case b"P":
                name, _, rest = body.partition(b"\0")
                self._writing.discard(name)
                if _writes(rest.partition(b"\0")[0]):
                    self._writing.add(name)
            case b"B":
                name = body.partition(b"\0")[2].partition(b"\0")[0]
                self._wrote |= name in self._writing
            case b"Q":
                return self._said(body.rstrip(b"\0").strip().upper())
            case b"S":
                return not self._inside and self._forgets()
            case _:
                pass
        return False

    def _said(self, statement: bytes) -> bool:
        """A whole statement as text: is it the end of a transaction that wrote?"""
        if statement.startswith(b"BEGIN"):
            self._inside, self._wrote = True, False
            return False
        if statement.startswith((b"COMMIT", b"ROLLBACK")):
            self._inside = False
            return self._forgets() and statement.startswith(b"COMMIT")
        self._wrote |= _writes(statement)
        return not self._inside and self._forgets()

    def _forgets(self) -> bool:
        wrote, self._wrote = self._wrote, False
        return wrote


def _writes(statement: bytes) -> bool:
    return WRITES.search(LOCKS.sub(b"", statement)) is not None
