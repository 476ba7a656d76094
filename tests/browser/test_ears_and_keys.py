"""Who does not see the screen: what the Tab key meets, in which order and by which name, and what is read aloud."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from hotline.actions import messages
from hotline.ids import new_id
from tests.browser.scene import house
from tests.browser.states import STATES, Shower, State, showing


@pytest.fixture
async def shower(browser: Browser, tmp_path: Path) -> AsyncIterator[Shower]:
    async with house(tmp_path) as scene, showing(browser, scene) as shower:
        yield shower


def state(name: str) -> State:
    (found,) = [each for each in STATES if each.name == name]
    return found


async def tabbed(page: Page, most: int = 60) -> list[str]:
    """What the Tab key meets from the top of the page, by the name a screen reader says, until it leaves the page."""
    session = await page.context.new_cdp_session(page)
    await page.evaluate("document.activeElement.blur()")
    met = []
    for _ in range(most):
        await page.keyboard.press("Tab")
        focused = await session.send("Runtime.evaluate", {"expression": "document.activeElement"})
        where = {"objectId": focused["result"]["objectId"], "fetchRelatives": False}
        (node,) = (await session.send("Accessibility.getPartialAXTree", where))["nodes"]
        if node["ignored"] or node["role"]["value"] == "RootWebArea":
            break
        met.append(node["name"]["value"])
    return met


async def heard(page: Page, part: str, words: str, how: str) -> None:
    """A live region says this, and in this way."""
    region = page.locator(part)
    await expect(region).to_contain_text(words)
    told = "element => element.ariaLive ?? {alert: 'assertive', status: 'polite'}[element.role]"
    assert await region.evaluate(told) == how


async def test_a_caller_meets_the_way_out_first_and_hears_what_comes(shower: Shower) -> None:
    async with shower.shown(state("chat-before")) as page:
        assert await tabbed(page) == [
            *("Szybkie wyjście", "Ukryj"),
            *("Polski", "Українська", "English"),
            *("Tak, teraz", "Nie", "Nie wiem", "Zadzwoń: 112"),
            "W jakiej sprawie potrzebna jest rozmowa? To pytanie można pominąć.",
            "Mam kod rozmowy",
            *("o danych i poufności", "Czy ktoś może to zobaczyć?"),
            *("Wiadomość", "Wyślij"),
        ]
        await page.get_by_role("button", name="Tak, teraz").click()
        await heard(page, "[data-part=alarm]", "112", "assertive")
    scene = shower.scene
    async with shower.shown(state("chat")) as page:
        assert await tabbed(page) == [
            *(
                "Szybkie wyjście",
                "Ukryj",
                "Polski",
                "Українська",
                "English",
                "Popraw",
                "Zagrożenie życia lub zdrowia: 112",
            ),
            *("Wiadomość", "Wyślij", "Zakończ rozmowę", "Kod rozmowy"),
        ]
        anna, contact = scene.people["anna"], scene.callers["active"].contact_id
        await messages.reply(scene.system, anna.actor, contact, new_id(), "Jestem, czytam.")
        await heard(page, "[role=log]", "Jestem, czytam.", "polite")
        await heard(page, "[data-part=state]", "Anna", "polite")


async def test_a_counsellor_meets_the_offer_before_the_queue_and_hears_danger_at_once(shower: Shower) -> None:
    scene = shower.scene
    async with shower.shown(state("console-p1")) as page:
        await heard(page, "#spoken-at-once", "Nowa rozmowa: Zagrożenie teraz", "assertive")
        met = await tabbed(page)
        first = [each for each in met if not each.startswith("Odbierz: ")]
        assert first[:12] == [
            *("Do rozmowy", "Konsola", "Grafik", "Sprawy", "Wpisz rozmowę", "Moje menu: Beata Grzegorzewska"),
            "Wycisz M",
            *("Odbierz F2", "Odrzuć F4"),
            *("Przerwa 15 min", "Inaczej", "Kontrola na początek dyżuru jeszcze niezrobiona"),
        ]
        assert first[12].startswith("nr ")
        assert first[13:26] == [
            *("Pilne Zmień pilność", "Przekaż", "Zakończ rozmowę"),
            *("Przebieg rozmowy", "Wiadomość", "Zdania F8", "Wiadomość do rozmówcy", "Wyślij"),
            "Wcześniejsze kontakty 0",
            *(
                "Nadużycie – wstrzymać ten kontakt",
                "Osoba w kryzysie",
                "Więcej o osobie",
                "Problem wiodący z rozmowy",
            ),
        ]
        assert all(met)
        waiting = [each for each in met if each.startswith("Odbierz: ")]
        assert len(waiting) == len(set(waiting)) == 14  # each says whom

        hers = scene.callers["hers"]
        await messages.receive(scene.system, hers.actor, hers.contact_id, new_id(), "Jeszcze tu jestem.")
        await heard(page, "#spoken-politely", "Rozmówca: Jeszcze tu jestem.", "polite")
