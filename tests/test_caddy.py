"""The real Caddy with the Caddyfile that is shipped, before two houses that close one after the other."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from aiohttp import ClientSession, WSServerHandshakeError

from tests.factories import TRUST, MovableClock, running_house, settings_in
from tests.flows.people import WebCaller, eventually
from tests.servers import HOST, free_port

DEPLOY = Path(__file__).parent.parent / "deploy"
PAGE = {"Accept": "text/html,application/xhtml+xml"}
SCRIPT = {"Accept": "application/json"}

pytestmark = pytest.mark.slow


@dataclass
class Street:
    """Caddy, and the houses behind it, which can be closed."""

    url: str
    houses: list[AsyncExitStack]
    log: Path


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    url = f"http://{HOST}:{free_port()}"
    houses, ports = [], []
    for name in ("one", "other"):
        settings = replace(settings_in(tmp_path / name), public_url=url)
        house = AsyncExitStack()
        await house.enter_async_context(running_house(settings, MovableClock()))
        houses.append(house)
        ports.append(f"{HOST}:{settings.port}")
    given = {
        "SITE": url,
        "WEB": " ".join(ports),
        "EMERGENCY": str(DEPLOY / "emergency"),
        "HOME": str(tmp_path),
    }
    config = (
        tmp_path / "Caddyfile"
    )  # as it is shipped, but without the port of its shell, which all would share
    config.write_text((DEPLOY / "Caddyfile").read_text().replace("{\n", "{\n\tadmin off\n", 1))
    with (tmp_path / "caddy.log").open("wb") as log:
        caddy = await asyncio.create_subprocess_exec(
            *("caddy", "run", "--adapter", "caddyfile", "--config", str(config)),
            env={**os.environ, **given},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield Street(url, houses, tmp_path / "caddy.log")
    finally:
        caddy.terminate()
        await caddy.wait()
        for house in houses:
            await house.aclose()


async def statuses(street: Street, count: int) -> set[int]:
    """Pages asked for one after the other, each over a connection of its own."""
    found = set()
    for _ in range(count):
        async with ClientSession() as session, session.get(f"{street.url}/", headers=PAGE) as answer:
            found.add(answer.status)
    return found


async def answers(street: Street) -> bool:
    try:
        return await statuses(street, 1) == {200}
    except OSError:
        return False


async def test_one_house_closes_and_no_page_fails_then_the_other_and_there_is_help(street: Street) -> None:
    await eventually(lambda: answers(street), "Caddy")
    async with ClientSession() as session, session.get(f"{street.url}/", headers=PAGE) as answer:
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert "Server" not in answer.headers
        assert answer.headers["X-Frame-Options"] == "DENY"
        async with session.get(f"{street.url}/readyz") as inside:
            assert inside.status == 404
        async with session.post(f"{street.url}/sign-in", data=b"x" * 200_000) as large:
            assert large.status in (403, 413)
    caller = WebCaller([street.url], TRUST)
    await caller.begin("Dzień dobry.")

    asking = asyncio.get_running_loop().create_task(statuses(street, 60))
    await asyncio.sleep(0.2)
    await street.houses[0].aclose()
    assert await asking == {200}
    assert await statuses(street, 20) == {200}

    await street.houses[1].aclose()
    async with ClientSession() as session:
        async with session.get(f"{street.url}/chat/{TRUST}", headers=PAGE) as page:
            words = await page.text()
            assert page.status in (502, 503)
            assert page.content_type == "text/html"
            assert "style-src 'sha256-" in page.headers["Content-Security-Policy"]
            assert page.headers["Cache-Control"] == "no-store"
            assert "Server" not in page.headers
        for said in (
            "Czat teraz nie działa",
            "Чат зараз не працює",
            "The chat is not working now",
            "tel:112",
        ):
            assert said in words
        async with session.post(f"{street.url}/chat/{TRUST}/messages", json={}, headers=SCRIPT) as script:
            assert script.status in (502, 503)
            assert (await script.json())["error"]["code"] == "unavailable"
        with pytest.raises(WSServerHandshakeError) as refused:
            await session.ws_connect(f"{street.url}/chat/{TRUST}/socket", origin=street.url)
        assert refused.value.status in (502, 503)
    await caller.close()
    log = street.log.read_text()
    assert TRUST not in log
    assert "remote_ip" not in log


async def test_caddy_serves_it_over_https_by_itself() -> None:
    """As it is shipped: port 443, a certificate of its own, and plain HTTP only leads there."""
    checked = await asyncio.create_subprocess_exec(
        *("caddy", "adapt", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await checked.communicate()
    assert checked.returncode == 0, err
    assert b'"listen":[":443"]' in out
    assert b'"host":["czat.example.org"]' in out
    assert b"automatic_https" not in out
    assert b"warn" not in err
