"""Ready sentences in a real browser: found by typing, put at the caret, never sent by themselves."""

from playwright.async_api import BrowserContext, expect

from tests.browser.test_console import anna as anna  # noqa: PLC0414
from tests.browser.test_console import said, sign_in
from tests.factories import Person, Running, talk

GOODBYE = "Żegnam i dziękuję za tę rozmowę."


async def test_a_sentence_is_found_by_typing_and_goes_into_the_draft_at_the_caret(
    running: Running, anna: Person, desk: BrowserContext
) -> None:
    await talk(running.system, anna, text="Nie mogę spać od pogrzebu.")
    console = await sign_in(desk, running, anna)
    await said(console, "Nie mogę spać od pogrzebu.").to_be_visible()
    field = console.get_by_label("Wiadomość do rozmówcy")
    panel = console.get_by_role("group", name="Gotowe zdania")
    find, options = panel.get_by_role("combobox"), panel.get_by_role("option")
    await field.fill("Dobrze. Do widzenia.")
    await field.evaluate("field => field.setSelectionRange(7, 7)")

    # Escape gives the focus back, and nothing has changed
    await console.keyboard.press("F8")
    await expect(find).to_be_focused()
    await expect(panel.get_by_text("Język rozmowy: polski")).to_be_visible()
    await expect(options).to_have_count(20)
    await console.keyboard.press("Escape")
    await expect(panel).to_be_hidden()
    await expect(field).to_be_focused()
    await expect(field).to_have_value("Dobrze. Do widzenia.")

    # what cannot be said here says why, and is not taken
    await console.keyboard.press("F8")
    await console.keyboard.type("adres")
    address = panel.get_by_role("option", name="Nasz adres")
    await expect(address).to_have_attribute("aria-disabled", "true")
    await expect(address).to_contain_text("brakuje: adres, który wolno podać")
    await find.fill("nasz adres")
    await expect(options).to_have_count(1)
    await console.keyboard.press("Enter")
    await expect(console.locator("#spoken-at-once")).to_contain_text("adres, który wolno podać")
    await expect(field).to_have_value("Dobrze. Do widzenia.")

    # without accents, by the arrows, into the middle of what is written; and the words stay unsent
    await find.fill("rozmow")
    before = await options.count()
    await find.fill("zegn")
    await expect(options).to_have_count(1)
    assert before > 1
    await expect(options).to_have_attribute("aria-selected", "true")
    await expect(options.locator("[lang=pl]")).to_contain_text(GOODBYE)
    await console.keyboard.press("Enter")
    await expect(panel).to_be_hidden()
    await expect(field).to_be_focused()
    text = await field.input_value()
    assert text.startswith(f"Dobrze. {GOODBYE}")
    assert text.endswith("112. Do widzenia.")
    await expect(console.locator("talk-view .bubble")).to_have_count(1)
    await expect(console.locator(".bubble-waiting")).to_have_count(0)
    caret = await field.evaluate("field => field.selectionStart")
    assert caret == len(text) - len(" Do widzenia.")
    await console.keyboard.press("Enter")
    await said(console, GOODBYE).to_be_visible()

    # arrows go round, a click chooses, a note has no sentences to send
    await console.get_by_role("button", name="Zdania").click()
    await expect(options.first).to_be_visible()
    await console.keyboard.press("ArrowUp")
    await expect(options.last).to_have_attribute("aria-selected", "true")
    await console.keyboard.press("ArrowDown")
    await expect(options.first).to_have_attribute("aria-selected", "true")
    await panel.get_by_role("option", name="Jestem tutaj.").click()
    await expect(field).to_have_value("Jestem tutaj. Proszę pisać we własnym tempie.")
    await console.get_by_label("Notatka", exact=True).check()
    await expect(console.get_by_role("button", name="Zdania")).to_be_hidden()
    await console.keyboard.press("F8")
    await expect(panel).to_be_hidden()


async def test_a_caller_who_writes_ukrainian_gets_it_and_the_counsellor_sees_what_it_means(
    running: Running, anna: Person, desk: BrowserContext
) -> None:
    await talk(running.system, anna, text="Я не можу спати.", language="uk")
    console = await sign_in(desk, running, anna)
    await said(console, "Я не можу спати.").to_be_visible()
    await console.keyboard.press("F8")
    panel = console.get_by_role("group", name="Gotowe zdania")
    await expect(panel.get_by_text("Język rozmowy: ukraiński")).to_be_visible()
    await console.keyboard.type("wlasnym tempie jestem")  # the Polish meaning, in any order
    await expect(panel.get_by_role("option")).to_have_count(1)
    await expect(panel.locator("[lang=uk]")).to_have_text("Я тут. Пишіть у своєму темпі.")
    await console.keyboard.press("Enter")
    await expect(console.get_by_label("Wiadomość do rozmówcy")).to_have_value("Я тут. Пишіть у своєму темпі.")
