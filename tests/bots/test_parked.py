"""Poison: put aside after five tries, across restarts, sealed and with an alarm; taken again once, or discarded."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Row, select

from bots.telegram import parked
from bots.telegram.receive import Receiver
from hotline.errors import KeyDestroyed, NotFound
from hotline.rules.access import OPERATOR
from hotline.rules.alarms import UPDATE_PARKED
from hotline.store import tables
from hotline.system import System
from hotline.texts import say
from tests.bots.bot_api import BotApi
from tests.bots.doors import Door, contact_rows, until, words
from tests.bots.test_stop import ringing

ANNA, BEATA = 111_222_333, 444_555_666
Poison = Callable[[], None]
TROUBLE = "technical_problem"


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> Poison:
    """Words with "trucizna" cannot be taken; call it to repair that."""
    honest = Receiver.receive

    async def receive(self: Receiver, update: Any) -> Any:
        if update.message is not None and "trucizna" in (update.message.text or ""):
            raise ZeroDivisionError
        return await honest(self, update)

    monkeypatch.setattr(Receiver, "receive", receive)
    return lambda: monkeypatch.setattr(Receiver, "receive", honest)


async def rows(system: System) -> list[Row[Any]]:
    async with system.read() as tx:
        return list((await tx.connection.execute(select(tables.parked))).all())


async def test_parked_after_five_tries_across_restarts_while_others_flow(
    system: System, api: BotApi, door: Door, poisoned: Poison
) -> None:
    await door.open(True)
    await api.deliver(api.message(ANNA, "добрий день", language="uk"))
    update = api.message(ANNA, "trucizna, tajne słowa")
    statuses = []
    for each in range(6):
        statuses.append(await api.deliver(update))
        assert await api.deliver(api.message(BEATA, f"słowo {each}")) == 200
        await door.kill()
        api.webhook = {}
        await door.open(True)
    assert statuses == [503] * 4 + [200] * 2
    (row,) = await rows(system)
    assert (row.update_key, row.reason, row.ended_at) == (f"tg:{update['update_id']}", "failed", None)
    assert row.tries >= 5
    assert b"tajne" not in row.payload_sealed
    assert await ringing(system) == [(UPDATE_PARKED, row.id)]
    # The chat reads Ukrainian, whoever tells it of trouble.
    assert api.texts(ANNA).count(say(TROUBLE, "uk", line="195 13")) == 1
    assert [await words(system, each.id) for each in await contact_rows(system)] == [
        ["добрий день"],
        [f"słowo {each}" for each in range(6)],
    ]


@pytest.mark.parametrize("system", ["sqlite"], indirect=True)
async def test_taken_again_after_the_repair_it_is_there_once(
    system: System, api: BotApi, door: Door, poisoned: Poison
) -> None:
    await door.open()
    await door.say(ANNA, "halo")
    update = api.message(ANNA, "to jest trucizna")
    await door.bring(update)
    await door.say(ANNA, "koniec")
    (row,) = await rows(system)
    (line,) = await parked.show(system)
    assert line.startswith(row.id)
    assert "trucizna" not in line
    with pytest.raises(ZeroDivisionError):
        await parked.retry(system, row.id)
    assert len(await parked.show(system)) == 1
    poisoned()
    await parked.retry(system, row.id)
    with pytest.raises(NotFound):
        await parked.retry(system, row.id)
    (contact,) = await contact_rows(system)
    assert await words(system, contact.id) == ["halo", "koniec", "to jest trucizna"]
    # Telegram brings it once more, to a process that remembers nothing.
    await door.kill()
    await api.put(update)
    await door.open()
    await until(lambda: not api.unconfirmed())
    assert await words(system, contact.id) == ["halo", "koniec", "to jest trucizna"]
    assert await ringing(system) == []
    assert (await rows(system))[0].payload_sealed is None
    with pytest.raises(KeyDestroyed):
        await system.open_key(row.id)


@pytest.mark.parametrize("system", ["sqlite"], indirect=True)
async def test_discarded_nothing_of_it_is_left(
    system: System, api: BotApi, door: Door, poisoned: Poison
) -> None:
    await door.open()
    broken = api.message(ANNA, "tajne")
    broken["message"]["date"] = {"some": "new", "shape": "of time"}
    await api.put(broken)
    await until(lambda: not api.unconfirmed())
    (row,) = await rows(system)
    assert row.reason == "unreadable"
    await parked.discard(system, row.id)
    assert (await rows(system))[0].payload_sealed is None
    assert await parked.show(system) == []
    assert await ringing(system) == []
    async with system.read() as tx:
        audited = (await tx.connection.execute(select(tables.audit))).all()
    assert [(each.actor_kind, each.coded) for each in audited if each.verb == "parking.take_out"] == [
        (OPERATOR.kind, {"how": "discarded"})
    ]


@pytest.mark.parametrize("system", ["sqlite"], indirect=True)
async def test_what_was_taken_in_time_leaves_no_count(
    system: System, api: BotApi, door: Door, poisoned: Poison
) -> None:
    await door.open(True)
    update = api.message(ANNA, "trucizna")
    assert [await api.deliver(update) for _ in range(3)] == [503] * 3
    assert [row.tries for row in await rows(system)] == [3]
    poisoned()
    assert await api.deliver(update) == 200
    assert await rows(system) == []
    assert len(await contact_rows(system)) == 1
