"""A counsellor at home, with a phone: everything from the offer to the saved card by thumb, on one pane at a time."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from hotline.actions import messages
from hotline.ids import new_id
from tests.browser.states import PHONE
from tests.browser.test_console import said, sign_in, write
from tests.factories import TRUST, Person, Running, add_caller, add_person, talk

THUMB = 44  # pixels


@pytest.fixture
async def phone(browser: Browser) -> AsyncIterator[BrowserContext]:
    """The counsellor's own."""
    context = await browser.new_context(locale="pl-PL", viewport=PHONE, has_touch=True, is_mobile=True)
    context.set_default_timeout(30_000)
    yield context
    await context.close()


@pytest.fixture
async def anna(running: Running) -> Person:
    return await add_person(running.system, "Anna", text_limit=3)


async def thumb(place: Locator) -> None:
    """Touched; large enough for it, and within the screen without moving sideways."""
    await expect(place).to_be_visible()
    box = await place.bounding_box()
    assert box is not None
    assert round(box["height"]) >= THUMB, (box, await place.inner_text())
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    await place.tap()


def tab(page: Page, name: str) -> Locator:
    return page.locator(f'.tabs [data-pane="{name}"]')


async def test_from_the_offer_to_the_saved_card_by_thumb(
    running: Running, anna: Person, phone: BrowserContext, device: BrowserContext
) -> None:
    console, chat = await sign_in(phone, running, anna), await device.new_page()
    await chat.goto(f"{running.url}/chat/{TRUST}")
    await write(chat, "Dzień dobry, nie mogę spać.")
    offer = console.get_by_role("region", name="Nowa rozmowa")
    await thumb(offer.get_by_role("button", name="Odbierz"))

    # The talk takes the screen by itself; what is written is seen above the keys of the phone.
    await said(console, "Dzień dobry, nie mogę spać.").to_be_visible()
    field = console.get_by_label("Wiadomość do rozmówcy")
    await field.tap()
    await console.keyboard.type("Dobrze, że Pani pisze.")
    await console.set_viewport_size({"width": 360, "height": 400})  # the phone's keys are there
    await expect(field).to_be_in_viewport()
    await thumb(console.get_by_role("button", name="Wyślij", exact=True))
    await console.set_viewport_size(PHONE)
    await expect(chat.locator(".bubble-text", has_text="Dobrze, że Pani pisze.")).to_be_visible()

    await thumb(console.get_by_role("button", name="Zakończ rozmowę"))
    dialog = console.get_by_role("dialog", name="Jak kończy się ta rozmowa?")
    await dialog.get_by_label("Rozmowa dokończona").tap()
    await thumb(dialog.get_by_role("button", name="Zakończ rozmowę"))
    await thumb(tab(console, "right"))
    await console.get_by_label("Osoba w kryzysie", exact=True).tap()
    await console.get_by_label("Problem wiodący").select_option(label="Żałoba")
    await console.get_by_label("Natychmiastowa pomoc psychologiczna").tap()
    await console.get_by_label("Ustalenia z rozmówcą").fill("Zadzwoni w środę.")
    await thumb(console.get_by_role("button", name="Zapisz kartę"))
    await expect(console.locator("contact-card")).to_contain_text("Karta zapisana.")
    assert await console.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_an_offer_is_seen_and_answered_from_whatever_pane(
    running: Running, anna: Person, phone: BrowserContext
) -> None:
    await talk(running.system, anna, text="Pierwsza rozmowa")
    console = await sign_in(phone, running, anna)
    for name in ("middle", "right"):
        await tab(console, name).tap()
        await add_caller(running.system, f"Druga rozmowa {name}")
        offer = console.get_by_role("region", name="Nowa rozmowa")
        await expect(offer).to_be_in_viewport()
        await thumb(offer.get_by_role("button", name="Odbierz"))
        await said(console, f"Druga rozmowa {name}").to_be_visible()
    await tab(console, "left").tap()
    await expect(console.locator(".talk-row")).to_have_count(3)


async def test_words_in_another_talk_are_told_on_the_tab(
    running: Running, anna: Person, phone: BrowserContext
) -> None:
    first = await talk(running.system, anna, text="Pierwsza rozmowa")
    await talk(running.system, anna, text="Druga rozmowa")
    console = await sign_in(phone, running, anna)
    await console.locator(".talk-row", has_text="nr 2").tap()
    await said(console, "Druga rozmowa").to_be_visible()
    await messages.receive(running.system, first.actor, first.contact_id, new_id(), "Nadal tu jestem.")
    await expect(tab(console, "left").locator(".tab-mark")).to_be_visible()
    await tab(console, "left").tap()
    await console.locator(".talk-row", has_text="nr 1").tap()
    await said(console, "Nadal tu jestem.").to_be_visible()
    await expect(tab(console, "left").locator(".tab-mark")).to_be_hidden()
