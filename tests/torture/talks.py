"""People write all the time while everything around them breaks: `python -m tests.torture.talks`, or with `--long`.

Two web processes, two engines and the bot on PostgreSQL and Redis, every connection by a wire that can fail. They
are killed, the servers stopped and emptied, wires fail in five ways, commits are cut before their answer, a third of
all answers is lost and updates come several times. What was acknowledged must be there once, in order, for everybody.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Mapping
from itertools import product
from random import Random, SystemRandom

from tests.bots.bot_api import BotApi
from tests.flows.talks import Pen, in_seconds
from tests.torture.fleet import LINKS, Fleet, fleet_of
from tests.torture.goals import Goal, judged, seldom
from tests.torture.ground import ground_of
from tests.torture.history import History
from tests.torture.looks import Looks
from tests.torture.strikes import Size, Strikes, Watch
from tests.torture.talkers import Reception, chats, pages, talks, until
from tests.torture.wires import FAULTS

SHORT = Size(
    kills=60, stops=2, wipes=2, network=1, cuts=3, away=1.0, fault_seconds=0.2,
    acknowledged=3000, updates=300, retries=300, settles=3.0,
)  # fmt: skip
LONG = Size(
    kills=1000, stops=200, wipes=200, network=25, cuts=60, away=3.0, fault_seconds=1.0,
    acknowledged=20_000, updates=10_000, retries=5000, settles=90.0,
)  # fmt: skip
TALKS, CHATS = 4, 4
ON_PHONE = 0.1  # seconds between the updates of one chat
ENOUGH = 600.0  # seconds at most to go on after the last strike
TELLS = 60.0  # seconds between two lines about how far it is
STUCK = 10.0  # seconds at most that somebody could be offered and is not


async def run(size: Size, seed: int) -> int:
    async with (
        ground_of() as ground,
        fleet_of(ground.street, ground.postgres, ground.redis, ground.api, Random(seed)) as fleet,
    ):
        return await Campaign(fleet, ground.api, size, Random(seed + 1)).run()


class Campaign:
    """From the first word to the verdict."""

    def __init__(self, fleet: Fleet, api: BotApi, size: Size, chance: Random) -> None:
        self._fleet, self._api, self._size = fleet, api, size
        self._history = History()
        self._strikes = Strikes(fleet, self._history, size, chance)
        self._found = self._strikes.found
        self._looks = Looks(fleet.street.system, self._history, api, size.settles)

    async def run(self) -> int:
        began = time.monotonic()
        await self._opens()
        opened = time.monotonic()
        await self._goes_on()
        for post in self._fleet.posts:
            self._fleet.looks_into(post.process)
        took = f"{time.monotonic() - began:.0f} s, {opened - began:.0f} of them to open"
        return judged([*self._figures(), took], self._goals())

    async def _opens(self) -> None:
        async with asyncio.TaskGroup() as starts:
            for post in self._fleet.posts:
                starts.create_task(self._fleet.starts(post))
        await self._fleet.leader()
        self._talks = await talks(self._fleet, self._history, TALKS)
        street, webs = self._fleet.street, self._fleet.webs
        self._chats = await chats(street, webs, self._api, self._history, self._fleet.chance, CHATS)
        beata = await street.counsellor("Beata", *webs, talks=1)
        self._reception = Reception(street, self._history, beata)

    async def _goes_on(self) -> None:
        """Everybody writes, everything breaks; then all falls silent and is looked at."""
        over = asyncio.Event()
        open_pages = pages(self._talks, self._chats, self._reception.beata)
        async with asyncio.TaskGroup() as group:
            staying = [group.create_task(page) for page in open_pages]
            group.create_task(Watch(self._fleet.street.system, self._found).looks(over))
            group.create_task(self._tells(over))
            self._fleet.answers.share = self._size.lost
            await self._writing()
            self._fleet.answers.share = 0.0
            over.set()
            await self._look()
            for page in staying:
                page.cancel()

    async def _tells(self, over: asyncio.Event) -> None:
        """How far it is, so that a long run that ends itself has said what it did."""
        began = time.monotonic()
        while not await until(over.is_set, TELLS):
            print(  # noqa: T201
                f"{(time.monotonic() - began) / 60:.0f} min: killed: {_counted(self._found.kills)};"
                f" {_counted(self._found.done)}; {self._found.network.total()} faults of wires;"
                f" {self._history.acknowledged:,} acknowledged; stuck {max(self._found.stuck, default=0.0):.1f} s",
                flush=True,
            )

    async def _writing(self) -> None:
        """Until all is done that was to be done, and each has had the last word acknowledged."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as writing:
            for pen in self._pens:
                writing.create_task(pen.writes(stop))
            for chat in self._chats:
                writing.create_task(chat.writes(stop, writing, ON_PHONE))
            writing.create_task(self._reception.fills(self._fleet, stop))
            writing.create_task(self._reception.serves(stop))
            await self._strikes.all()
            await until(self._is_enough, ENOUGH)
            stop.set()

    def _is_enough(self) -> bool:
        return self._history.acknowledged >= self._size.acknowledged and self._updates >= self._size.updates

    async def _look(self) -> None:
        for talk in self._talks:
            await self._looks.at_talk(talk)
        for chat in self._chats:
            await self._looks.at_phone(chat)
        for contact in self._reception.came:
            await self._looks.at_rows(contact)

    @property
    def _pens(self) -> list[Pen]:
        return [pen for talk in self._talks for pen in talk.pens] + [chat.pen for chat in self._chats]

    @property
    def _updates(self) -> int:
        return sum(chat.confirmed for chat in self._chats)

    # -- the verdict ---------------------------------------------------------------------------------------

    def _figures(self) -> list[str]:
        found, looks, fleet = self._found, self._looks, self._fleet
        cuts = sum((each.made for each in fleet.cuts.values()), Counter[str]())
        delivered = sum(chat.delivered for chat in self._chats)
        by_kind = {kind: sum(found.network[link, kind] for link in LINKS) for kind in FAULTS}
        took = [each for pen in self._pens for each in pen.took]
        wrong, kills = looks.faults.total(), found.kills.total()
        return [
            f"killed: {_counted(found.kills)}; ready again {in_seconds(found.up)}",
            f"{_counted(found.done)}; {fleet.failed_starts} starts in vain meanwhile",
            f"network: {_counted(by_kind)} on {len(LINKS)} links; {found.unfelt} more that nobody felt",
            f"cut between a commit and its answer: {cuts.total()}, {cuts['answered']} of them as the answer came",
            f"answers lost: {fleet.answers.lost} of {fleet.answers.given}; {self._history.repeated} repetitions",
            f"updates: {self._updates} confirmed, delivered {delivered} times",
            f"acknowledged {in_seconds(took)}; the next one after a strike {in_seconds(found.back)}",
            f"{len(self._reception.came)} newcomers; {len(found.stuck)} times one could be offered and was not, "
            + in_seconds(found.stuck or [0.0]),
            f"to phones: {looks.sent} words, {looks.again} brought again, {looks.under_way} still under way",
            *(f"in a log: {line} ({count} times)" for line, count in fleet.faulty.items()),
            *(f"found: {fault}: {count}" for fault, count in looks.faults.items()),
            f"missing, twice or out of order: {seldom(wrong, kills, 'kills')}",
            f"missing, twice or out of order: {seldom(wrong, self._history.acknowledged, 'acknowledged messages')}",
            f"each was looked for where it is seen: {looks.looked:,} looks",
        ]

    def _goals(self) -> list[Goal]:
        found, size, fleet = self._found, self._size, self._fleet
        kills, webs = found.kills.total(), len(found.on_their_way)
        hit = sum(count > 0 for count in found.on_their_way)
        cuts = sum(each.made.total() for each in fleet.cuts.values())
        seldomest = min(found.network[each] for each in product(LINKS, FAULTS))
        refused = sum((pen.refused for pen in self._pens), Counter[tuple[int, str]]())
        other = sum(count for (status, _), count in refused.items() if status != 503)
        return [
            Goal("missing, twice or out of order", self._looks.faults.total(), most=0),
            Goal("refused though no server was away", other, most=0),
            Goal("errors in a log", fleet.faulty.total(), most=0),
            Goal("somebody could be offered and was not, s", max(found.stuck, default=0.0), most=STUCK),
            Goal(
                "brought to a phone again, one for each fault between sending and mark",
                self._looks.again,
                most=found.at_sending,
            ),
            Goal("kills", kills, least=size.kills),
            Goal("acknowledged", self._history.acknowledged, least=size.acknowledged),
            Goal("acknowledged per kill", self._history.acknowledged / max(kills, 1), least=size.per_kill),
            Goal("kills of web with requests on their way, %", 100 * hit / max(webs, 1), least=20),
            Goal("PostgreSQL stopped", found.done["PostgreSQL stopped"], least=size.stops),
            Goal("Redis wiped", found.done["Redis wiped"], least=size.wipes),
            Goal("each fault on each link", seldomest, least=max(1, size.network * 4 // 5)),
            Goal("cuts between a commit and its answer", cuts, least=size.cuts * 5 // 3),
            Goal("repetitions with the same id", self._history.repeated, least=size.retries),
            Goal("updates confirmed", self._updates, least=size.updates),
        ]


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{what} {count}" for what, count in counts.items())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--long", action="store_true", help="1,000 kills, and as many faults of the network")
    parser.add_argument("--kills", type=int, help="fewer or more of them, and of everything else")
    parser.add_argument("--seed", type=int, help="of another run, to strike in the same order")
    chosen = parser.parse_args()
    usual = LONG if chosen.long else SHORT
    given = SystemRandom().randrange(1 << 31) if chosen.seed is None else chosen.seed
    print(f"seed {given}", flush=True)  # noqa: T201
    sys.exit(asyncio.run(run(usual.with_kills(chosen.kills or usual.kills), given)))
