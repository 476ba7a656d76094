"""Asking the bot to be called back: out of the queue, by telephone, at a safe time, and back again."""

import pytest
from sqlalchemy import select

from hotline.store.tables import callbacks
from hotline.system import System
from hotline.texts import say
from tests.bots.bot_api import BotApi
from tests.bots.doors import Door, contact_rows, until, words
from tests.factories import MovableClock

pytestmark = pytest.mark.parametrize("system", ["sqlite"], indirect=True)
ANNA = 111_222_333
EVENING = "callback_when:20261123-960-1200:pl"


async def heard(api: BotApi, key: str) -> None:
    await until(lambda: say(key, "pl") in api.texts(ANNA))


async def test_by_telephone_this_evening(
    system: System, clock: MovableClock, api: BotApi, door: Door
) -> None:
    await door.open()
    await door.say(ANNA, "Dzień dobry.")
    await door.say(ANNA, "/oddzwonienie")
    await heard(api, "telegram.callback_way")
    await door.press(ANNA, "callback:phone:pl")
    await door.say(ANNA, "600 100")
    await heard(api, "error.phone_wrong")
    await door.say(ANNA, "600 100 200")
    await heard(api, "callback.says")
    await door.press(ANNA, "callback:centre:pl")
    await door.press(ANNA, "callback:voicemail_no:pl")
    await until(lambda: EVENING in api.buttons(ANNA))
    await door.press(ANNA, EVENING.replace("20261123", "20260231"))  # no button of ours
    await heard(api, "error.safe_time_wrong")
    await door.press(ANNA, EVENING)
    await until(lambda: any("Spróbujemy oddzwonić" in text for text in api.texts(ANNA)))
    (row,) = await contact_rows(system)
    assert row.due_at > clock.now()
    assert await words(system, row.id) == ["Dzień dobry."]
    async with system.read() as tx:
        kept = (await tx.connection.execute(select(callbacks))).one()
    assert (kept.way, kept.says, kept.voicemail) == ("phone", "centre", False)
    await door.say(ANNA, "Jeszcze coś.")
    await heard(api, "telegram.callback_waits")
    await door.press(ANNA, "callback:wait:pl")
    await heard(api, "telegram.callback_back")
    assert [row.due_at for row in await contact_rows(system)] == [None]


async def test_in_the_chat_itself_without_a_word_before(system: System, api: BotApi, door: Door) -> None:
    await door.open()
    await door.press(ANNA, "callback:here:pl")
    await door.press(ANNA, EVENING)
    await until(lambda: any("Spróbujemy oddzwonić" in text for text in api.texts(ANNA)))
    (row,) = await contact_rows(system)
    assert (row.state, row.channel, row.due_at is not None) == ("waiting", "telegram", True)


async def test_words_that_are_no_number_are_words(system: System, api: BotApi, door: Door) -> None:
    await door.open()
    await door.press(ANNA, "callback:phone:pl")
    await door.say(ANNA, "On tu jest, boję się.")
    (row,) = await contact_rows(system)
    assert await words(system, row.id) == ["On tu jest, boję się."]


async def test_whose_answers_are_forgotten_is_asked_again_and_what_was_agreed_stays(
    system: System, api: BotApi, door: Door
) -> None:
    """By a restart in the middle of the questions; and a button that is pressed once more is an old one."""
    await door.open()
    await door.say(ANNA, "Dzień dobry.")

    async def kept() -> list[str]:
        async with system.read() as tx:
            return list((await tx.connection.execute(select(callbacks.c.way))).scalars())

    await door.press(ANNA, EVENING)
    await heard(api, "telegram.callback_way")
    assert await kept() == []
    await door.press(ANNA, "callback:phone:pl")
    await door.press(ANNA, EVENING)
    assert await kept() == []  # the number is missing
    await door.press(ANNA, "callback:phone:pl")
    await door.say(ANNA, "600 100 200")
    for _ in range(2):
        await door.press(ANNA, EVENING)
        await until(lambda: any("Spróbujemy oddzwonić" in text for text in api.texts(ANNA)))
        assert await kept() == ["phone"]
    await until(lambda: api.texts(ANNA).count(say("telegram.callback_way", "pl")) == 3)


async def test_a_press_that_comes_again_is_kept_once(system: System, api: BotApi, door: Door) -> None:
    """Between its commit and the next question to Telegram the bot was stopped."""
    await door.open()
    await door.say(ANNA, "Dzień dobry.")
    await door.press(ANNA, "callback:here:pl")
    press = api.press(ANNA, EVENING)
    await door.bring(press)
    await until(lambda: any("Spróbujemy oddzwonić" in text for text in api.texts(ANNA)))
    said = api.texts(ANNA)
    await door.kill()
    await door.open()
    await door.bring(press)
    await door.say(ANNA, "/start")  # what is answered to the one before is answered by then
    await until(lambda: len(api.texts(ANNA)) > len(said))
    async with system.read() as tx:
        assert [row.outcome for row in await tx.connection.execute(select(callbacks))] == [None]
    assert api.texts(ANNA)[: len(said)] == said
    assert say("telegram.callback_way", "pl") not in api.texts(ANNA)[len(said) :]
