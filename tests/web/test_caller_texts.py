"""What callers read on the page in each situation, through the real door."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from hotline import app, centres
from hotline.actions import centre as centre_actions
from hotline.actions import messages, offers, presence
from hotline.errors import CentreInvalid, ChangeInvalid
from hotline.rules.access import OPERATOR
from hotline.rules.assignment import Waiting
from hotline.rules.waits import BASIS
from hotline.store import queries, views
from hotline.texts import say, situations
from hotline.texts.situations import Situation
from hotline.web.console_json import entry_json
from tests.factories import TRUST, Caller, Running, add_caller, add_person, instant, pending, talk


@pytest.fixture
async def http(running: Running) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Origin": running.url, "Accept": "application/json"}
    async with aiohttp.ClientSession(running.url, headers=headers) as session:
        yield session


def bearer(caller: Caller) -> dict[str, str]:
    return {"Authorization": f"Bearer {caller.token}"}


async def frame(http: aiohttp.ClientSession, caller: Caller, language: str = "pl") -> dict[str, Any]:
    async with http.get(f"/chat/{TRUST}/contact?lang={language}", headers=bearer(caller)) as response:
        assert response.status == 200
        found: dict[str, Any] = await response.json()
    return found


async def page(http: aiohttp.ClientSession, line: str, language: str = "pl") -> str:
    async with http.get(f"/chat/{line}?lang={language}") as response:
        text = await response.text()
    return text.replace("\u00a0", " ").replace("\u2060", "").replace("&#39;", "'")


async def waiting_now(running: Running) -> Waiting:
    """The only one that waits, as routing sees it."""
    async with running.system.read() as tx:
        (found,) = await queries.waiting(tx)
    return found


# -- the language --------------------------------------------------------------------------------------------------


async def test_the_language_is_changed_in_the_middle_of_a_talk(
    http: aiohttp.ClientSession, running: Running
) -> None:
    """It is kept for the contact, whoever answers sees it, and each word keeps the language it was written in."""
    anna = await add_person(running.system, "Anna")
    caller = await talk(running.system, anna)
    await messages.reply(running.system, anna.actor, caller.contact_id, "before", "Dzień dobry.")
    for _ in range(2):  # pressed twice it is one change
        asked = http.post(f"/chat/{TRUST}/language", json={"language": "uk"}, headers=bearer(caller))
        async with asked as response:
            assert response.status == 200
    await messages.reply(running.system, anna.actor, caller.contact_id, "after", "Добрий день.")
    entries = (await frame(http, caller, "uk"))["entries"]
    assert {each["text"]: each["lang"] for each in entries if each["who"] == "counsellor"} == {
        "Dzień dobry.": "pl",
        "Добрий день.": "uk",
    }
    assigned = next(each for each in entries if each["who"] == "system")
    assert (assigned["lang"], assigned["text"]) == ("uk", say("assigned", "uk", signature="Anna"))
    async with running.system.read() as tx:
        head = await views.contact_head(tx, caller.contact_id)
        seen = [
            entry_json(each, anna.id, tx.centre, "pl")["text"]
            for each in await views.entries_after(tx, caller.contact_id, 0, "staff")
            if each.kind == "answer"
        ]
    assert head is not None
    assert head.language == "uk"
    assert seen == ["Zmieniono język rozmowy: ukraiński"]


async def test_a_language_that_is_none_of_ours_is_refused(
    http: aiohttp.ClientSession, running: Running
) -> None:
    caller = await add_caller(running.system)
    asked = http.post(f"/chat/{TRUST}/language", json={"language": "ru"}, headers=bearer(caller))
    async with asked as response:
        assert response.status == 400


async def test_without_script_the_language_is_a_button_of_the_form(
    http: aiohttp.ClientSession, running: Running
) -> None:
    token = secrets.token_urlsafe(32)
    given = {"token": token, "id": secrets.token_urlsafe(32)}
    async with http.post(f"/chat/{TRUST}/plain?lang=pl", data={**given, "text": "Halo"}) as response:
        shown = await response.text()
    assert f'formaction="/chat/{TRUST}/plain?lang=uk"' in shown
    async with http.post(f"/chat/{TRUST}/plain?lang=uk", data={**given, "language": "uk"}) as response:
        shown = await response.text()
    assert '<html lang="uk">' in shown
    assert '<p class="bubble-text" lang="pl">Halo</p>' in shown
    assert (await waiting_now(running)).language == "uk"


async def test_while_it_waits_whoever_speaks_the_new_language_comes_first(
    http: aiohttp.ClientSession, running: Running
) -> None:
    """And where nobody there does, the caller is told."""
    await add_person(running.system, "Anna")
    caller = await add_caller(running.system)
    asked = http.post(f"/chat/{TRUST}/language", json={"language": "en"}, headers=bearer(caller))
    async with asked as response:
        assert response.status == 200
    told = [each["text"] for each in (await frame(http, caller, "en"))["entries"] if each["who"] == "system"]
    assert told == [say("translation_note", "en")]
    assert (await waiting_now(running)).language == "en"


async def test_a_first_word_in_a_language_that_nobody_there_speaks(
    http: aiohttp.ClientSession, running: Running
) -> None:
    await add_person(running.system, "Anna")
    body = {
        "token": secrets.token_urlsafe(32),
        "id": secrets.token_urlsafe(12),
        "text": "Добрий день",
        "language": "uk",
    }
    async with http.post(f"/chat/{TRUST}/contacts", json=body) as response:
        entries = (await response.json())["entries"]
    assert [each["text"] for each in entries if each["who"] == "system"] == [say("translation_note", "uk")]


# -- waiting -------------------------------------------------------------------------------------------------------


async def test_a_time_is_said_only_with_a_basis(http: aiohttp.ClientSession, running: Running) -> None:
    early = await add_caller(running.system)
    others = [await add_caller(running.system) for _ in range(BASIS)]
    running.clock.advance(minutes=8)
    anna = await add_person(running.system, "Anna", text_limit=50)
    assert (await frame(http, others[-1]))["state"]["sentence"] == say(
        "chat.state_waiting", "pl", position=BASIS + 1
    )
    async with asyncio.timeout(60):
        for _ in range(BASIS):
            while not (found := await pending(running.system)):  # noqa: ASYNC110  the engine offers
                await asyncio.sleep(0.02)
            await offers.accept(running.system, anna.actor, found[0].id, found[0].token)
    running.clock.advance(minutes=2)  # what was read of the queue is kept for a minute
    await presence.seen(running.system, anna.actor)
    late = await add_caller(running.system)
    told = (await frame(http, late))["state"]
    assert told["sentence"] == say("chat.state_waiting_usual", "pl", position=2, usual=10)
    # whoever has waited longer than that is not told less than they have waited
    assert (await frame(http, others[-1]))["state"]["sentence"] == say("chat.state_waiting", "pl", position=1)
    assert (await frame(http, early))["state"]["state"] == "active"


# -- before the first word -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["pl", "uk", "en"])
async def test_a_holiday_is_named_and_a_night_is_not(
    http: aiohttp.ClientSession, running: Running, language: str
) -> None:
    line = running.system.centre.line("sow_victims_day")
    running.clock.set(instant("2027-01-06T10:00"))
    holiday = running.system.centre.calendar.holiday_name(running.clock.now().date(), language)
    assert holiday is not None
    assert holiday in await page(http, line.id, language)
    running.clock.set(instant("2027-01-07T03:00"))
    night = await page(http, line.id, language)
    assert holiday not in night
    assert "07.01.2027" in night


async def test_deaf_people_are_told_what_they_can_do_here(
    http: aiohttp.ClientSession, running: Running
) -> None:
    assert say("deaf_notice_plain", "pl") in await page(http, TRUST)
    system = running.system
    system.centre = system.centre.model_copy(update={"pjm_info": "600 000 000, 8–15"})
    assert say("deaf_notice", "en", pjm_info="600 000 000, 8–15") in await page(http, TRUST, "en")


# -- the check -----------------------------------------------------------------------------------------------------


async def test_a_text_that_could_not_be_filled_stops_the_start_and_the_change(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a centre that does not say who helps deaf people, if there were no plain text for it."""
    strict = {**situations.SITUATIONS, "deaf": Situation(("deaf_notice",))}
    monkeypatch.setattr(situations, "SITUATIONS", strict)
    with pytest.raises(
        CentreInvalid, match=r"centre\.pjm_info: is empty, and the text \"deaf_notice\" needs it"
    ):
        app.load_centre(running.settings)
    change = centre_actions.set_documents(
        running.system, OPERATOR, {"centre.controller_contact": "ul. Nowa 1"}
    )
    with pytest.raises(ChangeInvalid) as caught:
        await change
    assert "centre.pjm_info" in str(caught.value.params["reason"])
    assert list(situations.faults(centres.load("kutno"))) == []  # it never welcomes anybody to a chat
