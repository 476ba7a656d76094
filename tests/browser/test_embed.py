"""The button on a centre's own site: another origin, in a real browser."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from hotline.actions import contacts
from hotline.errors import NotSignedIn
from hotline.web import assets
from tests import servers
from tests.browser.callers import answer, reply, stored, weather
from tests.factories import TRUST, Person, Running

POLICY = "default-src 'none'; script-src {home}; connect-src {home}; frame-src {home}"
COMPLAINTS = {"warning", "error"}  # "info" is Chromium's word that leaving cleared what it was told to clear
TRACES = """async () => ({...sessionStorage, ...localStorage, cookies: document.cookie,
  bases: (await indexedDB.databases()).length, caches: (await caches.keys()).length})"""


@asynccontextmanager
async def site(running: Running, settings: str = "") -> AsyncIterator[str]:
    """A site that has the button and a strict policy of its own; its origin."""
    home = running.url
    script = f'<script src="{home}/embed.js" data-line="{TRUST}" {settings} async></script>'
    page = f'<!doctype html><html lang="pl"><title>Ośrodek</title>{script}<h1>Ośrodek</h1>'

    async def shown(request: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": POLICY.format(home=home)}
        frame = f'<iframe src="{home}/chat/{TRUST}"></iframe>' if "framed" in request.query else ""
        return web.Response(text=page + frame, content_type="text/html", charset="utf-8", headers=headers)

    app = web.Application()
    app.router.add_get("/", shown)
    runner = web.AppRunner(app)
    await runner.setup()
    port = servers.free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://localhost:{port}"
    finally:
        await runner.cleanup()


@pytest.fixture
async def page(device: BrowserContext) -> Page:
    """A tab of somebody who sees into the button's shadow, which is closed to the site's own scripts."""
    await device.add_init_script(
        "const attach = Element.prototype.attachShadow;"
        "Element.prototype.attachShadow = function (how) {"
        "  window.shadow = how.mode; return attach.call(this, { mode: 'open' }); };"
    )
    return await device.new_page()


def welcomes(running: Running, *origins: str) -> None:
    """These are the centre's sites. The file takes https only, which a test has no certificate for."""
    running.system.centre = running.system.centre.model_copy(update={"embed_origins": origins})


async def test_a_talk_behind_a_button_on_another_site(page: Page, running: Running, anna: Person) -> None:
    asked, told = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url.removeprefix(running.url)))
    page.on("console", lambda message: told.append(message.text) if message.type in COMPLAINTS else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    async with site(running) as origin:
        welcomes(running, origin)
        await page.goto(origin)
        button = page.get_by_role("button", name="Rozmowa")
        await expect(button).to_be_visible()
        assert [each for each in asked if each.startswith("/")][:2] == [
            "/embed.js",
            f"/embed/{TRUST}?lang=pl",
        ]
        assert not any("/chat/" in each for each in asked)
        assert await page.evaluate("shadow") == "closed"
        assert await page.evaluate(TRACES) == {"cookies": "", "bases": 0, "caches": 0}

        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        inside = page.frame_locator("iframe[title=Rozmowa]")
        await expect(inside.get_by_text("To czat wsparcia")).to_be_visible()
        await page.keyboard.press("Tab")
        await expect(inside.get_by_role("link", name="Szybkie wyjście")).to_be_focused()
        await inside.get_by_label("Wiadomość", exact=True).fill("Piszę z innej strony.")
        await inside.get_by_role("button", name="Wyślij", exact=True).click()
        contact = await answer(running, anna)
        await page.keyboard.press("Escape")
        await expect(button).to_be_focused()
        await expect(page.locator("iframe")).to_be_hidden()
        await reply(running, anna, contact, "Jestem, proszę pisać.")
        await page.keyboard.press("Enter")
        await expect(inside.get_by_text("Jestem, proszę pisać.")).to_be_visible()
        await page.get_by_role("button", name="Zwiń").click()
        await expect(button).to_be_focused()
        assert await stored(running, contact) == ["Piszę z innej strony.", "Jestem, proszę pisać."]
        assert await page.evaluate(TRACES) == {"cookies": "", "bases": 0, "caches": 0}

        await button.click()
        await inside.get_by_role("link", name="Szybkie wyjście").click()
        await page.wait_for_url("**://www.imgw.pl/**")
        assert told == []


async def test_who_steps_into_the_talk_before_all_of_it_is_there_stays_where_they_are(
    page: Page, running: Running, anna: Person
) -> None:
    arrived = asyncio.Event()

    async def late(asked: Route) -> None:
        await arrived.wait()
        await asked.continue_()

    await page.route("**/static/**/*.js", late)
    async with site(running) as origin:
        welcomes(running, origin)
        await page.goto(origin)
        await page.get_by_role("button", name="Rozmowa").click()
        inside = page.frame_locator("iframe[title=Rozmowa]")
        way_out = inside.get_by_role("link", name="Szybkie wyjście")
        await expect(way_out).to_be_visible()
        await page.keyboard.press("Tab")
        await expect(way_out).to_be_focused()
        arrived.set()
        await page.frames[1].wait_for_load_state("load")
        await page.evaluate("() => new Promise(done => setTimeout(done, 100))")
        await expect(way_out).to_be_focused()


async def test_a_site_may_say_where_quick_exit_leads_and_which_language_is_spoken(
    page: Page, running: Running, anna: Person
) -> None:
    await page.set_viewport_size({"width": 320, "height": 560})
    async with site(running, 'data-exit="stay" data-lang="uk"') as origin:
        welcomes(running, origin)
        await page.goto(origin)
        await page.get_by_role("button", name="Розмова").click()
        inside = page.frame_locator("iframe")
        await expect(inside.get_by_text("Це чат підтримки")).to_be_visible()
        box = await page.locator("iframe").bounding_box()
        assert box is not None
        assert (box["x"], box["width"]) == (0, 320)
        assert await inside.locator("html").evaluate("root => root.scrollWidth <= innerWidth")
        await inside.get_by_role("textbox").first.fill("Добрий день.")
        await inside.get_by_role("button", name="Надіслати").click()
        words = inside.locator(".bubble-own .bubble-text")
        await expect(words).to_have_attribute("lang", "uk")
        contact = await answer(running, anna)
        await expect(inside.locator("li.line-system").last).to_have_attribute("lang", "uk")
        assert await stored(running, contact) == ["Добрий день."]
        for _ in range(3):
            await page.keyboard.press("Shift")
        await expect(page.locator("iframe")).to_have_count(0)
        await expect(page.get_by_role("button")).to_have_count(0)
        assert page.url == f"{origin}/"


async def test_in_a_frame_without_script_quick_exit_takes_the_whole_window(
    browser: Browser, running: Running, anna: Person
) -> None:
    context = await browser.new_context(locale="pl-PL", java_script_enabled=False)
    await context.route("**://www.imgw.pl/**", weather)
    page = await context.new_page()
    async with site(running) as origin:
        welcomes(running, origin)
        await page.goto(f"{origin}/?framed")
        inside = page.frame_locator("iframe")
        await inside.get_by_label("Wiadomość", exact=True).fill("Boję się.")
        await inside.get_by_role("button", name="Wyślij", exact=True).click()
        await expect(inside.locator(".bubble")).to_be_visible()
        token = await inside.locator("#plain input[name=token]").input_value()
        await inside.get_by_role("button", name="Szybkie wyjście").click()
        await page.wait_for_url("**://www.imgw.pl/**")
        with pytest.raises(NotSignedIn):
            await contacts.caller_of(running.system, token)
        await page.goto(f"{origin}/?framed")  # before the first word it is a link
        await inside.get_by_role("link", name="Szybkie wyjście").click()
        await page.wait_for_url("**://www.imgw.pl/**")
    await context.close()


async def test_a_foreign_site_gets_neither_button_nor_frame_nor_word(
    page: Page, running: Running, anna: Person
) -> None:
    async with site(running) as ours, site(running) as foreign:
        welcomes(running, ours)
        await page.goto(foreign)
        async with page.expect_event("requestfailed", lambda each: "/embed/" in each.url):
            pass
        await expect(page.get_by_role("button")).to_have_count(0)

        # One that frames the page all the same sees nothing, and one that greets it hears nothing.
        await page.evaluate(
            """src => { window.heard = [];
              addEventListener("message", ({ data }) => heard.push(data));
              const frame = document.body.appendChild(document.createElement("iframe"));
              frame.addEventListener("load", () => frame.contentWindow.postMessage({ hotline: "hello" }, "*"));
              frame.src = src; }""",
            f"{running.url}/chat/{TRUST}",
        )
        await page.wait_for_timeout(500)
        assert await page.frames[-1].locator("hotline-chat").count() == 0
        assert await page.evaluate("heard") == []


async def test_nobody_on_duty_is_said_or_the_button_is_not_there(page: Page, running: Running) -> None:
    for settings, shown in (("", 1), ('data-away="hide"', 0)):
        async with site(running, settings) as origin:
            welcomes(running, origin)
            async with page.expect_response(lambda each: "/embed/" in each.url):
                await page.goto(origin)
            await page.wait_for_timeout(200)
            await expect(page.get_by_role("button", name="Teraz nikt nie dyżuruje")).to_have_count(shown)


def test_the_loader_is_small() -> None:
    assert len(gzip.compress(assets.files()["js/embed.js"].read_bytes(), 9)) < 5_000
