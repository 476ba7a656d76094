"""What a person meets who writes to the bot, from /start to the counsellor's goodbye."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hotline.actions import contacts, offers, roster
from hotline.rules.access import OPERATOR
from hotline.system import System
from hotline.texts import say
from tests import factories
from tests.bots.bot_api import BotApi
from tests.bots.doors import Door, contact_rows, entries, until, words

# What the bot says does not depend on the database; what it stores is tested on both elsewhere.
pytestmark = pytest.mark.parametrize("system", ["sqlite"], indirect=True)
ANNA, OLENA = 111_222_333, (1 << 52) + 12_345


async def take(system: System, person: factories.Person, contact_id: str) -> None:
    """The person accepts the waiting contact."""
    offer = await factories.offer_to(system, contact_id, person.id)
    assert offer is not None
    await offers.accept(system, person.actor, offer.id, offer.token)


async def test_the_first_word_becomes_a_contact(system: System, api: BotApi, door: Door) -> None:
    await factories.add_person(system, "Dorota")
    await door.open()
    await door.say(ANNA, "Dobry wieczór, nie wiem od czego zacząć.")
    (row,) = await contact_rows(system)
    assert (row.channel, row.line, row.queue, row.state) == (
        "telegram", "city_trust_19513", "crisis_general", "waiting"
    )  # fmt: skip
    assert (row.language, row.priority, row.origin) == ("pl", "P3", "tg:700000001")
    assert await words(system, row.id) == ["Dobry wieczór, nie wiem od czego zacząć."]
    await until(lambda: len(api.texts(ANNA)) == 3)
    said = api.texts(ANNA)
    assert sum("Miejsce w kolejce: 1" in text for text in said) == 1
    assert said.count(say("danger_question", "pl")) == said.count(say("topic_question", "pl")) == 1
    assert "danger:yes:pl" in api.buttons(ANNA)
    assert "topic:violence:pl" in api.buttons(ANNA)
    assert not [data for data in api.buttons(ANNA) if "stop_hurting" in data]
    assert max(len(data.encode()) for data in api.buttons(ANNA)) <= 64
    assert {each["protect_content"] for each in api.calls("sendMessage")} == {"true"}
    assert all(each["link_preview_options"] == {"is_disabled": True} for each in api.calls("sendMessage"))
    assert all("parse_mode" not in each for each in api.calls("sendMessage"))


async def test_further_words_join_the_contact(system: System, api: BotApi, door: Door) -> None:
    await door.open()
    for text in ("jeden", "dwa", "bije mnie", "cztery"):
        await door.say(ANNA, text)
    (row,) = await contact_rows(system)
    assert await words(system, row.id) == ["jeden", "dwa", "bije mnie", "cztery"]
    assert row.priority == "P2"


async def test_the_chat_id_is_sealed(system: System, door: Door) -> None:
    await door.open()
    await door.say(OLENA, "hello")
    (row,) = await contact_rows(system)
    assert str(OLENA).encode() not in row.address_sealed
    assert str(OLENA) not in row.caller_blind
    async with system.read() as tx:
        sealed = await tx.unseal(row.id, "contacts", row.id, row.address_sealed)
    assert sealed == str(OLENA)


async def test_start_welcomes_and_asks_for_the_language(system: System, api: BotApi, door: Door) -> None:
    await factories.add_person(system, "Dorota")
    await door.open(public_url="https://pomoc.example")
    await door.say(ANNA, "/start from_a_poster")
    said = api.texts(ANNA)
    assert said[0].startswith("Dzień dobry. To czat wsparcia: MOPR Kielce.")
    assert "https://demo.example/rozmowa" in said[1]
    assert "https://pomoc.example/prywatnosc?lang=pl" in said[2]
    assert said[3:] == [say("telegram.start_hint", "pl"), say("danger_question", "pl")]
    assert api.buttons(ANNA)[:3] == ["language:pl:pl", "language:uk:pl", "language:en:pl"]
    assert await contact_rows(system) == []


async def test_nobody_on_duty_is_said_at_once(system: System, api: BotApi, door: Door) -> None:
    person = await factories.add_person(system, "Dorota", hours=None)
    starts = factories.MONDAY + timedelta(hours=5)
    await roster.add_shift(system, OPERATOR, factories.TRUST, person.id, starts, starts + timedelta(hours=8))
    await door.open()
    await door.say(ANNA, "/start")
    assert any(
        "Najbliższy dyżur według grafiku: poniedziałek 23.11.2026, godz. 15:00" in t for t in api.texts(ANNA)
    )
    assert say("telegram.start_hint", "pl") not in api.texts(ANNA)
    await door.say(ANNA, "Jest tam kto?")
    await until(lambda: any("Wiadomość automatyczna\nTeraz nikt nie dyżuruje" in t for t in api.texts(ANNA)))


async def test_language_from_the_phone_and_by_choice(system: System, api: BotApi, door: Door) -> None:
    await factories.add_person(system, "Dorota")
    await door.open()
    await door.bring(api.message(OLENA, "/start", language="uk-UA"))
    assert api.texts(OLENA)[0].startswith("Доброго дня.")
    await door.press(OLENA, "language:en:uk")
    assert any(text.startswith("Hello. This is the support chat") for text in api.texts(OLENA))
    await door.bring(api.message(OLENA, "I need to talk", language="uk"))
    (row,) = await contact_rows(system)
    assert row.language == "en"
    await until(lambda: say("topic_question", "en") in api.texts(OLENA))
    await door.press(OLENA, "language:pl:en")
    assert (await contact_rows(system))[0].language == "pl"
    await until(lambda: say("telegram.language_saved", "pl") in api.texts(OLENA))
    await door.bring(api.message(4711, "Guten Tag", language="de"))
    assert (await contact_rows(system))[1].language == "pl"


async def test_start_in_an_open_conversation_says_so(system: System, api: BotApi, door: Door) -> None:
    await door.open()
    await door.say(ANNA, "halo")
    await door.say(ANNA, "/start")
    await until(lambda: say("already_open", "pl") in api.texts(ANNA))
    assert len(await contact_rows(system)) == 1


@pytest.mark.parametrize("command", ["/pomoc", "/help", "/Pomoc@rozmowa_bot"])
async def test_the_emergency_list(system: System, api: BotApi, door: Door, command: str) -> None:
    await door.open()
    await door.say(ANNA, command)
    assert api.texts(ANNA) == [say("emergency_list", "pl"), say("deaf_notice_plain", "pl")]
    assert await contact_rows(system) == []


async def test_danger_before_any_word_is_a_contact(system: System, api: BotApi, door: Door) -> None:
    await factories.add_person(system, "Dorota")
    await door.open()
    await door.say(ANNA, "/start")
    await door.press(ANNA, "danger:yes:pl")
    (row,) = await contact_rows(system)
    assert (row.priority, row.danger, row.state) == ("P1", "yes", "waiting")
    await until(lambda: f"Wiadomość automatyczna\n{say('danger_staffed', 'pl')}" in api.texts(ANNA))
    assert len(api.calls("answerCallbackQuery")) == 1
    assert "reply_markup" not in api.calls("editMessageReplyMarkup", ANNA)[0]
    await door.say(ANNA, "Mieszkam na Żniwnej")
    assert len(await contact_rows(system)) == 1
    assert say("topic_question", "pl") not in api.texts(ANNA)


async def test_answers_raise_the_contact(system: System, api: BotApi, door: Door) -> None:
    await factories.add_person(system, "Dorota")
    await door.open()
    await door.say(ANNA, "halo")
    for data, priority in (
        ("topic:family:pl", "P3"), ("danger:unsure:pl", "P2"), ("danger:no:pl", "P2"), ("danger:yes:pl", "P1"),
    ):  # fmt: skip
        await door.press(ANNA, data)
        (row,) = await contact_rows(system)
        assert row.priority == priority
    (row,) = await contact_rows(system)
    assert (row.topic, row.danger) == ("family", "yes")
    await until(lambda: any(say("danger_staffed", "pl") in text for text in api.texts(ANNA)))


async def test_answers_given_too_early_wait_for_the_first_word(
    system: System, api: BotApi, door: Door
) -> None:
    await door.open()
    await door.press(ANNA, "danger:unsure:pl")
    await door.press(ANNA, "under18:yes:pl")
    assert await contact_rows(system) == []
    await door.say(ANNA, "halo")
    (row,) = await contact_rows(system)
    assert (row.danger, row.priority, row.under18) == ("unsure", "P2", True)
    await until(lambda: say("topic_question", "pl") in api.texts(ANNA))
    assert say("danger_question", "pl") not in api.texts(ANNA)


async def test_under_18_keeps_the_topics(system: System, api: BotApi, door: Door) -> None:
    await door.open()
    await door.say(ANNA, "hej")
    await door.press(ANNA, "under18:yes:pl")
    (row,) = await contact_rows(system)
    assert row.under18
    await until(lambda: say("youth_welcome", "pl") in api.texts(ANNA))
    (edit,) = api.calls("editMessageReplyMarkup", ANNA)
    left = [button["callback_data"] for row in edit["reply_markup"]["inline_keyboard"] for button in row]
    assert "topic:family:pl" in left
    assert "under18:yes:pl" not in left


@pytest.mark.parametrize(
    "data", ["topic:stop_hurting:pl", "danger:perhaps:pl", "danger:yes:xx", "drop", "", "a:b:c:d"]
)
async def test_buttons_we_never_made_change_nothing(
    system: System, api: BotApi, door: Door, data: str
) -> None:
    await door.open()
    await door.press(ANNA, data)
    assert await contact_rows(system) == []
    assert len(api.calls("answerCallbackQuery")) == 1


async def test_too_much_or_unstorable_text_is_explained(system: System, api: BotApi, door: Door) -> None:
    await door.open()
    await door.say(ANNA, "a" * 4001)
    assert await contact_rows(system) == []
    await door.say(ANNA, "zaczynam")
    await door.say(ANNA, "b" * 4001)
    await door.say(ANNA, "zły\0znak")
    await door.say(ANNA, " \n ")
    (row,) = await contact_rows(system)
    assert await words(system, row.id) == ["zaczynam"]
    assert api.texts(ANNA).count(say("telegram.too_long", "pl")) == 2
    assert say("error.text_malformed", "pl") in api.texts(ANNA)
    assert say("error.text_empty", "pl") in api.texts(ANNA)


async def test_groups_and_service_messages_are_left_alone(system: System, api: BotApi, door: Door) -> None:
    await door.open()
    await door.bring(api.message(ANNA, "halo", chat={"id": -100123, "type": "supergroup", "title": "Blok"}))
    await door.bring(api.message(ANNA, message_auto_delete_timer_changed={"message_auto_delete_time": 86400}))
    await door.bring({"update_id": api.update_id(), "a_kind_of_update_that_is_not_known_yet": {}})
    assert await contact_rows(system) == []
    assert api.calls("sendMessage") == []


async def test_after_the_end_a_new_contact_begins(system: System, api: BotApi, door: Door) -> None:
    person = await factories.add_person(system, "Dorota")
    await door.open()
    await door.bring(api.message(OLENA, "Добрий день", language="uk"))
    (first,) = await contact_rows(system)
    await take(system, person, first.id)
    await contacts.end(system, person.actor, first.id, "completed")
    await until(lambda: any(say("goodbye", "uk") in text for text in api.texts(OLENA)))
    await door.bring(api.message(OLENA, "Ще одне", language="pl"))
    first, second = await contact_rows(system)
    assert (first.state, second.state) == ("wrap_up", "waiting")
    assert await words(system, second.id) == ["Ще одне"]
    assert second.language == "uk"


async def test_a_line_without_chat_says_so(system: System, api: BotApi, door: Door) -> None:
    system.centre = system.centre.model_copy(update={"live_chat_enabled": False})
    await door.open()
    for text in ("/start", "halo"):
        await door.say(ANNA, text)
    await door.press(ANNA, "danger:yes:pl")
    assert await contact_rows(system) == []
    said = api.texts(ANNA)
    assert said == [say("chat_disabled", "pl")] * 2 + [say("danger_unstaffed", "pl")]


async def test_a_closed_line_says_when_and_still_takes_danger(
    system: System, api: BotApi, door: Door
) -> None:
    line = system.centre.line("sow_victims_day")  # Monday to Friday, 8 to 18
    trust = system.centre.line(factories.TRUST)
    hours = {"always": False, "hours": line.hours, "hours_status": "stated", "on_public_holiday": "closed"}
    lines = {**system.centre.lines, trust.id: trust.model_copy(update=hours)}
    system.centre = system.centre.model_copy(update={"lines": lines})
    assert isinstance(system.clock, factories.MovableClock)
    system.clock.advance(hours=12)
    await door.open()
    await door.say(ANNA, "halo")
    assert await contact_rows(system) == []
    assert "Najbliższy dyżur: wtorek 24.11.2026, godz. 08:00" in api.texts(ANNA)[0]
    assert api.texts(ANNA)[1] == say("danger_question", "pl")
    await door.press(ANNA, "danger:no:pl")
    assert api.texts(ANNA)[2] == say("telegram.callback_offer", "pl")
    assert "Najbliższy dyżur" in api.texts(ANNA)[3]
    await door.press(ANNA, "danger:yes:pl")
    (row,) = await contact_rows(system)
    assert row.priority == "P1"
    await until(lambda: any(say("danger_unstaffed", "pl") in text for text in api.texts(ANNA)))


async def test_old_yes_after_the_end_is_no_second_contact(system: System, api: BotApi, door: Door) -> None:
    """The answer was committed, the contact ended, and only then Telegram brings the press once more."""
    person = await factories.add_person(system, "Dorota")
    clock = system.clock
    assert isinstance(clock, factories.MovableClock)
    await door.open()
    await door.say(ANNA, "halo")
    press = api.press(ANNA, "danger:yes:pl")
    await door.bring(press)
    (row,) = await contact_rows(system)
    await take(system, person, row.id)
    clock.advance(minutes=5)
    await contacts.end(system, person.actor, row.id, "completed")
    clock.advance(minutes=1)
    await door.kill()
    await door.open()
    await door.bring(press)
    assert len(await contact_rows(system)) == 1
    assert say("ended", "pl") in api.texts(ANNA)
    # The question asked anew is answered like any other.
    await door.press(ANNA, "danger:yes:pl")
    assert [each.priority for each in await contact_rows(system)] == ["P1", "P1"]


async def test_answers_are_entries_of_the_thread(system: System, door: Door) -> None:
    await door.open()
    await door.say(ANNA, "halo")
    await door.press(ANNA, "topic:bereavement:pl")
    (row,) = await contact_rows(system)
    answers = [each.data for each in await entries(system, row.id) if each.kind == "answer"]
    assert answers == [{"question": "topic", "value": "bereavement"}]


async def test_without_addresses_of_ours_none_is_named(system: System, api: BotApi, door: Door) -> None:
    system.centre = system.centre.model_copy(update={"web_url": ""})
    system.settings = replace(system.settings, public_url="")
    await factories.add_person(system, "Dorota")
    await door.open()
    await door.say(ANNA, "/start")
    assert api.texts(ANNA)[1] == say("telegram.notice_plain", "pl")
    assert not any("http" in text for text in api.texts(ANNA))
