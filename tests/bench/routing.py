"""From the first word to the offer on the counsellor's screen, however many others wait.

First the rule alone: `decide()` over queues of every size. Then the house as a centre runs it, on PostgreSQL and
Redis: two web processes and an engine; a hundred counsellors, each with an open console; so many contacts that
wait and that nobody can take; and every second somebody new, who is offered to one of the hundred. Time runs from
sending the first message to the frame of the socket that holds the offer. The offer is accepted, the talk goes on.
"""

import argparse
import asyncio
import json
import math
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar, TCPConnector, WSMsgType

from hotline.actions import contacts, staff
from hotline.ids import new_secret
from hotline.rules.access import OPERATOR
from hotline.rules.assignment import Person, Waiting
from hotline.rules.dispatch import decide
from hotline.rules.ladder import move
from hotline.store.ladder import standings
from tests import factories, servers
from tests.conftest import HouseTemplate
from tests.factories import MONDAY, TRUST, VICTIMS
from tests.flows.nursery import nursery_of
from tests.flows.people import new_id
from tests.flows.processes import Process, Street, street_of

COUNSELLORS = 100
LEVELS = (10, 100, 1000)
PACE = 1.0  # seconds between two arrivals
GOAL_MS = 250.0
SIZES = ((1250, 125), (2500, 250), (5000, 500), (10_000, 1000))  # waiting contacts, people
FULL_PASS_MS = 50.0
ONE_EVENT_MS = 1.0
LINES = tuple(f"line_{number}" for number in range(12))


@dataclass
class Figures:
    """Milliseconds."""

    passes: dict[tuple[int, int], float] = field(default_factory=dict)
    one_event: float = 0.0
    offers: dict[int, list[float]] = field(default_factory=dict)

    @property
    def growth(self) -> float:
        """How much more the largest pass costs than n log n of the smallest would."""
        (few, _), *_, (many, _) = SIZES
        times = self.passes[SIZES[-1]] / self.passes[SIZES[0]]
        return times / ((many * math.log(many)) / (few * math.log(few)))

    def goals(self) -> list[tuple[str, float, float]]:
        """(what, figure, at most)"""
        found = []
        if self.passes:
            found.append(("a full pass at 10,000 x 1,000, ms", self.passes[SIZES[-1]], FULL_PASS_MS))
            found.append(("one event at 10,000 x 1,000, ms", self.one_event, ONE_EVENT_MS))
            found.append(("growth against n log n, times", self.growth, 1.5))
        for waiting, took in self.offers.items():
            found.append((f"arrival to offer, {waiting:,} waiting, p95 ms", percentile(took, 95), GOAL_MS))
        return found

    @property
    def met(self) -> bool:
        return all(figure <= most for _, figure, most in self.goals())


def percentile(values: Sequence[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


# -- the rule alone ------------------------------------------------------------------------------------------


def a_board(waiting: int, people: int) -> tuple[list[Waiting], list[Person]]:
    """So many contacts over twelve lines, one in fifty in danger; so many people, each on two of the lines."""
    contacts = [
        Waiting(
            id=f"c{number:06}",
            priority="P1" if number % 50 == 0 else f"P{2 + number % 3}",
            key=(0 if number % 50 == 0 else 1, MONDAY - timedelta(seconds=(number * 7919) % 86_400)),
            lines=frozenset({LINES[number % 12]}),
            barred_lines=frozenset({LINES[(number + 6) % 12]}),
        )
        for number in range(waiting)
    ]
    staff_there = [
        Person(
            id=f"p{number:06}",
            duty_lines=frozenset({LINES[number % 12], LINES[(number + 1) % 12]}),
            lines=frozenset({LINES[number % 12], LINES[(number + 1) % 12]}),
            intent="available",
            seen_at=MONDAY,
            load=number % 2,
            limit=2,
            owes_summary=number % 7 == 0,
            freed_at=MONDAY - timedelta(seconds=number),
        )
        for number in range(people)
    ]
    return contacts, staff_there


def measure_rule(repeats: int = 5) -> Figures:
    """The best of a few passes: what the machine does besides can only make them slower."""
    found = Figures()
    for size in SIZES:
        contacts, people = a_board(*size)
        found.passes[size] = min(_pass(contacts, people, size[1]) for _ in range(repeats))
    contacts, people = a_board(*SIZES[-1])
    found.one_event = min(_pass(contacts[1:2], people, 1) for _ in range(repeats))
    return found


def _pass(contacts: list[Waiting], people: list[Person], expected: int) -> float:
    began = time.perf_counter()
    proposals = decide(contacts, people, MONDAY)
    took = (time.perf_counter() - began) * 1000
    assert len(proposals) == expected, len(proposals)
    return took


# -- the whole house -----------------------------------------------------------------------------------------


class Desk:
    """A counsellor's console: it accepts what it is offered."""

    def __init__(self, http: ClientSession, offered: dict[str, float]) -> None:
        self._http, self._offered = http, offered

    async def open(self, origin: str, link: str) -> None:
        """Sign in by a link and open the socket; what comes is read until the end of the run."""
        async with self._http.post(f"{origin}{link}", allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
        self._origin = origin
        self._socket: ClientWebSocketResponse = await self._http.ws_connect(f"{origin}/console/socket")

    async def work(self) -> None:
        """Until the socket closes."""
        seen = ""
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                return
            offer: dict[str, Any] | None = json.loads(message.data).get("console", {}).get("offer")
            if offer is None or offer["id"] == seen:
                continue
            seen = offer["id"]
            self._offered.setdefault(offer["contact_id"], time.perf_counter())
            path = f"{self._origin}/console/offers/{offer['id']}/accept"
            async with self._http.post(path, json={"token": offer["token"]}) as answer:
                assert answer.status == 200, await answer.text()


@asynccontextmanager
async def _house() -> AsyncIterator[tuple[Street, list[Process]]]:
    with tempfile.TemporaryDirectory() as place, servers.postgres_server() as postgres:
        folder = Path(place)
        with servers.redis_server() as redis:
            main, keys = await HouseTemplate(postgres).copy()
            settings = factories.settings_in(
                folder / "data", database_url=main, keys_url=keys, redis_url=redis.url
            )
            async with nursery_of() as nursery, street_of(settings, nursery, folder) as street:
                webs = [await street.start("web", proxies=1) for _ in range(2)]
                engine = await street.start("engine")
                await engine.says("engine leads")
                for web in webs:
                    await web.says("Listening on")
                yield street, webs


async def measure_house(levels: Sequence[int], arrivals: int, counsellors: int = COUNSELLORS) -> Figures:
    """At each level so many arrivals, one a second."""
    found = Figures()
    offered: dict[str, float] = {}
    async with _house() as (street, webs), AsyncExitStack() as stack:
        desks = [await _desk(stack, street, webs, number, offered) for number in range(counsellors)]
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        working = [tasks.create_task(desk.work()) for desk in desks]
        http = await stack.enter_async_context(ClientSession(connector=TCPConnector(limit=0)))
        waiting = 0
        for level in levels:
            for _ in range(level - waiting):  # nobody is on duty for the other line
                await factories.add_caller(street.system, line=TRUST)
            waiting = level
            await _settled(street)
            found.offers[level] = await _arrivals(http, street, webs, arrivals, offered)
        for task in working:
            task.cancel()
    return found


async def _settled(street: Street) -> None:
    """Until all that wait have reached the end of their ladders, as they have in a house in which they have waited."""
    async with asyncio.timeout(180):
        while await _climbing(street):  # noqa: ASYNC110  it is another process
            await asyncio.sleep(0.5)
    await asyncio.sleep(3)


async def _climbing(street: Street) -> bool:
    async with street.system.read() as tx:
        return any(move(each, tx.now) for each in await standings(tx))


async def _desk(
    stack: AsyncExitStack,
    street: Street,
    webs: Sequence[Process],
    number: int,
    offered: dict[str, float],
) -> Desk:
    """A counsellor on duty for one line who may serve the other, too, and sees who waits there."""
    name = f"p{number}"
    person = await factories.add_person(street.system, name, (VICTIMS,), present=False, text_limit=6)
    origin = webs[number % len(webs)].settings.origin
    http = await stack.enter_async_context(
        ClientSession(headers={"Origin": origin}, cookie_jar=CookieJar(unsafe=True))
    )
    desk = Desk(http, offered)
    secret = await staff.issue_link(street.system, OPERATOR, person.id)
    await desk.open(origin, f"/sign-in/once/{secret}")
    return desk


async def _arrivals(
    http: ClientSession, street: Street, webs: Sequence[Process], many: int, offered: dict[str, float]
) -> list[float]:
    """Milliseconds each, from sending to the offer."""

    async def one(number: int) -> float:
        origin, token = webs[number % len(webs)].settings.origin, new_secret()
        body = {"token": token, "id": new_id(), "language": "pl", "text": "Dzień dobry, boję się."}
        began = time.perf_counter()
        headers = {"Origin": origin, "X-Forwarded-For": f"10.0.{number % 250}.{len(offered) % 250}"}
        async with http.post(f"{origin}/chat/{VICTIMS}/contacts", json=body, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
        contact = (await contacts.caller_of(street.system, token)).id
        async with asyncio.timeout(30):
            while contact not in offered:  # noqa: ASYNC110  any of a hundred desks may see it
                await asyncio.sleep(0.01)
        return (offered[contact] - began) * 1000

    async with asyncio.TaskGroup() as tasks:
        running = []
        for number in range(many):
            running.append(tasks.create_task(one(number)))
            await asyncio.sleep(PACE)
    return [task.result() for task in running]


def report(found: Figures) -> str:
    rows = [
        f"decide()  {waiting:6,} waiting x {people:5,} people   {took:8.2f} ms"
        for (waiting, people), took in found.passes.items()
    ]
    rows += [
        f"offers    {waiting:6,} waiting   {len(took)} arrivals   "
        f"p50 {percentile(took, 50):6.1f} ms   p95 {percentile(took, 95):6.1f} ms"
        for waiting, took in found.offers.items()
    ]
    rows += [
        f"goal: {what} at most {most:g}; it is {figure:.2f}: {'met' if figure <= most else 'MISSED'}"
        for what, figure, most in found.goals()
    ]
    return "\n".join(rows)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="deploy/bench routing", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--arrivals", type=int, default=40, help="at each level, one a second")
    parser.add_argument("--rule", action="store_true", help="the rule alone, without the house")
    parser.add_argument("--house", action="store_true", help="the house alone")
    chosen = parser.parse_args()
    found = Figures() if chosen.house else measure_rule()
    if not chosen.rule:
        found.offers = asyncio.run(measure_house(LEVELS, chosen.arrivals)).offers
    print(report(found))
    return 0 if found.met else 1


if __name__ == "__main__":
    sys.exit(main())
