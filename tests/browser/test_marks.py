"""Two marks: one's words are stored; they stand on the screen of who answers. Nobody claims that they are read."""

import asyncio

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.callers import answer, open_chat, own, stored, write
from tests.browser.test_console_telegram import console
from tests.factories import Person, Running, add_caller, pending
from tests.flows.people import eventually

ADDRESS = "On pisze na https://elsewhere.example/zdjecie.png www.elsewhere.example"
LONGER_THAN_A_RECEIPT_WAITS = 1.2  # seconds
EYES = """
    globalThis.eyes = "visible";
    Object.defineProperty(document, "visibilityState", { get: () => globalThis.eyes });
"""


async def look(page: Page, eyes: str) -> None:
    """The tab of this page is hidden, or visible."""
    await page.evaluate(
        "eyes => { globalThis.eyes = eyes; document.dispatchEvent(new Event('visibilitychange')); }", eyes
    )


async def only_stored(chat: Page, text: str) -> None:
    await asyncio.sleep(LONGER_THAN_A_RECEIPT_WAITS)
    await expect(own(chat, "sent")).to_contain_text([text])


async def test_the_second_mark_comes_when_the_words_are_before_somebodys_eyes(
    browser: Browser, device: BrowserContext, running: Running, anna: Person
) -> None:
    chat = await open_chat(device, running)
    await write(chat, "raz")
    await expect(own(chat, "sent")).to_contain_text(["dotarła"])
    await eventually(lambda: pending(running.system), "an offer")
    page = await console(browser, running, anna)
    await page.evaluate(EYES)
    await expect(own(chat, "sent")).to_have_count(1)  # it rings; nobody has opened it
    await page.locator(".offer-accept").click()
    await expect(own(chat, "shown")).to_contain_text(["na ekranie dyżuru"])

    await look(page, "hidden")
    await write(chat, "dwa")
    await expect(page.locator("talk-view .bubble", has_text="dwa")).to_be_visible()
    await only_stored(chat, "dwa")
    await look(page, "visible")
    await expect(own(chat, "shown")).to_have_count(2)

    await chat.reload()
    await expect(own(chat, "shown")).to_have_count(2)

    await add_caller(running.system, "Ktoś inny.")
    await page.locator(".offer-accept").click()
    await expect(page.locator("talk-view")).to_contain_text("Ktoś inny.")
    await write(chat, "trzy")
    await expect(page.locator("mine-list .unread")).to_be_visible()
    await only_stored(chat, "trzy")


async def test_the_last_words_can_be_corrected_and_no_others(
    device: BrowserContext, running: Running, anna: Person
) -> None:
    page = await open_chat(device, running)
    for text in ("ulica Leśna 5", "mieszkanie 7"):
        await write(page, text)
    await expect(own(page, "sent")).to_have_count(2)
    await expect(page.locator(".bubble-fix")).to_have_count(1)
    await page.locator(".bubble-own").last.get_by_role("button").click()
    await expect(page.get_by_label("Wiadomość", exact=True)).to_have_value("mieszkanie 7")
    await write(page, "mieszkanie 17")
    await expect(page.locator(".bubble-text")).to_have_text(["ulica Leśna 5", "mieszkanie 17"])
    await page.reload()
    await expect(page.locator(".bubble-text")).to_have_text(["ulica Leśna 5", "mieszkanie 17"])


async def goes_on_writing(field: Locator, text: str, hint: Locator) -> None:
    """Until the other side sees that somebody does: a hint that gets lost is not told again, but by the next letter."""
    await field.fill(text)
    async with asyncio.timeout(60):
        while not await hint.is_visible():
            await asyncio.sleep(0.5)
            await field.press_sequentially(".")


async def test_each_side_sees_that_the_other_writes_and_not_what(
    browser: Browser, device: BrowserContext, running: Running, anna: Person
) -> None:
    asked: list[str] = []
    await device.clock.install()
    chat = await open_chat(device, running)
    chat.on("request", lambda request: asked.append(request.url))
    await write(chat, "raz")
    contact_id = await answer(running, anna)
    await expect(chat.get_by_text("Rozmowa z dyżurem: Anna.")).to_be_visible()
    page = await console(browser, running, anna)
    page.on("request", lambda request: asked.append(request.url))
    field = page.get_by_label("Wiadomość do rozmówcy")
    mine = page.get_by_text("Po drugiej stronie ktoś pisze")
    theirs = chat.get_by_text("Po drugiej stronie ktoś pisze")

    await expect(own(chat, "shown")).to_have_count(1)  # the line of the console is up

    # a note is nobody's business; what is not sent is on no screen but one's own
    await page.locator(".mode-note").click()
    await page.get_by_label("Notatka dla zespołu").fill("Brzmi na zmęczoną.")
    await expect(theirs).to_be_hidden()
    await page.locator(".mode-message").click()
    await goes_on_writing(field, "Jestem, prosz", theirs)
    await goes_on_writing(chat.get_by_label("Wiadomość", exact=True), "On mn", mine)
    assert "Jestem, prosz" not in await chat.content()
    assert "On mn" not in await page.locator("body").inner_text()

    # it grows old by itself, and words end it
    await chat.clock.run_for(6_500)
    await expect(theirs).to_be_hidden()
    await write(chat, ADDRESS)
    await expect(page.locator("talk-view .bubble", has_text=ADDRESS)).to_be_visible()
    await expect(mine).to_be_hidden()
    assert await stored(running, contact_id) == ["raz", ADDRESS]

    # an address stays words: nothing to press, nothing fetched to show what is behind it
    await field.fill(ADDRESS)
    await field.press("Enter")
    await expect(chat.locator(".bubble-text", has_text=ADDRESS)).to_have_count(2)
    assert await chat.locator(".bubble").locator("a, img, iframe").count() == 0
    assert await page.locator("talk-view .bubble").locator("a, img, iframe").count() == 0
    assert [url for url in asked if not url.startswith(running.url)] == []
