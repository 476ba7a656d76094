"""Requests that are held until there is something new: for callers' pages where no socket gets through."""

import asyncio
import time
from pathlib import Path

import aiohttp
import pytest

from hotline.actions import contacts, messages
from hotline.ids import new_id
from hotline.web import caller_held
from hotline.web.caller_held import AT_ONCE, LATER, SOON
from hotline.web.caller_live import CallerFeed
from tests.factories import Caller
from tests.web.doors import Answer, Doors, bearer
from tests.web.test_sockets import eventually, house

PATIENCE = 60.0


async def ask(doors: Doors, caller: Caller, before: Answer | None = None) -> Answer:
    """The request of a page that got this answer before."""
    after, known = (before.json["cursor"], before.json["mark"]) if before else (0, "")
    async with asyncio.timeout(PATIENCE):
        path = f"/chat/city_trust_19513/news?after={after}&known={known}"
        return await doors.ask("GET", path, headers=bearer(caller))


class Looks:
    """How often a page's feed has looked for what is new, which is all that it reads."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.done = 0
        look = CallerFeed.look

        async def counted(feed: CallerFeed, changed: set[str]) -> object:
            seen = await look(feed, changed)
            self.done += 1
            return seen

        patch.setattr(CallerFeed, "look", counted)

    async def holds(self, many: int = 1) -> None:
        """Until so many requests have looked once and wait."""
        before = self.done
        await eventually(lambda: self.done >= before + many)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    return Looks(monkeypatch)


async def test_words_end_the_waiting_and_until_then_it_costs_nothing(
    both_doors: Doors, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    doors, anna = both_doors, both_doors.people["Anna"].actor
    caller = await doors.talk()
    first = await ask(doors, caller)
    assert [entry["who"] for entry in first.json["entries"]][:1] == ["me"]
    assert first.json["state"]["state"] == "active"
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(ask(doors, caller, first))
        await looks.holds()
        database = doors.running.system.db
        await eventually(lambda: database.in_use == 0)
        so_far = looks.done
        await asyncio.sleep(0.5)
        assert (looks.done, waiting.done()) == (so_far, False)
        said = time.monotonic()
        await messages.reply(doors.running.system, anna, caller.contact_id, new_id(), "Jestem.")
        answer = await waiting
    assert time.monotonic() - said < 1
    assert [entry["text"] for entry in answer.json["entries"]] == ["Jestem."]
    assert answer.json["rest"] == AT_ONCE

    monkeypatch.setattr(caller_held, "HELD_SECONDS", 0.2)
    nothing = await ask(doors, caller, answer)
    assert (nothing.status, nothing.json["rest"]) == (200, AT_ONCE)
    assert (nothing.json["entries"], nothing.json["cursor"]) == ([], answer.json["cursor"])
    assert "state" not in nothing.json
    assert nothing.json["mark"] == first.json["mark"]


async def test_another_state_is_told_and_a_secret_that_dies_ends_it(doors: Doors, looks: Looks) -> None:
    caller = await doors.talk()
    first = await ask(doors, caller)
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(ask(doors, caller, first))
        await looks.holds()
        await contacts.leave(doors.running.system, caller.actor, caller.contact_id, quick=True)
        assert (await waiting).status == 401
    other = await doors.talk()
    first = await ask(doors, other)
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(ask(doors, other, first))
        await looks.holds()
        anna = doors.people["Anna"].actor
        await contacts.end(doors.running.system, anna, other.contact_id, "completed")
        assert (await waiting).json["state"]["open"] is False


async def test_there_is_room_for_so_many_and_for_one_of_each_caller(
    doors: Doors, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caller_held, "network_of", lambda _request: "192.0.2.0/24")
    monkeypatch.setattr(caller_held, "OF_A_NETWORK", 1)
    one, other = await doors.talk("Beata"), await doors.talk("Beata")
    first, same = await ask(doors, one), await ask(doors, other)
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(ask(doors, one, first))
        await looks.holds()
        assert (await ask(doors, other, same)).json["rest"] == LATER
        again = tasks.create_task(ask(doors, one, first))  # the page was loaded anew
        assert (await waiting).json["rest"] == SOON
        assert not again.done()
        beata = doors.people["Beata"].actor
        await messages.reply(doors.running.system, beata, one.contact_id, new_id(), "Jestem.")
        assert (await again).json["entries"][-1]["text"] == "Jestem."


async def test_when_the_house_closes_what_is_held_is_answered(tmp_path: Path, looks: Looks) -> None:
    async with aiohttp.ClientSession() as session:
        async with house(tmp_path) as doors:
            caller = await doors.talk()
            first = await ask(doors, caller)
            mine = Doors(doors.running, session)
            waiting = asyncio.get_running_loop().create_task(ask(mine, caller, first))
            await looks.holds()
            closes = time.monotonic()
        answer = await waiting
    assert time.monotonic() - closes < 3
    assert (answer.status, answer.json["rest"], answer.json["entries"]) == (200, SOON, [])
