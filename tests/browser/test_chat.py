"""The caller's page in a real browser: every word arrives, once and in order, on bad networks too."""

import asyncio
import re
import time

import pytest
from playwright.async_api import BrowserContext, Route, WebSocketRoute, expect

from hotline.actions import contacts
from tests.browser.callers import (
    answer,
    caller_on,
    head_of,
    open_chat,
    own,
    reply,
    stored,
    until,
    words,
    write,
)
from tests.factories import TRUST, Person, Running

# -- a talk --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("anna")
async def test_a_message_is_marked_once_it_is_stored(device: BrowserContext, running: Running) -> None:
    page = await open_chat(device, running)
    await write(page, "Dzień dobry.")
    await expect(own(page, "sent")).to_have_count(1)
    await expect(own(page, "sent")).to_contain_text("dotarła")
    await expect(page.get_by_text("Miejsce w kolejce: 1.")).to_be_visible()
    await write(page, "Nie mogę spać.")
    await expect(own(page, "sent")).to_have_count(2)
    caller = await caller_on(page, running)
    assert await stored(running, caller.id) == ["Dzień dobry.", "Nie mogę spać."]


async def test_both_sides_read_each_other_in_order(
    device: BrowserContext, running: Running, anna: Person
) -> None:
    page = await open_chat(device, running)
    await write(page, "Dzień dobry.")
    contact_id = await answer(running, anna)
    await expect(page.get_by_text("Rozmowa z dyżurem: Anna.")).to_be_visible()
    await reply(running, anna, contact_id, "Jestem.\nProszę pisać.")
    await write(page, "Dziękuję.")
    await expect(words(page)).to_have_text(["Dzień dobry.", "Jestem.\nProszę pisać.", "Dziękuję."])
    await contacts.end(running.system, anna.actor, contact_id, "completed")
    await expect(page.get_by_text("Ta rozmowa jest zakończona.")).to_be_visible()
    await expect(page.get_by_label("Wiadomość", exact=True)).to_be_hidden()
    assert await page.evaluate("sessionStorage.length") == 0
    await page.get_by_role("button", name="Zacznij nową rozmowę").click()
    await expect(page.get_by_text("To czat wsparcia")).to_be_visible()
    await expect(words(page)).to_have_count(0)


@pytest.mark.usefixtures("anna")
async def test_markup_in_a_message_stays_text(device: BrowserContext, running: Running) -> None:
    page = await open_chat(device, running)
    nasty = "<img src=x onerror=alert(1)> </script> & \u2028 👩‍👩‍👧"
    await write(page, nasty)
    await expect(own(page, "sent")).to_have_count(1)
    await page.reload()
    await expect(words(page)).to_have_text([nasty])
    assert await page.locator(".thread img").count() == 0


# -- bad networks ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("anna")
async def test_what_is_written_offline_arrives_once_and_in_order(
    device: BrowserContext, running: Running
) -> None:
    page = await open_chat(device, running)
    await write(page, "raz")
    await expect(own(page, "sent")).to_have_count(1)
    await device.set_offline(True)
    await write(page, "dwa")
    await write(page, "trzy")
    await expect(own(page, "retrying")).to_have_count(1)
    await expect(page.get_by_text("Brak połączenia.")).to_be_visible()
    await device.set_offline(False)
    await expect(own(page, "sent")).to_have_count(3)
    caller = await caller_on(page, running)
    assert await stored(running, caller.id) == ["raz", "dwa", "trzy"]


@pytest.mark.usefixtures("anna")
async def test_a_lost_acknowledgement_repeats_nothing(device: BrowserContext, running: Running) -> None:
    page = await open_chat(device, running)
    sent: list[str | None] = []

    async def swallow(route: Route) -> None:
        sent.append(route.request.post_data)
        if len(sent) <= 2:  # stored, and the answer never comes back
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()

    await page.route(re.compile("/(contacts|messages)"), swallow)
    await write(page, "raz")
    await expect(own(page, "sent")).to_have_count(1)
    await write(page, "dwa")
    await expect(own(page, "sent")).to_have_count(2)
    assert sent[0] == sent[1] == sent[2]
    caller = await caller_on(page, running)
    assert await stored(running, caller.id) == ["raz", "dwa"]
    await expect(words(page)).to_have_text(["raz", "dwa"])


async def test_an_acknowledgement_lost_with_its_line_is_asked_for_again(
    device: BrowserContext, running: Running
) -> None:
    page = await device.new_page()
    lost: list[str | bytes] = []
    spoke = asyncio.Event()

    def cut(line: WebSocketRoute) -> None:
        server = line.connect_to_server()

        async def back(words: str | bytes) -> None:
            if (
                '"ack"' in str(words) and len(lost) < 2
            ):  # stored, and the line breaks before the answer is there
                lost.append(words)
                await line.close()
            else:
                line.send(words)
                spoke.set()

        server.on_message(back)

    await page.route_web_socket("**/socket*", cut)
    await page.goto(f"{running.url}/chat/{TRUST}")
    await write(page, "raz")
    await expect(own(page, "sent")).to_have_count(1)
    async with asyncio.timeout(60):
        await spoke.wait()  # before that, words go by a request of their own
    for number, text in enumerate(("dwa", "trzy"), start=2):
        await write(page, text)
        await expect(own(page, "sent")).to_have_count(number, timeout=20_000)
    caller = await caller_on(page, running)
    assert await stored(running, caller.id) == ["raz", "dwa", "trzy"]
    await expect(words(page)).to_have_text(["raz", "dwa", "trzy"])
    assert lost  # words did go over the line


async def test_a_reload_shows_everything_once_and_sends_what_was_unsent(
    device: BrowserContext, running: Running, anna: Person
) -> None:
    page = await open_chat(device, running)
    await write(page, "raz")
    contact_id = await answer(running, anna)
    await reply(running, anna, contact_id, "dwa")
    await expect(words(page)).to_have_text(["raz", "dwa"])
    await device.set_offline(True)
    await write(page, "trzy")
    await page.get_by_label("Wiadomość", exact=True).fill("jeszcze nie wysł")
    await expect(own(page, "retrying")).to_have_count(1)
    await page.route("**/messages?*", lambda route: route.abort())
    await device.set_offline(False)
    await page.reload()
    await expect(own(page, "sent")).to_have_count(2)
    await expect(words(page)).to_have_text(["raz", "dwa", "trzy"])
    await expect(page.get_by_label("Wiadomość", exact=True)).to_have_value("jeszcze nie wysł")
    assert await stored(running, contact_id) == ["raz", "dwa", "trzy"]


async def test_without_sockets_words_come_as_soon_as_over_one(
    device: BrowserContext, running: Running, anna: Person
) -> None:
    page = await device.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.route_web_socket("**/socket*", lambda socket: socket.close())
    await page.goto(f"{running.url}/chat/{TRUST}")
    await write(page, "raz")
    contact_id = await answer(running, anna)
    await expect(page.get_by_text("Rozmowa z dyżurem: Anna.")).to_be_visible(timeout=15_000)
    took: list[float] = []
    for number in range(3):
        said = time.monotonic()
        await reply(running, anna, contact_id, f"słowo {number}")
        await expect(page.get_by_text(f"słowo {number}")).to_be_visible()
        took.append(time.monotonic() - said)
    assert sorted(took)[1] < 1, took
    assert sum("/news?" in url for url in asked) < 10  # it waits, and does not ask and ask
    assert await page.locator("[data-part=link]").inner_text() == ""


async def test_a_socket_that_hangs_is_given_up_and_what_cuts_requests_off_is_borne(
    device: BrowserContext, running: Running, anna: Person
) -> None:
    page = await device.new_page()
    gave_up: list[str] = []

    async def impatient(route: Route) -> None:
        """What stands between holds nothing for long, and says so as such things do."""
        gave_up.append(route.request.url)
        if len(gave_up) < 4:
            await route.fulfill(status=504, body="Gateway Timeout")
        else:
            await route.continue_()

    await page.route("**/news?*", impatient)
    await page.route_web_socket("**/socket*", lambda _socket: None)
    await page.goto(f"{running.url}/chat/{TRUST}")
    await write(page, "raz")
    contact_id = await answer(running, anna)
    await reply(running, anna, contact_id, "dwa")
    await expect(words(page)).to_have_text(["raz", "dwa"], timeout=25_000)
    assert len(gave_up) >= 4
    await expect(page.locator("[data-part=link]")).to_be_empty()


@pytest.mark.usefixtures("anna")
async def test_a_secret_that_died_elsewhere_loses_no_words(device: BrowserContext, running: Running) -> None:
    page = await device.new_page()
    await page.route_web_socket("**/socket*", lambda _socket: None)  # open and silent: only sending finds out
    await page.goto(f"{running.url}/chat/{TRUST}")
    await write(page, "raz")
    await expect(own(page, "sent")).to_have_count(1)
    caller = await caller_on(page, running)
    await contacts.leave(running.system, caller, caller.id, quick=True)
    await write(page, "dwa")
    await expect(page.get_by_text("Połączenie z poprzednią rozmową wygasło.")).to_be_visible()
    await expect(page.get_by_label("Wiadomość", exact=True)).to_have_value("dwa")
    await expect(words(page)).to_have_count(0)
    assert await page.evaluate("sessionStorage.getItem('token')") is None


# -- danger and questions ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("anna")
async def test_danger_now_does_not_wait_for_words(device: BrowserContext, running: Running) -> None:
    page = await open_chat(device, running)
    await page.get_by_role("button", name="Tak, teraz").click()
    await expect(page.locator(".line-danger")).to_contain_text("112")
    await expect(page.locator('[data-part="alarm"]')).to_contain_text("112")
    caller = await caller_on(page, running)
    head = await head_of(running, caller.id)
    assert (head.priority, head.danger) == ("P1", "yes")
    assert "kolejce" not in await page.locator('[data-part="state"]').inner_text()


@pytest.mark.usefixtures("anna")
async def test_answers_travel_with_the_first_message(device: BrowserContext, running: Running) -> None:
    page = await open_chat(device, running)
    await page.get_by_role("button", name="Nie", exact=True).click()
    await page.get_by_text("W jakiej sprawie").click()
    await page.get_by_role("button", name="Żałoba, strata").click()
    await page.get_by_role("button", name="Mam mniej niż 18 lat").click()
    await write(page, "Nie daję rady.")
    await expect(own(page, "sent")).to_have_count(1)
    caller = await caller_on(page, running)
    head = await head_of(running, caller.id)
    assert (head.danger, head.topic, head.under18) == ("no", "bereavement", True)


@pytest.mark.usefixtures("anna")
async def test_pressing_urgent_raises_the_priority_once(device: BrowserContext, running: Running) -> None:
    page = await open_chat(device, running)
    await write(page, "Źle mi.")
    await expect(own(page, "sent")).to_have_count(1)
    await page.get_by_role("button", name="Pilne").click()
    await expect(page.get_by_text("Zaznaczono jako pilne.")).to_be_visible()
    await expect(page.get_by_role("button", name="Pilne")).to_be_hidden()
    caller = await caller_on(page, running)
    assert (
        await until(lambda: head_of(running, caller.id), lambda head: head.priority == "P2")
    ).priority == "P2"
    await page.get_by_role("button", name="Zagrożenie teraz").click()
    await expect(page.locator(".line-danger")).to_contain_text("112")
    assert (await head_of(running, caller.id)).priority == "P1"
