"""A working life in a real browser: invited, signed in with a code, another role while at work, and gone."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect
from pyotp import TOTP

from hotline.actions import staff
from hotline.rules.access import OPERATOR
from tests.factories import Running

PASSWORD = "trzy zielone rowery"


@pytest.fixture
async def computers(browser: Browser) -> AsyncIterator[list[BrowserContext]]:
    """The administrator's and the newcomer's; every page works without script, so the first has none."""
    contexts = [
        await browser.new_context(locale="pl-PL", java_script_enabled=scripts) for scripts in (False, True)
    ]
    for context in contexts:
        context.set_default_timeout(30_000)
    yield contexts
    for context in contexts:
        await context.close()


async def administrator(running: Running, context: BrowserContext) -> Page:
    newcomer = staff.Newcomer("igor", "Igor Wiśniewski", "Igor", ["administrator"])
    igor = await staff.add(running.system, OPERATOR, newcomer)
    page = await context.new_page()
    await page.goto(running.url + await running.sign_in_path(igor))
    await page.get_by_role("button", name="Wejdź").click()
    await expect(page.get_by_role("heading", name="Zespół")).to_be_visible()
    return page


async def invites(page: Page) -> str:
    """Oksana, who will lead shifts and answer; the link that is shown once."""
    await page.get_by_role("link", name="Zaproś osobę").click()
    await page.get_by_label("Login").fill("oksana")
    await page.get_by_label("Imię i nazwisko").fill("Oksana Szewczenko")
    await page.get_by_label("Podpis w rozmowie").fill("Oksana")
    for label in ("dyżurny", "kierujący dyżurem", "ukraiński", "Miejski Telefon Zaufania"):
        await page.get_by_role("checkbox", name=label).check()
    await page.get_by_role("button", name="Zapisz i pokaż link").click()
    return await page.get_by_label("Jednorazowy link").input_value()


async def accepts(page: Page, link: str) -> None:
    await page.goto(link)
    await page.get_by_label("Nowe hasło").fill("oksana oksana")
    await page.get_by_label("To samo hasło jeszcze raz").fill("oksana oksana")
    await page.get_by_role("button", name="Ustaw hasło i wejdź").click()
    await expect(page.get_by_role("alert")).to_contain_text("za łatwe do odgadnięcia")
    await page.get_by_label("Nowe hasło").fill(PASSWORD)
    await page.get_by_label("To samo hasło jeszcze raz").fill(PASSWORD)
    await page.get_by_role("button", name="Ustaw hasło i wejdź").click()
    await expect(page.get_by_role("heading", name="Logowanie dwustopniowe")).to_be_visible()


async def sets_up_codes(page: Page, running: Running) -> TOTP:
    """There is no way round it; the picture is there, and so is the key in words."""
    await page.goto(running.url + "/console")
    await page.wait_for_url("**/account/second-step")
    await page.get_by_role("button", name="Włącz").click()
    drawn = await page.get_by_alt_text("Kod QR").evaluate(
        "image => image.decode().then(() => image.naturalWidth > 0)"
    )
    assert drawn
    app = TOTP("".join((await page.locator(".secret").inner_text()).split()))
    await page.get_by_label("Sześć cyfr").fill("000000")
    await page.get_by_role("button", name="Potwierdź i włącz").click()
    await expect(page.get_by_role("alert")).to_contain_text("nie pasuje")
    await page.get_by_label("Sześć cyfr").fill(app.at(running.clock.now()))
    await page.get_by_role("button", name="Potwierdź i włącz").click()
    await expect(page.get_by_text("Logowanie dwustopniowe jest włączone")).to_be_visible()
    return app


async def signs_in(page: Page, code: str) -> None:
    await page.get_by_label("Login").fill("oksana")
    await page.get_by_label("Hasło").fill(PASSWORD)
    await page.get_by_role("button", name="Zaloguj").click()
    await page.get_by_label("Sześć cyfr").fill(code)
    await page.get_by_role("button", name="Zaloguj").click()


async def test_from_the_invitation_to_the_last_day(running: Running, computers: list[BrowserContext]) -> None:
    igor = await administrator(running, computers[0])
    oksana = await computers[1].new_page()
    link = await invites(igor)
    await accepts(oksana, link)
    app = await sets_up_codes(oksana, running)
    await oksana.locator(".menu summary").click()
    await oksana.get_by_role("button", name="Wyloguj").click()
    await oksana.goto(link)
    await expect(oksana.get_by_text("Ten link nie działa")).to_be_visible()

    await oksana.goto(running.url + "/sign-in")
    running.clock.advance(seconds=30)
    await signs_in(oksana, app.at(running.clock.now()))
    await expect(oksana.locator("my-state .status")).to_be_visible()
    await oksana.goto(running.url + "/account")
    await expect(oksana.get_by_text("ta sesja")).to_be_visible()
    await expect(oksana.get_by_text("Chrome, Linux").first).to_be_visible()
    await oksana.goto(running.url + "/console")
    await expect(oksana.locator("my-state .status")).to_be_visible()

    # Another role while her console is open: it closes, and she is led to what she may do now.
    await igor.goto(running.url + "/staff")
    await igor.get_by_role("link", name="Oksana Szewczenko").click()
    for label in ("dyżurny", "kierujący dyżurem"):
        await igor.get_by_role("checkbox", name=label, exact=True).uncheck()
    await igor.get_by_role("checkbox", name="prowadzący sprawy").check()
    await igor.get_by_role("button", name="Zapisz zmiany").click()
    await expect(igor.get_by_role("main").get_by_role("status")).to_have_text("Zapisano.")
    await oksana.get_by_role("link", name="Zaloguj").click()
    await oksana.wait_for_url("**/cases")

    await igor.get_by_role("link", name="Odejście z zespołu").click()
    await igor.get_by_role("button", name="Zakończ pracę tej osoby").click()
    await expect(igor.get_by_text("Jej sesje są zakończone")).to_be_visible()
    await oksana.reload()
    await oksana.wait_for_url("**/sign-in")
    await oksana.get_by_label("Login").fill("oksana")
    await oksana.get_by_label("Hasło").fill(PASSWORD)
    await oksana.get_by_role("button", name="Zaloguj").click()
    await expect(oksana.get_by_role("alert")).to_be_visible()


async def test_the_last_administrator_is_told_why_not(
    running: Running, computers: list[BrowserContext]
) -> None:
    igor = await administrator(running, computers[0])
    await igor.get_by_role("link", name="Igor Wiśniewski").click()
    await igor.get_by_role("link", name="Odejście z zespołu").click()
    await igor.get_by_role("button", name="Zakończ pracę tej osoby").click()
    await expect(igor.get_by_role("alert")).to_contain_text("ostatnia osoba z rolą administratora")
