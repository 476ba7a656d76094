"""The card in a real browser: complete in a few clicks, what is missing named and reached, the talk followed."""

import asyncio

from playwright.async_api import BrowserContext, Locator, Page, Route, expect

from hotline.actions import contacts
from tests.browser.test_console import anna as anna  # noqa: PLC0414
from tests.browser.test_console import end, said, sign_in
from tests.factories import Person, Running, talk

CLICKS = 4  # who, what help, into the field of what was agreed, save
KEYS = 6  # C Space, C Space, C, Ctrl+S
AGREED = "Wizyta jutro."  # letters that are one key each
COUNT = """() => {
  window.pointed = 0; window.pressed = [];
  addEventListener('pointerdown', () => window.pointed++, true);
  addEventListener('keydown', (event) => {
    if (!['Control', 'Shift'].includes(event.key)) window.pressed.push(event.key);
  }, true);
}"""

REFRESH = "() => { const { desk } = document.querySelector('contact-card'); return desk.refresh(desk.talk); }"


def missing(page: Page) -> Locator:
    return page.locator(".card-missing")


async def after_an_ordinary_talk(running: Running, anna: Person, desk: BrowserContext) -> Page:
    await talk(running.system, anna, text="Nie mogę spać od pogrzebu.", topic="bereavement", danger="no")
    console = await sign_in(desk, running, anna)
    await said(console, "Nie mogę spać od pogrzebu.").to_be_visible()
    await end(console)
    await expect(missing(console)).to_have_text("Brakuje: kto się kontaktuje, formy pomocy, ustalenia")
    await console.evaluate(COUNT)
    return console


async def test_an_ordinary_card_is_complete_in_four_clicks(
    running: Running, anna: Person, desk: BrowserContext
) -> None:
    console = await after_an_ordinary_talk(running, anna, desk)
    await console.get_by_label("Osoba w kryzysie", exact=True).check()
    await console.get_by_label("Natychmiastowa pomoc psychologiczna", exact=True).check()
    await console.get_by_label("Ustalenia z rozmówcą").click()
    await console.keyboard.type(AGREED)
    await expect(missing(console)).to_be_hidden()
    await console.get_by_role("button", name="Zapisz kartę").click()
    await expect(console.locator("contact-card")).to_contain_text("Karta zapisana.")
    assert await console.evaluate("window.pointed") <= CLICKS
    assert len(await console.evaluate("window.pressed")) == len(AGREED)


async def test_by_keyboard_it_is_six_keys(running: Running, anna: Person, desk: BrowserContext) -> None:
    console = await after_an_ordinary_talk(running, anna, desk)
    await console.keyboard.press("c")
    await console.keyboard.press("Space")
    await expect(console.get_by_label("Osoba w kryzysie", exact=True)).to_be_checked()
    await console.keyboard.press("c")
    await console.keyboard.press("Space")
    await expect(missing(console)).to_have_text("Brakuje: ustalenia")
    await console.keyboard.press("c")
    await console.keyboard.type(AGREED)
    await console.keyboard.press("Control+s")
    await expect(console.locator("contact-card")).to_contain_text("Karta zapisana.")
    assert await console.evaluate("window.pointed") == 0
    assert len(await console.evaluate("window.pressed")) - len(AGREED) <= KEYS


async def test_what_is_missing_is_named_reached_and_said_once(
    running: Running, anna: Person, desk: BrowserContext
) -> None:
    console = await after_an_ordinary_talk(running, anna, desk)
    await console.locator("contact-card").get_by_label("Zagrożenie teraz").check()
    await expect(missing(console)).to_contain_text("co zrobiono w zagrożeniu")
    spoken = console.locator("#spoken-at-once")
    await console.evaluate(
        """() => { window.said = 0; new MutationObserver((all) => (window.said += all.length)).observe(
             document.getElementById('spoken-at-once'), { childList: true }); }"""
    )
    await console.keyboard.press("Control+s")
    await expect(spoken).to_contain_text(
        "Brakuje: kto się kontaktuje, co zrobiono w zagrożeniu, formy pomocy"
    )
    assert await console.evaluate("window.said") == 1
    await expect(console.get_by_label("Osoba w kryzysie", exact=True)).to_be_focused()

    # a link opens what its field is folded into
    await console.locator("details[data-group=risk]").evaluate("part => part.open = false")
    await missing(console).get_by_role("link", name="co zrobiono w zagrożeniu").click()
    first = console.locator("[data-field=danger_actions] input").first
    await expect(first).to_be_focused()
    await expect(first).to_be_in_viewport()
    await console.keyboard.press("Space")
    await expect(missing(console)).not_to_contain_text("zagrożeniu")


async def test_the_card_follows_the_talk_but_not_over_what_was_touched(
    running: Running, anna: Person, desk: BrowserContext
) -> None:
    caller = await talk(running.system, anna, text="Mąż krzyczy.", topic="violence")
    console = await sign_in(desk, running, anna)
    await said(console, "Mąż krzyczy.").to_be_visible()
    priority = console.locator("[data-field=priority_final]")
    problem = console.locator("[data-field=problem_primary]")
    await expect(priority.get_by_label("Pilne", exact=True)).to_be_checked()
    await expect(problem.get_by_text("z rozmowy")).to_be_visible()
    await problem.locator("select").select_option(label="Samotność, osamotnienie")
    await expect(problem.get_by_text("z rozmowy")).to_be_hidden()
    await contacts.set_priority(running.system, anna.actor, caller.contact_id, "P3", "Spokojniej.")
    await expect(priority.get_by_label("Zwykłe", exact=True)).to_be_checked()
    await expect(priority.get_by_text("z rozmowy")).to_be_visible()
    await expect(problem.locator("select")).to_have_value("loneliness")
    await expect(missing(console)).to_contain_text("powód zmiany pilności")
    await expect(missing(console)).not_to_contain_text("zakończenie")


async def test_an_answer_that_was_overtaken_does_not_bring_back_what_is_over(
    running: Running, anna: Person, desk: BrowserContext
) -> None:
    """The card of a talk that has ended can be saved, though the page hears late of how it was before."""
    caller = await talk(running.system, anna, text="Nie mogę spać od pogrzebu.", topic="bereavement")
    console = await sign_in(desk, running, anna)
    await said(console, "Nie mogę spać od pogrzebu.").to_be_visible()
    asked, over, brought = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def late(route: Route) -> None:
        answer = await route.fetch()
        asked.set()
        await over.wait()
        await route.fulfill(response=answer)
        brought.set()

    await console.route("**/entries?*", late)
    save = console.get_by_role("button", name="Zapisz kartę")
    async with asyncio.TaskGroup() as group:
        group.create_task(console.evaluate(REFRESH))
        await asked.wait()
        await contacts.end(running.system, anna.actor, caller.contact_id, "completed")
        await expect(save).to_be_enabled()
        over.set()
    await brought.wait()
    await expect(save).to_be_enabled()
