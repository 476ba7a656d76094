"""The caller's page when somebody comes in, and when the talk goes on elsewhere."""

from playwright.async_api import Browser, BrowserContext, expect

from tests.browser.callers import answer, open_chat, own, reply, weather, words, write
from tests.factories import Person, Running


async def test_somebody_comes_in_and_the_talk_goes_on_elsewhere(
    browser: Browser, device: BrowserContext, running: Running, anna: Person
) -> None:
    page = await open_chat(device, running)
    await write(page, "Ktoś wchodzi.")
    contact = await answer(running, anna)
    await page.get_by_role("button", name="Ukryj").click()
    dull = page.get_by_role("heading", name="Strona w przygotowaniu")
    await expect(dull).to_be_focused()
    await reply(running, anna, contact, "Poczekam.")
    await page.wait_for_timeout(300)
    assert (await page.locator("body").inner_text()).split("\n")[0] == "Strona w przygotowaniu"
    await page.reload()
    await expect(dull).to_be_visible()
    await expect(page.get_by_text("Poczekam.")).to_be_hidden()
    await page.get_by_role("button", name="Dalej").press("Enter")
    await expect(page.get_by_role("button", name="Ukryj")).to_be_focused()
    await expect(page.get_by_text("Poczekam.")).to_be_visible()

    await page.get_by_role("button", name="Kod rozmowy").click()
    told = await page.get_by_text("Kod: ").inner_text()
    code = told.removeprefix("Kod: ").partition(".")[0]
    assert len(code) == 9
    elsewhere = await browser.new_context(locale="pl-PL", viewport={"width": 320, "height": 640})
    elsewhere.set_default_timeout(30_000)
    await elsewhere.route("**://www.imgw.pl/**", weather)
    phone = await open_chat(elsewhere, running)
    for typed in ("ZZZZ-ZZZZ", code.lower()):
        if typed != code.lower():
            await phone.get_by_text("Mam kod rozmowy").click()
        await phone.get_by_label("Kod", exact=True).fill(typed)
        await phone.get_by_role("button", name="Wróć do rozmowy").first.click()
        if typed != code.lower():
            await expect(phone.get_by_text("Ten kod nie działa.")).to_be_visible()
    await expect(words(phone)).to_have_text(["Ktoś wchodzi.", "Poczekam."])
    assert code not in phone.url
    assert await phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await write(phone, "Już jestem gdzie indziej.")
    await expect(own(phone, "sent")).to_have_count(2)
    await expect(page.locator(".bubble")).to_have_count(0)  # the page before opens nothing any more
    await elsewhere.close()
