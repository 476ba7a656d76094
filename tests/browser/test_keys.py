"""Everything on the console by keyboard: one list says what each key does; from an offer to its card, no mouse."""

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from hotline.texts import say
from hotline.web.console_keys import GROUPS
from tests.browser.test_console import PHONE, said, sign_in
from tests.browser.test_ten_talks import numbers, rows, says, ten
from tests.factories import Person, Running, add_caller, add_person

KEYS = [key for group in GROUPS.values() for key in group]
ACTIONS = """async () => {
  const { src } = document.querySelector('script[src$="/console.js"]');
  return Object.keys((await import(src.replace(/console[.]js$/, "console/keys.js"))).ACTIONS);
}"""


@pytest.fixture
async def anna(running: Running) -> Person:
    return await add_person(running.system, "Anna", text_limit=11)


async def press(page: Page, *keys: str) -> None:
    for key in keys:
        await page.keyboard.press(key)


async def tab_to(page: Page, selector: str) -> None:
    """The way of somebody without a mouse."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"Tab does not lead to {selector}")


async def test_every_listed_key_does_something_and_everything_done_is_listed(
    running: Running, anna: Person, desk: BrowserContext
) -> None:
    page = await sign_in(desk, running, anna)
    bound = {key.action for key in KEYS if key.where != "writing"}
    assert set(await page.evaluate(ACTIONS)) == bound
    assert len({key.key for key in KEYS}) == len({key.action for key in KEYS}) == len(KEYS)
    await press(page, "?")
    sheet = page.get_by_role("dialog", name="Skróty klawiszowe")
    assert await sheet.locator("dd").all_inner_texts() == [
        say(f"staff.desk.key_{key.action}", "pl") for key in KEYS
    ]
    assert await sheet.locator("kbd").all_inner_texts() == [cap for key in KEYS for cap in key.caps]

    # Letters can be switched off, and stay so; what is no single letter goes on.
    await tab_to(page, "#letters")
    await press(page, "Space", "Escape")
    await page.reload()
    await expect(page.locator("my-state .status")).to_be_visible()
    await press(page, "?", "w")
    await expect(page.locator("dialog[open]")).to_have_count(0)
    await add_caller(running.system, "Dzień dobry")
    await expect(page.locator(".offer-accept")).to_be_visible()
    await press(page, "F2")
    await said(page, "Dzień dobry").to_be_visible()


async def test_from_the_offer_to_the_saved_card_among_ten_others(
    running: Running, anna: Person, desk: BrowserContext
) -> None:
    talks = await ten(running, anna)
    page = await sign_in(desk, running, anna)
    await expect(rows(page)).to_have_count(10)
    for number in (8, 5):
        await says(running, talks[number - 1], f"Tu {number}.")
        await expect(rows(page).first).to_have_text("nr 8")
    await expect(rows(page)).to_have_text(numbers(8, 5, 1, 2, 3, 4, 6, 7, 9, 10))
    for key, words in (
        ("u", "Tu 8."),
        ("u", "Tu 5."),
        ("j", "To rozmowa 1."),
        ("k", "Tu 5."),
        ("k", "Tu 8."),
    ):
        await press(page, key)
        await said(page, words).to_be_visible()
    await expect(page.locator("mine-list .unread")).to_have_count(0)

    await add_caller(running.system, "Nie mogę spać od pogrzebu.")
    await expect(page.locator(".offer-accept")).to_be_visible()
    await press(page, "F2")
    await said(page, "Nie mogę spać od pogrzebu.").to_be_visible()
    await press(page, "r")
    await page.keyboard.type("Dobrze, że Pani pisze.")
    await press(page, "Enter", "Escape", "n")
    await page.keyboard.type("Siostra mieszka obok.")
    await press(page, "Enter", "Escape")
    await expect(page.locator(".bubble-note")).to_contain_text("Siostra mieszka obok.")
    await press(page, "F8")
    await expect(page.get_by_label("Szukaj zdania")).to_be_focused()
    await expect(page.get_by_role("option").first).to_be_visible()
    await press(page, "Enter", "Enter", "Escape")
    await expect(page.locator(".bubble-own")).to_have_count(2)
    await raises_and_asks(page)

    await press(page, "e")
    await expect(page.get_by_role("dialog", name="Jak kończy się ta rozmowa?")).to_be_visible()
    await press(page, "Enter")
    await expect(page.locator("talk-view .badge")).to_be_visible()
    await fills_the_card(page)
    await expect(page.locator("contact-card")).to_contain_text("Karta zapisana.")
    await expect(rows(page)).to_have_count(10)


async def raises_and_asks(page: Page) -> None:
    """The windows of a talk, each by its key."""
    await press(page, "i", "ArrowUp", "Tab")
    await page.keyboard.type("Coraz gorzej.")
    await press(page, "Enter")
    await expect(page.locator("dialog[open]")).to_have_count(0)
    await expect(page.locator(".talk-priority")).to_contain_text("Pilne")
    for key, way in (("t", "straight"), ("a", "consult")):
        await press(page, key)
        await expect(page.locator(f'#transfer [value="{way}"]')).to_be_checked()
        await press(page, "Escape")
        await expect(page.locator("dialog[open]")).to_have_count(0)


async def fills_the_card(page: Page) -> None:
    await press(page, "c")
    await expect(page.locator(".card-form :focus")).to_have_count(1)
    await press(page, "Shift+Tab")
    await tab_to(page, '[name="reporter_role"]')
    await press(page, "Space")
    await tab_to(page, '[name="problem_primary"]')
    await page.keyboard.type("Żał")
    await tab_to(page, '[name="help_forms"]')
    await press(page, "Space")
    await tab_to(page, '[name="agreements"]')
    await page.keyboard.type("Wizyta w środę.")
    await press(page, "Control+s")


async def test_what_there_is_once_has_a_key_too_and_on_a_phone_the_keys_bring_their_pane(
    running: Running, anna: Person, browser: Browser
) -> None:
    await ten(running, anna)
    context = await browser.new_context(locale="pl-PL", viewport=PHONE)
    page = await sign_in(context, running, anna)
    for key, pane in (("3", "right"), ("1", "left"), ("2", "middle")):
        await press(page, key)
        await expect(page.locator("#desk")).to_have_attribute("data-pane", pane)
        await expect(page.locator(f"#{pane}")).to_be_focused()
    await press(page, "o")
    await expect(page.locator("my-state .menu-item").first).to_be_focused()
    await press(page, "Escape", "p")
    await expect(page.locator("my-state .status")).to_contain_text("Przerwa do")
    await press(page, "p")
    await expect(page.locator("my-state .status")).to_contain_text("Przyjmuję rozmowy")
    further = page.locator("contact-card .call-back-agree summary")
    await expect(further).to_be_attached()
    await press(page, "b")
    await expect(further).to_be_focused()
    await press(page, "r")
    await expect(page.get_by_label("Wiadomość do rozmówcy")).to_be_focused()
    await context.close()
