"""Stale pages against fresh ones, in random order: `python -m tests.torture.replay`.

A talk goes on while a caller's page and two consoles look, at one house on SQLite or at two on PostgreSQL. Sockets are
cut and come back elsewhere, from where they were or from further back; pokes between the houses get lost; pages ask by
plain request meanwhile; things happen at once. Afterwards each page shows word for word what a fresh one reads.
It ends with figures, or with the shortest order of events that leaves a page behind.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from hotline import app
from hotline.live import hub
from hotline.live.bus import LocalBus
from hotline.logs import configure
from hotline.web import caller_live, console_live
from tests import factories, servers
from tests.conftest import HouseTemplate
from tests.factories import MovableClock
from tests.torture.evening import KINDS, STEPS, TOUR, Evening, Step
from tests.torture.goals import Goal, judged, seldom
from tests.torture.town import Town, town_of

SHORT, LONG = 8, 10_000
HUNDREDS = 500  # interleavings, from which on each kind of entry occurs in one of a hundred at least
PHASES = (Phase.explicit, Phase.generate, Phase.shrink)


class Wire:
    """What carries pokes between houses; while it is down they are lost, and both know it."""

    def __init__(self) -> None:
        self.ends: list[WiredBus] = []
        self.up = True
        self.lost = 0

    def goes(self) -> None:
        self.up = False
        for end in self.ends:
            end.hears_since = None

    def returns(self) -> None:
        if not self.up:
            self.up = True
            for end in self.ends:
                end.hears_since = time.monotonic()


class WiredBus(LocalBus):
    """One house's end of the wire."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire
        wire.ends.append(self)

    def publish(self, topics: Collection[str]) -> None:
        super().publish(topics)
        for other in self._wire.ends:
            if other is not self and self._wire.up:
                LocalBus.publish(other, topics)
            elif other is not self:
                self._wire.lost += 1


@dataclass
class Books:
    """What was seen."""

    evenings: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)  # of entries -> evenings in which one was shown
    frames: int = 0
    again: int = 0  # entries that came once more
    lost: int = 0  # pokes


@asynccontextmanager
async def _houses(server: servers.PostgresServer | None, wire: Wire) -> AsyncIterator[Town]:
    """Two on one PostgreSQL with a wire in between; without a server one on SQLite."""
    clock = MovableClock(frozen=True)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "LocalBus", lambda: WiredBus(wire))
        patch.setattr(hub, "POLL_SECONDS", 0.1)
        for module in (caller_live, console_live):
            patch.setattr(module, "CALM", 0.01)
            patch.setattr(module, "REFRESH", 600.0)  # pokes and the poll behind them bring everything
        patch.setattr(console_live, "CALM_TALK", 0.01)
        given: dict[str, str] = {}
        if server is not None:
            main, keys = await HouseTemplate(server).copy()
            given = {"database_url": main, "keys_url": keys}
        here = factories.settings_in(Path(folder), **given)
        async with factories.running_house(here, clock, engine=False) as one:
            if server is None:
                async with town_of([one], wire.goes, wire.returns) as town:
                    yield town
                return
            there = factories.settings_in(Path(folder), **given)
            async with (
                factories.running_house(there, clock, engine=False) as other,
                town_of([one, other], wire.goes, wire.returns) as town,
            ):
                yield town


def run(server: servers.PostgresServer | None, evenings: int, *, most_steps: int = 16) -> Books:
    """So many interleavings; raises with the shortest that left a page behind."""
    books, wire = Books(), Wire()

    with asyncio.Runner() as runner:
        houses = _houses(server, wire)
        town = runner.run(houses.__aenter__())

        @settings(
            max_examples=max(evenings - 2, 1),  # and the two below
            deadline=None,
            database=None,
            phases=PHASES if evenings > SHORT else PHASES[:2],
            suppress_health_check=list(HealthCheck),
        )
        @example(telegram=False, plan=TOUR)
        @example(telegram=True, plan=TOUR)
        @given(telegram=st.booleans(), plan=st.lists(STEPS, min_size=6, max_size=most_steps))
        def plays(telegram: bool, plan: Sequence[Step]) -> None:
            evening = runner.run(Evening.plays(town, telegram=telegram, plan=plan))
            books.evenings += 1
            books.steps.update(evening.followed)
            books.refused.update(evening.refused)
            books.kinds.update(evening.kinds)
            books.frames += evening.frames
            books.again += evening.again

        try:
            plays()
        finally:
            runner.run(houses.__aexit__(None, None, None))
    books.lost = wire.lost
    return books


def figures(name: str, books: Books) -> list[str]:
    rows = [f"{name}: {count:6} {what}" for what, count in books.steps.most_common()]
    kinds = ", ".join(f"{kind} {count}" for kind, count in books.kinds.most_common())
    refused = ", ".join(f"{code} {count}" for code, count in books.refused.most_common()) or "none"
    return [
        *rows,
        f"{name}: refused: {refused}",
        f"{name}: evenings in which a kind of entry was shown: {kinds}",
        f"{name}: {books.frames} frames, {books.again} entries that came again, {books.lost} pokes lost",
        f"{name}: pages left behind: {seldom(0, books.evenings, 'interleavings')}",
    ]


def goals(name: str, books: Books, evenings: int) -> list[Goal]:
    rarest = min(books.kinds[kind] for kind in KINDS)
    return [
        Goal(f"{name}: interleavings", books.evenings, least=evenings * 0.9),
        Goal(
            f"{name}: evenings with the rarest kind of entry",
            rarest,
            least=evenings / 100 if evenings >= HUNDREDS else 1,
        ),
        Goal(f"{name}: entries that came again", books.again, least=evenings / 2),
        Goal(f"{name}: kinds of entries shown that nobody knows of", len(books.kinds.keys() - KINDS), most=0),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--long", action="store_true", help="10,000 interleavings")
    parser.add_argument("--evenings", type=int, help="so many")
    chosen = parser.parse_args()
    configure("error")
    evenings = (chosen.evenings or (LONG if chosen.long else SHORT)) // 2
    with servers.postgres_server() as server:
        apart = run(server, evenings)
    alone = run(None, evenings)
    told = [*figures("two houses", apart), *figures("one house", alone)]
    wanted = [*goals("two houses", apart, evenings), *goals("one house", alone, evenings)]
    wanted.append(Goal("pokes lost between two houses", apart.lost, least=evenings / 2))
    return judged(told, wanted)


if __name__ == "__main__":
    sys.exit(main())
