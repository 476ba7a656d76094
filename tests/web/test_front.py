"""The front page and the papers: who can be reached now, until when, and what each answer rests on."""

import html
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import aiohttp
import pytest

from hotline.actions import centre
from hotline.rules.access import OPERATOR
from hotline.store import queries
from hotline.texts import LANGUAGES, say
from tests import factories
from tests.factories import PERPETRATORS, TRUST, MovableClock, Running, instant
from tests.web.doors import Doors, client_id, first_words

HTML = {"Accept": "text/html"}


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    """A Kielce of this test's own, at work and on the web, with nobody on the staff."""
    settings = factories.settings_in(tmp_path)
    clock = MovableClock(frozen=True)
    async with (
        factories.running_house(settings, clock, engine=False) as running,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        yield Doors(running, http)


async def read(doors: Doors, path: str, language: str = "pl") -> str:
    answer = await doors.ask("GET", f"{path}?lang={language}", headers=HTML)
    assert answer.status == 200
    text = html.unescape(re.sub(r"<[^>]+>", " ", answer.text))
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ").replace("\u2060", ""))


def group(text: str, heading: str, language: str = "pl") -> str:
    """What stands under one heading of the front page."""
    names = [say(f"front.{key}", language) for key in ("now", "later", "unstated", "numbers")]
    begin = text.index(say(f"front.{heading}", language))
    later = [place for name in names if (place := text.rfind(name)) > begin]
    return text[begin : min(later)]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_each_line_stands_where_its_hours_put_it(doors: Doors, language: str) -> None:
    monday = await read(doors, "/", language)
    assert "+48 41 362 89 73" in group(monday, "now", language)
    assert say("front.open_today", language, time="16:00") in monday
    assert "+48 41 345 53 29" in group(monday, "unstated", language)
    doors.running.clock.set(instant("2026-11-23T16:00"))
    evening = await read(doors, "/", language)
    assert "+48 41 362 89 73" in group(evening, "later", language)
    assert "195 13" in group(evening, "now", language)
    doors.running.clock.set(instant("2026-11-24T07:00"))
    assert say("front.closed_today", language, time="08:00") in await read(doors, "/", language)


async def test_a_short_number_is_no_link_and_a_shelter_has_no_address(doors: Doors) -> None:
    await centre.decide_fact(doors.running.system, OPERATOR, "sow.address", "confirmed")
    page = (await doors.ask("GET", "/", headers=HTML)).text
    assert 'href="tel:195' not in page
    assert 'href="tel:+48413661052"' in page
    assert "Wesoła" not in page
    assert "Studzienna" in page
    assert say("front.hidden_address", "pl") in html.unescape(page)


async def test_holidays_and_closures_say_why_and_assumptions_say_that_they_are_some(doors: Doors) -> None:
    system, clock = doors.running.system, doors.running.clock
    day = date(2026, 12, 7)
    await centre.close(system, OPERATOR, day, day, ["family_trust"], "dzień wolny za sobotę")
    clock.set(instant("2026-12-07T10:00"))
    closed = group(await read(doors, "/"), "later")
    assert "Powód: dzień wolny za sobotę." in closed
    assert say("front.assumed", "pl") not in closed
    clock.set(instant("2026-12-25T10:00"))
    christmas = group(await read(doors, "/"), "later")
    assert "Powód: Boże Narodzenie" in christmas
    assert say("front.assumed", "pl") in christmas
    await centre.set_hours(system, OPERATOR, "kis", date(2026, 12, 25), {"same_as": TRUST})
    kept = group(await read(doors, "/"), "now")
    assert "Godziny takie jak: Miejski Telefon Zaufania." in kept


async def test_how_old_the_numbers_are(doors: Doors) -> None:
    assert "stanu na: 01.10.2020. Nikt jeszcze nie potwierdził" in await read(doors, "/")
    await centre.set_documents(doors.running.system, OPERATOR, {"centre.verified_on": "2026-11-20"})
    assert "stanu na: 01.10.2020. Sprawdzono: 20.11.2026." in await read(doors, "/")


# -- papers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_notice_names_what_the_law_asks_for(doors: Doors, language: str) -> None:
    text = await read(doors, "/prywatnosc", language)
    for named in (
        "Ośrodek Pokazowy",
        "iod@demo.example",
        "art. 6" if language != "uk" else "ст. 6",
        "Telegram",
        "UODO",
    ):
        assert named in text or (named == "UODO" and "uodo.gov.pl" in text), named
    assert ("Wiążący" in text, say("notice.translation", language) in text) == (False, language != "pl")
    for key in ("short.2", "rights.2", "rights.5", "telegram.1", "recipients.2"):
        assert say(f"notice.{key}", language) in text


async def test_a_centre_without_a_controller_says_what_is_true(tmp_path: Path) -> None:
    settings = replace(factories.settings_in(tmp_path), centre_overlay="")
    async with (
        factories.running_house(settings, MovableClock(), engine=False) as running,
        aiohttp.ClientSession() as http,
    ):
        text = await read(Doors(running, http), "/prywatnosc")
    assert say("notice.controller.missing", "pl") in text
    assert "Administratorem danych jest" not in text


async def test_the_words_of_then_stay_readable(doors: Doors) -> None:
    system = doors.running.system
    then = system.notice.version
    doors.running.clock.advance(days=30)
    await centre.set_documents(system, OPERATOR, {"centre.controller": "Gmina Kielce"})
    former, now = await read(doors, f"/prywatnosc/{then}"), await read(doors, "/prywatnosc")
    assert "Ośrodek Pokazowy" in former
    assert say("notice.former", "pl") in former
    assert "Gmina Kielce" in now
    assert say("notice.former", "pl") not in now
    assert "pokazywana od 23.12.2026" in now
    assert (await doors.ask("GET", "/prywatnosc/" + "0" * 16)).status == 404


async def privacy_of(running: Running, contact_id: str) -> str:
    async with running.system.read() as tx:
        row = await queries.contact(tx, contact_id)
    assert row is not None
    return str(row.privacy_version)


async def test_a_contact_names_the_notice_its_page_was_made_with(doors: Doors) -> None:
    page = (await doors.ask("GET", f"/chat/{TRUST}", headers=HTML)).text
    found = re.search(r'name="notice" value="([0-9a-f]{16})"', page)
    assert found is not None
    await centre.set_documents(doors.running.system, OPERATOR, {"centre.controller": "Gmina Kielce"})
    system = doors.running.system
    body = first_words(notice=found[1])
    assert (await doors.ask("POST", f"/chat/{TRUST}/contacts", body=body)).status == 201
    form = f"token={'p' * 43}&id={client_id()}&notice={found[1]}&text=Dobry&send=1"
    sent = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await doors.ask("POST", f"/chat/{TRUST}/plain", raw=form.encode(), headers=sent)).status == 200
    fresh = await doors.ask("POST", f"/chat/{PERPETRATORS}/contacts", body=first_words())
    assert fresh.status == 201
    async with system.read() as tx:
        waiting = await queries.waiting(tx)
    versions = [await privacy_of(doors.running, each.id) for each in waiting]
    assert sorted(versions) == sorted([found[1], found[1], system.notice.version])


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_statement_has_the_parts_of_the_acts_template(doors: Doors, language: str) -> None:
    await centre.set_documents(
        doors.running.system,
        OPERATOR,
        {
            "accessibility.status": "partial",
            "accessibility.made_on": "2026-11-02",
            "accessibility.gaps_pl": "Brak tłumaczenia na PJM.",
            "accessibility.contact_name": "Jan Nowak",
            "accessibility.contact_email": "dostepnosc@mopr.example",
            "accessibility.building_pl": "Wejście od ul. Studziennej, próg 2 cm.",
        },
    )
    page = (await doors.ask("GET", f"/deklaracja-dostepnosci?lang={language}", headers=HTML)).text
    ids = set(re.findall(r'id="(a11y-[a-z]+(?:-[a-z]+)*)"', page))
    assert ids >= {
        "a11y-wprowadzenie", "a11y-podmiot", "a11y-url", "a11y-data-publikacja", "a11y-data-aktualizacja",
        "a11y-status", "a11y-niedostepne", "a11y-data-sporzadzenie", "a11y-ocena", "a11y-kontakt", "a11y-osoba",
        "a11y-email", "a11y-telefon", "a11y-procedura", "a11y-architektura", "a11y-aplikacje",
    }  # fmt: skip
    text = await read(doors, "/deklaracja-dostepnosci", language)
    for said in ("02.11.2026", "Jan Nowak", "próg 2 cm", "PJM", "bip.brpo.gov.pl", "Alarm112"):
        assert said in text
    assert say("a11y.status_partial", language) in text
    assert say("a11y.not_stated", language) in text
