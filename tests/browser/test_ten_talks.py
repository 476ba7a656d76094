"""Ten talks at once: who waits longest for an answer stands first, and what is unread is so in every browser."""

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from hotline.actions import assignments, messages
from hotline.ids import new_id
from tests.browser.test_console import DESK, said, sign_in
from tests.factories import Caller, Person, Running, add_caller, add_person

MANY = 10


@pytest.fixture
async def anna(running: Running) -> Person:
    return await add_person(running.system, "Anna", text_limit=MANY + 1)


async def ten(running: Running, anna: Person) -> list[Caller]:
    """All of them answered once."""
    talks = []
    for number in range(MANY):
        caller = await add_caller(running.system, f"To rozmowa {number + 1}.")
        await assignments.pick_up(running.system, anna.actor, caller.contact_id)
        await messages.reply(running.system, anna.actor, caller.contact_id, new_id(), "Dzień dobry.")
        talks.append(caller)
    return talks


async def says(running: Running, caller: Caller, text: str) -> None:
    await messages.receive(running.system, caller.actor, caller.contact_id, new_id(), text)


def rows(page: Page) -> Locator:
    return page.locator("mine-list .talk-row strong")


def numbers(*given: int) -> list[str]:
    return [f"nr {number}" for number in given]


def unread(page: Page) -> Locator:
    return page.locator("mine-list .talk-row:has(.unread) strong")


async def test_who_waits_longest_is_first_and_what_is_unread_is_so_in_every_browser(
    running: Running, anna: Person, desk: BrowserContext, browser: Browser
) -> None:
    talks = await ten(running, anna)
    page = await sign_in(desk, running, anna)
    await expect(rows(page)).to_have_text(numbers(*range(1, 11)))
    await said(page, "To rozmowa 1.").to_be_visible()
    await page.locator("mine-list .talk-row").first.focus()

    await says(running, talks[6], "Halo?")
    await expect(page.locator("#spoken-politely")).to_have_text("Rozmowa nr 7: nowe słowa.")
    await says(running, talks[3], "Jest tam ktoś?")
    await expect(page.locator("#spoken-politely")).to_have_text("Rozmowa nr 4: nowe słowa.")
    await says(running, talks[6], "Halo, halo?")  # told already
    await expect(rows(page)).to_have_text(numbers(7, 4, 1, 2, 3, 5, 6, 8, 9, 10))
    await expect(page.locator("mine-list .unread").first).to_have_text("nowe: 2")
    await expect(page.locator("#spoken-politely")).to_have_text("Rozmowa nr 4: nowe słowa.")
    await expect(page.locator("mine-list .talk-row").nth(2)).to_be_focused()  # it has moved, with the focus

    await says(running, talks[0], "Tu na ekranie.")
    await said(page, "Tu na ekranie.").to_be_visible()
    await expect(unread(page)).to_have_text(numbers(7, 4))
    await page.wait_for_timeout(1_500)  # a receipt a second
    await page.reload()
    await expect(unread(page)).to_have_text(numbers(4))  # the first of the list is opened by itself
    await said(page, "Halo, halo?").to_be_visible()

    other = await browser.new_context(locale="pl-PL", viewport=DESK)
    elsewhere = await sign_in(other, running, anna)
    await expect(unread(elsewhere)).to_have_text(numbers(4))
    await elsewhere.locator("mine-list .talk-row", has_text="nr 4").click()
    await said(elsewhere, "Jest tam ktoś?").to_be_visible()
    await expect(unread(page)).to_have_count(0)
    await other.close()
