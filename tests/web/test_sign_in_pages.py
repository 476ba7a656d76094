"""Signing in from outside: honest pauses, forged headers, contacts begun by the dozen."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from hotline.actions import staff
from hotline.rules import abuse
from hotline.rules.access import OPERATOR
from hotline.sources import Sources
from hotline.web import addresses, devices, sign_in
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
    with doors.running.clock.stopped():
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


@pytest.fixture
async def behind_a_proxy(tmp_path: Path) -> AsyncIterator[Doors]:
    async with opened(factories.settings_in(tmp_path, proxies=1)) as doors:
        yield doors


async def begin(doors: Doors, network: str = "203.0.113", **words: object) -> Answer:
    headers = {"X-Forwarded-For": f"8.8.8.8, {network}.{len(words) + 1}"}
    return await doors.ask("POST", f"{CHAT}/contacts", body=first_words(**words), headers=headers)


async def test_many_from_one_network_wait_a_little_and_danger_never_does(behind_a_proxy: Doors) -> None:
    doors = behind_a_proxy
    for _ in range(abuse.NETWORK_MOST):
        assert (await begin(doors)).json["state"]["position"]
    slowed = await begin(doors)
    assert (slowed.status, slowed.json["state"]["position"]) == (201, None)
    assert "za 3 min" in slowed.text
    assert "800 70 2222" in slowed.text
    in_danger = await begin(doors, danger="yes", text=None)
    assert in_danger.json["state"]["priority_danger"]
    assert "za 3 min" not in in_danger.text
    assert (await begin(doors, network="198.51.100")).json["state"]["position"]
    doors.running.clock.advance(minutes=10)
    assert (await begin(doors)).json["state"]["position"]


def test_sources_are_counted_apart_forgotten_in_time_and_cannot_be_found_by_their_trace() -> None:
    sources = Sources(3, timedelta(minutes=10))
    assert [sources.count("203.0.113.0/24", MONDAY) for _ in range(4)] == [1, 2, 3, 3]
    assert sources.count("198.51.100.0/24", MONDAY) == 1
    assert sources.count("203.0.113.0/24", MONDAY + timedelta(minutes=10)) == 1
    assert len(sources._seen) == 1
    before = set(sources._seen)
    sources.count("203.0.113.0/24", MONDAY + timedelta(hours=1))
    assert before.isdisjoint(sources._seen)


async def test_behind_a_proxy_nobody_told_us_of_nobody_is_turned_away(doors: Doors) -> None:
    """All callers would seem to be one."""
    for _ in range(abuse.NETWORK_MOST + 2):
        assert (await doors.ask("POST", f"{CHAT}/contacts", body=first_words())).status == 201
