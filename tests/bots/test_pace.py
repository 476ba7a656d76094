"""How fast the bot speaks: in all, in one chat, and after Telegram asked it to wait; a slow chat holds up nobody."""

import asyncio
import time

import pytest

from bots.telegram import pace
from bots.telegram.pace import Pace
from hotline import channels
from hotline.actions import messages
from hotline.channels import Later
from hotline.system import System
from tests import factories
from tests.bots.bot_api import BotApi, Failure
from tests.bots.doors import Door, contact_rows, until
from tests.bots.test_delivery import answered, human
from tests.databases import sqlite_only

ANNA, BEATA = 111_222_333, 444_555_666


class Telling:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Telling:
    monkeypatch.setattr(pace, "EVERY", 1 / 28)
    monkeypatch.setattr(pace, "CHAT_EVERY", 1.0)
    return Telling()


class TestPace:
    """The bookkeeping by itself, with the real figures."""

    def test_one_chat_gets_a_burst_and_then_one_a_second(self, clock: Telling) -> None:
        paced = Pace(clock)
        said: list[float] = []
        while clock.at < 1030:
            wait = paced.reserve(ANNA)
            clock.at += wait
            said.append(clock.at)
        assert sum(at < 1000.5 for at in said) == pace.CHAT_BURST
        assert max(sum(start <= at < start + 10 for at in said) for start in said) <= 10 + pace.CHAT_BURST

    def test_all_chats_together_stay_below_thirty_a_second(self, clock: Telling) -> None:
        paced = Pace(clock)
        said: list[float] = []
        for chat in range(300):
            clock.at += paced.reserve(chat)
            clock.at += paced.reserve(None)
            said.append(clock.at)
        assert max(sum(start <= at < start + 1 for at in said) for start in said) <= 30 + pace.BURST
        assert said[-1] - said[0] == pytest.approx(300 / 28, abs=0.5)

    def test_a_long_wait_is_somebody_elses_and_costs_nothing(self, clock: Telling) -> None:
        paced = Pace(clock)
        for _ in range(pace.CHAT_BURST + 3):
            paced.reserve(ANNA)
        for _ in range(3):
            with pytest.raises(Later) as later:
                paced.reserve(ANNA)
            assert later.value.seconds == pytest.approx(4.0)
        assert paced.reserve(BEATA) == 0
        assert paced.reserve(None) == 0

    def test_told_to_wait_one_chat_waits_and_two_mean_all(self, clock: Telling) -> None:
        paced = Pace(clock)
        paced.hold(ANNA, 30)
        with pytest.raises(Later):
            paced.reserve(ANNA)
        assert paced.reserve(BEATA) == 0
        paced.hold(BEATA, 10)
        with pytest.raises(Later) as later:
            paced.reserve(4711)
        assert later.value.seconds == pytest.approx(10)
        clock.at += 11
        assert paced.reserve(4711) == 0
        with pytest.raises(Later):
            paced.reserve(ANNA)
        clock.at += 20
        assert paced.reserve(ANNA) == 0

    def test_chats_are_forgotten(self, clock: Telling, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pace, "REMEMBERED", 10)
        paced = Pace(clock)
        for chat in range(100):
            paced.reserve(chat)
            clock.at += 1.5
        assert len(paced._paid) <= 11


@sqlite_only
async def test_a_chat_that_hangs_holds_up_nobody(system: System, api: BotApi, door: Door) -> None:
    person = await factories.add_person(system, "Dorota", text_limit=5)
    await door.open()
    slow = await answered(system, door, ANNA, person)
    quick = await answered(system, door, BEATA, person)
    await until(lambda: len(api.texts(ANNA)) >= 4 and len(api.texts(BEATA)) >= 4)
    api.hanging.add(ANNA)
    for number in range(5):
        await messages.reply(system, person.actor, slow, f"reply-{number}", f"o {number}")
    await until(lambda: api.hung)
    began = time.monotonic()
    for number in range(5):
        await messages.reply(system, person.actor, quick, f"reply-{number}", f"o {number}")
    await until(lambda: len(human(api, BEATA)) == 5)
    assert time.monotonic() - began < 5  # an ordinary call waits for 15
    assert human(api, BEATA) == [f"o {number}" for number in range(5)]
    assert human(api, ANNA) == []
    api.let_go()
    await until(lambda: human(api, ANNA) == [f"o {number}" for number in range(5)])


@sqlite_only
async def test_no_more_than_so_many_at_once(
    system: System, api: BotApi, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "AT_ONCE", 3)
    chats = range(1001, 1011)
    api.hanging.update(chats)
    for chat in chats:
        await api.put(api.message(chat, "halo"))
    await door.open()
    # Besides what is delivered there are the bot's own questions, for which nobody waits.
    await until(lambda: len([text for text in api.hung_texts if "Wiadomość automatyczna" in text]) == 3)
    await asyncio.sleep(0.2)
    assert len([text for text in api.hung_texts if "Wiadomość automatyczna" in text]) == 3
    api.let_go()
    await until(
        lambda: all(any("Wiadomość automatyczna" in text for text in api.texts(chat)) for chat in chats)
    )


@sqlite_only
async def test_danger_goes_first(
    system: System, api: BotApi, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "AT_ONCE", 1)
    await door.open()
    api.hanging.add(4711)
    await door.say(4711, "zatrzymuję kolejkę")
    await until(lambda: api.hung)
    for chat in (1001, 1002, 1003):
        await door.say(chat, "halo")
    await door.press(BEATA, "danger:yes:pl")
    assert [row.priority for row in await contact_rows(system)][-1] == "P1"
    api.let_go()
    automatic = "Wiadomość automatyczna"
    await until(lambda: len([each for each in api.calls("sendMessage") if automatic in each["text"]]) == 5)
    order = [int(each["chat_id"]) for each in api.calls("sendMessage") if automatic in each["text"]]
    assert order[:2] == [4711, BEATA]


@sqlite_only
async def test_a_wait_of_one_chat_is_no_try(system: System, api: BotApi, door: Door) -> None:
    person = await factories.add_person(system, "Dorota", text_limit=5)
    clock = system.clock
    assert isinstance(clock, factories.MovableClock)
    await door.open()
    held = await answered(system, door, ANNA, person)
    await until(lambda: len(api.texts(ANNA)) >= 4)
    api.failures["sendMessage"] = [Failure(429, "Too Many Requests: retry after 1", retry_after=1)] * 3
    await messages.reply(system, person.actor, held, "reply-1", "o pierwsze")
    for _ in range(100):
        if human(api, ANNA):
            break
        clock.advance(seconds=2)
        await asyncio.sleep(0.1)
    assert human(api, ANNA) == ["o pierwsze"]
