"""A flood of sign-ins beside the chat: do acknowledgements stay as quick as without it?

A house in a process of its own; callers who write at a steady pace and wait for the mark that means *stored*;
thirty others who never stop signing in, each time from another network, so that no pause stops them and every
try goes as far as the passwords. The flood has a process of its own with the lowest priority: a real one comes
over the wire and takes no core from us. Quiet and flood take turns, so that both see the same machine.
"""

import argparse
import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import ClientError, ClientSession, TCPConnector

from hotline import app
from hotline.actions import staff
from hotline.ids import new_secret
from hotline.rules.access import OPERATOR
from tests import factories
from tests.factories import TRUST
from tests.flows.people import new_id
from tests.flows.processes import environment

REPO = Path(__file__).parent.parent.parent
FLOODERS = 30
CALLERS = 30
PACE = 0.6  # seconds between two messages of one caller
GOAL = 2.0  # times the quiet p99
BEGIN_SECONDS = 120.0
REFUSED = 401  # for its password; who comes too often is refused without a look at it
PASSWORD = "trzy zielone rowery"


@dataclass
class Figures:
    """Milliseconds from sending to the mark, and what became of the sign-ins."""

    quiet: list[float] = field(default_factory=list)
    flood: list[float] = field(default_factory=list)
    sign_ins: Counter[str] = field(default_factory=Counter)

    @property
    def ratio(self) -> float:
        return percentile(self.flood, 99) / percentile(self.quiet, 99)

    @property
    def met(self) -> bool:
        """A flood of which nothing reached the passwords would prove nothing."""
        return self.ratio <= GOAL and self.sign_ins["401"] >= FLOODERS / 2


def percentile(values: Sequence[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


async def measure(rounds: int, seconds: float) -> Figures:
    """So many turns of quiet and flood, so many seconds each."""
    found = Figures()
    with tempfile.TemporaryDirectory() as folder:
        async with _house(Path(folder)) as origin, _callers(origin) as callers:
            await _write(callers, 1.0)  # warm
            for _ in range(rounds):
                found.quiet += await _write(callers, seconds)
                flood = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "tests.bench.login", "--flood", origin,
                    cwd=REPO, stdout=subprocess.PIPE,
                )  # fmt: skip
                assert flood.stdout is not None
                async with asyncio.timeout(BEGIN_SECONDS):
                    await flood.stdout.readline()  # it has begun
                found.flood += await _write(callers, seconds)
                flood.send_signal(signal.SIGTERM)
                told, _ = await flood.communicate()
                found.sign_ins += Counter(json.loads(told))
    return found


@asynccontextmanager
async def _house(folder: Path) -> AsyncIterator[str]:
    """The whole house in one process behind one proxy, with somebody whose password is tried."""
    settings = factories.settings_in(folder)
    async with app.open_system(settings) as system:
        newcomer = staff.Newcomer("anna", "Anna", "Anna", ["counsellor"], [TRUST], password=PASSWORD)
        await staff.add(system, OPERATOR, newcomer)
    variables = {**environment(settings), "HOTLINE_PROXIES": "1", "HOTLINE_LOG_LEVEL": "error"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hotline", "serve", cwd=REPO, env=variables, stderr=subprocess.DEVNULL
    )
    try:
        async with ClientSession() as http, asyncio.timeout(60):
            while not await _answers(http, settings.origin):  # noqa: ASYNC110  it is another process
                await asyncio.sleep(0.1)
        yield settings.origin
    finally:
        process.terminate()
        await process.wait()


async def _answers(http: ClientSession, origin: str) -> bool:
    try:
        async with http.get(f"{origin}/healthz") as response:
            return response.status == 200
    except ClientError:
        return False


@dataclass
class _Caller:
    """A page on which somebody writes."""

    http: ClientSession
    token: str

    async def writes(self) -> float:
        """Milliseconds until the message is stored."""
        began = time.perf_counter()
        headers = {"Authorization": f"Bearer {self.token}"}
        body = {"id": new_id(), "text": "Jestem tu jeszcze."}
        async with self.http.post(f"/chat/{TRUST}/messages", json=body, headers=headers) as response:
            assert response.status == 200, await response.text()
        return (time.perf_counter() - began) * 1000


@asynccontextmanager
async def _callers(origin: str) -> AsyncIterator[list[_Caller]]:
    async with ClientSession(origin, headers={"Origin": origin}) as http:
        callers = [_Caller(http, new_secret()) for _ in range(CALLERS)]
        for caller in callers:
            body = {"token": caller.token, "id": new_id(), "text": "Dzień dobry.", "language": "pl"}
            async with http.post(f"/chat/{TRUST}/contacts", json=body) as response:
                assert response.status == 201, await response.text()
        yield callers


async def _write(callers: list[_Caller], seconds: float) -> list[float]:
    """Everybody writes at their pace, not all at the same instant."""
    until = time.perf_counter() + seconds

    async def steadily(number: int, caller: _Caller) -> list[float]:
        took = []
        await asyncio.sleep(PACE * number / len(callers))
        while time.perf_counter() < until:
            took.append(await caller.writes())
            await asyncio.sleep(max(0.0, PACE - took[-1] / 1000))
        return took

    each = await asyncio.gather(*(steadily(number, caller) for number, caller in enumerate(callers)))
    return [took for one in each for took in one]


# -- the flood, in its own process ---------------------------------------------------------------------


async def flood(origin: str) -> None:
    """Sign in without end, thirty at once; "begun" once a password was looked at, and at the end what became of it."""
    answers: Counter[str] = Counter()
    stop, reached = asyncio.Event(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)

    async def tries(http: ClientSession, number: int) -> None:
        async for status in sign_in(http, number):
            answers[str(status)] += 1
            if status == REFUSED:
                reached.set()

    async with ClientSession(origin, headers={"Origin": origin}, connector=TCPConnector(limit=0)) as http:
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(tries(http, number)) for number in range(FLOODERS)]
        await reached.wait()
        os.nice(19)  # not before: a busy machine would hardly let it begin
        _say("begun")
        await stop.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    _say(json.dumps(answers))


async def sign_in(http: ClientSession, number: int) -> AsyncIterator[int]:
    """Try for ever, each time from another network; the status of each answer."""
    for count in itertools.count(1):
        login = "anna" if count % 2 else f"nobody{number}"
        headers = {"X-Forwarded-For": f"10.{number}.{count % 250}.7"}
        form = {"login": login, "password": f"wrong password {count}"}
        async with http.post("/sign-in", data=form, headers=headers) as response:
            yield response.status


def _say(text: str) -> None:
    print(text, flush=True)


def report(found: Figures) -> str:
    rows = [
        f"{name:12} {len(values):5} messages   "
        f"p50 {percentile(values, 50):6.1f} ms   p99 {percentile(values, 99):6.1f} ms"
        for name, values in (("quiet", found.quiet), ("flood of 30", found.flood))
    ]
    answers = ", ".join(f"{count} × {status}" for status, count in sorted(found.sign_ins.items()))
    verdict = "met" if found.met else "MISSED"
    goal = f"goal: p99 at most {GOAL:g} times the quiet one; it is {found.ratio:.2f} times: {verdict}"
    return "\n".join([*rows, f"sign-ins     {answers}", goal])


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="deploy/bench login", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--flood", metavar="ORIGIN", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.flood:
        asyncio.run(flood(chosen.flood))
        return 0
    found = asyncio.run(measure(chosen.rounds, chosen.seconds))
    _say(report(found))
    return 0 if found.met else 1


if __name__ == "__main__":
    sys.exit(main())
