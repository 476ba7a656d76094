"""A centre without a number, a line or hours: whatever is asked of it, it never says that it is open or closed."""

import html
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from hotline.config import Settings
from hotline.texts import LANGUAGES, say
from hotline.vault import make_master_key
from tests import commands, factories
from tests.commands import REPO
from tests.factories import MovableClock, Running, instant
from tests.servers import free_port
from tests.web.doors import Answer, Doors, first_words

# An ordinary Monday, Christmas Eve, a weekend, and both clock changes; the one in March is Easter Sunday.
DAYS = ("2026-11-23", "2026-12-24", "2026-11-28", "2026-11-29", "2026-10-25", "2027-03-28")
HOURS = 26  # more than the longest day

FORBIDDEN = {
    "pl": r"\b(?:otwart|otwier|otwór|zamknięt|zamyka|czynn|nieczynn|trwa dyżur|dyżur trwa|najbliższy dyżur)",
    "uk": (
        r"\b(?:відчинен|відкрит|відкрива|зачинен|закрит|закрива|(?:не )?працю|"
        r"чергування триває|найближче чергування)"
    ),
    "en": r"\b(?:open|clos|shut|on duty|next duty)",
}
# What else may be asked: pages, forms of the plain chat, the script's JSON; any of them with or without our origin.
OTHERS: list[tuple[str, str, object]] = [
    *(
        ("GET", path, None)
        for path in (
            "/prywatnosc",
            "/deklaracja-dostepnosci",
            "/sign-in",
            "/nowhere",
            "/static/x",
            "/console",
        )
    ),
    *(("GET", f"/chat/{line}", None) for line in ("poik", "kis", "city_trust_19513", "KIS")),
    *(("POST", "/chat/poik/plain", form) for form in ("danger=yes", "send=1&text=Dobry", "leave=1", "x")),
    ("POST", "/chat/poik/contacts", first_words()),
    ("POST", "/chat/poik/contacts", first_words(text=None, danger="yes")),
    *(("POST", f"/chat/poik/{way}", {}) for way in ("contacts", "messages", "answers", "leave")),
    ("GET", "/chat/poik/contact", None),
]
# Sentences that may hold such a word because they are not about the centre's hours: each goes out whole, nothing else.
ELSEWHERE = {
    "safe_device": "the page closes at quick exit, and the browser keeps its history",
    "privacy.device": "until the tab of the browser is closed",
    "error.foreign_origin": "please open this page again",
}
# "no confirmed opening hours" says that we do not know; only these very words.
UNKNOWN_HOURS = {"pl": "", "uk": "", "en": "We have no confirmed opening hours for this centre."}


def slips(text: str, language: str) -> list[str]:
    """Words for open or closed in what a person reads of a page or an answer."""
    read = html.unescape(re.sub(r"<[^>]+>", " ", text)) if "<html" in text else text
    read = re.sub(r"\s+", " ", read.replace("\u00a0", " "))
    for key in ELSEWHERE:
        read = read.replace(say(key, language), " ")
    if UNKNOWN_HOURS[language]:
        read = read.replace(UNKNOWN_HOURS[language], " ")
    return re.findall(FORBIDDEN[language], read, re.IGNORECASE)


def settings_of_kutno(folder: Path) -> Settings:
    settings = Settings(data=folder, centre="kutno", port=free_port())
    make_master_key(settings.master_key)
    return settings


@pytest.fixture(scope="module")
async def kutno(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    settings = settings_of_kutno(tmp_path_factory.mktemp("kutno"))
    async with factories.running_house(settings, MovableClock(frozen=True), engine=False) as running:
        yield running


@pytest.fixture
async def doors(kutno: Running) -> AsyncIterator[Doors]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield Doors(kutno, http)


def hours_of(day: str) -> Iterator[datetime]:
    """Every hour of the local day, the repeated one twice."""
    at, end = instant(day), instant(day) + timedelta(hours=HOURS)
    while at < end:
        yield at
        at += timedelta(hours=1)


async def page(doors: Doors, path: str, language: str) -> Answer:
    return await doors.ask("GET", f"{path}?lang={language}", headers={"Accept": "text/html"})


# -- the words themselves ------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_search_finds_what_other_centres_are_told(language: str) -> None:
    for key in ("front.open", "front.closed", "chat.closed", "error.line_closed", "chat.state_open"):
        assert slips(say(key, language), language), key
    assert slips(say("front.open_until", language, edge="16:00"), language)
    assert slips(say("front.open_today", language, time="16:00"), language)
    assert slips(say("front.closed_today", language, time="16:00"), language)


# -- every hour ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", DAYS)
async def test_no_hour_of_any_day_is_called_open_or_closed(doors: Doors, day: str) -> None:
    clock, seen = doors.running.clock, set()
    for at in hours_of(day):
        clock.set(at)
        for language in LANGUAGES:
            front = await page(doors, "/", language)
            chat = await page(doors, "/chat/poik", language)
            assert (front.status, chat.status) == (200, 404)
            assert slips(front.text, language) == [], (at, language)
            assert slips(chat.text, language) == [], (at, language)
            seen.add((language, front.text))
    assert len(seen) == len(LANGUAGES), "what is not known does not change with the hour"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("day", DAYS)
async def test_nor_does_any_other_answer(doors: Doors, day: str, language: str) -> None:
    doors.running.clock.set(instant(day) + timedelta(hours=12))
    for method, path, body in OTHERS:
        for wanted in ("text/html", "application/json"):
            headers = {"Accept": wanted, "Authorization": "Bearer " + "x" * 43}
            raw = body.encode() if isinstance(body, str) else None
            if raw is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            sent = None if isinstance(body, str) else body
            for origin in ("ours", None):
                answer = await doors.ask(
                    method, f"{path}?lang={language}", body=sent, raw=raw, headers=headers, origin=origin
                )
                assert answer.status < 500, answer.text
                assert slips(answer.text, language) == [], (path, answer.text)


# -- what it says instead --------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_front_page_tells_what_is_known(doors: Doors, language: str) -> None:
    text = (await page(doors, "/", language)).text
    read = html.unescape(text).replace("\u00a0", " ")
    assert say("hours_unknown", language, address="ul. Oporowska 27, Kutno") in read
    assert "Powiatowy Ośrodek Interwencji Kryzysowej w Kutnie" in read
    assert "Budynek Domu Pomocy Społecznej w Kutnie" in read
    assert say("front.unknown", language) in read
    dialled = re.findall(r'href="tel:(\d+)"', text)
    assert set(dialled) == {"112", "800702222", "116123", "116111", "800121212", "800120002"}
    # no number of the centre's own, no chat, nothing that was found elsewhere and never confirmed
    assert "/chat/" not in text
    assert "99-300" not in read
    assert "355 47 92" not in read
    assert "unknown" not in read


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_chat_address_leads_to_the_numbers(doors: Doors, language: str) -> None:
    answer = await page(doors, "/chat/city_trust_19513", language)
    read = html.unescape(answer.text).replace("\u00a0", " ")
    assert answer.status == 404
    assert say("error.line_unknown", language) in read
    assert say("hours_unknown", language, address="ul. Oporowska 27, Kutno") in read
    assert 'href="tel:800702222"' in answer.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_its_staff_read_neither_on_the_pages_about_the_centre(doors: Doors, language: str) -> None:
    for number, day in enumerate(DAYS):
        doors.running.clock.set(instant(day) + timedelta(hours=12))
        name = f"Igor{language}{number}"
        await doors.employ(name, "administrator", lines=())
        for path in ("/centre", "/centre/go-live"):
            headers = {**doors.as_staff(name), "Accept": "text/html"}
            answer = await doors.ask("GET", f"{path}?lang={language}", headers=headers)
            assert answer.status == 200
            assert slips(answer.text, language) == [], (path, day)


async def test_its_staff_find_an_empty_console(doors: Doors) -> None:
    await doors.employ("Filip", "supervisor", lines=())
    for path in ("/console", "/console/state", "/cases"):
        answer = await doors.ask("GET", path, headers={**doors.as_staff("Filip"), "Accept": "text/html"})
        assert answer.status == 200, path


# -- the command -----------------------------------------------------------------------------------------


def command(data: Path, **more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HOTLINE_")}
    return {**kept, "HOTLINE_DATA": str(data), "HOTLINE_CENTRE": "kutno", **more}


def run(*arguments: str, data: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return commands.run(*arguments, environment=command(data, **more))


def test_centre_show_tells_the_unit_and_its_address(tmp_path: Path) -> None:
    for at in ("2026-11-23T10:00", "2026-12-24T16:00", "2026-11-29T03:00"):
        shown = run("centre", "show", "kutno", "--at", at, data=tmp_path)
        assert shown.returncode == 0, shown.stderr
        assert "ul. Oporowska 27, Kutno" in shown.stdout
        assert "UNKNOWN (hours not stated)" in shown.stdout
        assert not re.search("OPEN|CLOSED", shown.stdout)


def test_it_is_served_and_with_a_bot_it_does_not_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert run("init", data=data).returncode == 0
    port = free_port()
    bot = run(
        "serve",
        data=data,
        HOTLINE_TELEGRAM_TOKEN="123456:a-real-looking-thing",
        HOTLINE_PORT=str(free_port()),
    )
    assert bot.returncode == 1
    assert "HOTLINE_TELEGRAM_TOKEN: no queue of the centre is on Telegram" in bot.stderr
    assert "real-looking" not in bot.stderr
    process = subprocess.Popen(
        [sys.executable, "-m", "hotline", "serve"],
        env=command(data, HOTLINE_PORT=str(port)),
        cwd=REPO,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        while "Listening" not in process.stderr.readline():
            assert process.poll() is None
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as answer:
            assert "Oporowska 27" in answer.read().decode()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
        process.stderr.close()
    finally:
        if process.poll() is None:
            process.kill()
