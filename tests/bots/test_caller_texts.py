"""What callers read in the bot in each situation: the same texts as on the page, chosen in the same way."""

from typing import Any

from bots.telegram.prompts import Press
from hotline.store import views
from hotline.system import System
from hotline.texts import say
from tests import factories
from tests.bots.bot_api import BotApi
from tests.bots.doors import Door, contact_rows, entries, until

ANNA, OLENA = 111_222_333, 444_555_666


async def test_the_language_is_changed_in_the_middle_of_a_talk(
    system: System, api: BotApi, door: Door
) -> None:
    await factories.add_person(system, "Dorota")
    await door.open()
    await door.say(ANNA, "halo")
    await door.say(ANNA, "/jezyk")
    await door.press(ANNA, str(Press("language", "en", "pl")))
    (row,) = await contact_rows(system)
    assert row.language == "en"
    changes = [each.data for each in await entries(system, row.id) if each.kind == "answer"]
    assert changes == [{"question": "language", "value": "en", "before": "pl"}]
    await until(lambda: any(say("translation_note", "en") in text for text in api.texts(ANNA)))
    async with system.read() as tx:
        assert list((await views.tongues(tx, [row.id]))[row.id].values()) == [("pl", "en")]


async def test_a_first_word_in_a_language_that_nobody_there_speaks(
    system: System, api: BotApi, door: Door
) -> None:
    await factories.add_person(system, "Dorota")
    await door.open()
    await door.bring(api.message(OLENA, "Добрий день", language="uk"))
    await until(lambda: any(say("translation_note", "uk") in text for text in api.texts(OLENA)))
    assert any(say("queued", "uk", position=1) in text for text in api.texts(OLENA))


async def test_nobody_is_promised_whose_console_is_silent(system: System, api: BotApi, door: Door) -> None:
    await factories.add_person(system, "Dorota", present=False)
    await door.open()
    await door.say(ANNA, "halo")
    await until(lambda: any(say("queued_unseen", "pl", position=1) in text for text in api.texts(ANNA)))
    await door.press(ANNA, "danger:yes:pl")
    await until(lambda: any(say("danger_unseen", "pl") in text for text in api.texts(ANNA)))


async def test_help_tells_deaf_people_what_they_can_do_here_and_privacy_whom_to_ask(
    system: System, api: BotApi, door: Door
) -> None:
    await door.open()
    await door.say(ANNA, "/pomoc")
    assert api.texts(ANNA) == [say("emergency_list", "pl"), say("deaf_notice_plain", "pl")]
    await door.say(ANNA, "/prywatnosc")
    kept: dict[str, Any] = {"retention": "5 lat", "chat_retention": "30 dni"}
    assert api.texts(ANNA)[-1] == say("privacy_dpo", "pl", dpo_email=system.centre.dpo_email, **kept)


async def test_a_holiday_is_named(system: System, api: BotApi, door: Door) -> None:
    line = system.centre.line("sow_victims_day")
    trust = system.centre.line(factories.TRUST)
    hours = {"always": False, "hours": line.hours, "hours_status": "stated", "on_public_holiday": "closed"}
    lines = {**system.centre.lines, trust.id: trust.model_copy(update=hours)}
    system.centre = system.centre.model_copy(update={"lines": lines})
    assert isinstance(system.clock, factories.MovableClock)
    system.clock.set(factories.instant("2027-01-06T10:00"))
    await door.open()
    await door.say(ANNA, "halo")
    assert api.texts(ANNA)[0].startswith("Dziś jest ")
    assert "czwartek 07.01.2027, godz. 08:00" in api.texts(ANNA)[0]
    assert await contact_rows(system) == []
