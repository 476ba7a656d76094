"""The roster in a real browser: a month is planned, its gap found, one of two replaced, and the answer changes.

Beside it a board hangs on the wall, which nobody touches.
"""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.factories import TRUST, Person, Running, add_person

WIDE: ViewportSize = {"width": 1280, "height": 800}


@pytest.fixture
async def desk(browser: Browser) -> AsyncIterator[BrowserContext]:
    """Without scripts: every page of the roster is useful without one."""
    context = await browser.new_context(locale="pl-PL", viewport=WIDE, java_script_enabled=False)
    context.set_default_timeout(30_000)
    yield context
    await context.close()


@pytest.fixture
async def team(running: Running) -> dict[str, Person]:
    """Three counsellors whom nobody has planned yet, and Maria who plans them."""
    system = running.system
    found = {
        name: await add_person(system, name, hours=None, present=False)
        for name in ("Anna", "Beata", "Celina")
    }
    maria = await add_person(system, "Maria", (), ("supervisor",), hours=None, present=False)
    return {**found, "Maria": maria}


@pytest.fixture
async def wall(browser: Browser, running: Running) -> AsyncIterator[Page]:
    """The board as somebody else who leads has it open, live."""
    context = await browser.new_context(locale="pl-PL", viewport=WIDE)
    context.set_default_timeout(30_000)
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script: {error}"))
    olga = await add_person(running.system, "Olga", (), ("supervisor",), hours=None, present=False)
    await page.goto(running.url + await running.sign_in_path(olga.id))
    await page.get_by_role("button", name="Wejdź").click()
    await page.wait_for_url("**/console")
    await page.goto(f"{running.url}/board")
    await page.evaluate("window.untouched = true")
    yield page
    await context.close()


async def at_the_desk(context: BrowserContext, running: Running, person: Person) -> Page:
    page = await context.new_page()
    await page.goto(running.url + await running.sign_in_path(person.id))
    await page.get_by_role("button", name="Wejdź").click()
    await page.goto(f"{running.url}/roster?line={TRUST}")
    return page


async def test_a_month_is_planned_its_gap_found_and_one_of_two_replaced(
    desk: BrowserContext, running: Running, team: dict[str, Person], wall: Page
) -> None:
    page = await at_the_desk(desk, running, team["Maria"])
    now, there = page.locator(".now"), wall.locator(f"tr[data-key={TRUST}]")
    await expect(now).to_contain_text("nikt nie dyżuruje")
    await expect(there).to_contain_text("Nikt")

    await page.get_by_role("link", name="Wzory i obsada").click()
    await page.get_by_text("Dodaj wzór").click()
    form = page.locator("form[action='/roster/plan/patterns']")
    await form.get_by_label("Od", exact=True).fill("00:00")
    await form.get_by_label("Do", exact=True).fill("22:00")
    await form.get_by_label("Obowiązuje od").fill("2026-11-23")
    await form.get_by_label("Kolej 1, miejsce 1").select_option(label="Anna Testowa")
    await form.get_by_label("Kolej 1, miejsce 2").select_option(label="Beata Testowa")
    await form.get_by_role("button", name="Zapisz").click()
    draft = page.locator("form[action='/roster/drafts']")
    await draft.get_by_label("Pierwszy dzień").fill("2026-11-23")
    await draft.get_by_label("Ostatni dzień").fill("2026-12-20")
    await draft.get_by_role("button", name="Utwórz szkic").click()
    await expect(page.locator(".draft-bar")).to_contain_text("Szkic")
    await expect(now).to_contain_text("nikt nie dyżuruje")  # a draft answers nobody

    await page.get_by_role("link", name="Opublikuj").click()
    await expect(page.locator(".effect-good")).to_contain_text("Brak zostanie zamknięty")
    await page.get_by_role("button", name="Zapisz").click()
    await expect(now).to_contain_text("Anna Testowa, Beata Testowa")
    await expect(there.locator(".chip")).to_have_count(2)
    await expect(there.get_by_title("Beata Testowa").first).to_be_visible()
    await expect(there).not_to_contain_text("Nikt")

    await page.get_by_role("link", name="Tydzień").click()
    monday = page.locator(".need-row td").first
    await expect(monday.locator(".gap-note")).to_have_text("22:00–24:00 nikt")
    await expect(page.locator(".gaps")).to_contain_text("pon. 23.11, 22:00–0:00")

    await page.get_by_role("row", name="Beata").get_by_role("link", name="0:00–22:00").first.click()
    await expect(page.locator(".seat-facts")).to_contain_text("kolej 1 z 1 (Anna Testowa, Beata Testowa)")
    await expect(page.locator(".seat-facts")).to_contain_text("Anna Testowa, pon. 23.11")
    replace = page.locator("form").filter(has=page.get_by_label("Kto przychodzi"))
    await replace.get_by_label("Kto przychodzi").select_option(label="Celina Testowa")
    await replace.get_by_role("button", name="Sprawdź przed zapisem").press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text(
        "Celina Testowa zamiast: Beata Testowa"
    )
    await page.get_by_role("button", name="Zapisz").press("Enter")
    await expect(now).to_contain_text("Anna Testowa, Celina Testowa")
    await expect(there.get_by_title("Celina Testowa").first).to_be_visible()
    await expect(there.get_by_title("Beata Testowa")).to_have_count(0)
    assert await wall.evaluate("window.untouched")  # nobody loaded it anew
    await expect(
        page.get_by_role("row", name="Celina").get_by_role("link", name="po zmianie")
    ).to_be_visible()


async def test_on_a_phone_the_same_is_a_list_by_day(
    browser: Browser, running: Running, team: dict[str, Person]
) -> None:
    await add_person(running.system, "Dorota")
    context = await browser.new_context(locale="pl-PL", viewport={"width": 360, "height": 740})
    page = await at_the_desk(context, running, team["Maria"])
    await expect(page.get_by_role("table")).to_be_hidden()
    today = page.locator(".day-card.is-today")
    await expect(today).to_contain_text("poniedziałek 23.11.2026")
    await expect(today.get_by_role("link", name="9:00–18:00 Dorota Testowa")).to_be_visible()
    await expect(today.locator(".gap-note").first).to_contain_text("nikt")
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    await context.close()


async def test_the_month_for_the_wall_has_signatures_and_nothing_to_press(
    desk: BrowserContext, running: Running, team: dict[str, Person]
) -> None:
    await add_person(running.system, "Dorota")
    page = await at_the_desk(desk, running, team["Maria"])
    await page.get_by_role("link", name="Miesiąc").click()
    await page.emulate_media(media="print")
    row = page.locator("tbody tr").nth(1)
    await expect(row.locator(".print-name")).to_have_text("Dorota")
    await expect(row.locator(".print-name")).to_be_visible()
    for hidden in (".full-name", ".top", ".tools", ".roster-nav", ".now", ".by-day"):
        await expect(page.locator(hidden).first).to_be_hidden()
    assert "195 13" not in await page.locator("main").inner_text()
