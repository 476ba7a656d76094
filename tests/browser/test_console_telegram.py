"""What the counsellor sees of a caller on Telegram: corrections beside the first words, and a blocked bot."""

import asyncio
from dataclasses import replace

import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from hotline.actions import arrivals, contacts, messages, offers, reach, staff_notices
from hotline.rules.access import CHANNEL
from tests.browser.callers import open_chat, own, words, write
from tests.factories import TRUST, Person, Running, add_person, pending
from tests.flows.people import eventually

DESK: ViewportSize = {"width": 1280, "height": 800}


async def on_telegram(running: Running, person: Person, text: str) -> str:
    """A chat whose contact this person has answered."""
    arrival = arrivals.Arrival(
        line=TRUST,
        channel="telegram",
        origin="tg:1",
        client_id="tg:1",
        language="pl",
        text=text,
        address="4242",
    )
    contact_id = (await arrivals.start(running.system, arrival)).contact_id
    for _ in range(400):
        await asyncio.sleep(0.02)
        for offer in await pending(running.system):
            if offer.contact_id == contact_id:
                await offers.accept(running.system, person.actor, offer.id, offer.token)
                return contact_id
    pytest.fail("nothing was offered")


async def console(browser: Browser, running: Running, person: Person) -> Page:
    context = await browser.new_context(locale="pl-PL", viewport=DESK)
    context.set_default_timeout(30_000)
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script: {error}"))
    await page.goto(running.url + await running.sign_in_path(person.id))
    await page.get_by_role("button", name="Wejdź").click()
    await page.wait_for_url("**/console")
    return page


async def test_a_correction_and_a_blocked_bot(browser: Browser, running: Running) -> None:
    system = running.system
    anna = await add_person(system, "Anna")
    contact_id = await on_telegram(running, anna, "Jestem na Zytniej, u siostry.")
    await messages.reply(system, anna.actor, contact_id, "reply-1", "Dobrze, że pani jest bezpieczna.")
    page = await console(browser, running, anna)
    await expect(page.locator("talk-view")).to_contain_text("Zytniej")
    await messages.correct(system, CHANNEL, contact_id, "tg:2", 1, "Jestem na Żytniej 5, u siostry.")
    bubble = page.locator(".bubble", has_text="Żytniej 5")
    await expect(bubble).to_be_visible()
    await expect(bubble.get_by_text("Zytniej,")).to_be_hidden()
    await bubble.get_by_text("poprawiono").click()
    await expect(bubble.get_by_text("Zytniej,")).to_be_visible()
    await expect(page.locator(".line-system", has_text="Poprawiono wiadomość z 10:00")).to_be_visible()

    await messages.reply(system, anna.actor, contact_id, "reply-2", "Czy mogę pomóc w czymś jeszcze?")
    await expect(page.locator(".bubble", has_text="Czy mogę pomóc")).to_contain_text("w drodze")
    await reach.lost(system, CHANNEL, contact_id)
    await expect(page.locator(".talk-head")).to_contain_text("bot zablokowany, nic nie dociera")
    await expect(page.locator("talk-view")).to_contain_text(
        "Osoba zablokowała bota. Odpowiedzi nie docierają."
    )
    await expect(page.locator(".bubble", has_text="Czy mogę pomóc")).to_contain_text(
        "nie doręczono: bot zablokowany"
    )
    await page.reload()
    await expect(page.locator(".bubble", has_text="Czy mogę pomóc")).to_contain_text(
        "nie doręczono: bot zablokowany"
    )
    await reach.back(system, CHANNEL, contact_id)
    await expect(page.locator(".talk-head")).not_to_contain_text("bot zablokowany")


async def test_who_said_stop_is_gone_and_the_card_is_owed(browser: Browser, running: Running) -> None:
    anna = await add_person(running.system, "Anna")
    contact_id = await on_telegram(running, anna, "Halo?")
    page = await console(browser, running, anna)
    await expect(page.locator("talk-view")).to_contain_text("Halo?")
    await contacts.stop(running.system, CHANNEL, contact_id, "tg:2")
    await expect(page.locator("talk-view")).to_contain_text("Rozmowa zakończona: osoba wyszła z rozmowy.")
    await expect(page.locator(".composer")).to_be_hidden()


async def test_the_callers_page_reads_as_corrected(
    device: BrowserContext, running: Running, anna: Person
) -> None:
    page = await open_chat(device, running)
    await write(page, "Mieszkam przy Zytniej.")
    await expect(own(page, "sent")).to_have_count(1)
    offers = await eventually(lambda: pending(running.system), "an offer")
    await messages.correct(running.system, CHANNEL, offers[0].contact_id, "tg:2", 1, "Mieszkam przy Żytniej.")
    await expect(words(page)).to_have_text(["Mieszkam przy Żytniej."])
    await page.reload()
    await expect(words(page)).to_have_text(["Mieszkam przy Żytniej."])


async def test_notices_are_switched_on_and_off_on_a_page_of_their_own(
    browser: Browser, running: Running
) -> None:
    system = running.system
    anna = await add_person(system, "Anna")
    page = await console(browser, running, anna)
    await page.goto(f"{running.url}/account/telegram")
    await expect(page.locator("main")).to_contain_text("Ta instalacja nie ma bota dla pracowników.")
    system.settings = replace(system.settings, staff_telegram_token="5151515151:AAh-of_these_tests")
    await page.goto(f"{running.url}/account")
    await page.get_by_role("link", name="Ustaw powiadomienia").click()
    await page.get_by_role("button", name="Pokaż kod").click()
    shown = await page.locator("code").inner_text()
    await staff_notices.link(system, CHANNEL, shown.removeprefix("/start "), 4711)
    await page.goto(f"{running.url}/account/telegram")
    await expect(page.locator("main")).to_contain_text("Powiadomienia są włączone.")
    await page.get_by_role("button", name="Wyłącz powiadomienia").click()
    await expect(page.locator("main")).to_contain_text("Powiadomienia są wyłączone.")
    assert not await staff_notices.is_linked(system, 4711)
