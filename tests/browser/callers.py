"""What the tests of the caller's page do and look at."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from playwright.async_api import BrowserContext, Locator, Page, Route

from hotline.actions import contacts, messages, offers
from hotline.ids import new_id
from hotline.rules.access import Actor
from hotline.store import views
from tests.factories import TRUST, Person, Running, pending

T = TypeVar("T")


async def weather(route: Route) -> None:
    """The neutral page of quick exit, without a network."""
    await route.fulfill(body="<title>Pogoda</title><h1>Pogoda</h1>", content_type="text/html; charset=utf-8")


async def open_chat(device: BrowserContext, running: Running, line: str = TRUST) -> Page:
    page = await device.new_page()
    await page.goto(f"{running.url}/chat/{line}")
    return page


async def write(page: Page, text: str) -> None:
    await page.get_by_label("Wiadomość", exact=True).fill(text)
    await page.get_by_role("button", name="Wyślij", exact=True).click()


def own(page: Page, mark: str) -> Locator:
    """One's own bubbles with this mark: sending, retrying, sent or failed."""
    return page.locator(f'.bubble-own[data-mark="{mark}"]')


def words(page: Page) -> Locator:
    """The words of all bubbles, in order."""
    return page.locator(".bubble-text")


async def caller_on(page: Page, running: Running) -> Actor:
    """Who the page's secret belongs to."""
    token = await page.evaluate("sessionStorage.getItem('token')")
    return await contacts.caller_of(running.system, token)


async def stored(running: Running, contact_id: str) -> list[str]:
    async with running.system.read() as tx:
        entries = await views.entries_after(tx, contact_id, 0, "caller")
    return [entry.text or "" for entry in entries if entry.kind == "message"]


async def answer(running: Running, person: Person) -> str:
    """Wait for the offer and take it; the contact's id."""
    (offer,) = await until(lambda: pending(running.system), lambda made: len(made) == 1)
    return await offers.accept(running.system, person.actor, offer.id, offer.token)


async def until(look: Callable[[], Awaitable[T]], good: Callable[[T], bool]) -> T:
    """Look again until what is seen is good, for at most eight seconds; what was seen last."""
    seen = await look()
    for _ in range(160):
        if good(seen):
            break
        await asyncio.sleep(0.05)
        seen = await look()
    return seen


async def head_of(running: Running, contact_id: str) -> views.ContactHead:
    async with running.system.read() as tx:
        head = await views.contact_head(tx, contact_id)
    assert head is not None
    return head


async def reply(running: Running, person: Person, contact_id: str, text: str) -> None:
    await messages.reply(running.system, person.actor, contact_id, new_id(), text)
