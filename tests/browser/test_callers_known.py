"""A caller who comes often: known by a pseudonym, with a word on how to talk that the next counsellor reads first."""

from playwright.async_api import Browser, expect

from hotline.actions import callers
from tests.browser.test_console import DESK, sign_in
from tests.factories import Running, add_person, finish, talk

WORDS = "Mówić krótko. Nie pytać o brata."


async def test_what_one_writes_the_next_reads_first(running: Running, browser: Browser) -> None:
    system = running.system
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    first, now = await talk(system, anna), await talk(system, beata)
    context = await browser.new_context(locale="pl-PL", viewport=DESK)
    context.set_default_timeout(30_000)
    page = await sign_in(context, running, anna)
    known = page.locator("contact-card .known")
    await known.locator(".known-earlier > summary").click()
    await expect(known).to_contain_text("Rozmówca jest anonimowy.")
    await known.get_by_label("Pseudonim").fill("Jaskółka")
    await known.get_by_role("button", name="Zapisz i szukaj").click()
    await expect(known).to_contain_text("Nie ma wcześniejszych kontaktów tej osoby.")
    await known.get_by_text("Napisz, jak rozmawiać z tą osobą").click()
    await known.get_by_label("Jak rozmawiać").fill(WORDS)
    await known.get_by_role("button", name="Zapisz wskazówkę").click()
    await expect(known.locator(".known-words")).to_have_text(WORDS)
    await finish(system, anna, first.contact_id)
    await context.clear_cookies()

    await callers.name(system, beata.actor, now.contact_id, "jaskółka")
    page = await sign_in(context, running, beata)
    known = page.locator("contact-card .known")
    await expect(known.locator(".known-words")).to_have_text(WORDS)
    await expect(known).to_contain_text("Anna Testowa")
    await expect(known).to_contain_text("to może być inna osoba")
    await known.locator(".known-earlier > summary").click()
    await expect(known.locator(".known-contact")).to_contain_text("Rozmowa dokończona")
    await known.get_by_text("Zmień, przedłuż albo usuń").click()
    await known.get_by_role("button", name="Usuń na zawsze").click()
    await expect(known.locator(".known-words")).to_have_count(0)
    await expect(known).to_contain_text("Wcześniejsze kontakty")
    await context.close()
