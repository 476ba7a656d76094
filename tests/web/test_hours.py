"""Hours in words, as they stand on the front page and in what people who use violence read first."""

import html
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hotline import centres
from hotline.config import Settings
from hotline.texts import LANGUAGES, say
from hotline.vault import make_master_key
from hotline.web import caller_page
from hotline.web.hours import in_words
from tests.factories import PERPETRATORS, TRUST, MovableClock, Running, instant, running_house
from tests.rules.small_centre import EVERY_DAY, centre, line, window
from tests.servers import free_port
from tests.web.doors import Doors

kielce = centres.load("kielce")


def said(*windows: dict[str, Any], language: str = "pl", **keys: Any) -> str:
    return in_words(centre(line("l", *windows, **keys)).line("l"), language)


@pytest.mark.parametrize(
    ("line_id", "pl", "uk", "en"),
    [
        ("sow_perpetrators", "pon.–pt. 8:00–16:00", "пн–пт 8:00–16:00", "Mon–Fri 8:00–16:00"),
        ("family_trust", "pon.–pt. 8:00–18:00", "пн–пт 8:00–18:00", "Mon–Fri 8:00–18:00"),
        ("city_trust_19513", "całą dobę", "цілодобово", "24 hours a day"),
        ("kis", "", "", ""),
    ],
)
def test_kielce(line_id: str, pl: str, uk: str, en: str) -> None:
    own = kielce.line(line_id)
    assert (in_words(own, "pl"), in_words(own, "uk"), in_words(own, "en")) == (pl, uk, en)


@pytest.mark.parametrize(
    ("windows", "words"),
    [
        ([window("16:30", "18:00", ["mon", "thu"])], "pon., czw. 16:30–18:00"),
        ([window("09:00", "17:00", ["mon", "tue"])], "pon., wt. 9:00–17:00"),
        ([window("09:00", "17:00", EVERY_DAY)], "codziennie 9:00–17:00"),
        ([window("09:00", "17:00", ["sun", "mon", "tue", "wed"])], "pon.–śr., niedz. 9:00–17:00"),
        (
            [window("08:00", "16:00"), window("09:00", "12:30", ["sat"])],
            "pon.–pt. 8:00–16:00; sob. 9:00–12:30",
        ),
        # two windows of one day, given in any order; those that touch or overlap are one
        ([window("13:00", "16:00"), window("08:00", "12:00")], "pon.–pt. 8:00–12:00, 13:00–16:00"),
        ([window("08:00", "12:00"), window("12:00", "16:00")], "pon.–pt. 8:00–16:00"),
        ([window("08:00", "16:00"), window("09:00", "12:00")], "pon.–pt. 8:00–16:00"),
        ([window("08:00", "16:00", ["mon"]), window("08:00", "16:00", ["wed"])], "pon., śr. 8:00–16:00"),
        # past midnight, until midnight
        ([window("22:00", "06:00", EVERY_DAY)], "codziennie 22:00–6:00"),
        ([window("18:00", "24:00", ["fri"])], "pt. 18:00–24:00"),
        ([window("00:00", "24:00", ["sat", "sun"])], "sob., niedz. 0:00–24:00"),
    ],
)
def test_every_shape_of_a_week(windows: list[dict[str, Any]], words: str) -> None:
    assert said(*windows) == words


def test_languages_agree_on_the_numbers() -> None:
    windows = [window("08:00", "16:00"), window("09:00", "12:30", ["sat"])]
    assert said(*windows, language="uk") == "пн–пт 8:00–16:00; сб 9:00–12:30"
    assert said(*windows, language="en") == "Mon–Fri 8:00–16:00; Sat 9:00–12:30"
    assert said(window("09:00", "17:00", EVERY_DAY), language="en") == "every day 9:00–17:00"


def test_hours_that_are_only_assumed_are_not_told_as_stated() -> None:
    assert said(window("08:00", "16:00"), hours_status="assumed") == ""


def test_only_people_who_use_violence_read_their_own_introduction() -> None:
    own = kielce.line("sow_perpetrators")
    assert "Telefon: +48 41 362 89 73, pon.–pt. 8:00–16:00." in caller_page.intro(own, own, "pl")
    assert "Телефон: +48 41 362 89 73, пн–пт 8:00–16:00." in caller_page.intro(own, own, "uk")
    assert "Phone: +48 41 362 89 73, Mon–Fri 8:00–16:00." in caller_page.intro(own, own, "en")
    others = [each for each in kielce.lines.values() if each.id != own.id]
    assert {caller_page.intro(each, each, "pl") for each in others} == {""}
    # without stated hours there is nothing to put into the sentence: the general welcome
    unstated = centre(line("l", audience=["using_violence"], hours_status="unstated")).line("l")
    assert caller_page.intro(unstated, unstated, "pl") == ""


# -- on the pages ----------------------------------------------------------------------------------------


async def read(doors: Doors, path: str, language: str) -> str:
    """What a page says, without the marks that keep numbers whole."""
    answer = await doors.ask("GET", f"{path}?lang={language}", headers={"Accept": "text/html"})
    assert answer.status == 200
    return html.unescape(answer.text).replace("\u00a0", " ").replace("\u2060", "")


@pytest.fixture
async def quiet(tmp_path: Path) -> AsyncIterator[Running]:
    """Kielce as its document has it: no chat yet."""
    settings = Settings(data=tmp_path, centre="kielce", port=free_port())
    make_master_key(settings.master_key)
    async with running_house(settings, MovableClock(), engine=False) as running:
        yield running


@pytest.mark.parametrize("language", LANGUAGES)
async def test_whoever_uses_violence_is_met_with_their_own_words(doors: Doors, language: str) -> None:
    own = await read(doors, f"/chat/{PERPETRATORS}", language)
    other = await read(doors, f"/chat/{TRUST}", language)
    words = caller_page.intro(kielce.line(PERPETRATORS), kielce.line(PERPETRATORS), language)
    greeting = say("greeting_day", language)
    welcome = say("welcome", language, greeting=greeting, centre_name=kielce.short_name_pl)
    assert (words in own, welcome in own) == (True, False)
    assert (words in other, welcome in other) == (False, True)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_also_outside_the_hours_and_while_there_is_no_chat(quiet: Running, language: str) -> None:
    words = caller_page.intro(kielce.line(PERPETRATORS), kielce.line(PERPETRATORS), language)
    async with aiohttp.ClientSession() as http:
        doors = Doors(quiet, http)
        for at in ("2026-11-23T10:00", "2026-11-23T20:00", "2026-12-24T12:00"):
            quiet.clock.set(instant(at))
            assert words in await read(doors, f"/chat/{PERPETRATORS}", language)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_front_page_has_the_hours_of_every_stated_line(doors: Doors, language: str) -> None:
    front = await read(doors, "/", language)
    stated = [words for each in kielce.lines.values() if (words := in_words(each, language))]
    assert len(stated) == 5
    for words in set(stated):
        assert front.count(say("front.hours", language, hours=words)) == stated.count(words)
