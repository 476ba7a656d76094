"""What the caller's page says while nothing can be stored: the truth, 112, and every word kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import BrowserContext, Page, expect

from tests.browser.callers import caller_on, open_chat, own, stored, words, write
from tests.conftest import HouseTemplate
from tests.factories import TRUST, MovableClock, add_person, running_house, settings_in
from tests.servers import PostgresServer

HELP = "[data-part=help] a"


@asynccontextmanager
async def taking_no_words(server: PostgresServer) -> AsyncIterator[None]:
    """PostgreSQL as an operator leaves it, or a standby that was turned to: it can be read, and takes nothing."""
    await _read_only(server, "on")
    try:
        yield
    finally:
        await _read_only(server, "off")


async def _read_only(server: PostgresServer, how: str) -> None:
    await server.execute("ROLLBACK; SET default_transaction_read_only = off")
    await server.ask(f"ALTER SYSTEM SET default_transaction_read_only = {how}")
    await server.ask("SELECT pg_reload_conf()")
    while await server.ask("SHOW default_transaction_read_only") != how:  # noqa: ASYNC110
        await asyncio.sleep(0.02)


async def test_words_are_kept_while_the_database_takes_none(
    device: BrowserContext, house_template: HouseTemplate, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    main, keys = await house_template.copy()
    settings = settings_in(tmp_path, database_url=main, keys_url=keys)
    async with running_house(settings, MovableClock()) as house:
        await add_person(house.system, "Anna")
        page = await open_chat(device, house)
        await write(page, "raz")
        await expect(own(page, "sent")).to_have_count(1)
        caller = await caller_on(page, house)
        async with taking_no_words(postgres_server):
            await write(page, "dwa")
            await _says_so(page)
            await expect(own(page, "sent")).to_have_count(1)
            await page.get_by_role("button", name="Pilne").click()
            await expect(page.locator("[data-part=raised]")).not_to_contain_text("Zaznaczono")

            # a reload reads what is there, and goes on trying
            await page.reload()
            await expect(words(page)).to_have_text(["raz", "dwa"])
            await _says_so(page)

            # somebody else begins with danger: 112 never leaves the screen
            other = await open_chat(device, house)
            await other.get_by_role("button", name="Tak, teraz").click()
            await expect(other.locator(HELP)).to_be_visible()
            await _says_so(other)
            assert await stored(house, caller.id) == ["raz"]

            # without script the words come back in the form
            plain = await device.request.post(
                f"{house.url}/chat/{TRUST}/plain", form={"text": "Boję się."}, headers={"Origin": house.url}
            )
            assert plain.status in (200, 503)
            assert "Boję się." in await plain.text()
        await expect(own(page, "sent")).to_have_count(2, timeout=40_000)
        await expect(page.locator("[data-part=trouble]")).to_be_hidden()
        await expect(page.locator("[data-part=raised]")).to_contain_text("Zaznaczono", timeout=40_000)
        assert await stored(house, caller.id) == ["raz", "dwa"]
        await expect(other.locator(".line-danger")).to_contain_text("112", timeout=40_000)
        for each in (page, other):
            await each.close()
    await house_template.drop(main, keys)


async def _says_so(page: Page) -> None:
    trouble = page.locator("[data-part=trouble]")
    await expect(trouble).to_contain_text("Coś nie działa po naszej stronie", timeout=20_000)
    await expect(trouble).to_contain_text("112")
    await expect(trouble).to_contain_text("zostaną wysłane")
