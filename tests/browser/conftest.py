"""A device and a counsellor, for tests in a real browser."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext

from tests.browser.callers import weather
from tests.browser.states import DESK
from tests.factories import Person, Running, add_person


@pytest.fixture
async def device(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A device that has never been here; the neutral page of quick exit answers without a network."""
    context = await browser.new_context(locale="pl-PL", viewport={"width": 390, "height": 780})
    context.set_default_timeout(30_000)
    await context.route("**://www.imgw.pl/**", weather)
    yield context
    await context.close()


@pytest.fixture
async def desk(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A counsellor's computer."""
    context = await browser.new_context(locale="pl-PL", viewport=DESK)
    context.set_default_timeout(30_000)
    yield context
    await context.close()


@pytest.fixture
async def anna(running: Running) -> Person:
    """Somebody is on duty."""
    return await add_person(running.system, "Anna")
