"""Two consoles and a caller: a colleague reads along and takes over, and the caller always knows who reads."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from tests.browser.test_console import DESK, PHONE, end, meet, said, sign_in, write
from tests.factories import Running, add_person


@pytest.fixture
async def devices(browser: Browser) -> AsyncIterator[list[BrowserContext]]:
    """Anna's computer, Beata's phone, and the caller's."""
    made = [await browser.new_context(locale="pl-PL", viewport=size) for size in (DESK, PHONE, PHONE)]
    for context in made:
        context.set_default_timeout(30_000)
    yield made
    for context in made:
        await context.close()


async def test_a_colleague_reads_along_and_takes_over(
    running: Running, devices: list[BrowserContext]
) -> None:
    anna = await add_person(running.system, "Anna")
    first, chat = await sign_in(devices[0], running, anna), await devices[2].new_page()
    await meet(first, chat, running)
    beata = await add_person(running.system, "Beata")  # the caller is Anna's by now
    second = await sign_in(devices[1], running, beata)

    await first.get_by_role("button", name="Przekaż").click()
    window = first.get_by_role("dialog", name="Przekaż rozmowę")
    await window.get_by_label("Beata Testowa").check()
    await window.get_by_role("button", name="Zapytaj w rozmowie").click()
    await expect(chat.get_by_text("Rozmowę może dalej prowadzić Beata.")).to_be_visible()
    await write(chat, "Tak, zgadzam się.")
    await window.get_by_label("tak", exact=True).check()
    await window.get_by_label("Krótka notatka").fill("Pogrzeb był w sobotę, mieszka sama.")
    await window.get_by_role("button", name="Przekaż").click()
    await expect(window).to_be_hidden()
    await expect(first.get_by_text("Prośba o przejęcie wysłana: Beata Testowa.")).to_be_visible()

    card = second.locator("transfer-card")
    await expect(card).to_contain_text("Anna Testowa zaprasza do czytania rozmowy")
    await card.get_by_role("button", name="Czytaj rozmowę").click()
    await expect(chat.get_by_text("Rozmowę czyta teraz także Beata. Odpowiada nadal Anna.")).to_be_visible()
    await expect(first.get_by_text("Wgląd ma teraz (1): Beata Testowa")).to_be_visible()
    await said(second, "Pogrzeb był w sobotę, mieszka sama.").to_be_visible()
    await second.get_by_placeholder("Notatka dla zespołu").fill("Mogę przejąć, mam wolne pół godziny.")
    await second.get_by_role("button", name="Zapisz notatkę").click()
    await said(first, "Mogę przejąć, mam wolne pół godziny.").to_be_visible()

    await card.get_by_role("button", name="Przejmij rozmowę").click()
    await expect(chat.get_by_text("Rozmowę prowadzi teraz: Beata.").first).to_be_visible()
    await expect(first.get_by_text("prowadzi teraz Beata Testowa").first).to_be_visible()
    await second.get_by_placeholder("Wiadomość do rozmówcy").fill("Dzień dobry, tu Beata. Czytałam wszystko.")
    await second.get_by_role("button", name="Wyślij").click()
    await expect(chat.locator(".bubble", has_text="Czytałam wszystko.")).to_be_visible()
    assert "mieszka sama" not in await chat.content()


async def test_a_colleague_is_asked_answers_in_a_note_and_leaves_and_is_out_when_the_talk_ends(
    running: Running, devices: list[BrowserContext]
) -> None:
    anna = await add_person(running.system, "Anna")
    first, chat = await sign_in(devices[0], running, anna), await devices[2].new_page()
    await meet(first, chat, running)
    second = await sign_in(devices[1], running, await add_person(running.system, "Beata"))
    card = second.locator("transfer-card")

    async def asks() -> None:
        await first.get_by_role("button", name="Przekaż").click()
        window = first.get_by_role("dialog", name="Przekaż rozmowę")
        await window.get_by_label("Beata Testowa").check()
        await window.get_by_role("button", name="Przekaż").click()
        await card.get_by_role("button", name="Czytaj rozmowę").click()
        await expect(first.get_by_text("Wgląd ma teraz (1): Beata Testowa")).to_be_visible()

    await first.get_by_label("Notatka", exact=True).check()
    await first.get_by_label("Notatka dla zespołu").fill("Czy poradnia żałoby przyjmuje w soboty?")
    await first.get_by_role("button", name="Zapisz notatkę").click()
    await asks()
    await said(second, "Czy poradnia żałoby przyjmuje w soboty?").to_be_visible()
    await second.get_by_placeholder("Notatka dla zespołu").fill("Tak, od dziewiątej.")
    await second.get_by_role("button", name="Zapisz notatkę").click()
    await said(first, "Tak, od dziewiątej.").to_be_visible()
    await card.get_by_role("button", name="Zakończ czytanie").click()
    await expect(chat.get_by_text("Beata już nie czyta tej rozmowy.")).to_be_visible()
    await expect(second.locator("talk-view .bubble")).to_have_count(0)

    await asks()
    await end(first)
    await expect(second.locator("talk-view .bubble")).to_have_count(0)
    await expect(card).to_be_hidden()
    for words in ("poradnia żałoby", "od dziewiątej"):
        assert words not in await chat.content()
