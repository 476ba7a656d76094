"""The check of a shift: the console reminds, a page without a script takes it, the board hears what does not work."""

from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.factories import Person, Running, add_person


async def enter(context: BrowserContext, running: Running, person: Person, path: str) -> Page:
    page = await context.new_page()
    page.set_default_timeout(30_000)
    await page.goto(running.url + await running.sign_in_path(person.id))
    await page.get_by_role("button", name="Wejdź").click()
    await page.goto(running.url + path)
    return page


async def answer(page: Page, yes: bool, *questions: str) -> None:
    for question in questions:
        row = page.get_by_role("group", name=question)
        await row.get_by_label("Tak" if yes else "Nie").check()


async def test_a_phone_that_does_not_work_is_on_the_board_until_it_does(
    browser: Browser, running: Running, anna: Person
) -> None:
    maria = await add_person(running.system, "Maria", (), ("supervisor",), hours=None, present=False)
    with_script = await browser.new_context(locale="pl-PL")
    without = await browser.new_context(locale="pl-PL", java_script_enabled=False)
    console = await enter(with_script, running, anna, "/console")
    reminder = console.locator("my-state .check-due")
    await expect(reminder).to_have_text("Kontrola na początek dyżurujeszcze niezrobiona")
    board = await enter(await browser.new_context(locale="pl-PL"), running, maria, "/board")
    check = board.locator(".line-check").first
    await expect(check).to_have_text("Kontrola niezrobiona – Anna Testowa")

    page = await enter(without, running, anna, "/shift-check")
    await answer(page, True, "Telefon dyżurny", "Telefon odbiera się", "Osoba dzwoniąca dowiaduje się")
    await answer(page, False, "Połączenie próbne na numer linii")
    await page.get_by_label("Uwaga dla osoby kierującej").fill("Linia głucha, zgłoszone operatorowi.")
    await page.get_by_role("button", name="Sprawdź i zapisz").click()
    await expect(page.get_by_role("main").get_by_role("status")).to_contain_text(
        "wie już osoba kierująca dyżurem"
    )
    await expect(page.locator(".seen-ok")).to_have_count(2)  # the console and the chat
    await expect(page.get_by_role("group", name="Telefon dyżurny").get_by_label("Tak")).to_be_checked()
    await expect(reminder).to_contain_text("coś nie działa")
    await expect(board.locator(".trouble", has_text="Kontrola dyżuru: coś nie działa")).to_be_visible()
    await expect(check).to_have_text("Kontrola: coś nie działa – Anna Testowa")
    await check.get_by_role("link").click()
    row = board.locator(".team .card", has_text="Anna Testowa")
    await expect(row).to_contain_text("Nie: Połączenie próbne na numer linii")
    await expect(row).to_contain_text("Linia głucha, zgłoszone operatorowi.")
    await board.go_back()

    await answer(page, True, "Połączenie próbne na numer linii")
    await page.get_by_role("button", name="Sprawdź ponownie").press("Enter")
    await expect(page.get_by_role("main").get_by_role("status")).to_contain_text("Wszystko sprawdzone")
    await expect(reminder).to_be_hidden()
    await expect(check).to_have_text("Kontrola zrobiona")
    await expect(board.locator(".trouble", has_text="Kontrola dyżuru")).to_have_count(0)
    for context in (with_script, without, board.context):
        await context.close()
