"""An update is confirmed when its words are committed, and not before; coming again it changes nothing."""

import asyncio
import random
from typing import Any

import pytest
from aiogram.types import Update
from sqlalchemy import func, select

from bots.telegram.receive import Receiver
from hotline.actions import contacts, offers
from hotline.store.tables import entries
from hotline.system import System
from hotline.texts import say
from tests import factories
from tests.bots.bot_api import BotApi, Failure, Json
from tests.bots.doors import Door, contact_rows, database_away, until, words
from tests.databases import sqlite_only

ANNA, BEATA = 111_222_333, 444_555_666


async def said_rows(system: System) -> int:
    """How many messages are stored at all."""
    async with system.read() as tx:
        query = select(func.count()).where(entries.c.kind == "message")
        return int((await tx.connection.execute(query)).scalar_one())


@pytest.mark.parametrize("how", ["fails", "hangs"])
async def test_the_offset_stays_until_the_commit(
    system: System, api: BotApi, door: Door, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("bots.telegram.intake.PATIENCE", 0.2)
    await door.open()
    async with database_away(system, how) as attempts:
        update = api.message(ANNA, "halo")
        await api.put(update)
        await until(lambda: attempts and len(api.offsets) >= 4)
        assert api.unconfirmed() == [update["update_id"]]
        assert max(api.offsets) <= update["update_id"]
    await until(lambda: not api.unconfirmed())
    (row,) = await contact_rows(system)
    assert await words(system, row.id) == ["halo"]


async def test_later_words_of_a_chat_do_not_overtake(system: System, api: BotApi, door: Door) -> None:
    await door.open()
    async with database_away(system):
        for text in ("jeden", "dwa", "trzy"):
            await api.put(api.message(ANNA, text))
            await asyncio.sleep(0.05)
    await until(lambda: not api.unconfirmed())
    (row,) = await contact_rows(system)
    assert await words(system, row.id) == ["jeden", "dwa", "trzy"]


@sqlite_only
async def test_a_long_silence_of_ours_is_told_once(system: System, api: BotApi, door: Door) -> None:
    await door.open()
    async with database_away(system) as attempts:
        await api.put(api.message(ANNA, "halo"))
        await until(lambda: api.texts(ANNA))
        told = len(attempts)
        await until(lambda: len(attempts) >= told + 6)
        assert api.texts(ANNA) == [say("technical_problem", "pl", line="195 13")]
    await until(lambda: not api.unconfirmed())
    assert await said_rows(system) == 1


async def test_killed_between_commit_and_confirmation(system: System, api: BotApi, door: Door) -> None:
    first, second = api.message(ANNA, "pierwsze"), api.message(ANNA, "drugie")
    await door.open()
    await door.bring(first)
    await door.bring(second)
    for _ in range(3):
        await door.kill()
        await door.open()
        await api.put(first, second)
        await until(lambda: not api.unconfirmed())
    (row,) = await contact_rows(system)
    assert await words(system, row.id) == ["pierwsze", "drugie"]


async def test_killed_and_meanwhile_the_contact_ended(system: System, api: BotApi, door: Door) -> None:
    person = await factories.add_person(system, "Dorota")
    first, second = api.message(ANNA, "pierwsze"), api.message(ANNA, "bije mnie")
    await door.open()
    await door.bring(first)
    await door.bring(second)
    await door.kill()
    (row,) = await contact_rows(system)
    offer = await factories.offer_to(system, row.id, person.id)
    assert offer is not None
    await offers.accept(system, person.actor, offer.id, offer.token)
    await contacts.end(system, person.actor, row.id, "completed")
    await api.put(first, second)
    await door.open()
    await until(lambda: not api.unconfirmed())
    assert len(await contact_rows(system)) == 1
    # Not into the next contact either.
    await door.say(ANNA, "trzecie")
    await door.kill()
    await api.put(first, second)
    await door.open()
    await until(lambda: not api.unconfirmed())
    _, new = await contact_rows(system)
    assert await words(system, new.id) == ["trzecie"]
    assert await said_rows(system) == 3


async def test_danger_pressed_before_any_word_and_again(system: System, api: BotApi, door: Door) -> None:
    press = api.press(ANNA, "danger:yes:pl")
    for _ in range(3):
        await door.open()
        await door.bring(press)
        await door.kill()
    (row,) = await contact_rows(system)
    assert row.priority == "P1"


@sqlite_only
async def test_questions_lost_in_a_crash_are_asked_after_it(system: System, api: BotApi, door: Door) -> None:
    api.failures["sendMessage"] = [Failure(500) for _ in range(20)]
    await door.open()
    update = api.message(ANNA, "halo")
    await door.bring(update)
    await door.kill()
    api.failures["sendMessage"].clear()
    await api.put(update)
    await door.open()
    await until(lambda: say("danger_question", "pl") in api.texts(ANNA))
    assert await said_rows(system) == 1


def shuffled(updates: list[Json], window: int, chance: random.Random) -> list[Json]:
    """Each update one to five times, none moved by more than the window."""
    many = [(place, each) for place, each in enumerate(updates) for _ in range(chance.randint(1, 5))]
    return [each for _, each in sorted(many, key=lambda pair: pair[0] + chance.uniform(0, window))]


@pytest.mark.parametrize("seed", [1, 2])
async def test_repeated_and_reordered_updates_are_one_row_each(
    system: System, api: BotApi, seed: int
) -> None:
    """Below the memory of one process: every update meets a receiver that has never seen it."""
    chance = random.Random(seed)
    chats = [ANNA, BEATA, (1 << 52) + 7]
    updates = [api.message(chance.choice(chats), f"słowo {number}") for number in range(25)]
    for raw in shuffled(updates, 4, chance):
        await bring_to(Receiver(system), raw)
    rows = await contact_rows(system)
    assert len(rows) == len({update["message"]["chat"]["id"] for update in updates})
    stored = [text for row in rows for text in await words(system, row.id)]
    assert sorted(filter(None, stored)) == sorted(update["message"]["text"] for update in updates)


async def bring_to(receiver: Receiver, raw: Json) -> Any:
    return await receiver.receive(Update.model_validate(raw))


async def test_repeats_inside_one_batch(system: System, api: BotApi, door: Door) -> None:
    api.repeats = 3
    await api.put(*(api.message(ANNA, f"{number}") for number in range(10)))
    await door.open()
    await until(lambda: not api.unconfirmed())
    (row,) = await contact_rows(system)
    assert await words(system, row.id) == [f"{number}" for number in range(10)]
    await until(lambda: say("topic_question", "pl") in api.texts(ANNA))
    assert api.texts(ANNA).count(say("danger_question", "pl")) == 1


@sqlite_only
async def test_a_poison_update_stops_nobody(
    system: System,
    api: BotApi,
    door: Door,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    honest, tries = Receiver.receive, []

    async def receive(self: Receiver, update: Any) -> Any:
        if update.message.chat.id == ANNA:
            tries.append(len(await contact_rows(system)))
            raise ZeroDivisionError("tajne słowa")
        return await honest(self, update)

    monkeypatch.setattr(Receiver, "receive", receive)
    await door.open()
    await api.put(api.message(ANNA, "tajne słowa"))
    await door.say(BEATA, "halo")
    assert len(tries) == 5
    assert tries[-1] == 1  # the other chat was served meanwhile
    assert api.texts(ANNA) == [say("technical_problem", "pl", line="195 13")]
    (row,) = await contact_rows(system)
    assert await words(system, row.id) == ["halo"]
    printed = capsys.readouterr()
    assert "update parked" in printed.out + printed.err


@sqlite_only
async def test_an_unreadable_update_stops_nobody(system: System, api: BotApi, door: Door) -> None:
    broken = api.message(ANNA, "halo")
    broken["message"]["date"] = {"some": "new", "shape": "of time"}
    await api.put(broken, api.message(BEATA, "halo"))
    await door.open()
    await until(lambda: not api.unconfirmed())
    assert len(await contact_rows(system)) == 1
    await until(lambda: api.texts(ANNA) == [say("technical_problem", "pl", line="195 13")])


@sqlite_only
async def test_what_is_only_answered_is_confirmed_after_the_answer(api: BotApi, door: Door) -> None:
    api.failures["sendMessage"] = [Failure(500) for _ in range(4)]
    await door.open()
    await door.say(ANNA, "/pomoc")
    assert api.texts(ANNA) == [say("emergency_list", "pl"), say("deaf_notice_plain", "pl")]


@sqlite_only
async def test_somebody_who_blocked_the_bot_stops_nobody(system: System, api: BotApi, door: Door) -> None:
    api.blocked_by.add(ANNA)
    await door.open()
    await door.say(ANNA, "/start")
    await door.say(ANNA, "halo")
    await door.say(BEATA, "halo")
    assert len(await contact_rows(system)) == 2


@sqlite_only
async def test_telegram_away_at_the_start_is_waited_for(system: System, api: BotApi, door: Door) -> None:
    api.failures["deleteWebhook"] = [Failure(502), Failure(401), Failure(429, retry_after=1)]
    api.failures["getUpdates"] = [
        Failure(500),
        Failure(409, "Conflict: terminated by other getUpdates request"),
    ]
    await door.open()
    await door.say(ANNA, "halo")
    assert len(await contact_rows(system)) == 1
    assert len(api.calls("deleteWebhook")) == 4  # that conflict is another reader, no webhook


@sqlite_only
async def test_numbers_may_start_anew_after_a_quiet_week(system: System, api: BotApi, door: Door) -> None:
    """Then the real server ignores an offset from the future; ours forgets it when told the new numbers."""
    await door.open()
    await door.say(ANNA, "halo")
    low = {**api.message(ANNA, "po tygodniu"), "update_id": 17}
    api.forget_offsets_below = 17
    await door.bring(low)
    (row,) = await contact_rows(system)
    assert await words(system, row.id) == ["halo", "po tygodniu"]


async def test_ids_beyond_what_a_float_holds(system: System, api: BotApi, door: Door) -> None:
    big = (1 << 53) + 1
    await door.open()
    for chat in (big, big + 1):
        await door.say(chat, f"jestem {chat}")
    rows = await contact_rows(system)
    assert len(rows) == 2
    await until(lambda: api.texts(big) and api.texts(big + 1))


@sqlite_only
async def test_answers_to_old_questions_are_forgotten(system: System, api: BotApi, door: Door) -> None:
    assert isinstance(system.clock, factories.MovableClock)
    await door.open()
    await door.press(ANNA, "danger:unsure:uk")
    await door.press(ANNA, "language:uk:uk")
    system.clock.advance(hours=2)
    await door.say(ANNA, "halo")
    (row,) = await contact_rows(system)
    assert (row.danger, row.language) == (None, "uk")
