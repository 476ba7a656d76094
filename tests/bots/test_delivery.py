"""What goes out: in order, at least once, kept for those who can be reached; the token never among our words."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bots import telegram
from bots.telegram.api import Away, open_bot
from bots.telegram.send import Sender, split
from bots.telegram.speaker import Speaker
from hotline.actions import contacts, messages, offers
from hotline.channels import Later, Outbound, Refused
from hotline.errors import ConfigInvalid
from hotline.system import System
from hotline.texts import say
from tests import factories
from tests.bots.bot_api import TOKEN, BotApi, Failure
from tests.bots.doors import Door, contact_rows, entries, until
from tests.databases import sqlite_only

ANNA, BEATA = 111_222_333, 444_555_666


async def answered(system: System, door: Door, chat: int, person: factories.Person) -> str:
    """A chat whose contact the person has accepted."""
    await door.say(chat, "halo")
    row = (await contact_rows(system))[-1]
    offer = await factories.offer_to(system, row.id, person.id)
    assert offer is not None
    await offers.accept(system, person.actor, offer.id, offer.token)
    return str(row.id)


async def deliveries(system: System, contact_id: str) -> dict[str, str]:
    """State of delivery by entry, of all that is not the caller's own."""
    return {each.id: each.delivery for each in await entries(system, contact_id) if each.author != "caller"}


async def reply_becomes(system: System, contact_id: str, delivery: str, reply: str = "reply-1") -> None:
    """Wait until this reply of the contact is settled so."""
    for _ in range(1000):
        if (await deliveries(system, contact_id))[reply] == delivery:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"never {delivery}")


def human(api: BotApi, chat: int) -> list[str]:
    """The counsellor's words as the person reads them."""
    return [text for text in api.texts(chat) if text.startswith("o")]


async def test_replies_arrive_in_order(system: System, api: BotApi, door: Door) -> None:
    person = await factories.add_person(system, "Dorota")
    await door.open()
    contact_id = await answered(system, door, ANNA, person)
    for number in range(8):
        await messages.reply(
            system, person.actor, contact_id, f"reply-{number + 1}", f"odpowiedź {number} <b>*_"
        )
    await contacts.end(system, person.actor, contact_id, "completed")
    await until(lambda: any(say("goodbye", "pl") in text for text in api.texts(ANNA)))
    assert human(api, ANNA) == [f"odpowiedź {number} <b>*_" for number in range(8)]
    said = api.texts(ANNA)
    assert f"Wiadomość automatyczna\n{say('goodbye', 'pl')}" == said[-1]
    await reply_becomes(system, contact_id, "sent")


async def test_telegram_asks_to_wait(system: System, api: BotApi, door: Door) -> None:
    person = await factories.add_person(system, "Dorota")
    clock = system.clock
    assert isinstance(clock, factories.MovableClock)
    await door.open()
    contact_id = await answered(system, door, ANNA, person)
    await until(lambda: len(api.texts(ANNA)) >= 4)  # queued, two questions, assigned
    api.failures["sendMessage"] = [Failure(429, "Too Many Requests: retry after 7", retry_after=7)]
    await messages.reply(system, person.actor, contact_id, "reply-1", "odpowiedź 1")
    await messages.reply(system, person.actor, contact_id, "reply-2", "odpowiedź 2")
    await until(lambda: not api.failures["sendMessage"])
    await reply_becomes(system, contact_id, "pending")
    clock.advance(seconds=6)
    await door.kill()
    await door.open()
    assert human(api, ANNA) == []
    clock.advance(seconds=2)
    await until(lambda: human(api, ANNA) == ["odpowiedź 1", "odpowiedź 2"])


async def test_who_blocked_the_bot_stops_nobody(system: System, api: BotApi, door: Door) -> None:
    person = await factories.add_person(system, "Dorota")
    await door.open()
    blocked = await answered(system, door, ANNA, person)
    reached = await answered(system, door, BEATA, person)
    api.blocked_by.add(ANNA)
    for contact_id in (blocked, reached):
        await messages.reply(system, person.actor, contact_id, "reply-1", "odpowiedź")
    await until(lambda: human(api, BEATA) == ["odpowiedź"])

    await reply_becomes(system, blocked, "failed")


@sqlite_only
async def test_network_trouble_is_tried_again(system: System, api: BotApi, door: Door) -> None:
    person = await factories.add_person(system, "Dorota")
    clock = system.clock
    assert isinstance(clock, factories.MovableClock)
    await door.open()
    contact_id = await answered(system, door, ANNA, person)
    await until(lambda: len(api.texts(ANNA)) >= 4)
    api.failures["sendMessage"] = [Failure(502, "Bad Gateway")]
    await messages.reply(system, person.actor, contact_id, "reply-1", "odpowiedź")
    await until(lambda: not api.failures["sendMessage"])
    await reply_becomes(system, contact_id, "pending")
    clock.advance(seconds=10)
    await until(lambda: human(api, ANNA) == ["odpowiedź"])


# -- the sender by itself ------------------------------------------------------------------------------


def outbound(words: str | None, address: str = str(ANNA), /, **data: object) -> Outbound:
    return Outbound("contact", 7, address, "pl", words, data, None)


@pytest.fixture
async def sender(system: System, api: BotApi, monkeypatch: pytest.MonkeyPatch) -> Sender:
    settings = factories.settings_in(system.settings.data, telegram_token=TOKEN, telegram_api=api.url)
    bot = open_bot(settings)
    monkeypatch.setattr(system, "settings", settings)
    return Sender(Speaker(bot), system.centre)


@sqlite_only
class TestSender:
    """One entry at a time."""

    async def test_long_words_are_split_and_never_repeated(self, api: BotApi, sender: Sender) -> None:
        text = "😀" * 3000 + " " + "słowo " * 400
        pieces = split(text)
        assert len(pieces) > 1
        api.failures["sendMessage"] = []
        await self.fail_at_second(api, sender, text)
        await sender(outbound(text))
        assert api.texts(ANNA) == pieces
        await sender._speaker.bot.session.close()

    async def fail_at_second(self, api: BotApi, sender: Sender, text: str) -> None:
        honest = api._failure
        calls = 0

        def second(method: str, params: dict[str, object]) -> Failure | None:
            nonlocal calls
            calls += 1
            return Failure(500) if calls == 2 else honest(method, params)

        api._failure = second  # type: ignore[method-assign]
        with pytest.raises(Away):
            await sender(outbound(text))

    async def test_system_texts_speak_local_time(self, api: BotApi, sender: Sender) -> None:
        at = datetime(2026, 12, 28, 15, 30, tzinfo=UTC)
        await sender(outbound(None, text="nobody_on_duty", params={"next_duty": at.isoformat()}))
        assert "poniedziałek 28.12.2026, godz. 16:30" in api.texts(ANNA)[0]
        await sender._speaker.bot.session.close()

    async def test_what_telegram_will_never_take(self, api: BotApi, sender: Sender) -> None:
        for address, data in (
            ("", {}),
            (str(ANNA), {"text": "no_such_key"}),
            (str(ANNA), {"text": "queued"}),
        ):
            with pytest.raises(Refused):
                await sender(outbound(None if data else "halo", address, **data))
        for failure in (
            Failure(403, "Forbidden: user is deactivated"),
            Failure(400, "Bad Request: chat not found"),
        ):
            api.failures["sendMessage"] = [failure]
            with pytest.raises(Refused):
                await sender(outbound("halo"))
        api.failures["sendMessage"] = [Failure(429, retry_after=31)]
        with pytest.raises(Later) as later:
            await sender(outbound("halo"))
        assert later.value.seconds == 31
        await sender._speaker.bot.session.close()


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", [""]),
        ("krótko", ["krótko"]),
        ("a" * 4096, ["a" * 4096]),
        ("a" * 4097, ["a" * 4096, "a"]),
        ("a" * 4000 + " " + "b" * 100, ["a" * 4000, "b" * 100]),
        ("😀" * 2048, ["😀" * 2048]),
        ("😀" * 2049, ["😀" * 2048, "😀"]),
        ("a" + "😀" * 2048, ["a" + "😀" * 2047, "😀"]),
    ],
    ids=range(8),
)
def test_splitting_loses_no_letter(text: str, pieces: list[str]) -> None:
    assert split(text) == pieces


# -- asked by `hotline check` --------------------------------------------------------------------------


async def test_check_asks_telegram_who_the_bot_is(system: System, api: BotApi) -> None:
    settings = replace(system.settings, telegram_api=api.url, telegram_token=TOKEN)
    assert await telegram.check(settings) == "the bot is known, by polling"
    with pytest.raises(ConfigInvalid):
        await telegram.check(replace(settings, telegram_token="nothing like a token"))
