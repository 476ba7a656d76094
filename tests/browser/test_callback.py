"""Being called back, with scripts: out of the queue and back into it; at the desk the rules, then the outcome."""

from datetime import date

from playwright.async_api import BrowserContext, expect

from hotline.actions import callbacks
from hotline.rules.callback import SafeTime, Wish
from hotline.store import views
from tests.factories import TRUST, Person, Running, add_caller


async def test_a_caller_leaves_the_queue_by_the_form_and_comes_back(
    running: Running, device: BrowserContext, anna: Person
) -> None:
    page = await device.new_page()
    await page.goto(f"{running.url}/chat/{TRUST}")
    await page.fill("#text", "Nie mogę teraz pisać.")
    await page.click(".composer-send")
    await page.click("[data-part=callback]")
    await page.fill("#number", "600 100 200")
    await page.select_option("[name=from]", "1080")
    await page.select_option("[name=to]", "1200")
    await page.click(".safe-foot .button-main")
    await expect(page.get_by_text("godz. 18:00")).to_be_visible()
    await page.goto(f"{running.url}/chat/{TRUST}")
    await expect(page.locator("[data-part=state]")).to_contain_text("Oddzwonienie")
    await page.click("[data-part=wait]")
    await expect(page.locator("[data-part=state]")).to_contain_text("Miejsce w kolejce: 1")


async def test_the_desk_shows_what_may_be_said_and_takes_the_outcome(
    running: Running, device: BrowserContext, anna: Person
) -> None:
    system = running.system
    caller = await add_caller(system)
    wish = Wish(SafeTime(date(2026, 11, 23), 8 * 60, 20 * 60), number="600100200", says="first_name")
    await callbacks.ask(system, caller.actor, caller.contact_id, wish)
    page = await device.new_page()
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.goto(running.url + await running.sign_in_path(anna.id))
    await page.click("form button")
    await page.goto(f"{running.url}/console")
    await page.click("offer-card .button-main")
    await expect(page.locator(".call-back")).to_contain_text("tylko własne imię")
    await expect(page.locator(".call-back-number")).to_have_text("600100200")
    await page.click("[data-outcome=reached]")
    await expect(page.locator(".call-back")).to_have_count(0)
    async with system.read() as tx:
        assert await views.open_callbacks(tx, system.centre, anna.actor) == []
