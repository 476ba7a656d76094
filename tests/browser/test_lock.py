"""A console that its counsellor has left: warned, locked, still ringing, and open again where it was."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from hotline.actions import passwords, screens, signing_in, staff
from hotline.rules.access import OPERATOR
from hotline.store import staffing
from hotline.web.session import SESSION_COOKIE
from tests.browser.test_console import DESK, said, sign_in
from tests.browser.test_signals import DANGER, OFFER, OUTSIDE
from tests.factories import TRUST, Person, Running, add_caller, add_person, talk

PASSWORD = "trzy zielone rowery"
WORDS = "Nie mogę spać od pogrzebu."


@pytest.fixture
async def desk(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A counsellor's computer whose clock and loudspeaker are the test's."""
    context = await browser.new_context(locale="pl-PL", viewport=DESK)
    context.set_default_timeout(30_000)
    await context.add_init_script(OUTSIDE)
    await context.clock.install()
    yield context
    await context.close()


async def counsellor(running: Running, name: str = "Anna", *, password: bool = True) -> Person:
    """At work, with one conversation."""
    person = await add_person(running.system, name, text_limit=3)
    if password:
        hashed = await passwords.hashed(PASSWORD, name)
        async with running.system.transaction(OPERATOR) as tx:
            await staffing.change(tx, person.id, password_hash=hashed)
    await talk(running.system, person, text=WORDS)
    return person


def lock(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Ekran zablokowany")


def field(page: Page) -> Locator:
    return page.get_by_label("Wiadomość do rozmówcy")


async def unlock(page: Page, password: str = PASSWORD) -> None:
    await page.get_by_label("Hasło").fill(password)
    await page.get_by_role("button", name="Odblokuj").click()


async def nothing_to_read(page: Page) -> None:
    """Neither for eyes nor for ears, nor in the title."""
    spoken = await page.locator("body").aria_snapshot()
    seen = await page.evaluate("document.body.innerText")
    line = (await page.locator("talk-view").count()) and "Telefon Zaufania"
    for text in (spoken, seen, await page.title()):
        for secret in (WORDS, "On stoi za drzwiami", "Dobrze, że", "Kolejka", *([line] if line else [])):
            assert secret not in text, (secret, text)


async def of_session(desk: BrowserContext) -> str:
    return next(each["value"] for each in await desk.cookies() if each["name"] == SESSION_COOKIE)


async def test_a_console_left_alone_locks_rings_and_goes_on_where_it_was(
    desk: BrowserContext, running: Running
) -> None:
    anna = await counsellor(running)
    page = await sign_in(desk, running, anna)
    await said(page, WORDS).to_be_visible()
    async with page.expect_response(lambda answer: answer.url.endswith("/drafts") and answer.ok):
        await field(page).fill("Dobrze, że Pani")
    other = await desk.new_page()  # another tab of the same session
    await other.goto(f"{running.url}/roster/mine")
    await page.bring_to_front()

    # warned, and a key keeps it open, in the other tab too
    await page.clock.fast_forward("59:05")
    warning = page.locator("#lock-warning")
    await expect(warning).to_have_text(
        "Za minutę ekran się zablokuje. Wystarczy poruszyć myszą albo nacisnąć klawisz."
    )
    await page.keyboard.press("Shift")
    await expect(warning).to_be_empty()
    await page.clock.fast_forward("59:05")
    await expect(warning).not_to_be_empty()
    await expect(lock(page)).to_be_hidden()
    await page.clock.fast_forward("01:05")
    await expect(lock(page)).to_be_visible()
    await expect(page.get_by_label("Hasło")).to_be_focused()
    await expect(lock(other)).to_be_visible()
    for each in (page, other):
        await nothing_to_read(each)
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await expect(lock(page)).to_be_visible()
    assert (await signing_in.signed_in(running.system, await of_session(desk))).locked

    # it rings, and says no more
    await page.evaluate("tones.length = 0")
    await add_caller(running.system, "On stoi za drzwiami.", TRUST)
    await expect(page.get_by_text("Zgłoszenie czeka")).to_be_visible()
    await page.wait_for_function(f"tones.includes({OFFER})")
    await nothing_to_read(page)
    await page.keyboard.press("F2")  # and cannot be answered unseen
    await add_caller(running.system, "On stoi za drzwiami.", TRUST, danger="yes")
    await expect(page.get_by_text("Pilne: czeka osoba w zagrożeniu")).to_be_visible()
    await page.wait_for_function(f"tones.includes({DANGER})")
    assert (await page.title()).startswith("Pilne")
    await nothing_to_read(page)

    # the way back
    await unlock(page, "nie to hasło")
    await expect(page.get_by_text("To nie jest hasło tego konta.")).to_be_visible()
    await expect(lock(page)).to_be_visible()
    await unlock(page)
    await expect(lock(page)).to_be_hidden()
    await expect(lock(other)).to_be_hidden()
    await expect(field(page)).to_have_value("Dobrze, że Pani")
    await expect(field(page)).to_be_focused()
    await expect(page.locator("offer-card .offer-title")).to_be_visible()
    await page.keyboard.type(" pisze.")
    await page.keyboard.press("Enter")
    await said(page, "Dobrze, że Pani pisze.").to_be_visible()
    await page.keyboard.press("F2")
    await said(page, "On stoi za drzwiami.").to_be_visible()


async def test_by_hand_after_a_reload_and_with_words_on_their_way(
    desk: BrowserContext, running: Running
) -> None:
    anna = await counsellor(running)
    page = await sign_in(desk, running, anna)
    await said(page, WORDS).to_be_visible()
    await page.get_by_label("Moje menu: Anna Testowa").click()
    await page.get_by_role("button", name="Zablokuj ekran").click()
    await expect(lock(page)).to_be_visible()
    await page.reload()  # from here on the server's own page
    await expect(page.get_by_role("heading", name="Ekran zablokowany")).to_be_visible()
    await nothing_to_read(page)
    await add_caller(running.system, "On stoi za drzwiami.", TRUST)
    await expect(page.get_by_text("Zgłoszenie czeka")).to_be_visible()
    await unlock(page, "nie to hasło")
    await expect(page.get_by_text("To nie jest hasło tego konta.")).to_be_visible()
    await unlock(page)
    await said(page, WORDS).to_be_visible()
    await expect(page.locator("offer-card .offer-title")).to_be_visible()

    # locked from another machine's point of view: what was said without a line is said after unlocking
    await desk.set_offline(True)
    await field(page).fill("Jestem przy Pani.")
    await page.keyboard.press("Enter")
    system, session = running.system, await of_session(desk)
    await screens.lock(system, await signing_in.signed_in(system, session), "hand")
    await desk.set_offline(False)
    await page.clock.fast_forward("00:10")
    await expect(lock(page)).to_be_visible(timeout=20_000)
    await nothing_to_read(page)
    await unlock(page)
    await expect(lock(page)).to_be_hidden()
    await page.clock.fast_forward("00:10")
    await said(page, "Jestem przy Pani.").to_have_count(1)
    await expect(page.locator("talk-view .bubble-failed")).to_have_count(0)
    await page.locator("talk-view").click()
    await page.keyboard.press("Escape")
    await page.keyboard.press("z")
    await expect(lock(page)).to_be_visible()


async def test_without_a_password_a_new_link_opens_it_and_somebody_else_does_not(
    desk: BrowserContext, running: Running
) -> None:
    anna = await counsellor(running, password=False)
    beata = await add_person(running.system, "Beata")
    page = await sign_in(desk, running, anna)
    await said(page, WORDS).to_be_visible()
    await field(page).fill("Dobrze, że Pani")
    await page.keyboard.press("Escape")
    await page.keyboard.press("z")
    await expect(lock(page)).to_be_visible()
    await expect(page.get_by_text("To konto nie ma hasła.")).to_be_visible()
    await expect(page.get_by_label("Hasło")).to_have_count(0)
    link = await staff.issue_link(running.system, OPERATOR, anna.id)
    other = await desk.new_page()
    await other.goto(f"{running.url}/sign-in/once/{link}")
    await other.get_by_role("button", name="Wejdź").click()
    await page.clock.fast_forward("00:16")
    await expect(lock(page)).to_be_hidden()
    await expect(field(page)).to_have_value("Dobrze, że Pani")
    await field(page).press("Enter")
    await said(page, "Dobrze, że Pani").to_be_visible()

    # and whoever signs in as somebody else gets a page of their own
    await page.keyboard.press("Escape")
    await page.keyboard.press("z")
    await expect(lock(page)).to_be_visible()
    await other.goto(running.url + await running.sign_in_path(beata.id))
    await other.get_by_role("button", name="Wejdź").click()
    await page.clock.fast_forward("00:16")
    await expect(page.get_by_label("Moje menu: Beata Testowa")).to_be_visible()
    assert WORDS not in await page.content()
