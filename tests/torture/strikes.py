"""What is done to the house while people write: one lane kills processes, the other breaks servers and wires.

After each strike the talks must go on before the next one comes.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import product
from random import Random
from signal import SIGKILL, SIGQUIT

from hotline.errors import HotlineError
from hotline.rules.dispatch import decide
from hotline.store import queries
from hotline.system import System
from tests.torture.fleet import LINKS, READY, Fleet, Post
from tests.torture.history import History
from tests.torture.talkers import until
from tests.torture.wires import FAULTS

GOES_ON = 60.0  # seconds after a strike; then the campaign is stuck itself
VICTIMS = ("web", "telegram", "web", "engine")
LOOK_SECONDS = 0.25
TRIES = 10  # of a fault on a wire on which nothing happens to pass


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    kills: int
    stops: int  # of PostgreSQL
    wipes: int  # of Redis; it is killed and away half as often
    network: int  # each fault on each link so many times
    cuts: int  # at commit
    away: float  # seconds without Redis
    fault_seconds: float
    acknowledged: int
    updates: int
    retries: int
    settles: float  # seconds for what goes out to phones, at the end
    per_kill: int = 50
    lost: float = 0.3  # of all answers to what is sent

    def with_kills(self, kills: int) -> "Size":
        """So many, and of everything else as many more or fewer."""

        def part(count: int) -> int:
            return max(1, count * kills // self.kills)

        return replace(
            self, kills=kills, stops=part(self.stops), wipes=part(self.wipes), network=part(self.network),
            cuts=part(self.cuts), acknowledged=part(self.acknowledged), updates=part(self.updates),
            retries=part(self.retries),
        )  # fmt: skip


@dataclass
class Found:
    """What was done, and what was seen."""

    kills: Counter[str] = field(default_factory=Counter)
    on_their_way: list[int] = field(default_factory=list)  # requests unanswered at each kill of a web process
    done: Counter[str] = field(default_factory=Counter)
    network: Counter[tuple[str, str]] = field(default_factory=Counter)
    unfelt: int = 0
    up: list[float] = field(default_factory=list)  # seconds until a killed process was ready again
    back: list[float] = field(default_factory=list)  # from the end of a strike to the next acknowledgement
    stuck: list[float] = field(
        default_factory=list
    )  # seconds that somebody could have been offered and was not
    at_sending: int = 0  # that may fall between a word's sending and the mark that it was sent


class Strikes:
    """Both lanes."""

    def __init__(self, fleet: Fleet, history: History, size: Size, chance: Random) -> None:
        self._fleet, self._history, self._size, self._chance = fleet, history, size, chance
        self.found = Found()

    async def all(self) -> None:
        async with asyncio.TaskGroup() as lanes:
            lanes.create_task(self._kills())
            lanes.create_task(self._breaks())

    async def _goes_on(self, count: int) -> None:
        """Until so many more messages are acknowledged."""
        began, before = time.monotonic(), self._history.acknowledged
        assert await until(lambda: self._history.acknowledged > before, GOES_ON), "nothing goes on"
        self.found.back.append(time.monotonic() - began)
        assert await until(lambda: self._history.acknowledged >= before + count, GOES_ON), (
            "hardly anything goes on"
        )

    # -- one lane ------------------------------------------------------------------------------------------

    async def _kills(self) -> None:
        for number in range(self._size.kills):
            began = self._history.acknowledged
            part = VICTIMS[number % len(VICTIMS)]
            await self._kill(await self._fleet.leader() if part == "engine" else self._one_of(part))
            await self._goes_on(max(1, self._size.per_kill - (self._history.acknowledged - began)))

    def _one_of(self, part: str) -> Post:
        return self._chance.choice(self._fleet.of(part))

    async def _kill(self, post: Post) -> None:
        if post.part == "web":
            self.found.on_their_way.append(post.on_their_way())
        self.found.at_sending += post.part == "telegram"
        await self._fleet.kills(post)
        self.found.kills[post.part] += 1
        self.found.up.append(await self._fleet.starts(post))

    # -- the other lane ------------------------------------------------------------------------------------

    async def _breaks(self) -> None:
        size = self._size
        strikes = [("network", each) for each in list(product(LINKS, FAULTS)) * size.network]
        strikes += [("postgres", ("", ""))] * size.stops + [("wipe", ("", ""))] * size.wipes
        strikes += [("redis", ("", ""))] * max(1, size.wipes // 2)
        strikes += [("commit", (part, "")) for _ in range(size.cuts) for part in READY]
        self._chance.shuffle(strikes)
        for what, (one, other) in strikes:
            match what:
                case "network":
                    await self._network(one, other)
                case "postgres":
                    await self._postgres()
                case "wipe":
                    assert self._fleet.redis.command("FLUSHALL") == "+OK"
                    self.found.done["Redis wiped"] += 1
                case "redis":
                    await self._redis()
                case _:
                    await self._commit(one)
            await self._goes_on(2)

    async def _network(self, link: str, fault: str) -> None:
        wire = self._chance.choice(self._fleet.links[link])
        self.found.at_sending += link.startswith("bot-")
        for _ in range(TRIES):
            if await wire.suffers(fault, self._size.fault_seconds, 1.5, self._chance):
                self.found.network[link, fault] += 1
                return
            self.found.unfelt += 1

    async def _postgres(self) -> None:
        self.found.at_sending += 1
        await asyncio.to_thread(self._fleet.postgres.stop, SIGQUIT)
        await asyncio.to_thread(self._fleet.postgres.start)
        self.found.done["PostgreSQL stopped"] += 1

    async def _redis(self) -> None:
        await asyncio.to_thread(self._fleet.redis.stop, SIGKILL)
        self.found.done["Redis killed"] += 1
        await asyncio.sleep(self._size.away)
        await asyncio.to_thread(self._fleet.redis.start)

    async def _commit(self, part: str) -> None:
        """The next one of this part is sent and not answered."""
        cuts = self._fleet.cuts[part]
        self.found.at_sending += part == "telegram"
        cuts.wanted += 1
        await until(lambda: not cuts.wanted, 3.0)
        cuts.wanted = 0


class Watch:
    """Over those who wait: for how long could somebody have been offered, and was not?"""

    def __init__(self, system: System, found: Found) -> None:
        self._system, self._found = system, found
        self._since: dict[str, float] = {}

    async def looks(self, stop: asyncio.Event) -> None:
        """What cannot be seen because the database is away counts as unchanged."""
        while not stop.is_set():
            try:
                stuck = await self._stuck()
            except HotlineError:
                stuck = set(self._since)
            now = time.monotonic()
            for contact in self._since.keys() - stuck:
                self._found.stuck.append(now - self._since.pop(contact))
            for contact in stuck - self._since.keys():
                self._since[contact] = now
            await asyncio.sleep(LOOK_SECONDS)
        self._found.stuck += [time.monotonic() - since for since in self._since.values()]

    async def _stuck(self) -> set[str]:
        async with self._system.read() as tx:
            waiting, people = await queries.waiting(tx), await queries.people(tx)
            return {each.contact_id for each in decide(waiting, people, tx.now)}
