"""`deploy/screenshots`: a picture of every state at 1280×800 and 360×740, light and dark, for eyes to judge.

Three of them are shown in README. With names, only these states.
"""

import asyncio
import sys
from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from playwright.async_api import Page, async_playwright

from tests import servers
from tests.browser.scene import house
from tests.browser.states import DESK, PHONE, STATES, showing

ROOT: Final = Path(__file__).parents[2]
ALL: Final = ROOT / "screenshots"
SIZES: Final = {"desk": DESK, "phone": PHONE}
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
NAMED: Final = {"console-p1-desk-light": "console", "chat-phone-light": "chat", "board-desk-light": "board"}


async def main(names: Collection[str]) -> None:
    """Take them, and say where they are."""
    ALL.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        async with async_playwright() as playwright, house(Path(folder)) as scene:
            path = servers.chromium_path()
            browser = await playwright.chromium.launch(
                executable_path=path, args=[*servers.CHROMIUM_FLAGS, "--lang=pl"]
            )
            async with showing(browser, scene) as shower:
                for state in STATES:
                    if not names or state.name in names:
                        async with shower.shown(state) as page:
                            await shoot(page, state.name)
            await browser.close()


async def shoot(page: Page, name: str) -> None:
    """All four. A conversation and the pictures of README are as high as the screen."""
    for device, size in SIZES.items():
        await page.set_viewport_size(size)
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            taken = f"{name}-{device}-{scheme}"
            await page.screenshot(
                path=ALL / f"{taken}.png", full_page=taken not in NAMED and not name.startswith("chat")
            )
            if taken in NAMED:
                (ROOT / "deploy" / "pictures" / f"{NAMED[taken]}.png").write_bytes(
                    (ALL / f"{taken}.png").read_bytes()
                )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
    sys.stdout.write(f"{ALL}\n")
