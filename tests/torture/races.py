"""Four processes race for the same contacts on one PostgreSQL: `python -m tests.torture.races`, or with `--long`.

Engines, counsellors, supervisors and consoles of all four act at once; the clock, which they share, jumps: offers
lapse, shifts end, leases are lost in the middle of a step. `judge` looks at every commit and at the end of a round.
"""

import argparse
import asyncio
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from hotline import app
from hotline.engine import Engine
from hotline.errors import Unavailable
from hotline.ids import new_id
from hotline.logs import configure
from hotline.rules.access import OPERATOR
from hotline.rules.contact import queue_key
from hotline.store import tables as t
from tests import factories, servers
from tests.conftest import HouseTemplate
from tests.factories import MONDAY, PERPETRATORS, TRUST, VICTIMS
from tests.flows.clock import StoryClock
from tests.store.races import contact_values
from tests.torture import judge, racers
from tests.torture.breaks import BREAKS
from tests.torture.goals import Goal, judged, seldom
from tests.torture.racers import Notes, Order, Setup

PROCESSES = 4
PATIENCE = 300.0  # seconds for one round
KEPT = {"staff", "shifts", "rosters", "roster_versions", "centre_changes", "notices", "contractions"}
LINES = ((TRUST,), (TRUST, VICTIMS), (VICTIMS,), (TRUST,), (PERPETRATORS,))
CALLS = (TRUST, VICTIMS, TRUST, PERPETRATORS, TRUST)
FRESH = f"""
    UPDATE staff SET intent = 'available', intent_until = NULL, intent_kind = NULL, wrap_until = NULL,
        freed_at = NULL, held_at = NULL, missed = 0, paused_at = NULL, seen_at = '{MONDAY.isoformat()}'
"""  # noqa: S608


@dataclass(frozen=True)
class Size:
    contacts: int
    people: int
    rounds: int
    turns: int  # of each hand in a round


SHORT = Size(40, 12, 2, 14)
LONG = Size(300, 40, 500, 20)
BROKEN = 12  # rounds, to find what is rare


@dataclass
class Books:
    """What was counted over all rounds."""

    answers: Counter[str] = field(default_factory=Counter)
    judged: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    contacts: int = 0

    def add(self, notes: Notes) -> None:
        self.answers += notes.answers
        self.faults += notes.faults


@contextmanager
def _processes(broken: str | None) -> Iterator[list[Connection]]:
    """Forked before anything runs in this one; they end when their pipe does."""
    context = multiprocessing.get_context("fork")
    ends: list[Connection] = []
    for index in range(PROCESSES):
        ours, theirs = context.Pipe()
        context.Process(target=racers.live, args=(index, theirs, broken), daemon=True).start()
        theirs.close()
        ends.append(ours)
    yield ends
    for each in ends:
        each.send(None)
    for child in multiprocessing.active_children():
        child.join(10)


def _heard(end: Connection) -> Notes:
    assert end.poll(PATIENCE), "a process hangs"
    notes: Notes = end.recv()
    return notes


class Campaign:
    """Round after round on the same people and the same ids of contacts."""

    def __init__(self, server: servers.PostgresServer, size: Size, ends: list[Connection]) -> None:
        self._server, self._size, self._ends = server, size, ends
        self.books = Books()

    async def run(self, folder: Path) -> None:
        main, keys = await HouseTemplate(self._server).copy()
        settings = factories.settings_in(folder / "data", database_url=main, keys_url=keys)
        self._clock = StoryClock(folder / "clock")
        self._clock.set(MONDAY)
        async with app.open_system(settings, self._clock) as self._system:
            await self._server.execute(judge.bench(self._system.centre), main)
            await self._opens(folder / "clock")
            for number in range(self._size.rounds):
                await self._round(number)

    async def _opens(self, clock: Path) -> None:
        people = []
        for number in range(self._size.people):
            hours = 8 if number % 4 else (15 + number) / 3600  # every fourth goes home in the middle
            lines, limit = LINES[number % len(LINES)], 1 + number % 3
            person = await factories.add_person(
                self._system, f"p{number}", lines, hours=hours, present=False, text_limit=limit
            )
            people.append(person)
        lead = await factories.add_person(self._system, "Filip", (), ("supervisor",), hours=None)
        self._ids = [new_id() for _ in range(self._size.contacts)]
        for contact_id in self._ids:
            await self._system.make_key(contact_id)
        for end in self._ends:
            end.send(Setup(self._system.settings, clock, people, lead))

    async def _round(self, number: int) -> None:
        await self._begins()
        for end in self._ends:
            end.send(Order(number, self._size.turns))
        notes = [await asyncio.to_thread(_heard, end) for end in self._ends]
        await self._comes_to_rest()
        expected, told = set(self._ids), []
        for each in notes:
            self.books.add(each)
            expected.update(each.came)
            told += each.told
        found, faults = await judge.verdicts(self._system)
        self.books.judged += found
        self.books.faults += faults + await judge.whole(self._system, expected, told)
        self.books.rounds += 1
        self.books.contacts += len(expected)

    async def _begins(self) -> None:
        """As on the first morning: everybody is there, and so many wait."""
        wiped = (each.name for each in reversed(t.metadata.sorted_tables) if each.name not in KEPT)
        statements = "".join(f"DELETE FROM {each};" for each in wiped)  # noqa: S608
        await self._server.execute(statements + FRESH, self._system.settings.main_url)
        self._clock.set(MONDAY)
        rows = [self._contact(place, contact_id) for place, contact_id in enumerate(self._ids)]
        async with self._system.transaction(OPERATOR) as tx:
            await tx.connection.execute(insert(t.contacts), rows)
            threads = [{"contact_id": each, "last_seq": 0, "open": True} for each in self._ids]
            await tx.connection.execute(insert(t.threads), threads)

    def _contact(self, place: int, contact_id: str) -> dict[str, Any]:
        line, priority = CALLS[place % len(CALLS)], "P1" if place % 50 == 7 else f"P{2 + place % 3}"
        queue = self._system.centre.queue_of(line)
        assert queue is not None
        arrived = MONDAY - timedelta(seconds=place % 30)
        kind, at = queue_key(priority, arrived)
        given = {"line": line, "queue": queue.id, "priority": priority, "priority_initial": "P3"}
        return contact_values(
            self._system, place, id=contact_id, origin=f"race:{contact_id}", arrived_at=arrived,
            queue_class=kind, queue_at=at, **given,
        )  # fmt: skip

    async def _comes_to_rest(self) -> None:
        """The last engine does what is left to do, some rungs in each step."""
        self._clock.advance(seconds=5)
        engine = Engine(self._system)
        for _ in range(20 + len(self._ids)):
            try:
                if not await engine.step():
                    return
            except Unavailable as error:  # as on any busy machine; the next step is another try
                self.books.answers[f"step of the last engine: {error.code}"] += 1
        self.books.faults["the engine finds no rest"] += 1


def goals(books: Books) -> list[Goal]:
    """A race that nobody lost was none."""
    n, answers = books.rounds, books.answers
    too_late = ("offer_gone", "no_longer_waiting", "changed_hands")
    lost = {name: sum(answers[f"{name}: {code}"] for code in too_late) for name in ACTIONS}
    found = [Goal(f"faults: {what}", count, most=0) for what, count in books.faults.items() if count]
    found += [
        Goal("faults of any kind", books.faults.total(), most=0),
        Goal("offers judged at commit", books.judged["offers"], least=5 * n),
        Goal("changes of hands judged at commit", books.judged["assignments"], least=5 * n),
        Goal("accepts refused, too late", lost["accept"] + lost["accept late"], least=5 * n),
        Goal("accepts refused, another's", lost["accept another's"], least=n),
        Goal("pick-ups refused, too late", lost["pick up"], least=n),
        Goal("hand-overs and take-overs refused, too late", lost["hand over"] + lost["take over"], least=n),
        Goal("plans refused at commit", answers["plan: refused at commit"], least=5 * n),
        Goal("leases lost in the middle of a step", answers[f"{racers.STEP}: lease_lost"], least=n),
        Goal("plans of a lost lease stopped at commit", answers["plan: lease_lost"], least=n),
    ]
    return found


ACTIONS = ("accept", "accept late", "accept another's", "pick up", "hand over", "take over")


def figures(books: Books, took: float) -> list[str]:
    def seen(*words: str) -> int:
        return sum(count for fault, count in books.faults.items() if fault.startswith(words))

    hands, offers = books.judged["assignments"], books.judged["offers"]
    return [
        *(f"{count:8} {name}" for name, count in sorted(books.answers.items()) if count),
        f"{books.rounds} rounds of {PROCESSES} processes in {took:.0f} s",
        f"double assignments: {seldom(seen('two hold', 'held', 'the holder'), hands, 'changes of hands')}",
        f"over capacity: {seldom(seen('taken', 'an offer over'), hands + offers, 'offers and changes of hands')}",
        f"offers to anyone not offerable: {seldom(seen('an offer', 'two offers', 'a contact is'), offers, 'offers')}",
        f"without a next event: {seldom(seen('waits', 'due', 'a contact is lost'), books.contacts, 'contacts')}",
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--long", action="store_true", help="300 contacts, 40 counsellors, 500 rounds")
    parser.add_argument("--rounds", type=int, help="fewer or more of them")
    parser.add_argument("--break", dest="broken", choices=sorted(BREAKS), help="a fault to be found")
    chosen = parser.parse_args()
    configure("error")
    size = LONG if chosen.long else SHORT
    usual = max(size.rounds, BROKEN) if chosen.broken else size.rounds
    size = replace(size, rounds=chosen.rounds or usual)
    began = time.monotonic()
    with (
        _processes(chosen.broken) as ends,
        servers.postgres_server() as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        campaign = Campaign(server, size, ends)
        asyncio.run(campaign.run(Path(folder)))
    return judged(figures(campaign.books, time.monotonic() - began), goals(campaign.books))


if __name__ == "__main__":
    sys.exit(main())
