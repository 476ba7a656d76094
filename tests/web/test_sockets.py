"""Sockets: who does not belong is closed with a code, who is slow is dropped, and nothing takes the house with it."""

import asyncio
import gc
import inspect
import json
import socket as sockets_of_the_system
import time
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from structlog.testing import capture_logs

from hotline.actions import assignments, contacts, messages, signing_in
from hotline.errors import Unavailable
from hotline.ids import new_id
from hotline.live import hub, topics
from hotline.live.bus import LocalBus
from hotline.rules.access import OPERATOR, Actor
from hotline.rules.presence import CALLER_PING, TOKEN_LIFE
from hotline.store import claims, views
from hotline.store.journal import Line
from hotline.system import System
from hotline.web import board_live, console_live, line_session, news, sockets, wire
from hotline.web.caller_live import CallerFeed
from hotline.web.wire import Wire
from tests import factories
from tests.factories import Caller, MovableClock, talk
from tests.web.doors import Doors, doors_of, looks_never

CHAT, CONSOLE = "/chat/city_trust_19513/socket", "/console/socket"
PATIENCE = 60.0


@asynccontextmanager
async def opened(
    doors: Doors, path: str, headers: Mapping[str, str] | None = None, patience: float = PATIENCE, **more: Any
) -> AsyncIterator[ClientWebSocketResponse]:
    """A socket as a page of ours opens it."""
    sent = {"Origin": doors.ours, **(headers or {})}
    async with (
        asyncio.timeout(patience),
        doors.http.ws_connect(doors.ours + path, headers=sent, **more) as page,
    ):
        yield page


async def closing_code(page: ClientWebSocketResponse) -> int | None:
    """The code the server closes with, after whatever it still says."""
    async with asyncio.timeout(PATIENCE):
        while (await page.receive()).type not in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING):
            pass
    return page.close_code


async def frame(page: ClientWebSocketResponse) -> dict[str, Any]:
    """The next one that says something."""
    while (answer := await page.receive_json()) == {"alive": True}:
        pass
    said: dict[str, Any] = answer
    return said


async def frames_until(
    page: ClientWebSocketResponse, wanted: Callable[[dict[str, Any]], bool]
) -> list[dict[str, Any]]:
    """Frames up to the first one that is wanted."""
    seen = [await frame(page)]
    while not wanted(seen[-1]):
        seen.append(await frame(page))
    return seen


async def eventually(holds: Callable[[], bool]) -> None:
    """Until it holds; what the server does by itself tells nobody outside."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def hello(caller: Caller, after: object = 0) -> dict[str, object]:
    return {"token": caller.token, "after": after}


def listeners_from_now(monkeypatch: pytest.MonkeyPatch) -> list[hub.Listener]:
    """Those that begin to listen; it grows."""
    found: list[hub.Listener] = []
    begin = hub.Listener.__init__

    def begun(self: hub.Listener, of: hub.Hub) -> None:
        begin(self, of)
        found.append(self)

    monkeypatch.setattr(hub.Listener, "__init__", begun)
    return found


async def rest(readers: list[hub.Listener], pages: int = 1) -> None:
    """Until they are so many, and nothing is being shown, nor waits to be."""
    await eventually(lambda: [each._rests for each in readers] == [True] * pages)


async def looks(*_given: Any) -> views.Rows:
    """Instead of what reads words for a page that must not look for any."""
    raise AssertionError("it looks")


def no_failures(logged: list[Any]) -> None:
    assert [each for each in logged if each["log_level"] in ("error", "critical")] == []


# -- who may open one ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [CHAT, CONSOLE])
@pytest.mark.parametrize("origin", [None, "null", "https://evil.example"])
async def test_a_foreign_page_is_refused_before_the_upgrade(
    doors: Doors, path: str, origin: str | None
) -> None:
    headers = doors.as_staff("Anna") | ({"Origin": origin} if origin else {})
    with pytest.raises(WSServerHandshakeError) as refused:
        await doors.http.ws_connect(doors.ours + path, headers=headers)
    assert refused.value.status == 403


async def test_the_console_socket_needs_a_session_before_the_upgrade(doors: Doors) -> None:
    for headers, status in (
        ({}, 401),
        ({"Cookie": "hotline_session=x"}, 401),
        (doors.as_staff("Halina"), 403),
    ):
        with pytest.raises(WSServerHandshakeError) as refused:
            await doors.http.ws_connect(doors.ours + CONSOLE, headers={"Origin": doors.ours, **headers})
        assert refused.value.status == status


GOOD = "@"  # stands for the caller's token
BAD_HELLOS = {
    "nothing": "",
    "broken": "{",
    "list": "[]",
    "number": "5",
    "text": '"hello"',
    "null": "null",
    "no token": '{"after": 0}',
    "no cursor": '{"token": "@"}',
    "empty token": '{"token": "", "after": 0}',
    "null token": '{"token": null, "after": 0}',
    "wrong token": '{"token": "' + "x" * 43 + '", "after": 0}',
    "surrogate": '{"token": "\\ud800", "after": 0}',
    "NUL": '{"token": "\\u0000", "after": 0}',
    "list token": '{"token": ["@"], "after": 0}',
    "cursor of words": '{"token": "@", "after": "first"}',
    "cursor of nothing": '{"token": "@", "after": null}',
    "negative": '{"token": "@", "after": -1}',
    "huge": '{"token": "@", "after": 1' + "0" * 30 + "}",
    "endless": '{"token": "@", "after": 1e999}',
    "not a number": '{"token": "@", "after": NaN}',
    "too many digits": '{"token": "@", "after": ' + "1" * 4000 + "}",
    "more": '{"token": "@", "after": 0, "admin": true}',
}


@pytest.mark.parametrize("name", BAD_HELLOS)
async def test_a_hello_that_cannot_be_read_or_believed_is_closed(both_doors: Doors, name: str) -> None:
    caller = await both_doors.caller()
    with capture_logs() as logged:
        async with opened(both_doors, CHAT) as page:
            await page.send_str(BAD_HELLOS[name].replace(GOOD, caller.token))
            assert await closing_code(page) == 4401
    no_failures(logged)


async def test_a_hello_of_bytes_is_closed(doors: Doors) -> None:
    caller = await doors.caller()
    with capture_logs() as logged:
        async with opened(doors, CHAT) as page:
            await page.send_bytes(json.dumps(hello(caller)).encode())
            assert await closing_code(page) == 4401
    no_failures(logged)


async def test_who_goes_without_a_word_leaves_nothing_behind(doors: Doors) -> None:
    with capture_logs() as logged:
        for path, headers in ((CHAT, None), (CONSOLE, doors.as_staff("Anna"))):
            async with opened(doors, path, headers) as page:
                await page.close()
        await eventually(lambda: len([each for each in logged if each["event"] == "request"]) == 2)
    no_failures(logged)
    assert doors.running.house.hub._listeners == {}


# -- what comes over one ---------------------------------------------------------------------------------------


async def test_frames_come_after_the_cursor_and_nothing_comes_twice(doors: Doors) -> None:
    caller = await doors.talk()
    system, anna = doors.running.system, doors.people["Anna"].actor
    async with opened(doors, CHAT) as page:
        await page.send_json(hello(caller))
        seen = (await frame(page))["entries"]
        for number in range(3):
            await messages.reply(system, anna, caller.contact_id, f"reply-{number}", f"słowo {number}")
            (entry,) = (await frame(page))["entries"]
            assert entry["text"] == f"słowo {number}"
            seen.append(entry)
    numbers = [entry["seq"] for entry in seen]
    assert numbers == sorted(set(numbers))
    async with opened(doors, CHAT) as page:
        await page.send_json(hello(caller, after=numbers[-2]))
        assert [entry["seq"] for entry in (await frame(page))["entries"]] == numbers[-1:]


async def test_a_console_is_shown_every_word_once_and_in_order(doors: Doors) -> None:
    caller = await doors.talk()
    system, contact_id = doors.running.system, caller.contact_id
    async with opened(doors, CONSOLE, doors.as_staff("Anna")) as page:
        await page.send_json({"watch": contact_id, "after": 0})
        frames = await frames_until(page, lambda each: bool(each.get("entries")))
        for number in range(4):
            await messages.receive(system, caller.actor, contact_id, f"message-{number}", f"słowo {number}")
            frames += await frames_until(page, has_words(f"słowo {number}"))
    numbers = [entry["seq"] for each in frames for entry in each.get("entries", ())]
    assert numbers == [*range(1, numbers[-1] + 1)]


async def test_words_reach_a_console_that_rests_with_their_commit(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is shown them by whoever stored them, and looks for nothing; what is more than words it looks for as ever."""
    caller, anna = await doors.talk(), doors.people["Anna"].actor
    system, contact_id = doors.running.system, caller.contact_id
    monkeypatch.setattr(hub, "POLL_SECONDS", 3600.0)
    monkeypatch.setattr(console_live, "CALM_TALK", 3600.0)  # no pane comes in between
    looks_never(monkeypatch)
    readers = listeners_from_now(monkeypatch)

    async with opened(doors, CONSOLE, doors.as_staff("Anna")) as page:
        await page.send_json({"watch": contact_id, "after": 0})
        await frames_until(page, lambda each: bool(each.get("entries")))
        with monkeypatch.context() as patch:
            patch.setattr(news.News, "after", looks)
            for number in range(3):
                await rest(readers)
                await messages.receive(
                    system, caller.actor, contact_id, f"at-once-{number}", f"słowo {number}"
                )
                shown = await frames_until(page, has_words(f"słowo {number}"))
                assert [entry["text"] for entry in shown[-1]["entries"]] == [f"słowo {number}"]
            await rest(readers)
            await messages.reply(system, anna, contact_id, "at-once-reply", "Jestem.")
            shown = await frames_until(page, has_words("Jestem."))
            assert [entry["text"] for entry in shown[-1]["entries"]] == ["Jestem."]
        await factories.finish(system, doors.people["Anna"], contact_id)
        await frames_until(page, lambda each: each.get("head", {}).get("state") in ("wrap_up", "closed"))


async def test_words_reach_a_callers_page_that_rests_with_their_commit(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing is looked for because of its own, of which the acknowledgement tells; nor do they come back later."""
    caller, anna = await doors.talk(), doors.people["Anna"].actor
    system, contact_id = doors.running.system, caller.contact_id
    monkeypatch.setattr(hub, "POLL_SECONDS", 3600.0)
    readers = listeners_from_now(monkeypatch)

    async with opened(doors, CHAT) as page:
        await page.send_json(hello(caller))
        await frames_until(page, lambda each: "state" in each)
        with monkeypatch.context() as patch:
            patch.setattr(news.News, "after", looks)
            for number in range(3):
                await rest(readers)
                await page.send_json({"id": f"rests-own-{number}", "text": "Halo?"})
                assert (await frame(page))["ack"]["id"] == f"rests-own-{number}"
                await rest(readers)
                await messages.reply(system, anna, contact_id, f"rests-reply-{number}", f"słowo {number}")
                shown = await frame(page)
                assert [entry["text"] for entry in shown["entries"]] == [f"słowo {number}"]
                assert shown["cursor"] == shown["entries"][-1]["seq"]
            await rest(readers)
    await factories.finish(system, doors.people["Anna"], contact_id)


async def test_words_that_another_page_of_theirs_stored_meanwhile_are_shown(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both had them under way with one id: one page has stored them, the other is shown them."""
    caller = await doors.talk()
    system, contact_id = doors.running.system, caller.contact_id
    monkeypatch.setattr(hub, "POLL_SECONDS", 3600.0)
    readers = listeners_from_now(monkeypatch)
    async with opened(doors, CHAT) as page, opened(doors, CHAT) as other:
        for each in (page, other):
            await each.send_json(hello(caller))
            await frames_until(each, lambda each: "state" in each)
        await rest(readers, pages=2)
        async with system.transaction(OPERATOR) as tx:
            await claims.lock_contact(tx, contact_id)
            for number, each in enumerate((page, other), 1):
                await each.send_json({"id": "both-pages", "text": "Halo?"})
                await eventually(lambda number=number: system.journal._waiting == number)  # type: ignore[misc]
        await frames_until(page, lambda each: "ack" in each)
        told = {name for _ in range(2) for name in await frame(other)}
        assert {"ack", "entries"} <= told
    await factories.finish(system, doors.people["Anna"], contact_id)


@pytest.mark.parametrize("before", ["here", "left", "silent"])
async def test_a_page_that_opens_is_written_by_itself_where_its_caller_was_thought_gone(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    """Else with all who answer, a moment later: to be told that one is there, nobody waits for."""
    system, caller = doors.running.system, await factories.add_caller(doors.running.system)
    alone: list[str] = []
    seen = contacts.caller_seen

    async def noted(system: System, actor: Actor) -> None:
        alone.append(actor.id)
        await seen(system, actor)

    monkeypatch.setattr(contacts, "caller_seen", noted)
    if before == "left":
        await contacts.leave(system, caller.actor, caller.contact_id, quick=False)
    long_ago = system.clock.now() - 4 * CALLER_PING
    async with system.transaction(OPERATOR) as tx:
        await claims.change(tx, caller.contact_id, caller_seen_at=long_ago)
        if before == "here":
            await claims.change(tx, caller.contact_id, caller_seen_at=long_ago + 3 * CALLER_PING)

    async def head() -> views.ContactHead:
        async with system.read() as tx:
            found = await views.contact_head(tx, caller.contact_id)
        assert found is not None
        return found

    async with opened(doors, CHAT) as page:
        await page.send_json(hello(caller))
        await frames_until(page, lambda each: "state" in each)
        assert alone == ([] if before == "here" else [caller.contact_id])
        async with asyncio.timeout(PATIENCE):
            while ((await head()).caller_seen_at or long_ago) <= long_ago + 3 * CALLER_PING:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    assert (await head()).caller_left_at is None
    await contacts.leave(system, caller.actor, caller.contact_id, quick=True)


async def test_a_page_follows_its_contact_from_queue_to_queue(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = listeners_from_now(monkeypatch)
    system = doors.running.system
    caller = await factories.add_caller(system, line=factories.VICTIMS)
    fit = [each for each in system.centre.queues.values() if "web" in each.channels]
    first, other = (
        next(each.id for each in fit if line in each.lines) for line in (factories.VICTIMS, factories.TRUST)
    )

    def queues() -> list[str]:
        return [topic for topic in readers[0]._topics if topic.startswith("queue:")]

    async with opened(doors, CHAT) as page:
        await page.send_json(hello(caller))
        await frames_until(page, lambda each: "state" in each)
        assert queues() == [topics.queue(first)]
        await assignments.move(system, doors.people["Filip"].actor, caller.contact_id, other, "Pomyłka.")
        await eventually(lambda: queues() == [topics.queue(other)])
    await contacts.leave(system, caller.actor, caller.contact_id, quick=True)


async def test_no_cursor_passes_own_words_before_they_are_acknowledged(doors: Doors) -> None:
    """Whoever is cut off in between would come back with a cursor behind which nobody looks for them."""
    caller, anna = await doors.talk(), doors.people["Anna"].actor
    system, contact_id = doors.running.system, caller.contact_id
    async with opened(doors, CHAT) as page:
        await page.send_json(hello(caller))
        await frames_until(page, lambda each: "state" in each)
        async with asyncio.TaskGroup() as group, system.transaction(OPERATOR) as tx:
            # What follows gathers behind the first, and shares a commit.
            await claims.lock_contact(tx, contact_id)
            first = messages.receive(system, caller.actor, contact_id, "cursor-first", "Halo?")
            group.create_task(first)
            await eventually(lambda: system.journal._waiting == 1)
            await page.send_json({"id": "cursor-own", "text": "Jest tam ktoś?"})
            await eventually(lambda: system.journal._waiting == 2)
            group.create_task(messages.reply(system, anna, contact_id, "cursor-reply", "Jestem."))
            await eventually(lambda: system.journal._waiting == 3)
        heard: list[dict[str, Any]] = []
        while not (any("ack" in each for each in heard) and any(map(has_words("Jestem."), heard))):
            heard.append(await frame(page))
        place = next(place for place, each in enumerate(heard) if "ack" in each)
        assert max((each.get("cursor", 0) for each in heard[:place]), default=0) < heard[place]["ack"]["seq"]
    await factories.finish(system, doors.people["Anna"], contact_id)


async def test_words_alone_put_who_waits_for_an_answer_first(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever reads the whole desk meanwhile gives the wrong order here: it is the words that put it right."""
    talks, anna = [await doors.talk() for _ in range(3)], doors.people["Anna"].actor
    system, own_desks = doors.running.system, views.own_desks

    async def turned(*given: Any) -> dict[str, views.ConsoleView]:
        desks = await own_desks(*given)
        return {who: replace(desk, mine=desk.mine[::-1]) for who, desk in desks.items()}

    async def says(caller: Caller) -> None:
        await messages.receive(system, caller.actor, caller.contact_id, new_id(), "Halo?")

    for each in talks:
        await messages.reply(system, anna, each.contact_id, f"reply-{each.contact_id}", "Jestem.")
    monkeypatch.setattr(views, "own_desks", turned)
    monkeypatch.setattr(hub, "POLL_SECONDS", 3600.0)  # which would read the whole desk as well
    looks_never(monkeypatch)
    ours = {each.contact_id for each in talks}
    stand: list[str] = []
    async with opened(doors, CONSOLE, doors.as_staff("Anna")) as page:
        # it listens when it has shown this: from now on no poke is lost, and no poll needed
        await frames_until(page, lambda each: "console" in each)
        for each in (talks[2], talks[1]):
            await says(each)
        while stand != [talks[at].contact_id for at in (2, 1, 0)]:
            await says(talks[2])
            shown = await frames_until(page, lambda each: "console" in each or "talks" in each)
            mine = [row["contact_id"] for row in (shown[-1].get("console") or shown[-1]["talks"])["mine"]]
            stand = [
                each for each in mine if each in ours
            ]  # other stories of this house have left her talks, too


async def test_a_console_looks_each_half_minute_although_words_keep_coming(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Minutes pass and shifts begin without any poke, in the middle of a lively talk, too."""
    monkeypatch.setattr(console_live, "REFRESH", 0.3)
    monkeypatch.setattr(console_live, "CALM_TALK", 3600.0)  # for its words alone no pane comes
    monkeypatch.setattr(hub, "POLL_SECONDS", 3600.0)
    caller = await doors.talk("Anna")
    async with opened(doors, CONSOLE, doors.as_staff("Anna")) as page:
        await page.send_json({"watch": caller.contact_id, "after": 0})
        await frames_until(page, lambda each: bool(each.get("entries")))
        began, panes = time.monotonic(), 0
        while panes < 10 and time.monotonic() < began + 10:
            await messages.receive(doors.running.system, caller.actor, caller.contact_id, new_id(), "Halo?")
            panes += sum("console" in each for each in await frames_until(page, has_words("Halo?")))
    assert panes >= 10


async def test_a_long_absence_comes_in_several_frames_without_a_gap(doors: Doors) -> None:
    caller = await doors.talk()
    await fill(doors, caller, 450, "słowo")
    async with opened(doors, CHAT) as page:
        await page.send_json(hello(caller))
        frames = await frames_until(page, lambda each: not each["more"])
    texts = [entry["id"] for each in frames for entry in each["entries"] if entry["id"].startswith("bulk")]
    assert texts == [f"bulk-{number}" for number in range(450)]


async def test_long_words_come_in_frames_of_a_bounded_weight(doors: Doors) -> None:
    caller = await doors.talk()
    await fill(doors, caller, 30, "ż" * 4000)
    async with opened(doors, CHAT) as page:
        await page.send_json(hello(caller))
        frames = await frames_until(page, lambda each: any(one["id"] == "bulk-29" for one in each["entries"]))
    texts = [entry["id"] for each in frames for entry in each["entries"] if entry["id"].startswith("bulk")]
    assert texts == [f"bulk-{number}" for number in range(30)]
    heaviest = max(sum(len(entry["text"].encode()) for entry in each["entries"]) for each in frames)
    assert heaviest < news.WEIGHT + 8000  # the last one may go over


async def fill(doors: Doors, caller: Caller, many: int, text: str) -> None:
    """Words of the caller, many at once."""
    system, contact_id = doors.running.system, caller.contact_id

    def line(number: int) -> Line:
        sealed = system.vault.seal(contact_id, "entries", f"bulk-{number}", text)
        return Line(contact_id, f"bulk-{number}", "message", "caller", body_sealed=sealed)

    await asyncio.gather(*(system.journal.write(line(number)) for number in range(many)))


async def test_a_ping_of_the_page_is_answered(doors: Doors) -> None:
    async with opened(doors, CONSOLE, doors.as_staff("Anna"), autoping=False) as page:
        await page.ping(b"are you there")
        async for message in page:
            if message.type is WSMsgType.PONG:
                assert message.data == b"are you there"
                break


async def test_a_console_hears_that_its_line_lives_and_nothing_is_read_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "CONSOLE_PING", timedelta(seconds=0.1))
    monkeypatch.setattr(hub, "POLL_SECONDS", 3600)
    looks_never(monkeypatch)
    read: list[str] = []
    async with house(tmp_path) as doors, opened(doors, CONSOLE, doors.as_staff("Anna")) as page:
        beats = 0
        while beats < 5:  # what its arrival stirred up has been told
            beats = beats + 1 if await page.receive_json() == {"alive": True} else 0
        for module, name in ((views, "own_desks"), (signing_in, "entered")):
            monkeypatch.setattr(module, name, lambda *_, name=name: read.append(name))
        for _ in range(5):
            assert await page.receive_json() == {"alive": True}
    assert read == []


async def test_more_words_than_one_frame_holds_are_shown_without_a_look_at_the_desk(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is behind would fall further behind by it."""
    looks_never(monkeypatch)
    caller = await doors.talk("Anna")
    async with opened(doors, CONSOLE, doors.as_staff("Anna")) as page:
        await page.send_json({"watch": caller.contact_id, "after": 0})
        with suppress(TimeoutError):  # what its arrival stirs up is told
            while True:
                await page.receive_json(timeout=1)
        looks: list[object] = []
        monkeypatch.setattr(views, "own_desks", lambda *_: looks.append(1))
        await fill(doors, caller, 150, "Halo?")
        shown: list[str] = []
        while len(shown) < 150:
            entries = (await page.receive_json()).get("entries", [])
            shown += [each["id"] for each in entries if each["id"].startswith("bulk-")]
        assert len(set(shown)) == 150
    assert looks == []


async def test_a_socket_is_not_compressed(doors: Doors) -> None:
    """Lengths of what is packed tell secrets apart."""
    async with opened(doors, CONSOLE, doors.as_staff("Anna"), compress=15) as page:
        assert "Sec-WebSocket-Extensions" not in page._response.headers


async def test_a_foreign_conversation_is_not_shown_live(doors: Doors) -> None:
    foreign, mine = await doors.talk("Anna"), await doors.talk("Beata")
    async with opened(doors, CONSOLE, doors.as_staff("Beata")) as page:
        await page.send_json({"watch": foreign.contact_id, "after": 0})
        await frames_until(page, lambda each: "console" in each)
        actor = doors.people["Anna"].actor
        await messages.reply(doors.running.system, actor, foreign.contact_id, "reply-1", "tylko dla niej")
        await page.send_json({"watch": mine.contact_id, "after": 0})
        seen = await frames_until(page, lambda each: "contact" in each)
    assert seen[-1]["contact"] == mine.contact_id
    assert "tylko dla niej" not in json.dumps(seen, ensure_ascii=False)


async def test_a_page_that_comes_while_the_database_is_away_keeps_its_secret_and_comes_back(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = await doors.caller()

    async def away(*_: object) -> Any:
        raise Unavailable

    with monkeypatch.context() as trouble:
        trouble.setattr(contacts, "caller", away)
        async with opened(doors, CHAT) as page:
            await page.send_json(hello(caller))
            assert await closing_code(page) == aiohttp.WSCloseCode.TRY_AGAIN_LATER
    async with opened(doors, CHAT) as page:
        await page.send_json(hello(caller))
        assert "state" in await frame(page)


# -- what must not come over one -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [CHAT, CONSOLE])
async def test_a_huge_frame_is_closed(doors: Doors, path: str) -> None:
    caller = await doors.caller()
    with capture_logs() as logged:
        async with opened(doors, path, doors.as_staff("Anna")) as page:
            if path == CHAT:
                await page.send_json(hello(caller))
                await frame(page)
            await page.send_str("x" * (wire.FRAME_LIMIT + 1))
            assert await closing_code(page) == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
        async with opened(doors, CHAT) as page:
            await page.send_str("x" * (wire.FRAME_LIMIT + 1))
            assert await closing_code(page) == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
    no_failures(logged)


BAD_FRAMES = {
    "broken": "{",
    "nothing": "",
    "list": "[]",
    "number": "5",
    "null": "null",
    "unknown field": '{"delete": "everything"}',
    "number to watch": '{"watch": 5}',
    "words to watch": '{"watch": "somebody"}',
    "NUL to watch": '{"watch": "\\u0000", "after": 0}',
    "surrogate": '{"watch": "\\ud800", "after": 0}',
    "huge cursor": '{"watch": "@", "after": 1' + "0" * 30 + "}",
    "negative cursor": '{"watch": "@", "after": -1}',
    "cursor of words": '{"watch": "@", "after": "0"}',
}


@pytest.mark.parametrize("name", BAD_FRAMES)
async def test_a_frame_that_cannot_be_read_closes_the_console_socket_alone(
    both_doors: Doors, name: str
) -> None:
    caller = await both_doors.talk()
    with capture_logs() as logged:
        async with (
            opened(both_doors, CONSOLE, both_doors.as_staff("Beata")) as other,
            opened(both_doors, CONSOLE, both_doors.as_staff("Anna")) as page,
        ):
            await page.send_str(BAD_FRAMES[name].replace("@", caller.contact_id))
            assert await closing_code(page) == aiohttp.WSCloseCode.POLICY_VIOLATION
            await both_doors.running.house.hub.poll()
            assert "console" in await frame(other)
    no_failures(logged)
    answer = await both_doors.ask("GET", "/console/state", headers=both_doors.as_staff("Anna"))
    assert answer.status == 200


async def test_a_contact_that_is_not_there_can_be_watched_in_vain(both_doors: Doors) -> None:
    async with opened(both_doors, CONSOLE, both_doors.as_staff("Anna")) as page:
        await page.send_json({"watch": new_id(), "after": 0})
        await both_doors.running.house.hub.poll()
        assert "console" in await frame(page)


@pytest.mark.parametrize("path", [CHAT, CONSOLE])
async def test_bytes_are_ignored_or_closed_but_break_nothing(doors: Doors, path: str) -> None:
    caller = await doors.caller()
    with capture_logs() as logged:
        async with opened(doors, path, doors.as_staff("Anna")) as page:
            if path == CHAT:
                await page.send_json(hello(caller))
            await page.send_bytes(b"\x00\xff" * 100)
            assert await frame(page)
    no_failures(logged)


@pytest.mark.parametrize("words", ["{", "another hello", '{"watch": "@"}', '{"id": "short", "text": "?"}'])
async def test_what_a_callers_page_says_is_a_message_or_the_end(doors: Doors, words: str) -> None:
    caller, other = await doors.caller(), await doors.caller()
    if words == "another hello":
        words = json.dumps(hello(other))
    async with opened(doors, CHAT) as page:
        await page.send_json(hello(caller))
        await frame(page)
        await page.send_str(words.replace("@", other.contact_id))
        assert await closing_code(page) == aiohttp.WSCloseCode.POLICY_VIOLATION


# -- words over the open line --------------------------------------------------------------------------------------


async def acknowledged_or_closed(page: ClientWebSocketResponse) -> object:
    """What became of words that were sent: the acknowledgement, or the code the server closes with."""
    async with asyncio.timeout(PATIENCE):
        while (message := await page.receive()).type is WSMsgType.TEXT:
            if "ack" in message.json():
                return message.json()
    return page.close_code


def has_words(text: str) -> Callable[[dict[str, Any]], bool]:
    return lambda each: text in [entry["text"] for entry in each.get("entries", ())]


async def test_words_over_the_line_are_acknowledged_once_stored(both_doors: Doors) -> None:
    doors = both_doors
    caller = await doors.talk()
    async with (
        opened(doors, CHAT) as page,
        opened(doors, CHAT) as second_page,
        opened(doors, CONSOLE, doors.as_staff("Anna")) as console,
    ):
        for each in (page, second_page):
            await each.send_json(hello(caller))
        await console.send_json({"watch": caller.contact_id, "after": 0})
        await page.send_json({"id": "message-1", "text": "Jestem."})
        told = (await frames_until(page, lambda each: "ack" in each))[-1]["ack"]
        assert told["id"] == "message-1"
        async with doors.running.system.read() as tx:
            newest = (await views.entries_after(tx, caller.contact_id, 0, "caller"))[-1]
        assert (newest.seq, newest.text) == (told["seq"], "Jestem.")
        for each in (second_page, console):
            await frames_until(each, has_words("Jestem."))

        await console.send_json(
            {"reply": {"contact": caller.contact_id, "id": "reply-0001", "text": "Słyszę."}}
        )
        wanted = {"ack", "entries"}  # either may be first
        async with asyncio.timeout(PATIENCE):
            while wanted:
                wanted -= (await frame(console)).keys()
        heard = await frames_until(page, has_words("Słyszę."))
        assert not any(
            has_words("Jestem.")(each) for each in heard
        )  # its page has that from the acknowledgement

        await page.send_json({"id": "message-1", "text": "Jestem."})  # as after a lost answer
        again = (await frames_until(page, lambda each: "ack" in each))[-1]["ack"]
        assert again["seq"] == told["seq"]


def held_by_who_waits(words: str) -> list[str]:
    """Where these words lie open among what tasks keep that wait for something."""
    found = []
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        waiting: Any = task.get_coro()
        while inspect.iscoroutine(waiting) and waiting.cr_frame is not None:
            for name, value in waiting.cr_frame.f_locals.items():
                if isinstance(value, str | bytes | dict | list | tuple) and words in repr(value):
                    found.append(f"{waiting.__qualname__}: {name}")
            waiting = waiting.cr_await
    return found


async def test_what_was_said_lies_in_no_line_that_waits_for_more(doors: Doors) -> None:
    caller = await doors.talk()
    async with (
        opened(doors, CHAT) as page,
        opened(doors, CONSOLE, doors.as_staff("Anna")) as console,
    ):
        await page.send_json(hello(caller))
        await console.send_json({"watch": caller.contact_id, "after": 0})
        await page.send_json({"id": "message-1", "text": "Jestem."})
        await frames_until(console, has_words("Jestem."))
        await console.send_json(
            {"reply": {"contact": caller.contact_id, "id": "reply-0001", "text": "Słyszę."}}
        )
        await frames_until(page, has_words("Słyszę."))
        async with asyncio.timeout(5):
            while held_by_who_waits("Jestem.") or held_by_who_waits("Słyszę."):  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_what_stands_on_the_screen_of_who_answers_is_told_to_the_caller(doors: Doors) -> None:
    caller, foreign = await doors.talk(), await doors.caller()

    def shown(contact: str, seq: int) -> dict[str, object]:
        return {"shown": {"contact": contact, "seq": seq}}

    async with opened(doors, CHAT) as page, opened(doors, CONSOLE, doors.as_staff("Anna")) as console:
        await page.send_json(hello(caller))
        await page.send_json({"id": "message-1", "text": "Jestem."})
        seq = (await frames_until(page, lambda each: "ack" in each))[-1]["ack"]["seq"]
        await console.send_json(shown(foreign.contact_id, 1))  # not hers: nothing comes of it
        await console.send_json(shown(caller.contact_id, seq))
        told = await frames_until(page, lambda each: any(e["kind"] == "receipt" for e in each["entries"]))
        (receipt,) = (each for each in told[-1]["entries"] if each["kind"] == "receipt")
        assert (receipt["ref"], receipt["text"]) == (seq, "")
    async with doors.running.system.read() as tx:
        untouched = await views.entries_after(tx, foreign.contact_id, 0, "staff")
    assert "receipt" not in [each.kind for each in untouched]


async def test_pages_that_came_together_are_not_asked_together(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "CALLER_PING", timedelta(seconds=0.6))
    caller = await doors.caller()
    asked: list[float] = []

    async def first_ping() -> None:
        async with opened(doors, CHAT, autoping=False) as page:
            await page.send_json(hello(caller))
            while (await page.receive()).type is not WSMsgType.PING:
                pass
            asked.append(time.monotonic())

    async with asyncio.TaskGroup() as group:
        for _ in range(10):
            group.create_task(first_ping())
    assert max(asked) - min(asked) > 0.1


async def test_refused_words_leave_the_line_open(doors: Doors) -> None:
    caller, foreign = await doors.talk(), await doors.caller()
    async with opened(doors, CHAT) as page, opened(doors, CONSOLE, doors.as_staff("Anna")) as console:
        await page.send_json(hello(caller))
        await page.send_json({"id": "message-1", "text": "  "})
        refused = (await frames_until(page, lambda each: "refused" in each))[-1]["refused"]
        assert (refused["id"], refused["status"], refused["code"]) == ("message-1", 400, "text_empty")
        await page.send_json({"id": "message-2", "text": "Jednak."})
        await frames_until(page, lambda each: "ack" in each)

        await console.send_json(
            {"reply": {"contact": foreign.contact_id, "id": "reply-0001", "text": "Halo."}}
        )
        refused = (await frames_until(console, lambda each: "refused" in each))[-1]["refused"]
        assert (refused["contact"], refused["status"]) == (foreign.contact_id, 404)
        await console.send_json(
            {"reply": {"contact": caller.contact_id, "id": "reply-0002", "text": "Słyszę."}}
        )
        await frames_until(console, lambda each: "ack" in each)


@pytest.mark.parametrize("text", ["Jeszcze jedno.", "nie chcę żyć"], ids=["ordinary", "flagged"])
async def test_a_secret_that_died_lets_no_word_in(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    caller = await doors.talk()
    monkeypatch.setattr(LocalBus, "publish", lambda *_: None)  # nobody tells this line that it is over
    async with opened(doors, CHAT) as page:
        await page.send_json(hello(caller))
        await frame(page)
        await contacts.leave(doors.running.system, caller.actor, caller.contact_id, quick=True)
        await page.send_json({"id": "message-1", "text": text})
        assert await acknowledged_or_closed(page) == sockets.NOT_SIGNED_IN
    async with doors.running.system.read() as tx:
        said = await views.entries_after(tx, caller.contact_id, 0, "staff")
    assert text not in [each.text for each in said]


async def test_whoever_is_signed_out_says_no_more_although_nobody_told_the_line(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks_never(monkeypatch)
    await doors.employ("Dorota", "counsellor")
    caller = await talk(doors.running.system, doors.people["Dorota"])
    async with opened(doors, CONSOLE, doors.as_staff("Dorota")) as page:
        await frames_until(page, lambda each: "console" in each)
        monkeypatch.setattr(LocalBus, "publish", lambda *_: None)
        monkeypatch.setattr(hub, "POLL_SECONDS", 3600)
        for number in range(3):  # what is remembered of the talk after the first is no excuse
            await page.send_json(
                {"reply": {"contact": caller.contact_id, "id": f"reply-000{number}", "text": "Jestem."}}
            )
            assert isinstance(await acknowledged_or_closed(page), dict)
        await signing_in.sign_out(doors.running.system, doors.secrets["Dorota"])
        await page.send_json(
            {"reply": {"contact": caller.contact_id, "id": "reply-0009", "text": "Jeszcze ja."}}
        )
        assert await acknowledged_or_closed(page) == sockets.NOT_SIGNED_IN
    async with doors.running.system.read() as tx:
        said = await views.entries_after(tx, caller.contact_id, 0, "staff")
    assert "Jeszcze ja." not in [each.text for each in said]


# -- when it ends ------------------------------------------------------------------------------------------------


async def test_signing_out_elsewhere_closes_the_socket(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_session, "ASKED", timedelta(hours=1))
    looks_never(monkeypatch)  # it is told, and does not find out by itself
    await doors.employ("Celina", "counsellor")
    async with opened(doors, CONSOLE, doors.as_staff("Celina")) as page:
        await frame(page)
        await signing_in.sign_out(doors.running.system, doors.secrets["Celina"])
        assert await closing_code(page) == 4401


@pytest.mark.parametrize(("path", "name"), [(CONSOLE, "Anna"), ("/board/socket", "Filip")])
async def test_a_session_ends_by_time_although_its_page_answers_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, name: str
) -> None:
    for feed in (console_live, board_live):
        monkeypatch.setattr(feed, "REFRESH", 0.05)
    monkeypatch.setattr(hub, "POLL_SECONDS", 3600)
    async with (
        house(tmp_path) as doors,
        opened(doors, path, doors.as_staff(name), autoping=False) as page,
    ):
        await frame(page)
        doors.running.clock.advance(hours=13)
        assert await closing_code(page) == 4401


async def test_a_quick_exit_elsewhere_closes_the_socket(doors: Doors) -> None:
    caller = await doors.caller()
    async with opened(doors, CHAT) as page:
        await page.send_json(hello(caller))
        await frame(page)
        await contacts.leave(doors.running.system, caller.actor, caller.contact_id, quick=True)
        assert await closing_code(page) == 4401


async def test_a_secret_of_which_nothing_was_heard_for_long_closes_the_socket(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = await doors.talk()
    system = doors.running.system

    async def unheard(*_given: Any) -> list[str]:
        return []

    monkeypatch.setattr(contacts, "callers_seen", unheard)
    async with opened(doors, CHAT) as page:
        await page.send_json(hello(caller))
        await frames_until(page, lambda each: "state" in each)
        async with system.transaction(OPERATOR) as tx:
            long_ago = tx.now - TOKEN_LIFE - timedelta(seconds=1)
            await claims.change(tx, caller.contact_id, caller_seen_at=long_ago)
            tx.topics.add(topics.contact(caller.contact_id))
        assert await closing_code(page) == sockets.NOT_SIGNED_IN
    await factories.finish(system, doors.people["Anna"], caller.contact_id)


async def test_without_a_poke_the_next_sign_of_life_finds_a_dead_secret(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "CALLER_PING", timedelta(seconds=0.05))
    caller = await doors.caller()
    async with opened(doors, CHAT) as page:
        await page.send_json(hello(caller))
        await frame(page)
        with monkeypatch.context() as silent:
            silent.setattr(LocalBus, "publish", lambda *_: None)
            await contacts.leave(doors.running.system, caller.actor, caller.contact_id, quick=True)
        assert await closing_code(page) == 4401


async def test_a_reader_that_takes_nothing_is_dropped(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its window is full and stays full; the server must not keep waiting for it, nor for its good-bye."""
    monkeypatch.setattr(wire, "SEND_SECONDS", 0.2)
    caller = await doors.talk()
    await fill(doors, caller, 1000, "ż" * 4000)
    hub, topic = doors.running.house.hub, topics.contact(caller.contact_id)
    with capture_logs() as logged, slow_reader(doors, caller):
        await eventually(lambda: topic in hub._listeners)
        await eventually(lambda: topic not in hub._listeners)
    no_failures(logged)


async def test_a_page_that_takes_nothing_keeps_no_other_waiting(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page is sent to by itself: one that is stuck costs the others nothing."""
    stuck, other = await doors.talk("Anna"), await doors.talk("Beata")
    await fill(doors, stuck, 1000, "ż" * 4000)
    sending = Sending(monkeypatch)
    with slow_reader(doors, stuck):
        await eventually(lambda: sending.begun >= 2 and sending.now == 1)
        async with opened(doors, CHAT) as page:
            await page.send_json(hello(other))
            began = time.monotonic()
            assert (await frame(page))["entries"]
            assert time.monotonic() - began < wire.SEND_SECONDS / 3
            assert sending.now == 1


class slow_reader:  # noqa: N801  reads like what it is: with slow_reader(…)
    """A page whose connection stays open and is never read."""

    def __init__(self, doors: Doors, caller: Caller) -> None:
        self._port, self._words = doors.running.settings.port, json.dumps(hello(caller)).encode()
        self._head = (
            f"GET {CHAT} HTTP/1.1\r\nHost: x\r\nOrigin: {doors.ours}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )

    def __enter__(self) -> None:
        self._connection = sockets_of_the_system.socket()
        self._connection.setsockopt(sockets_of_the_system.SOL_SOCKET, sockets_of_the_system.SO_RCVBUF, 4096)
        self._connection.connect(("127.0.0.1", self._port))
        # one text frame, masked with zeros as a client must
        masked = bytes([0x81, 0x80 | len(self._words), 0, 0, 0, 0]) + self._words
        self._connection.sendall(self._head.encode() + masked)

    def __exit__(self, *_: object) -> None:
        self._connection.close()


@pytest.mark.parametrize("path", [CHAT, CONSOLE])
async def test_a_page_that_comes_while_the_house_closes_is_sent_away_at_once(doors: Doors, path: str) -> None:
    closing = doors.running.system.closing
    closing.set()
    try:
        async with opened(doors, path, doors.as_staff("Anna")) as page:
            assert await closing_code(page) == aiohttp.WSCloseCode.GOING_AWAY
    finally:
        closing.clear()


async def test_when_the_house_closes_every_page_is_told_that_it_comes_back(tmp_path: Path) -> None:
    codes: list[Awaitable[int | None]] = []
    async with aiohttp.ClientSession() as session:
        async with house(tmp_path) as doors:
            caller = await doors.caller()
            for path, who in ((CHAT, None), (CONSOLE, "Anna"), (CONSOLE, "Beata")):
                headers = {"Origin": doors.ours, **(doors.as_staff(who) if who else {})}
                page = await session.ws_connect(doors.ours + path, headers=headers)
                if who is None:
                    await page.send_json(hello(caller))
                await frame(page)
                codes.append(asyncio.get_running_loop().create_task(closing_code(page)))
        assert await asyncio.gather(*codes) == [aiohttp.WSCloseCode.GOING_AWAY] * 3


async def test_pages_that_do_not_answer_do_not_hold_up_the_closing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A phone without a network says no good-bye; three of them cost as much time as one."""
    monkeypatch.setattr(wire, "CLOSE_SECONDS", 0.5)
    sending = Sending(monkeypatch)
    with ExitStack() as phones:
        async with house(tmp_path) as doors:
            caller = await doors.talk()
            await fill(doors, caller, 1000, "ż" * 4000)
            for _ in range(3):
                phones.enter_context(slow_reader(doors, caller))
            await eventually(lambda: sending.begun >= 6 and sending.now == 3)  # stuck in their second frame
            started = time.monotonic()
        assert time.monotonic() - started < 5


class Sending:
    """How many frames had to find room, and how many wait for it now."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = self.now = 0
        room = Wire.room

        async def counted(line: Wire) -> None:
            self.begun, self.now = self.begun + 1, self.now + 1
            try:
                await room(line)
            finally:
                self.now -= 1

        monkeypatch.setattr(Wire, "room", counted)


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[Doors]:
    """A house of the test's own, to be closed."""
    settings = factories.settings_in(folder)
    async with (
        factories.running_house(settings, MovableClock(), engine=False) as running,
        doors_of(running) as doors,
    ):
        yield doors


async def _goes(_doors: Doors, page: ClientWebSocketResponse, _caller: Caller) -> None:
    await page.close()


async def _talks_nonsense(_doors: Doors, page: ClientWebSocketResponse, _caller: Caller) -> None:
    await page.send_str("{}")


async def _says_too_much(_doors: Doors, page: ClientWebSocketResponse, _caller: Caller) -> None:
    await page.send_str("x" * (wire.FRAME_LIMIT + 1))


async def _exits(doors: Doors, _page: ClientWebSocketResponse, caller: Caller) -> None:
    await contacts.leave(doors.running.system, caller.actor, caller.contact_id, quick=True)


@pytest.fixture
def feeds(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[weakref.ref[object]]]:
    """Of the callers' pages that were opened. Nobody looks for garbage meanwhile: with few new objects the collector
    goes through the old ones once in an hour.
    """
    made: list[weakref.ref[object]] = []

    def weighed(*given: Any) -> CallerFeed:
        feed = CallerFeed(*given)
        made.append(weakref.ref(feed))
        return feed

    monkeypatch.setattr(sockets, "CallerFeed", weighed)
    gc.disable()
    yield made
    gc.enable()


@pytest.mark.parametrize("ends", [_goes, _talks_nonsense, _says_too_much, _exits])
async def test_a_page_that_went_leaves_nothing_behind(
    doors: Doors,
    feeds: list[weakref.ref[object]],
    ends: Callable[[Doors, ClientWebSocketResponse, Caller], Awaitable[None]],
) -> None:
    caller = await doors.caller()
    async with opened(doors, CHAT) as page:
        await page.send_json(hello(caller))
        await frame(page)
        await ends(doors, page, caller)
        await closing_code(page)
        async with asyncio.timeout(10):
            await eventually(lambda: feeds[0]() is None)


async def test_a_reader_that_was_dropped_leaves_nothing_behind(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, feeds: list[weakref.ref[object]]
) -> None:
    monkeypatch.setattr(wire, "SEND_SECONDS", 0.2)
    caller = await doors.talk()
    await fill(doors, caller, 1000, "ż" * 4000)
    with slow_reader(doors, caller):
        async with asyncio.timeout(10):
            await eventually(lambda: bool(feeds) and feeds[0]() is None)
