"""The board in a real browser: what is wrong comes first, numbers change where they stand, decisions are made."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, ViewportSize, expect
from sqlalchemy import update

from hotline.actions import assignments, contacts, messages, presence, roster
from hotline.rules.access import OPERATOR
from hotline.store import staffing
from hotline.store.tables import contacts as contact_rows
from tests.factories import (
    TRUST,
    VICTIMS,
    Caller,
    MovableClock,
    Person,
    Running,
    add_caller,
    add_person,
    instant,
    pending,
    running_house,
    settings_in,
)

NIGHT = instant("2026-11-24T02:14")
SIZES: dict[str, ViewportSize] = {
    "desk": {"width": 1280, "height": 800},
    "wall": {"width": 1920, "height": 1080},
    "phone": {"width": 360, "height": 740},
}


@pytest.fixture
async def desk(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(locale="pl-PL", viewport=SIZES["desk"])
    context.set_default_timeout(30_000)
    yield context
    await context.close()


@pytest.fixture
async def maria(running: Running) -> Person:
    """A supervisor."""
    return await add_person(running.system, "Maria", (), ("supervisor",), hours=None, present=False)


async def sign_in(context: BrowserContext, running: Running, person: Person, path: str = "/board") -> Page:
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script: {error}"))
    await page.goto(running.url + await running.sign_in_path(person.id))
    await page.get_by_role("button", name="Wejdź").click()
    await page.wait_for_url("**/console")
    await page.goto(running.url + path)
    return page


async def employ(running: Running, login: str, name: str, lines: tuple[str, ...], hours: float = 8) -> Person:
    """A person with a long name, on duty and present."""
    person = await add_person(running.system, login, lines, hours=hours)
    async with running.system.transaction(OPERATOR) as tx:
        await staffing.change(tx, person.id, name=name)
    return person


async def waits(running: Running, contact_id: str, minutes: float) -> None:
    """As if it had come so long ago."""
    at = running.system.clock.now() - timedelta(minutes=minutes)
    async with running.system.transaction(OPERATOR) as tx:
        change = update(contact_rows).where(contact_rows.c.id == contact_id)
        await tx.connection.execute(change.values(arrived_at=at))


async def talks(running: Running, person: Person, text: str) -> Caller:
    """A conversation of this person's, however fast the engine is."""
    caller = await add_caller(running.system, text)
    await assignments.pick_up(running.system, person.actor, caller.contact_id)
    return caller


async def a_bad_night(running: Running) -> None:
    """Twelve wait, three talk, a card is owed, danger left in a hurry; lines with nobody, and a silent console."""
    system = running.system
    anna = await employ(running, "anna", "Anna Wiśniewska-Kaczmarczyk", (TRUST,))
    beata = await employ(running, "beata", "Beata Grzegorzewska", (TRUST,))
    celina = await employ(running, "celina", "Aleksandra Wójcik", (TRUST,), hours=1)
    silent = await add_person(system, "dorota", (VICTIMS,), present=False)
    async with system.transaction(OPERATOR) as tx:
        await staffing.change(tx, silent.id, name="Dorota Szczepańska-Brzęczyszczykiewicz")
    held = [await talks(running, person, "Dzień dobry.") for person in (anna, anna, beata)]
    for caller in held:
        await waits(running, caller.contact_id, 25)
    await messages.reply(system, beata.actor, held[-1].contact_id, "reply-of-beata", "Dobry wieczór.")
    ended = await talks(running, beata, "Dziękuję.")
    await contacts.end(system, beata.actor, ended.contact_id, "completed")
    await presence.set_intent(system, celina.actor, "break", 15)
    for number in range(10):
        topic = ("family", "work", "information", "violence", "addiction")[number % 5]
        line = VICTIMS if number % 4 == 3 else TRUST
        caller = await add_caller(system, topic=topic, line=line)
        await waits(running, caller.contact_id, 3 * number)
    danger = [await add_caller(system, "On tu jest.", danger="yes") for _ in range(2)]
    await waits(running, danger[0].contact_id, 2)
    await contacts.leave(system, danger[1].actor, danger[1].contact_id, quick=True)
    now = system.clock.now()
    later = await add_person(system, "ewa", (TRUST, VICTIMS), hours=None, present=False)
    for line in (TRUST, VICTIMS):
        await roster.add_shift(
            system, OPERATOR, line, later.id, now + timedelta(hours=7), now + timedelta(hours=16)
        )


async def a_calm_night(running: Running) -> None:
    """Nobody waits, two are there."""
    for login, name, lines in (
        ("anna", "Anna Wiśniewska-Kaczmarczyk", (TRUST,)),
        ("beata", "Beata Grzegorzewska", (VICTIMS,)),
    ):
        await employ(running, login, name, lines, hours=10)


async def fits(page: Page, name: str) -> None:
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, name


async def fits_all(running: Running, who: Person, browser: Browser, night: str, many: int) -> None:
    for name, size in SIZES.items():
        context = await browser.new_context(locale="pl-PL", viewport=size)
        page = await sign_in(context, running, who, "/board?wall=1" if name == "wall" else "/board")
        await expect(page.locator("section[aria-labelledby=waiting-title] .contact")).to_have_count(many)
        await fits(page, f"{night}-{name}")
        for what in ("Przydziel", "Zmień") if many and name != "wall" else ():
            await page.get_by_role("link", name=what).first.click()
            await expect(page.get_by_role("link", name="Wróć do tablicy")).to_be_visible()
            await fits(page, f"{what.lower()}-{name}")
            await page.go_back()
        await context.close()


async def test_a_bad_night_fits_every_screen(running: Running, maria: Person, browser: Browser) -> None:
    """Nothing is wider than the screen."""
    await a_bad_night(running)
    await fits_all(running, maria, browser, "bad", 12)


async def test_a_calm_night_fits_every_screen(running: Running, maria: Person, browser: Browser) -> None:
    """The strip is empty when nothing is wrong."""
    running.clock.set(NIGHT)
    await a_calm_night(running)
    await fits_all(running, maria, browser, "calm", 0)


# -- what it does ------------------------------------------------------------------------------------------


async def test_numbers_change_where_they_stand(running: Running, maria: Person, desk: BrowserContext) -> None:
    anna = await add_person(running.system, "Anna")
    page = await sign_in(desk, running, maria)
    number = page.locator(f"tr[data-key={TRUST}] td.number .big").first
    await expect(number).to_have_text("0")
    await number.evaluate("element => { element.marked = true; window.marked = true }")
    caller = await add_caller(running.system)
    await expect(number).to_have_text("1")
    await expect(page.locator(".contacts .contact-rings")).to_contain_text("Anna Testowa")
    await assignments.pick_up(running.system, anna.actor, caller.contact_id)
    await expect(number).to_have_text("0")
    assert await number.evaluate("element => element.marked && window.marked")
    await expect(page.locator(f"tr[data-key={TRUST}] .chip")).to_have_text("AT rozmowy 1 z 2")


async def test_a_contact_is_offered_handed_over_and_taken_over(
    running: Running, maria: Person, desk: BrowserContext
) -> None:
    anna = await add_person(running.system, "Anna")
    caller = await talks(running, anna, "Dzień dobry.")
    beata = await add_person(running.system, "Beata")
    await presence.set_intent(running.system, beata.actor, "break", 15)
    page = await sign_in(desk, running, maria)
    await page.get_by_role("link", name="Zmień").click()
    await page.get_by_label("Beata Testowa").check()
    await page.locator("#why-hand").fill("Anna kończy dyżur.")
    await page.get_by_role("button", name="Przekaż", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("Tej osobie nie można teraz przydzielić")
    await page.get_by_label("Beata Testowa").check()
    await page.get_by_label("Przekaż mimo").check()
    await page.locator("#why-hand").fill("Anna kończy dyżur.")
    await page.get_by_role("button", name="Przekaż", exact=True).click()
    await expect(page.locator("section[aria-labelledby=talks-title] .contact")).to_contain_text(
        "Beata Testowa"
    )

    await page.get_by_role("link", name="Zmień").click()
    await assignments.hand_over(
        running.system, maria.actor, caller.contact_id, beata.id, anna.id, "Pomyłka.", overrule=True
    )
    await page.locator("#why-take").fill("Trzeba pomóc.")
    await page.get_by_role("button", name="Przejmij rozmowę").click()
    await expect(page.get_by_role("alert")).to_contain_text("nie prowadzi już osoba")
    await page.locator("#why-take").fill("Trzeba pomóc.")
    await page.get_by_role("button", name="Przejmij rozmowę").click()
    await page.wait_for_url("**/console?open=*")
    await expect(page.locator("talk-view .bubble", has_text="Dzień dobry.")).to_be_visible()
    await expect(page.get_by_label("Wiadomość do rozmówcy")).to_be_visible()


async def test_without_an_engine_the_strip_says_so_and_hands_do_the_work(
    tmp_path: Path, desk: BrowserContext
) -> None:
    settings = settings_in(tmp_path)
    async with running_house(settings, MovableClock(), engine=False) as running:
        maria = await add_person(running.system, "Maria", (), ("supervisor",), hours=None)
        anna = await add_person(running.system, "Anna")
        await add_caller(running.system)
        page = await sign_in(desk, running, maria)
        await expect(page.locator(".strip")).to_contain_text("Przydzielanie rozmów nie działa")
        await page.get_by_role("link", name="Przydziel").click()
        await page.get_by_label("Anna Testowa").check()
        await page.get_by_role("button", name="Zaproponuj").click()
        await expect(page.locator(".contact-rings")).to_contain_text("Anna Testowa")
        (offer,) = await pending(running.system)
        assert offer.staff_id == anna.id
        await page.get_by_role("link", name="Przydziel").click()
        await page.get_by_role("button", name="Odbierz").click()
        await page.wait_for_url("**/console?open=*")
        await expect(page.locator("talk-view .bubble")).to_be_visible()
        assert await pending(running.system) == []


async def test_an_alarm_is_taken_by_one_and_the_others_see_by_whom(
    running: Running, maria: Person, desk: BrowserContext
) -> None:
    caller = await add_caller(running.system, danger="yes")
    await contacts.leave(running.system, caller.actor, caller.contact_id, quick=True)
    page = await sign_in(desk, running, maria)
    alarm = page.locator(".strip .trouble").filter(has_text="nagle zamknięta")
    await alarm.get_by_role("button", name="Zajmuję się").click()
    await expect(alarm).to_contain_text("Zajmuje się tym Maria Testowa.")
    await expect(alarm.get_by_role("button", name="Zajmuję się")).to_have_count(0)


async def test_what_is_shown_says_how_old_it_is_once_nothing_new_comes(
    tmp_path: Path, desk: BrowserContext
) -> None:
    async with running_house(settings_in(tmp_path), MovableClock()) as running:
        maria = await add_person(running.system, "Maria", (), ("supervisor",), hours=None)
        page = await sign_in(desk, running, maria)
        await expect(page.locator(".clock")).to_contain_text("10:00")
    await expect(page.locator("#connection")).to_contain_text(
        "Brak połączenia z serwerem. Widać stan z 10:00."
    )


async def test_the_board_is_read_without_a_script(running: Running, maria: Person, browser: Browser) -> None:
    await add_caller(running.system, danger="yes")
    context = await browser.new_context(locale="pl-PL", java_script_enabled=False)
    page = await sign_in(context, running, maria)
    await expect(page.locator(".strip")).to_contain_text("Zagrożenie teraz: nr 1 czeka od 10:00")
    await expect(page.locator(f"tr[data-key={TRUST}]")).to_contain_text("Nikt")
    await page.get_by_role("link", name="Przydziel").click()
    await expect(page.get_by_role("button", name="Odbierz")).to_be_visible()
    await context.close()


# -- and what consoles show of it ---------------------------------------------------------------------------


async def test_who_leads_reads_along_and_the_holder_sees_it(
    running: Running, maria: Person, desk: BrowserContext, browser: Browser
) -> None:
    anna = await add_person(running.system, "Anna")
    caller = await talks(running, anna, "Dzień dobry.")
    other = await browser.new_context(locale="pl-PL", viewport=SIZES["desk"])
    hers = await sign_in(other, running, anna, "/console")
    page = await sign_in(desk, running, maria)
    await page.get_by_role("link", name="Zmień").click()
    await page.locator("#why-look").fill("Prośba o radę.")
    await page.get_by_role("button", name="Otwórz").click()
    await page.wait_for_url("**/console?open=*")
    await expect(page.locator("talk-view .bubble", has_text="Dzień dobry.")).to_be_visible()
    await expect(page.locator("talk-view")).to_contain_text("tylko do odczytu")
    await expect(page.get_by_label("Wiadomość do rozmówcy")).to_be_hidden()
    await expect(page.locator("contact-card textarea").first).to_be_disabled()
    await expect(hers.locator("talk-view")).to_contain_text("Wgląd w rozmowę: Maria Testowa")
    await messages.reply(running.system, anna.actor, caller.contact_id, "reply-of-anna", "Jestem.")
    await expect(page.locator("talk-view .bubble", has_text="Jestem.")).to_be_visible()

    # Maria goes on with it: Anna reads who has it, and can write no more.
    await page.goto(f"{running.url}/board/contacts/{caller.contact_id}")
    await page.locator("#why-take").fill("Anna źle się czuje.")
    await page.get_by_role("button", name="Przejmij rozmowę").click()
    await expect(hers.locator(".passed-on")).to_contain_text("prowadzi teraz Maria Testowa")
    await expect(hers.get_by_label("Wiadomość do rozmówcy")).to_be_hidden()
    await expect(page.get_by_label("Wiadomość do rozmówcy")).to_be_visible()
    await other.close()


async def test_a_waiting_contact_is_picked_up_from_the_queue(
    running: Running, maria: Person, desk: BrowserContext
) -> None:
    anna = await add_person(running.system, "Anna", text_limit=2)
    await presence.set_intent(running.system, anna.actor, "break", 15)  # nothing is offered to her
    first = await add_caller(running.system, "Pierwsza.")
    await add_caller(running.system, "Druga.")
    page = await sign_in(desk, running, anna, "/console")
    await expect(page.locator(".wait")).to_have_count(2)
    # by key: under a pointer a page that is still being drawn may move away
    await page.locator(".wait").last.get_by_role("button", name="Odbierz").press("Enter")
    await expect(page.locator("talk-view .bubble", has_text="Druga.")).to_be_visible()
    await expect(page.locator(".wait")).to_have_count(1)
    await expect(page.get_by_label("Wiadomość do rozmówcy")).to_be_visible()

    # A click that comes too late: the row is still shown to her, and the sentence says what happened.
    await desk.route("**/pick-up", late_by(running, maria, first.contact_id))
    await page.locator(".wait").get_by_role("button", name="Odbierz").click()
    await expect(page.locator("queue-list [role=alert]")).to_contain_text("nie ma już w kolejce")


def late_by(running: Running, who: Person, contact_id: str) -> Callable[[Route], Awaitable[None]]:
    """Somebody else is faster than the request on its way."""

    async def handle(route: Route) -> None:
        await assignments.pick_up(running.system, who.actor, contact_id)
        await route.continue_()

    return handle
