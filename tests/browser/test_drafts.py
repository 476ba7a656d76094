"""What is half written outlives the page and is there on the other machine of the same person."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.test_console import DESK, PHONE, said, sign_in
from tests.factories import Running, add_person, talk

OTHER = "Na innym urządzeniu jest inny szkic."


@pytest.fixture
async def pages(running: Running, browser: Browser) -> AsyncIterator[tuple[Page, Page]]:
    """Anna at her desk and with her telephone, one conversation on both screens."""
    anna = await add_person(running.system, "Anna")
    await talk(running.system, anna, text="Nie mogę spać od pogrzebu.")
    contexts = [await browser.new_context(locale="pl-PL", viewport=size) for size in (DESK, PHONE)]
    for context in contexts:
        context.set_default_timeout(30_000)
    desk, phone = [await sign_in(context, running, anna) for context in contexts]
    await phone.locator('.tabs [data-pane="middle"]').click()
    for page in (desk, phone):
        await said(page, "Nie mogę spać od pogrzebu.").to_be_visible()
    yield desk, phone
    for context in contexts:
        await context.close()


def field(page: Page) -> Locator:
    return page.get_by_label("Wiadomość do rozmówcy")


def saves(page: Page, words: str) -> Any:
    """While this block runs, the page has these words kept."""
    return page.expect_response(
        lambda answer: (
            answer.url.endswith("/drafts") and answer.ok and words in (answer.request.post_data or "")
        )
    )


async def asks(page: Page) -> bool:
    """Would whoever leaves the page now be asked first?"""
    return bool(await page.evaluate("!dispatchEvent(new Event('beforeunload', { cancelable: true }))"))


async def test_half_written_words_are_there_again_and_on_the_other_machine(pages: tuple[Page, Page]) -> None:
    desk, phone = pages
    async with saves(desk, "Dobrze"):
        await field(desk).fill("Dobrze, że Pani")
    await desk.reload()
    await expect(field(desk)).to_have_value("Dobrze, że Pani")
    await expect(field(phone)).to_have_value("Dobrze, że Pani")

    # both are written in: neither text takes the place of the other before it is asked for
    await desk.context.set_offline(True)
    assert not await asks(desk)
    await field(desk).fill("Dobrze, że Pani pisze.")
    assert await asks(desk)
    async with saves(phone, "jest."):
        await field(phone).fill("Dobrze, że Pani jest.")
    await desk.context.set_offline(False)
    line = desk.locator(".composer .draft-other")
    await expect(line.get_by_text(OTHER)).to_be_visible(timeout=20_000)
    await expect(field(desk)).to_have_value("Dobrze, że Pani pisze.")
    await line.get_by_role("button", name="Wczytaj").click()
    await expect(field(desk)).to_have_value("Dobrze, że Pani jest.")
    await expect(field(desk)).to_be_focused()
    await expect(line).to_be_hidden()

    # sent from one, it is gone from the other, and from the next page
    await desk.keyboard.press("Enter")
    await said(phone, "Dobrze, że Pani jest.").to_be_visible()
    for page in (phone, desk):
        await expect(field(page)).to_have_value("")
    await desk.reload()
    await said(desk, "Dobrze, że Pani jest.").to_have_count(1)
    await expect(field(desk)).to_have_value("")

    # the last letters go out with the page that is left
    phone.on("dialog", lambda dialog: dialog.accept())
    await field(phone).fill("Zaraz wracam")
    await phone.goto("about:blank")
    await expect(field(desk)).to_have_value("Zaraz wracam")
    await phone.go_back()

    # half a card, too; what nobody touched goes on following the contact
    async with saves(desk, "reporter_role"):
        await desk.get_by_label("Ustalenia z rozmówcą").fill("Wizyta w środę.")
        await desk.get_by_label("Osoba w kryzysie", exact=True).check()
    await desk.reload()
    await expect(desk.get_by_label("Ustalenia z rozmówcą")).to_have_value("Wizyta w środę.")
    await expect(desk.get_by_label("Osoba w kryzysie", exact=True)).to_be_checked()
    await phone.locator('.tabs [data-pane="right"]').click()
    await expect(phone.get_by_label("Ustalenia z rozmówcą")).to_have_value("Wizyta w środę.")
