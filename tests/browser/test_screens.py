"""The real pages show what the model of them shows that the campaign `tests.torture.replay` compares by."""

import aiohttp
from playwright.async_api import BrowserContext, expect

from hotline.actions import messages
from hotline.ids import new_id
from hotline.rules.access import CHANNEL
from tests.browser.callers import answer, open_chat, own, reply, words, write
from tests.factories import TRUST, Person, Running
from tests.torture.screens import CallerScreen


async def test_the_callers_page_shows_the_words_of_its_model(
    device: BrowserContext, running: Running, anna: Person
) -> None:
    """After corrections, a network that went and came back, and everything told once more."""
    page = await open_chat(device, running)
    await write(page, "Dzień dobry.")
    contact_id = await answer(running, anna)
    await write(page, "Nie wiem, co zrobić.")
    await expect(own(page, "sent")).to_have_count(2)
    token = await page.evaluate("sessionStorage.getItem('token')")
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http:
        first = await _fresh(http, running)
        second = max(seq for seq, (who, _, _) in first.lines.items() if who == "me")
        await messages.correct(running.system, CHANNEL, contact_id, new_id(), second, "Nie wiem, co robić.")
        await device.set_offline(True)
        await reply(running, anna, contact_id, "Jestem.")
        await messages.correct(running.system, CHANNEL, contact_id, new_id(), second, "Nie wiem już nic.")
        await device.set_offline(False)
        stale = await _fresh(http, running)
        stale.hears(await _frame(http, running, 2))  # all of it once more
        shown = [text for who, _, text in stale.shown()["lines"].values() if who in ("me", "counsellor")]
        assert shown == ["Dzień dobry.", "Nie wiem już nic.", "Jestem."]
        await expect(words(page)).to_have_text(shown)
        await expect(page.get_by_text(stale.state["sentence"])).to_be_visible()
        await page.reload()
        await expect(words(page)).to_have_text(shown)


async def _frame(http: aiohttp.ClientSession, running: Running, after: int) -> dict[str, object]:
    async with http.get(f"{running.url}/chat/{TRUST}/contact?after={after}") as response:
        frame: dict[str, object] = await response.json()
        return frame


async def _fresh(http: aiohttp.ClientSession, running: Running) -> CallerScreen:
    screen = CallerScreen()
    screen.hears(await _frame(http, running, 0))
    return screen
