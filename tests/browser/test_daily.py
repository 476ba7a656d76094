"""The console on a full night: ten talks at once, everything by keyboard, ready replies, a card that fills itself."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from hotline.actions import messages
from tests.browser.test_console import DESK, sign_in
from tests.factories import Caller, Person, Running, add_person, talk


@pytest.fixture
async def anna(running: Running) -> Person:
    return await add_person(running.system, "Anna", text_limit=10)


async def ten_talks(running: Running, anna: Person) -> list[Caller]:
    """The last in danger; the second and the fourth have their answer."""
    callers = []
    for number in range(1, 11):
        danger = {"danger": "yes"} if number == 10 else {}
        callers.append(await talk(running.system, anna, text=f"Słowa {number}", **danger))
        running.clock.advance(seconds=1)
    for place in (1, 3):
        contact_id = callers[place].contact_id
        await messages.reply(running.system, anna.actor, contact_id, f"answer-{place}-00", "Jestem.")
    return callers


def rows(page: Page) -> Any:
    return page.locator(".talk-row")


def row(page: Page, number: int) -> Any:
    return rows(page).filter(has=page.get_by_text(f"nr {number}", exact=True))


async def order(page: Page) -> list[int]:
    return [
        int(each.removeprefix("nr ")) for each in await page.locator(".talk-row strong").all_text_contents()
    ]


async def says(running: Running, caller: Caller, text: str) -> None:
    await messages.receive(
        running.system, caller.actor, caller.contact_id, f"words-{caller.contact_id[-8:]}-{len(text)}", text
    )


async def test_ten_talks_at_once(running: Running, anna: Person, browser: Browser) -> None:
    callers = await ten_talks(running, anna)
    context = await browser.new_context(locale="pl-PL", viewport=DESK)
    page = await sign_in(context, running, anna)
    await expect(rows(page)).to_have_count(10)
    assert await order(page) == [10, 1, 3, 5, 6, 7, 8, 9, 2, 4]
    await expect(row(page, 1)).to_contain_text("czeka chwilę")
    await expect(row(page, 10)).to_have_attribute("aria-current", "true")
    await expect(row(page, 10).locator(".unread")).to_have_count(0)

    # Who begins to wait goes up, and a focus goes along; ears hear where, and never what.
    await row(page, 4).focus()
    await says(running, callers[3], "Tajne słowa")
    await expect(row(page, 4).locator(".unread")).to_have_text("nowe: 1")
    assert await order(page) == [10, 1, 3, 5, 6, 7, 8, 9, 4, 2]
    await expect(row(page, 4)).to_be_focused()
    await expect(page.locator("#spoken-politely")).to_have_text("Rozmowa nr 4: nowe słowa")

    # Nothing moves under a pointer.
    await row(page, 2).hover()
    await messages.reply(running.system, anna.actor, callers[0].contact_id, "answer-first-0", "Już jestem.")
    await expect(row(page, 1)).to_contain_text("od ")
    assert (await order(page))[:2] == [10, 1]
    await page.mouse.move(700, 400)
    await expect(page.locator(".talk-row strong").nth(1)).to_have_text("nr 3")

    # What was read stays read after a reload and on another machine; what was not stays new.
    await row(page, 3).click()
    await expect(page.locator("talk-view")).to_contain_text("Słowa 3")
    await expect(row(page, 3).locator(".unread")).to_have_count(0)
    await page.wait_for_timeout(300)  # the receipt is on its way
    await page.reload()
    await expect(row(page, 4).locator(".unread")).to_have_text("nowe: 1")
    await expect(row(page, 3).locator(".unread")).to_have_count(0)
    await context.close()
