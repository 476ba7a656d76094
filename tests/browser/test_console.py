"""The console in a real browser: answer, talk, note, end, card, case; by mouse, by keyboard, on a phone."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.factories import TRUST, VICTIMS, Person, Running, add_caller, add_person, talk

DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 740}
SECRET_NOTE = "Siostra może przyjąć do piątku."


@pytest.fixture
async def device(browser: Browser) -> AsyncIterator[BrowserContext]:
    """The caller's phone."""
    context = await browser.new_context(locale="pl-PL", viewport=PHONE)
    context.set_default_timeout(30_000)
    yield context
    await context.close()


@pytest.fixture
async def anna(running: Running) -> Person:
    return await add_person(running.system, "Anna", roles=("counsellor", "caseworker"), text_limit=3)


async def sign_in(context: BrowserContext, running: Running, person: Person) -> Page:
    """The page after the one-time link; every mistake of its scripts fails the test."""
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script: {error}"))
    await page.goto(running.url + await running.sign_in_path(person.id))
    await page.get_by_role("button", name="Wejdź").click()
    await page.wait_for_url("**/console")
    # The status line is drawn by the script: the page is live.
    await expect(page.locator("my-state .status")).to_be_visible()
    return page


async def write(page: Page, text: str) -> None:
    """The caller writes."""
    await page.get_by_label("Wiadomość", exact=True).fill(text)
    await page.get_by_role("button", name="Wyślij", exact=True).click()


def said(page: Page, text: str) -> Any:
    return expect(page.locator("talk-view .bubble", has_text=text))


async def end(page: Page) -> None:
    await page.get_by_role("button", name="Zakończ rozmowę").click()
    dialog = page.get_by_role("dialog", name="Jak kończy się ta rozmowa?")
    await dialog.get_by_label("Rozmowa dokończona").check()
    await dialog.get_by_role("button", name="Zakończ rozmowę").click()
    await expect(dialog).to_be_hidden()
    # until the page has heard of it, the talk goes on there
    await expect(page.get_by_role("button", name="Zakończ rozmowę")).to_be_hidden()


async def fill_card(page: Page) -> None:
    """The answers a minute is enough for."""
    await page.get_by_label("Osoba w kryzysie", exact=True).check()
    await page.get_by_label("Problem wiodący").select_option(label="Żałoba")
    await page.get_by_label("Natychmiastowa pomoc psychologiczna").check()
    await page.get_by_label("Ustalenia z rozmówcą").fill("Wizyta w środę, przyjdzie z siostrą.")


async def meet(console: Page, chat: Page, running: Running) -> None:
    """A caller writes, the offer rings, the counsellor answers it."""
    await chat.goto(f"{running.url}/chat/{TRUST}")
    await write(chat, "<b>Dzień dobry</b>, nie mogę spać od pogrzebu.")
    offer = console.get_by_role("region", name="Nowa rozmowa")
    await expect(offer).to_contain_text("Zwykłe")
    await offer.get_by_role("button", name="Odbierz").click()
    await expect(console.get_by_placeholder("Wiadomość do rozmówcy")).to_be_focused()
    await said(console, "<b>Dzień dobry</b>, nie mogę spać od pogrzebu.").to_be_visible()


async def open_case(console: Page) -> None:
    """From the saved card; first with nothing filled in, then with what a case needs."""
    await console.get_by_role("button", name="Załóż sprawę").click()
    form = console.locator(".card-form")
    await form.get_by_role("button", name="Załóż sprawę").click()
    await expect(form.get_by_text("Proszę wpisać pseudonim albo imię.")).to_be_visible()
    await form.get_by_label("Pseudonim albo imię i nazwisko").fill("Pani Jaskółka")
    await form.get_by_label("Bezpieczny sposób kontaktu").fill("Telefon siostry")
    await form.get_by_label("Powód założenia sprawy").fill("Żałoba, potrzebne spotkania.")
    await form.get_by_label("Prowadzący").select_option(label="Anna Testowa")
    await form.get_by_label("Pierwsza wizyta").fill("2026-11-25T10:30")
    await form.get_by_label("Klauzula informacyjna została przekazana").check()
    await form.get_by_label("Sprawdzono, że nikt nie pomaga").check()
    await form.get_by_role("button", name="Załóż sprawę").click()
    await console.get_by_role("link", name="Otwórz sprawę").click()


async def test_both_talk_and_the_caller_never_sees_a_note(
    running: Running, anna: Person, desk: BrowserContext, device: BrowserContext
) -> None:
    console, chat = await sign_in(desk, running, anna), await device.new_page()
    await expect(console.get_by_text("Nikt nie czeka.")).to_be_visible()
    await meet(console, chat, running)
    await console.get_by_label("Wiadomość do rozmówcy").fill("Dobrze, że Pani pisze.")
    await console.keyboard.press("Enter")
    await expect(chat.locator(".bubble-text", has_text="Dobrze, że Pani pisze.")).to_be_visible()
    await write(chat, "Dziękuję.")
    await said(console, "Dziękuję.").to_be_visible()

    await console.get_by_label("Notatka", exact=True).check()
    await console.get_by_label("Notatka dla zespołu").fill(SECRET_NOTE)
    await console.get_by_role("button", name="Zapisz notatkę").click()
    await said(console, SECRET_NOTE).to_be_visible()
    await expect(console.locator(".bubble-waiting")).to_have_count(0)
    # The field is back to messages, and looks it.
    await expect(console.locator(".composer")).to_have_attribute("data-mode", "message")
    await chat.reload()
    await expect(chat.locator(".bubble-text", has_text="Dziękuję.")).to_be_visible()
    assert SECRET_NOTE not in await chat.content()


async def test_a_talk_ends_in_a_card_and_becomes_a_case(
    running: Running, anna: Person, desk: BrowserContext, device: BrowserContext
) -> None:
    console, chat = await sign_in(desk, running, anna), await device.new_page()
    await meet(console, chat, running)
    await end(console)
    await console.get_by_role("button", name="Zapisz kartę").click()
    await expect(console.get_by_text("Proszę wybrać jeden problem wiodący.")).to_be_visible()
    lacking = "Brakuje: kto się kontaktuje, problem, formy pomocy, ustalenia"
    await expect(console.locator(".card-missing")).to_have_text(lacking)
    await expect(console.locator("#spoken-at-once")).to_have_text(lacking)
    await fill_card(console)
    await console.keyboard.press("Control+s")
    await expect(console.locator("contact-card")).to_contain_text("Karta zapisana.")
    await open_case(console)

    await expect(console.get_by_role("heading", level=1)).to_contain_text("Sprawa S/2026/00001")
    await expect(console.get_by_text("Pani Jaskółka")).to_be_visible()
    await expect(console.get_by_text("K/2026/000001")).to_be_visible()
    await expect(console.get_by_text("środa 25.11.2026, godz. 10:30")).to_be_visible()
    await console.get_by_label("Nowy wpis").fill("Potwierdzono wizytę.")
    await console.get_by_role("button", name="Dodaj wpis").click()
    await expect(console.locator(".note-text")).to_have_text("Potwierdzono wizytę.")


async def test_keyboard_alone_accepts_and_replies(
    running: Running, anna: Person, desk: BrowserContext
) -> None:
    await talk(running.system, anna, text="Pierwsza rozmowa")
    console = await sign_in(desk, running, anna)
    await said(console, "Pierwsza rozmowa").to_be_visible()
    await console.keyboard.press("r")
    await console.keyboard.type("Zaczęte zda")
    await add_caller(running.system, "Druga rozmowa")
    await expect(console.get_by_role("region", name="Nowa rozmowa")).to_be_visible()

    # What is being written goes on; the offer has not taken the focus.
    await console.keyboard.type("nie")
    await expect(console.get_by_label("Wiadomość do rozmówcy")).to_have_value("Zaczęte zdanie")
    await console.keyboard.press("F2")
    await said(console, "Druga rozmowa").to_be_visible()
    await expect(console.get_by_label("Wiadomość do rozmówcy")).to_have_value("")
    await console.keyboard.press("Escape")
    await console.keyboard.press("r")
    await console.keyboard.type("Jestem tutaj.")
    await console.keyboard.press("Enter")
    await said(console, "Jestem tutaj.").to_be_visible()

    # The first draft waited.
    await console.keyboard.press("Escape")
    await console.keyboard.press("j")
    await said(console, "Pierwsza rozmowa").to_be_visible()
    await expect(console.get_by_label("Wiadomość do rozmówcy")).to_have_value("Zaczęte zdanie")
    await console.keyboard.press("Escape")
    await console.keyboard.press("?")
    await expect(console.get_by_role("dialog", name="Skróty klawiszowe")).to_be_visible()


async def test_a_call_is_entered_by_hand(running: Running, anna: Person, desk: BrowserContext) -> None:
    console = await sign_in(desk, running, anna)
    await console.keyboard.press("w")
    dialog = console.get_by_role("dialog", name="Rozmowa spoza czatu")
    await dialog.get_by_label("Telefon", exact=True).check()
    await dialog.get_by_label("Początek").fill("2026-11-23T09:40")
    await dialog.get_by_label("Koniec").fill("2026-11-23T09:30")
    await dialog.get_by_role("button", name="Dalej do karty").click()
    await expect(dialog.get_by_text("Koniec musi być po początku")).to_be_visible()
    await dialog.get_by_label("Koniec").fill("2026-11-23T09:55")
    await dialog.get_by_role("button", name="Dalej do karty").click()

    await expect(console.get_by_text("Do zapisania karty")).to_be_visible()
    await fill_card(console)
    await console.get_by_label("Jak się skończyło").select_option(label="Rozmowa dokończona")
    await console.get_by_role("button", name="Zapisz kartę").click()
    await expect(console.get_by_text("Kontakt jest zamknięty.")).to_be_visible()


async def test_a_break_is_one_click_and_shows_when_it_ends(
    running: Running, anna: Person, desk: BrowserContext
) -> None:
    console = await sign_in(desk, running, anna)
    await console.get_by_role("button", name="Przerwa 15 min").click()
    await expect(console.locator("my-state")).to_contain_text("Przerwa do 10:15")
    await console.get_by_role("button", name="Wróć teraz").click()
    await expect(console.locator("my-state")).to_contain_text("Przyjmuję rozmowy")
    await console.locator("my-state summary").click()
    await console.get_by_role("button", name="Wizyta w terenie").click()
    await expect(console.locator("my-state")).to_contain_text("Wizyta w terenie do 12:00")


async def test_nothing_is_wider_than_the_screen(running: Running, browser: Browser) -> None:
    """With twelve waiting, nothing is wider than the screen."""
    person = await add_person(running.system, "Anna", (TRUST, VICTIMS), text_limit=2)
    await talk(running.system, person, text="Mąż wczoraj znowu krzyczał i rzucił talerzem.", topic="violence")
    await talk(running.system, person, text="Mój tato zmarł w zeszłym tygodniu.", topic="bereavement")
    for topic in ("family", "work", "information", "violence", "missing_person", "addiction") * 2:
        await add_caller(running.system, topic=topic)
    await add_caller(running.system, "On tu jest z nożem", danger="yes")
    for size in (DESK, PHONE):
        context = await browser.new_context(locale="pl-PL", viewport=size)
        page = await sign_in(context, running, person)
        await expect(page.locator(".wait")).to_have_count(13)
        for pane in ("left", "middle", "right") if size == PHONE else ():
            await page.locator(f'.tabs [data-pane="{pane}"]').click()
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await context.close()
