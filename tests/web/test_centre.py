"""The pages about the centre: hours changed in a form, exceptions, suggestions, and the way to going live."""

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest

from hotline.rules.opening import Closed, Open, opening
from hotline.texts import say
from hotline.web.hours import read, read_week
from tests import factories
from tests.factories import MONDAY, MovableClock, instant
from tests.web.doors import Answer, Doors

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "10-14, 15:00-20:00")


@pytest.fixture(params=["kielce", "kutno"])
async def either(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Doors]:
    """Each centre as it comes, with Igor (administrator), Filip (supervisor) and Anna (counsellor)."""
    async with opened(tmp_path, request.param) as doors:
        yield doors


@pytest.fixture
async def kielce(tmp_path: Path) -> AsyncIterator[Doors]:
    async with opened(tmp_path, "kielce") as doors:
        yield doors


@asynccontextmanager
async def opened(folder: Path, centre: str) -> AsyncIterator[Doors]:
    settings = replace(factories.settings_in(folder), centre=centre, centre_overlay="")
    async with (
        factories.running_house(settings, MovableClock(frozen=True), engine=False) as running,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        doors = Doors(running, http)
        await doors.employ("Igor", "administrator", lines=())
        await doors.employ("Filip", "supervisor", lines=())
        yield doors


async def post(doors: Doors, who: str, path: str, **fields: str) -> Answer:
    named = {name.replace("__", "."): value for name, value in fields.items()}
    return await doors.ask(
        "POST", f"/centre/{path}", raw=urlencode(named).encode(), headers={**FORM, **doors.as_staff(who)}
    )


async def page(doors: Doors, who: str, path: str = "", language: str = "pl") -> str:
    answer = await doors.ask(
        "GET", f"/centre{path}?lang={language}", headers={"Accept": "text/html", **doors.as_staff(who)}
    )
    assert answer.status == 200
    return words(answer)


def words(answer: Answer) -> str:
    text = html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).replace("\u00a0", " ").replace("\u2060", "")
    return re.sub(r"\s+", " ", text)


# -- hours -------------------------------------------------------------------------------------------------


async def test_hours_are_changed_in_a_form_and_the_page_says_by_whom(kielce: Doors) -> None:
    centre = kielce.running.system
    saved = await post(
        kielce, "Filip", "lines/kis", kind="hours", policy="closed", from_day="2026-11-23", **WEEK
    )
    assert (saved.status, saved.headers["Location"]) == (303, "/centre#lines")
    assert opening(centre.centre, "kis", MONDAY) == Open(instant("2026-11-23T14:00"))
    assert opening(centre.centre, "kis", instant("2026-11-23T14:30")) == Closed(instant("2026-11-23T15:00"))
    shown = await page(kielce, "Igor")
    assert "pon.–pt. 10:00–14:00, 15:00–20:00 · zmiana: Filip Testowa, od 23.11.2026" in shown
    assert "1 zmiana" in shown
    later = await post(
        kielce, "Igor", "lines/kis", kind="same", same_as="family_trust", from_day="2026-12-01"
    )
    assert later.status == 303
    assert "od 01.12.2026: jak: Telefon Zaufania w sprawach rodzinnych" in await page(kielce, "Igor")
    form = (await kielce.ask("GET", "/centre/lines/kis", headers=kielce.as_staff("Igor"))).text
    assert 'name="mon" maxlength="100" value="10:00-14:00, 15:00-20:00"' in form


REFUSED = {
    "hours_unreadable": [
        {"kind": "hours", "policy": "closed", "mon": "od ósmej"},
        {"kind": "hours", "policy": "closed"},
        {"kind": "hours", "policy": "closed", "mon": "25-26"},
    ],
    "day_invalid": [
        {"kind": "always", "from_day": ""},
        {"kind": "always", "from_day": "2026-11-22"},
        {"kind": "always", "from_day": "jutro"},
    ],
    "hours_in_circle": [{"kind": "same", "same_as": "kis"}],
    "malformed": [{"kind": "sometimes"}, {}, {"kind": "hours", "policy": "never", "mon": "8-16"}],
}


@pytest.mark.parametrize("code", REFUSED)
async def test_what_cannot_be_saved_comes_back_with_a_sentence_and_what_was_written(
    kielce: Doors, code: str
) -> None:
    before = kielce.running.system.centre
    for fields in REFUSED[code]:
        answer = await post(kielce, "Igor", "lines/kis", **{"from_day": "2026-11-24", **fields})
        assert 400 <= answer.status < 500
        assert say(f"error.{code}", "pl") in words(answer)
        if "mon" in fields:
            assert f'value="{fields["mon"]}"' in html.unescape(answer.text)
    assert kielce.running.system.centre == before
    assert say("centre.history_none", "pl") in await page(kielce, "Igor")


async def test_where_danger_goes_by_night_cannot_be_closed(kielce: Doors) -> None:
    """The one line that is always open in the queue for danger stays so."""
    answer = await post(kielce, "Igor", "lines/city_trust_19513", kind="unstated", from_day="2026-11-24")
    assert answer.status == 422
    assert "Nic nie zostało zmienione" in words(answer)


def test_reading_hours() -> None:
    assert read(" 8-16 ; 18:30–20:00") == [("08:00", "16:00"), ("18:30", "20:00")]
    assert read("22:00-6:00") == [("22:00", "06:00")]
    assert read_week({"mon": "8-16", "tue": "8-16", "sat": "9-12, 13-15"}) == [
        {"days": ["mon", "tue"], "from": "08:00", "to": "16:00"},
        {"days": ["sat"], "from": "09:00", "to": "12:00"},
        {"days": ["sat"], "from": "13:00", "to": "15:00"},
    ]


# -- exceptions and suggestions ------------------------------------------------------------------------------


async def test_closures_and_extra_openings_are_added_and_withdrawn(kielce: Doors) -> None:
    added = await post(
        kielce,
        "Filip",
        "closures",
        first="2026-12-07",
        reason="dzień wolny za sobotę",
        line__family_trust="on",
    )
    assert added.status == 303
    extra = {"day": "2026-12-12", "span": "9-13", "reason": "sobota pracująca", "line__family_trust": "on"}
    assert (await post(kielce, "Filip", "openings", **extra)).status == 303
    shown = await page(kielce, "Igor")
    assert "07.12.2026 zamknięcie dzień wolny za sobotę · Telefon Zaufania w sprawach rodzinnych" in shown
    assert "12.12.2026, 9:00–13:00 dodatkowy dyżur" in shown
    raw = (await kielce.ask("GET", "/centre", headers=kielce.as_staff("Igor"))).text
    for change_id in set(re.findall(r"/centre/changes/([0-9a-f-]{36})/withdraw", raw)):
        assert (await post(kielce, "Igor", f"changes/{change_id}/withdraw")).status == 303
    assert say("centre.exceptions_none", "pl") in await page(kielce, "Igor")
    nothing = await post(kielce, "Filip", "closures", first="2026-12-07", reason="remont")
    assert (nothing.status, say("error.nothing_chosen", "pl") in words(nothing)) == (422, True)
    assert 'value="remont"' in nothing.text


async def test_suggestions_are_decided_one_by_one(kielce: Doors) -> None:
    assert "195 25" not in await page(kielce, "Igor", "/lines/kis")
    assert (await post(kielce, "Filip", "facts/line.19525", decision="confirmed")).status == 303
    assert (await post(kielce, "Filip", "facts/sow.hours", decision="rejected")).status == 303
    shown = await page(kielce, "Igor")
    assert "całą dobę · z potwierdzonej sugestii" in shown
    assert shown.count("potwierdzone Wycofaj") == 1
    assert shown.count("odrzucone Wycofaj") == 1
    front = await kielce.ask("GET", "/", headers={"Accept": "text/html"})
    assert "195 25" in words(front)
    assert 'href="tel:195' not in front.text
    assert (await post(kielce, "Igor", "facts/weather", decision="confirmed")).status == 404
    assert (await post(kielce, "Igor", "facts/sow.name", decision="perhaps")).status == 400


async def test_assumptions_are_shown_to_be_confirmed(kielce: Doors) -> None:
    shown = await page(kielce, "Filip")
    assert shown.count("przyjmujemy, że nieczynne do potwierdzenia") == 3  # A17, on three lines
    assert "do potwierdzenia Dokument mówi „całodobowo”, a o świętach milczy" in shown  # A13
    assert "nie podaje, czy numer skrócony".lower() in shown.lower()  # A16
    assert say("centre.controller_missing", "pl") in shown


# -- going live ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["pl", "uk", "en"])
async def test_every_blocker_is_named_with_why_and_by_whom(either: Doors, language: str) -> None:
    centre = either.running.system.centre
    shown = await page(either, "Filip", "/go-live", language)
    for code in centre.go_live_blockers:
        assert say(f"golive.{code}.name", language) in shown
        assert say(f"golive.{code}.why", language) in shown
    assert say("golive.progress", language, done="0", all="6") in shown
    assert say("golive.not_you", language) in shown
    assert say("golive.switch_on", language) not in shown


async def test_the_switch_refuses_by_rule_and_not_by_page(either: Doors) -> None:
    for who in ("Igor", "Filip"):
        answer = await post(either, who, "live-chat", on="yes")
        assert (answer.status, say("error.go_live_blocked", "pl") in words(answer)) == (409, True)
    assert not either.running.system.centre.live_chat_enabled


async def test_kielce_step_by_step(kielce: Doors) -> None:
    early = await post(kielce, "Igor", "blockers/rota", why="ułożony")
    assert (early.status, say("error.blocker_stands", "pl") in words(early)) == (409, True)
    assert say("golive.still_missing", "pl") in await page(kielce, "Igor", "/go-live")
    await kielce.employ("Anna", "counsellor")
    steps = {
        "rota": {},
        "controller": {"centre__controller": "MOPR Kielce", "centre__web_url": "https://mopr.example"},
        "dpo": {"centre__dpo_email": "iod@mopr.example"},
        "districts": {},
        "letter_recipients": {},
        "number_verification": {},
    }
    refused = await post(kielce, "Filip", "blockers/dpo", why="jest", centre__dpo_email="iod@mopr.example")
    assert refused.status == 403
    for number, (code, fields) in enumerate(steps.items()):
        done = await post(kielce, "Igor", f"blockers/{code}", why=f"Zarządzenie {number}", **fields)
        assert done.status == 303, words(done)
        shown = await page(kielce, "Filip", "/go-live")
        assert f"Igor Testowa, 23.11.2026: Zarządzenie {number}" in shown
    assert (await post(kielce, "Filip", "live-chat", on="yes")).status == 303
    chat = await kielce.ask("GET", "/chat/city_trust_19513", headers={"Accept": "text/html"})
    assert "MOPR Kielce" in words(chat)
    assert say("centre.chat_on", "pl") in await page(kielce, "Igor", "/go-live")
    assert (await post(kielce, "Igor", "live-chat", on="no")).status == 303
    assert not kielce.running.system.centre.live_chat_enabled


async def test_kutno_gets_its_line_on_the_page(tmp_path: Path) -> None:
    async with opened(tmp_path, "kutno") as doors:
        added = await post(doors, "Igor", "lines", number="+48 24 000 00 00", name="Telefon Ośrodka")
        assert added.status == 303
        line = doors.running.system.centre.line("poik_1")
        assert (await post(doors, "Igor", "blockers/phone", why="numer od dyrekcji")).status == 303
        assert "Telefon Ośrodka" in words(await doors.ask("GET", "/", headers={"Accept": "text/html"}))
        hours = {"kind": "hours", "policy": "closed", "from_day": "2026-11-23", **WEEK}
        assert (await post(doors, "Filip", f"lines/{line.id}", **hours)).status == 303
        assert (await post(doors, "Filip", "blockers/hours", why="uchwała")).status == 303
        await doors.employ("Anna", "counsellor", lines=("poik_1",))
        assert (await post(doors, "Filip", "blockers/rota", why="grafik")).status == 303
        assert doors.running.system.centre.blockers == ("controller", "dpo", "letter_recipients")


async def test_documents_are_changed_by_who_answers_for_them(kielce: Doors) -> None:
    fields = {"centre__controller": "MOPR Kielce", "centre__dpo_email": "iod@mopr.example"}
    assert (await post(kielce, "Filip", "documents", **fields)).status == 403
    assert (await post(kielce, "Igor", "documents", **fields)).status == 303
    privacy = words(await kielce.ask("GET", "/prywatnosc", headers={"Accept": "text/html"}))
    assert "Administratorem danych jest: MOPR Kielce." in privacy
    bad = await post(kielce, "Igor", "documents", accessibility__made_on="wczoraj")
    assert bad.status == 422
    assert "Nic nie zostało zmienione" in words(bad)
