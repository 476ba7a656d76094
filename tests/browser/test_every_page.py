"""Every page in every state: no barrier for anybody, nothing from elsewhere, nothing too wide, no complaint.

axe-core looks for barriers by the rules of WCAG 2.2 A and AA and by its own best practice.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, Page, ViewportSize

from hotline.web.routes import ROUTES
from tests.browser.scene import Scene, house
from tests.browser.states import (
    CALLERS,
    CONSOLE,
    DESK,
    NO_PAGE,
    PHONE,
    STAFF,
    STATES,
    Shower,
    State,
    showing,
)

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ALL_RULES = {"resultTypes": ["violations"], "runOnly": TAGS}
Look = tuple[ViewportSize, Literal["light", "dark"]]
LOOKS: tuple[Look, ...] = ((DESK, "light"), (PHONE, "dark"))  # as both ends are used
Looks = dict[str, tuple[Look, ...]]  # of each state, by its name
WALL = "board-wall"  # it hangs there, wide as it is
EXPECTED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")
AT_ONCE = 5  # states in one test


def parts(**pages: tuple[State, ...]) -> dict[str, tuple[State, ...]]:
    return {
        f"{name}-{at // AT_ONCE + 1}": states[at : at + AT_ONCE]
        for name, states in pages.items()
        for at in range(0, len(states), AT_ONCE)
    }


PARTS = parts(callers=CALLERS, console=CONSOLE)  # where minutes count
REST = parts(staff=STAFF)  # looked at with --every-page
IN_TURN = [state.name for state in (*CALLERS, *CONSOLE)]  # one by day on a desk, the next by night on a phone


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "part" in metafunc.fixturenames:
        metafunc.parametrize("part", [*PARTS, *(REST if metafunc.config.getoption("every_page") else ())])


@pytest.fixture
async def shower(browser: Browser, tmp_path: Path) -> AsyncIterator[Shower]:
    async with house(tmp_path) as scene, showing(browser, scene) as shower:
        yield shower


@pytest.fixture
def looks(request: pytest.FixtureRequest) -> Looks:
    """One for each state where minutes count; with --every-page both, for every state."""
    if request.config.getoption("every_page"):
        return {state.name: LOOKS for state in STATES}
    return {name: (LOOKS[at % len(LOOKS)],) for at, name in enumerate(IN_TURN)}


# -- which pages there are -----------------------------------------------------------------------------------


def test_the_catalogue_has_every_page() -> None:
    shown = {_route_of(state.path.partition("?")[0]) for state in STATES}
    pages = {route.path for route in ROUTES if route.method == "GET"}
    assert NO_PAGE.keys() <= pages
    assert pages - shown == NO_PAGE.keys()
    assert len({state.name for state in STATES}) == len(STATES)


def _route_of(path: str) -> str:
    """The route that answers here; of two that fit, the one that says more."""
    fitting = [
        (len(re.findall(r"\{\w+:", route.path)), route.path)
        for route in ROUTES
        if route.method == "GET" and re.fullmatch(_any_part(route.path), path)
    ]
    assert fitting, path
    return min(fitting)[1]


def _any_part(path: str) -> str:
    return re.sub(r"\{\w+:(?:[^{}]|\{[^{}]*\})*\}", "[^/]+", path)


# -- and what is said of each of them -------------------------------------------------------------------------


@dataclass
class Watch:
    """What is found on the way."""

    found: list[str] = field(default_factory=list)
    state: str = ""

    async def over(self, page: Page, scene: Scene) -> None:
        ours = scene.running.url, scene.running.url.replace("http", "ws", 1)
        page.on("console", lambda said: None if EXPECTED.match(said.text) else self.say(f"says: {said.text}"))
        page.on("pageerror", lambda error: self.say(f"fails: {error}"))
        page.on(
            "request", lambda asked: None if asked.url.startswith(ours) else self.say(f"asks {asked.url}")
        )

    def say(self, what: str) -> None:
        self.found.append(f"{self.state} {what}")

    async def barriers(self, page: Page, state: State, looks: tuple[Look, ...]) -> None:
        """And whether it fits on a phone."""
        await page.evaluate(AXE_SCRIPT)
        for size, scheme in looks:
            await page.set_viewport_size(size)
            await page.emulate_media(color_scheme=scheme)
            found = await page.evaluate("rules => axe.run(rules)", ALL_RULES)
            for each in found["violations"]:
                for node in each["nodes"]:
                    self.say(f"{size['width']} {scheme} {each['id']}: {node['target']} {_why(node)}")
        await page.set_viewport_size(PHONE)
        if state.name != WALL and await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            self.say("is wider than a phone")


def _why(node: dict[str, Any]) -> str:
    return "; ".join(each["message"] for each in (*node["any"], *node["all"], *node["none"]))


@asynccontextmanager
async def same_without_ours(shower: Shower, state: State, page: Page) -> AsyncIterator[Page]:
    """What is on a page without script, where axe can run and no script of ours does."""
    html = await page.content()
    shown = await (await shower.context(replace(state, scripts=True))).new_page()
    await shown.route("**/*.js", lambda asked: asked.abort())
    await shown.route(
        page.url, lambda asked: asked.fulfill(body=html, content_type="text/html; charset=utf-8")
    )
    await shown.goto(page.url)
    yield shown
    await shown.close()


async def test_no_page_has_a_barrier_or_a_complaint(part: str, shower: Shower, looks: Looks) -> None:
    watch = Watch()
    for state in sorted((PARTS | REST)[part], key=lambda each: each.when):
        watch.state = state.name
        async with shower.shown(state, watch=watch.over) as page:
            if state.scripts:
                await watch.barriers(page, state, looks[state.name])
            else:
                async with same_without_ours(shower, state, page) as shown:
                    await watch.barriers(shown, state, looks[state.name])
    assert watch.found == []


async def test_the_console_is_light(shower: Shower) -> None:
    """With a talk in it: HTML, styles and scripts, bytes on the wire, headers included."""
    (state,) = [each for each in CONSOLE if each.name == "console"]
    sizes: list[float] = []

    async def count(page: Page, _scene: Scene) -> None:
        session = await page.context.new_cdp_session(page)
        await session.send("Network.enable")
        session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))

    async with shower.shown(state, watch=count):
        assert len(sizes) >= 20
        assert sum(sizes) < 150_000
