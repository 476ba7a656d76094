"""What changes anything, cut short at every await: `python -m tests.torture.cancel`.

Short, a talk at one house on SQLite is cut short at some awaits, which a seed draws. Long, the tests of the doors run,
on both databases, and whatever they do that changes something (each route, words over a socket, an update of the bot, a
step of the engine) is first cut short at every await. It ends with the awaits of each, or with what was half done.
"""

import argparse
import asyncio
import copy
import random
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import StreamReader, web

from bots.telegram.notices import Notices
from bots.telegram.receive import Receiver
from hotline.actions import contacts, presence
from hotline.attention import Attention
from hotline.clockwork import Clockwork
from hotline.engine import Engine
from hotline.logs import configure
from hotline.sweep import Sweep
from hotline.web.caller_live import CallerFeed
from hotline.web.console_live import ConsoleFeed
from hotline.web.keys import SYSTEM
from hotline.web.rates import RATES, Rates
from tests import factories
from tests.torture.cancelling import Cutter, Found
from tests.torture.goals import Goal, judged, seldom
from tests.web.conftest import opened
from tests.web.doors import Doors, client_id, first_words
from tests.web.rounds import patterns

TESTS = ("tests/web", "tests/bots", "tests/actions/test_offers.py", "tests/actions/test_ladder.py")
SHARE = 0.06  # of the awaits, short
BEATS = {"presence.seen", "contacts.caller_seen"}
OTHERS = {"socket: caller's words", "socket: counsellor's words", "bot: update", "Engine.step"}


def route_name(path: str) -> str:
    return f"POST {path}"


@contextmanager
def cut_short(cutter: Cutter) -> Iterator[None]:
    """Whatever is done at a door meanwhile is first cut short by this one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            factories.MovableClock, "now", lambda clock: clock._at
        )  # what takes long shall not be late
        patch.setattr(web.Application, "_handle", _requests(cutter))
        for feed, name in (
            (CallerFeed, "socket: caller's words"),
            (ConsoleFeed, "socket: counsellor's words"),
        ):
            patch.setattr(feed, "hear", _method(cutter, feed.hear, name, once=True))
        patch.setattr(Receiver, "receive", _method(cutter, Receiver.receive, "bot: update", once=True))
        for part in (Clockwork, Attention, Sweep):
            patch.setattr(part, "look", _method(cutter, part.look, f"{part.__name__}.look", once=True))
        patch.setattr(Engine, "step", _method(cutter, Engine.step, "Engine.step", once=False))
        patch.setattr(Notices, "step", _resting(cutter, Notices.step))
        for module, beat in ((presence, "seen"), (contacts, "caller_seen")):
            patch.setattr(module, beat, _action(cutter, getattr(module, beat), f"{module.__name__}.{beat}"))
        yield


def _requests(cutter: Cutter) -> Callable[..., Any]:
    original = web.Application._handle  # the one place that every request passes

    async def handle(app: web.Application, request: web.Request) -> web.StreamResponse:
        if SYSTEM not in app:  # Telegram's, not ours
            return await original(app, request)
        resource = (await app.router.resolve(request)).route.resource
        length = request.content_length
        if (
            request.method != "POST"
            or resource is None
            or length is None
            or length > request._client_max_size
        ):
            return await original(app, request)
        body = await request.read()
        last = request

        async def make() -> web.StreamResponse:
            nonlocal last
            app[RATES].__dict__.update(Rates().__dict__)  # nobody is slowed down for what we do again
            payload = StreamReader(request._protocol, limit=2**16)
            payload.feed_data(body)
            payload.feed_eof()
            parts = (request._message, payload, request._protocol, request._payload_writer, request._task)
            last = app._make_request(*parts)
            return await original(app, last)

        own_id = b'"id"' in body
        name = route_name(resource.canonical)
        answer: web.StreamResponse = await cutter.does(name, app[SYSTEM], make, once=own_id)
        request._match_info = last._match_info  # the answer is sent in its name
        return answer

    return handle


def _method(cutter: Cutter, original: Callable[..., Any], name: str, *, once: bool) -> Callable[..., Any]:
    async def method(self: Any, *given: Any, **more: Any) -> Any:
        # What one that is cut short has noted for itself is forgotten with it, as when a process ends.
        return await cutter.does(
            name, self._system, lambda: original(copy.copy(self), *given, **more), once=once
        )

    return method


def _action(cutter: Cutter, original: Callable[..., Any], name: str) -> Callable[..., Any]:
    async def action(system: Any, *given: Any, **more: Any) -> Any:
        return await cutter.does(name, system, lambda: original(system, *given, **more), once=True)

    return action


def _resting(cutter: Cutter, original: Callable[..., Any]) -> Callable[..., Any]:
    """What a bot writes down by itself waits while something else is looked at."""

    async def step(notices: Notices) -> int:
        return 0 if cutter.busy else int(await original(notices))

    return step


# -- short: a talk ---------------------------------------------------------------------------------------


async def talk(doors: Doors) -> None:
    """From the first word to the end, each request answered."""
    token = {"token": "".join(random.choices("abcdefghijklmnop", k=43))}
    where, anna = f"/chat/{factories.TRUST}", doors.as_staff("Anna")
    first = await doors.ask("POST", f"{where}/contacts", body=first_words(**token))
    assert first.status == 201, first.text
    caller = {"Authorization": f"Bearer {token['token']}"}
    said = await doors.ask("POST", f"{where}/messages", body=_words(), headers=caller)
    danger = {"question": "danger", "value": "unsure"}
    answered = await doors.ask("POST", f"{where}/answers", body=danger, headers=caller)
    offer = await doors.offer("Anna")
    taken = await doors.ask(
        "POST", f"/console/offers/{offer.id}/accept", body={"token": offer.token}, headers=anna
    )
    talk = f"/console/contacts/{offer.contact_id}"
    replied = await doors.ask("POST", f"{talk}/messages", body=_words(), headers=anna)
    noted = await doors.ask("POST", f"{talk}/notes", body=_words(), headers=anna)
    ended = await doors.ask("POST", f"{talk}/end", body={"reason": "completed"}, headers=anna)
    for answer in (said, answered, taken, replied, noted, ended):
        assert answer.status == 200, answer.text


def _words() -> dict[str, object]:
    return {"id": client_id(), "text": "Dzień dobry."}


async def _short(cutter: Cutter) -> None:
    with tempfile.TemporaryDirectory() as folder, cut_short(cutter):
        async with opened(factories.settings_in(Path(folder))) as doors:
            await talk(doors)
            await Engine(doors.running.system).step()


# -- long: the tests of the doors --------------------------------------------------------------------------


class CutsShort:
    """A plugin: what the tests do is cut short first. Engines rest, so that nothing else changes anything."""

    def __init__(self, cutter: Cutter) -> None:
        self._cutter = cutter

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Iterator[None]:
        original = factories.running_house

        @asynccontextmanager
        async def at_rest(settings: Any, clock: Any, *, engine: bool = False) -> AsyncIterator[Any]:
            async with original(settings, clock, engine=False) as house:
                yield house

        with pytest.MonkeyPatch.context() as patch, cut_short(self._cutter):
            patch.setattr(factories, "running_house", at_rest)
            return (yield)


def _long(cutter: Cutter, tests: list[str]) -> None:
    options = [
        "-q",
        "-n0",
        "-p",
        "no:cacheprovider",
        "--tb=no",
        "-W",
        "ignore",
        "-o",
        "faulthandler_timeout=0",
    ]
    pytest.main([*options, *(tests or TESTS)], plugins=[CutsShort(cutter)])


# -- what came of it -----------------------------------------------------------------------------------------


def figures(found: Found) -> list[str]:
    rows = [
        f"{count:5} awaits, {found.cuts[name]:5} cuts, {name}" for name, count in sorted(found.awaits.items())
    ]
    cuts = sum(found.cuts.values())
    parts = [
        f"{count:5} cuts between its transactions: {name}" for name, count in found.parts.items() if count
    ]
    doubled = [
        f"{count:5} times done twice by doing it again: {name}" for name, count in found.doubled.items()
    ]
    return [
        *rows,
        *parts,
        *doubled,
        f"after {cuts} cuts nothing was there {found.nothing} times, all {found.all} times",
        *(f"half done: {fault}" for fault in found.faults),
        f"half done: {seldom(len(found.faults), cuts, 'cuts')}",
    ]


def _changing() -> set[str]:
    """The routes by which something changes, by the name under which they are cut short."""
    return set(map(route_name, patterns()))


def goals(found: Found, *, whole: bool) -> list[Goal]:
    cuts = sum(found.cuts.values())
    changing = _changing() if whole else set()
    without = sorted(changing - found.awaits.keys())
    return [
        Goal("found half done", len(found.faults), most=0),
        Goal("cuts", cuts, least=10_000 if whole else 20),
        Goal("things cut short", len(found.awaits), least=len(changing | OTHERS) if whole else 7),
        Goal("cuts after which nothing was there", found.nothing, least=cuts / 20 if whole else 1),
        Goal("cuts after which all was there", found.all, least=cuts / 20 if whole else 1),
        Goal("the fewest awaits of one", min(found.awaits.values(), default=0), least=1),
        Goal(f"changing routes never cut short {without}", len(without), most=0),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--long", action="store_true", help="every door, every await, both databases")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="which awaits are drawn")
    parser.add_argument("tests", nargs="*", help="with --long: these tests and no others")
    chosen = parser.parse_args()
    configure("error")
    if chosen.long:
        cutter = Cutter(each=2)
        _long(cutter, chosen.tests)
    else:
        print(f"seed {chosen.seed}")  # noqa: T201
        drawn = random.Random(chosen.seed)
        cutter = Cutter(cuts=lambda _at: drawn.random() < SHARE)
        asyncio.run(_short(cutter))
    whole = chosen.long and not chosen.tests
    return judged(figures(cutter.found), goals(cutter.found, whole=whole))


if __name__ == "__main__":
    sys.exit(main())
