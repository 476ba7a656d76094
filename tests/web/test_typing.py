"""That somebody writes: told to whoever is on the talk and to nobody else, and nothing of it is kept."""

from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse

from hotline.actions import account, messages
from hotline.ids import new_id
from hotline.rules.signals import Signals
from hotline.web import typing
from tests.conftest import HouseTemplate
from tests.factories import MovableClock, running_house, settings_in
from tests.servers import RedisServer
from tests.web.doors import Doors, doors_of
from tests.web.test_sockets import (
    CHAT,
    CONSOLE,
    closing_code,
    eventually,
    frame,
    frames_until,
    hello,
    opened,
)


def hints(frames: list[dict[str, Any]]) -> list[object]:
    return [each["typing"] for each in frames if "typing" in each]


def words(text: str) -> Any:
    return lambda said: any(entry["text"] == text for entry in said.get("entries", ()))


async def watch(console: ClientWebSocketResponse, contact_id: str) -> None:
    """The talk is on this screen, with all that was said."""
    await console.send_json({"watch": contact_id, "after": 0})
    await frames_until(console, lambda said: bool(said.get("entries")))


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typing, "EVERY", 0.0)


async def test_each_side_hears_that_the_other_writes(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    system, anna = doors.running.system, doors.people["Anna"]
    talk = await doors.talk()
    before = await doors.state_of(talk.contact_id)
    async with (
        opened(doors, CHAT) as chat,
        opened(doors, CONSOLE, doors.as_staff("Anna")) as console,
        opened(doors, CONSOLE, doors.as_staff("Beata")) as other,
    ):
        await chat.send_json(hello(talk))
        assert (await frame(chat))["state"]["typing"] is True
        await watch(console, talk.contact_id)
        await other.send_json({"watch": talk.contact_id, "after": 0})
        await chat.send_json({"typing": True})
        assert hints(await frames_until(console, lambda said: "typing" in said)) == [talk.contact_id]
        await console.send_json({"typing": talk.contact_id})
        assert await frame(chat) == {"typing": True, "entries": []}
        assert await doors.state_of(talk.contact_id) == before

        # who is not on the talk is not heard on it, nor who does not want to be; one hint speaks for a while
        await other.send_json({"typing": talk.contact_id})
        await other.send_json({"reply": {"contact": talk.contact_id, "id": new_id(), "text": "Nie moja."}})
        assert hints(await frames_until(other, lambda said: "refused" in said)) == []
        await account.set_signals(system, anna.actor, Signals(typing=False))
        await frames_until(
            console,
            lambda said: said.get("console", {}).get("me", {}).get("signals", {}).get("typing") is False,
        )
        await console.send_json({"typing": talk.contact_id})
        await console.send_json({"reply": {"contact": talk.contact_id, "id": new_id(), "text": "Jestem."}})
        assert hints(await frames_until(chat, words("Jestem."))) == []
        monkeypatch.setattr(typing, "EVERY", 60.0)
        for _ in range(3):
            await chat.send_json({"typing": True})
        await messages.receive(system, talk.actor, talk.contact_id, new_id(), "Dobrze.")
        assert hints(await frames_until(console, words("Dobrze."))) == []


@pytest.mark.postgres
async def test_it_is_heard_at_another_process(
    house_template: HouseTemplate, redis_server: RedisServer, tmp_path: Path
) -> None:
    main, keys = await house_template.copy()
    given = {"database_url": main, "keys_url": keys, "redis_url": redis_server.url}
    clock = MovableClock()
    async with (
        running_house(settings_in(tmp_path, **given), clock, engine=False) as here,
        running_house(settings_in(tmp_path, **given), clock, engine=False) as there,
        doors_of(here) as doors,
    ):
        talk = await doors.talk()
        await eventually(lambda: there.system.bus.hears_since is not None)
        async with (
            doors.http.ws_connect(f"{there.url}{CHAT}", headers={"Origin": there.url}) as chat,
            opened(doors, CONSOLE, doors.as_staff("Anna")) as console,
        ):
            await chat.send_json(hello(talk))
            await frame(chat)
            await watch(console, talk.contact_id)
            await chat.send_json({"typing": True})
            await frames_until(console, lambda said: said.get("typing") == talk.contact_id)
            await console.send_json({"typing": talk.contact_id})
            await frames_until(chat, lambda said: "typing" in said)
    await house_template.drop(main, keys)


async def test_who_waits_is_heard_by_nobody_and_noise_ends_the_line(doors: Doors) -> None:
    heard: list[str] = []
    caller = await doors.caller()
    deafen = doors.running.system.bus.listen(heard.extend)
    async with opened(doors, CHAT) as chat:
        await chat.send_json(hello(caller))
        assert (await frame(chat))["state"]["typing"] is False
        await chat.send_json({"typing": True})
        await chat.send_json({"typing": False})
        assert await closing_code(chat) == 1008
    deafen()
    assert [topic for topic in heard if topic.startswith("typing")] == []
