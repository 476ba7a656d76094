"""The caller's page: ways out that leave nothing behind, and ways in for everybody."""

from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from hotline.actions import contacts, messages
from hotline.errors import NotSignedIn
from hotline.store import views
from tests.browser.callers import (
    answer,
    caller_on,
    head_of,
    open_chat,
    own,
    reply,
    stored,
    until,
    weather,
    words,
    write,
)
from tests.factories import TRUST, Person, Running

SUNDAY = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
KEPT = "({...sessionStorage, ...localStorage, cookies: document.cookie})"


# -- leaving -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize("how", ["button", "shift"])
async def test_quick_exit_leaves_nothing(device: BrowserContext, running: Running, how: str) -> None:
    page = await device.new_page()
    await page.goto("about:blank")
    await page.goto(f"{running.url}/chat/{TRUST}")
    await write(page, "Boję się.")
    await expect(own(page, "sent")).to_have_count(1)
    caller = await caller_on(page, running)
    token = await page.evaluate("sessionStorage.getItem('token')")
    await page.get_by_label("Wiadomość", exact=True).fill("On wra")
    if how == "button":
        await page.get_by_role("link", name="Szybkie wyjście").click()
    else:
        for _ in range(3):
            await page.keyboard.press("Shift")
    await page.wait_for_url("**://www.imgw.pl/**")
    await _token_dies(running, token)
    await page.go_back()
    assert page.url == "about:blank"
    await page.goto(f"{running.url}/chat/{TRUST}")
    await expect(page.get_by_text("To czat wsparcia")).to_be_visible()
    await expect(page.get_by_label("Wiadomość", exact=True)).to_have_value("")
    assert await page.evaluate(KEPT) == {"cookies": ""}
    assert "Boję się." not in await page.content()
    assert await stored(running, caller.id) == ["Boję się."]


async def _token_dies(running: Running, token: str) -> None:
    async def alive() -> bool:
        try:
            await contacts.caller_of(running.system, token)
        except NotSignedIn:
            return False
        return True

    assert not await until(alive, lambda lives: not lives)


async def test_another_language_in_the_middle_of_a_talk(
    device: BrowserContext, running: Running, anna: Person
) -> None:
    page = await open_chat(device, running)
    await write(page, "Dzień dobry, nie mówię dobrze po polsku.")
    contact_id = await answer(running, anna)
    await expect(page.locator("[data-part=state]")).to_contain_text("Rozmowa z dyżurem")
    await page.get_by_label("Wiadomość", exact=True).fill("Не вмі")
    await page.get_by_role("button", name="Українська").click()
    await expect(page.locator("html")).to_have_attribute("lang", "uk")
    await expect(words(page).first).to_have_text("Dzień dobry, nie mówię dobrze po polsku.")
    await expect(page.locator("#text")).to_have_value("Не вмі")  # what is unsent goes along
    await page.locator("#text").fill("Не вмію спати.")
    await page.keyboard.press("Enter")
    await expect(own(page, "sent")).to_have_count(2)

    # Each word is in the language in which it was written, and whoever answers sees that there is another one.
    marked = await page.locator(".bubble-own .bubble-text").evaluate_all(
        "each => each.map(one => one.closest('[lang]').lang)"
    )
    assert marked == ["pl", "uk"]
    async with running.system.read() as tx:
        head = await views.contact_head(tx, contact_id)
        assert head is not None
        assert head.language == "uk"
        entries = await views.entries_after(tx, contact_id, 0, "staff")
    assert [each.data["value"] for each in entries if each.data.get("question") == "language"] == ["uk"]


@pytest.mark.usefixtures("anna")
async def test_quick_exit_where_only_part_of_the_script_came(
    device: BrowserContext, running: Running
) -> None:
    page = await device.new_page()
    for name in ("chat", "plain"):
        await page.route(f"**/js/{name}.js", lambda route: route.abort())
    await page.goto("about:blank")
    await page.goto(f"{running.url}/chat/{TRUST}")
    await write(page, "Boję się.")
    await expect(words(page)).to_have_text(["Boję się."])
    await page.wait_for_load_state("load")  # the words come with the page, what came of the script after them
    token = await page.locator("#plain input[name=token]").input_value()
    for _ in range(3):
        await page.keyboard.press("Shift")
    await page.wait_for_url("**://www.imgw.pl/**")
    await _token_dies(running, token)
    await page.go_back()
    assert "Boję się." not in await page.content()


@pytest.mark.usefixtures("anna")
async def test_capitals_are_not_quick_exit(device: BrowserContext, running: Running) -> None:
    page = await open_chat(device, running)
    await page.get_by_label("Wiadomość", exact=True).focus()
    for letter in "ABCDE":
        await page.keyboard.press(f"Shift+{letter}")
    await expect(page.get_by_label("Wiadomość", exact=True)).to_have_value("ABCDE")


@pytest.mark.usefixtures("anna")
async def test_closing_the_page_says_so_and_coming_back_cancels_it(
    device: BrowserContext, running: Running
) -> None:
    page = await open_chat(device, running)
    await write(page, "raz")
    await expect(own(page, "sent")).to_have_count(1)
    caller = await caller_on(page, running)
    await page.goto("about:blank")
    assert await _left(running, caller.id, expected=True)
    await page.goto(f"{running.url}/chat/{TRUST}")
    await expect(words(page)).to_have_text(["raz"])
    assert not await _left(running, caller.id, expected=False)


async def _left(running: Running, contact_id: str, *, expected: bool) -> bool:
    head = await until(
        lambda: head_of(running, contact_id), lambda seen: (seen.caller_left_at is not None) == expected
    )
    return head.caller_left_at is not None


@pytest.mark.usefixtures("anna")
async def test_ending_is_asked_twice_and_said_once_it_is_so(device: BrowserContext, running: Running) -> None:
    page = await open_chat(device, running)
    await write(page, "raz")
    await expect(own(page, "sent")).to_have_count(1)
    await page.get_by_role("button", name="Zakończ rozmowę").click()
    await page.get_by_role("button", name="Wróć do rozmowy").click()
    await page.get_by_role("button", name="Zakończ rozmowę").click()
    caller = await caller_on(page, running)
    token = await page.evaluate("sessionStorage.getItem('token')")
    await page.route("**/end?*", lambda route: route.abort())
    await page.get_by_role("button", name="Tak, zakończ").click()
    await expect(page.get_by_text("Rozmowa jeszcze nie jest zakończona.")).to_be_visible()
    await expect(page.get_by_text("Ta rozmowa jest zakończona.")).to_be_hidden()
    await expect(page.get_by_label("Wiadomość", exact=True)).to_be_hidden()
    await page.reload()  # and it goes on trying
    await expect(page.get_by_text("Rozmowa jeszcze nie jest zakończona.")).to_be_visible()
    await page.unroute("**/end?*")
    await expect(page.get_by_text("Ta rozmowa jest zakończona.")).to_be_visible()
    await expect(page.locator("[data-part=ended]")).to_be_focused()
    assert (await head_of(running, caller.id)).state == "closed"
    await _token_dies(running, token)


# -- other ways in -----------------------------------------------------------------------------------------


BEFORE = (
    "Quick exit", "Hide", "Polski", "Українська", "English", "Yes, right now", "No", "I'm not sure", "Call 112",
    "What would you like to talk about? You can skip this question.", "I have a code", "about your data",
    "Can someone see this?", "text",
)  # fmt: skip
FOCUSED = """() => { const on = document.activeElement;
  return on.id === "text" ? "text" : (on.labels?.[0] ?? on).innerText.trim() }"""


async def tab(page: Page, until: str, back: bool = False) -> list[str]:
    """Tab until there; where one came by."""
    seen: list[str] = []
    while len(seen) < 40 and (not seen or not seen[-1].startswith(until)):
        await page.keyboard.press("Shift+Tab" if back else "Tab")
        seen.append(await page.evaluate(FOCUSED))
    return seen


async def test_by_keyboard_alone_from_the_first_tab_to_the_end(
    device: BrowserContext, running: Running, anna: Person
) -> None:
    page = await open_chat(device, running)
    assert (await tab(page, "English"))[0] == "Szybkie wyjście"
    await page.keyboard.press("Enter")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    assert await tab(page, "text") == [*BEFORE]  # the question of danger is passed by
    await page.keyboard.type("From the keyboard.")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("A second line.")
    await page.keyboard.press("Enter")
    await expect(own(page, "sent")).to_have_count(1)
    await expect(page.locator("#text")).to_be_focused()
    assert await page.evaluate("document.querySelector('.bubble-own').ariaLive") == "off"

    # what comes is spoken by the log, where the talk stands by the status; neither takes the focus
    contact_id = await answer(running, anna)
    await reply(running, anna, contact_id, "Jestem.")
    await expect(page.get_by_role("log")).to_contain_text("Jestem.")
    assert await page.get_by_role("log").get_attribute("aria-live") == "polite"
    await expect(page.get_by_role("status").filter(has_text="Anna")).to_have_count(1)
    await page.set_viewport_size({"width": 320, "height": 256})  # a desk at 400 %
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await expect(page.locator("#text")).to_be_focused()

    assert await tab(page, "Correct", back=True) == ["Danger to life or health: 112", "Correct"]
    await page.keyboard.press("Enter")
    await expect(page.locator("#text")).to_be_focused()
    await page.keyboard.press("Control+End")
    await page.keyboard.type(" Corrected.")
    await page.keyboard.press("Enter")
    await expect(words(page).first).to_have_text("From the keyboard.\nA second line. Corrected.")
    await expect(page.locator("#text")).to_be_focused()

    assert await tab(page, "End the conversation") == ["Send", "End the conversation"]
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Back to the conversation")).to_be_focused()
    assert await tab(page, "Yes, end it", back=True) == ["Yes, end it"]
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-part=ended]")).to_be_focused()
    assert "112" in await tab(page, "Start a new conversation")
    await page.keyboard.press("Enter")
    await expect(page.locator(".lead")).to_be_visible()


async def test_without_script(browser: Browser, running: Running, anna: Person) -> None:
    context = await browser.new_context(locale="pl-PL", java_script_enabled=False)
    page = await open_chat(context, running)
    await page.get_by_role("button", name="Nie", exact=True).click()
    await write(page, "raz <b>dwa</b>")
    await expect(words(page)).to_have_text(["raz <b>dwa</b>"])
    contact_id = await answer(running, anna)
    await reply(running, anna, contact_id, "Jestem.")
    await page.get_by_role("button", name="Sprawdź nowe wiadomości").click()
    await expect(words(page)).to_have_text(["raz <b>dwa</b>", "Jestem."])
    await page.reload()  # the form again: the same id changes nothing
    await write(page, "trzy")
    await expect(words(page)).to_have_text(["raz <b>dwa</b>", "Jestem.", "trzy"])
    await messages.shown(running.system, anna.actor, contact_id, 1)
    await page.get_by_role("button", name="Sprawdź nowe wiadomości").click()
    await expect(page.locator(".bubble-own .bubble-foot")).to_contain_text(["na ekranie dyżuru", "dotarła"])
    await page.route("**://www.imgw.pl/**", weather)
    token = await page.locator("#plain input[name=token]").input_value()
    await page.get_by_role("button", name="Szybkie wyjście").click()
    await page.wait_for_url("**://www.imgw.pl/**")
    with pytest.raises(NotSignedIn):
        await contacts.caller_of(running.system, token)
    await context.close()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "sow_victims_day",
            "Czat jest teraz nieczynny. Najbliższy dyżur: poniedziałek 23.11.2026, godz. 08:00.",
        ),
        ("social_support", "Nie mamy potwierdzonych godzin pracy"),
    ],
)
async def test_closed_and_unknown_lines_say_so(
    device: BrowserContext, running: Running, line: str, says: str
) -> None:
    running.clock.set(SUNDAY)
    page = await open_chat(device, running, line)
    await expect(page.get_by_text(says)).to_be_visible()
    await expect(page.get_by_role("link", name="800 70 2222")).to_be_visible()
    await expect(page.get_by_label("Wiadomość", exact=True)).to_be_hidden()


async def test_danger_is_taken_in_on_a_closed_line(device: BrowserContext, running: Running) -> None:
    running.clock.set(SUNDAY)
    page = await open_chat(device, running, "sow_victims_day")
    await page.get_by_role("button", name="Tak, teraz").click()
    await expect(page.locator(".line-danger")).to_contain_text("Teraz nikt nie dyżuruje")
    await write(page, "ul. Zielona 3")
    await expect(own(page, "sent")).to_have_count(1)


async def test_nobody_on_duty_is_said_before_the_first_word(device: BrowserContext, running: Running) -> None:
    page = await open_chat(device, running)
    await expect(page.get_by_text("Teraz nikt nie dyżuruje")).to_be_visible()


@pytest.mark.parametrize("path", ["/", f"/chat/{TRUST}", "/chat/social_support", "/prywatnosc"])
@pytest.mark.parametrize("language", ["pl", "uk", "en"])
async def test_pages_fit_a_narrow_window_and_break_no_policy(
    device: BrowserContext, running: Running, path: str, language: str
) -> None:
    page = await device.new_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    await page.set_viewport_size({"width": 320, "height": 256})
    await page.goto(f"{running.url}{path}?lang={language}")
    assert await page.title() == {"pl": "Rozmowa", "uk": "Розмова", "en": "Conversation"}[language]
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.locator("h1").count() == 1
    assert told == []


async def test_the_page_is_light(device: BrowserContext, running: Running) -> None:
    page = await device.new_page()
    session = await device.new_cdp_session(page)
    await session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    await page.goto(f"{running.url}/chat/{TRUST}", wait_until="networkidle")
    assert len(sizes) >= 8
    assert sum(sizes) < 40_000  # bytes on the wire, headers included


@pytest.mark.usefixtures("anna")
async def test_quick_exit_on_another_page_ends_the_talk_in_every_tab(
    device: BrowserContext, running: Running
) -> None:
    page = await device.new_page()
    await page.goto("about:blank")
    await page.goto(f"{running.url}/chat/{TRUST}")
    async with device.expect_page() as opened:
        await page.locator("a[target=_blank]").first.click()
    notice = await opened.value
    await write(page, "Boję się.")
    await expect(own(page, "sent")).to_have_count(1)
    token = await page.evaluate("sessionStorage.getItem('token')")
    await page.get_by_label("Wiadomość", exact=True).fill("niewysłane")
    async with page.expect_request("**/callback*") as asked:
        await page.click("[data-part=callback]")
    assert "niewys" not in ((await asked.value).post_data or "")
    await expect(page.locator("#number")).to_be_visible()
    await page.wait_for_load_state()
    for _ in range(3):
        await page.keyboard.press("Shift")
    for each in (page, notice):
        await each.wait_for_url("**://www.imgw.pl/**")
    await _token_dies(running, token)
    await page.go_back()
    await expect(page.locator(".bubble")).to_have_count(0)
    assert await page.evaluate(KEPT) == {"cookies": ""}
