"""Signing in from outside: honest pauses, forged headers, contacts begun by the dozen."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from hotline.actions import staff
from hotline.rules.access import OPERATOR
from hotline.web import addresses, devices, rates, sign_in
from hotline.web.session import BROWSER_COOKIE
from tests import factories
from tests.factories import MONDAY
from tests.web.conftest import opened
from tests.web.doors import Answer, Doors, first_words

PASSWORD = "trzy zielone rowery"
CHAT = "/chat/city_trust_19513"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "REFUSAL_SECONDS", (0.0, 0.0))


@pytest.mark.parametrize(
    ("peer", "headers", "proxies", "seen"),
    [
        ("192.0.2.7", ["10.0.0.1"], 0, "192.0.2.7"),  # nobody is believed
        ("127.0.0.1", ["203.0.113.9"], 1, "203.0.113.9"),
        ("127.0.0.1", ["1.1.1.1, 203.0.113.9"], 1, "203.0.113.9"),  # forged entries stand on the left
        ("127.0.0.1", ["1.1.1.1", "203.0.113.9"], 1, "203.0.113.9"),  # also as a header of their own
        ("127.0.0.1", ["9.9.9.9, 203.0.113.9, 10.0.0.2"], 2, "203.0.113.9"),
        ("127.0.0.1", ["203.0.113.9"], 2, "127.0.0.1"),  # who came round the outer proxy
        ("127.0.0.1", [], 1, "127.0.0.1"),
        (None, [], 0, ""),
    ],
)
def test_only_our_own_proxies_are_believed(peer: str, headers: list[str], proxies: int, seen: str) -> None:
    assert addresses.client(peer, headers, proxies) == seen


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("127.0.0.1", ""),  # a proxy nobody told us of
        ("::1", ""),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_a_network_is_all_that_is_looked_at(address: str, network: str) -> None:
    assert addresses.network(address) == network


def test_a_device_is_two_coarse_words() -> None:
    phone = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"
    assert devices.words(devices.device_of(phone)) == "Chrome, Android"
    mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15"
    assert devices.words(devices.device_of(mac)) == "Safari, Mac"
    assert devices.words(devices.device_of("curl/8.6 <script>")) == ""


async def enter(doors: Doors, login: str, password: str, **headers: str) -> Answer:
    form = aiohttp.FormData({"login": login, "password": password})()
    sent = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html", **headers}
    return await doors.ask("POST", "/sign-in", raw=form._value, headers=sent)


async def test_a_pause_is_told_honestly_and_the_browser_of_before_is_let_in(doors: Doors) -> None:
    newcomer = staff.Newcomer("ewa", "Ewa", "Ewa", ["counsellor"], password=PASSWORD)
    await staff.add(doors.running.system, OPERATOR, newcomer)
    first = await enter(doors, "ewa", PASSWORD)
    assert (first.status, first.headers["Location"]) == (303, "/console")
    tried = [await enter(doors, "ewa", f"wrong {number}") for number in range(6)]
    assert [each.status for each in tried] == [401] * 5 + [429]
    told = re.search(r"możliwa za (\d+) s\.", tried[-1].text)
    assert told is not None
    assert tried[-1].headers["Retry-After"] == told[1]
    assert 'value="ewa"' in tried[-1].text  # the login need not be typed again
    forged = await enter(doors, "ewa", PASSWORD, **{"X-Forwarded-For": "203.0.113.77"})
    assert forged.status == 429
    doors.running.clock.advance(minutes=1)
    again = await enter(doors, "ewa", PASSWORD, Cookie=f"{BROWSER_COOKIE}=somebody-elses")
    assert again.status == 303


def test_thirty_contacts_in_ten_minutes_are_enough_for_one_network() -> None:
    starts = rates.Starts()
    assert [starts.wait("203.0.113.0/24", MONDAY) for _ in range(rates.MOST)] == [0] * rates.MOST
    assert starts.wait("203.0.113.0/24", MONDAY) == 600
    assert starts.wait("198.51.100.0/24", MONDAY) == 0
    assert starts.wait("203.0.113.0/24", MONDAY + rates.WITHIN) == 0


@pytest.fixture
async def behind_a_proxy(tmp_path: Path) -> AsyncIterator[Doors]:
    async with opened(factories.settings_in(tmp_path, proxies=1)) as doors:
        yield doors


async def begin(doors: Doors, network: str = "203.0.113", **words: object) -> Answer:
    headers = {"X-Forwarded-For": f"8.8.8.8, {network}.{len(words) + 1}"}
    return await doors.ask("POST", f"{CHAT}/contacts", body=first_words(**words), headers=headers)


async def test_danger_is_never_limited_and_the_others_read_of_112(behind_a_proxy: Doors) -> None:
    doors = behind_a_proxy
    for _ in range(rates.MOST):
        assert (await begin(doors)).status == 201
    refused = await begin(doors)
    assert (refused.status, refused.code) == (429, "many_contacts")
    assert "112" in refused.text
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert (await begin(doors, danger="yes", text=None)).status == 201
    assert (await begin(doors, network="198.51.100")).status == 201
    form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    form["X-Forwarded-For"] = "203.0.113.200"
    for raw, said in ((b"text=Halo", True), (b"danger=yes", False)):
        page = await doors.ask("POST", f"{CHAT}/plain?lang=pl", raw=raw, headers=form)
        assert (page.status, "bardzo wiele rozm" in page.text) == (200, said)
    doors.running.clock.advance(minutes=10)
    assert (await begin(doors)).status == 201


async def test_behind_a_proxy_nobody_told_us_of_nobody_is_turned_away(doors: Doors) -> None:
    """All callers would seem to be one."""
    for _ in range(rates.MOST + 2):
        assert (await doors.ask("POST", f"{CHAT}/contacts", body=first_words())).status == 201
