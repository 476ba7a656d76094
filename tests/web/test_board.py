"""The board over HTTP and its socket: what it shows to whom, never content, and decisions that come too late."""

import asyncio
import json
import time
from contextlib import suppress
from urllib.parse import urlencode

import pytest
from aiohttp import WSMsgType
from sqlalchemy import update

from hotline.actions import alarms, assignments, contacts, messages, presence
from hotline.errors import Unavailable
from hotline.ids import new_id
from hotline.rules.access import OPERATOR
from hotline.rules.alarms import OFFERS_MISSED
from hotline.store import claims, views
from hotline.store.tables import offers
from tests.factories import PERPETRATORS, TRUST, VICTIMS, add_caller
from tests.web.doors import Answer, Doors, bearer

PAGE = {"Accept": "text/html"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def board(doors: Doors, who: str = "Filip", path: str = "/board") -> Answer:
    return await doors.ask("GET", path, headers={**doors.as_staff(who), **PAGE})


async def decide(doors: Doors, contact_id: str, what: str, who: str = "Filip", **fields: str) -> Answer:
    headers = {**doors.as_staff(who), **PAGE, **FORM}
    path = f"/board/contacts/{contact_id}/{what}"
    return await doors.ask("POST", path, raw=urlencode(fields).encode(), headers=headers)


async def test_the_board_shows_who_waits_and_who_talks_but_neither_words_nor_secrets(doors: Doors) -> None:
    waiting = await doors.caller(text="Słowa, których nie ma na tablicy.", topic="violence")
    talking = await doors.talk()
    anna = doors.people["Anna"]
    await messages.reply(doors.running.system, anna.actor, talking.contact_id, "reply-for-board", "Ani tych.")
    offer = await doors.offer("Beata")
    text = (await board(doors)).text
    for contact_id in (waiting.contact_id, talking.contact_id, offer.contact_id):
        assert f"/board/contacts/{contact_id}" in text
    assert "Beata Testowa" in text
    assert "dyżur, chwilę temu" in text
    for hidden in ("Słowa", "Ani tych", waiting.token, offer.token):
        assert hidden not in text


async def test_an_alarm_about_somebody_says_about_whom(doors: Doors) -> None:
    system, anna = doors.running.system, doors.people["Anna"].id
    async with system.transaction(OPERATOR) as tx:
        await alarms.raised(tx, OFFERS_MISSED, "staff", anna, TRUST)
    assert "Anna Testowa · Miejski Telefon Zaufania" in (await board(doors)).text
    async with system.transaction(OPERATOR) as tx:
        await alarms.over(tx, anna, OFFERS_MISSED)


async def test_a_supervisor_of_one_side_sees_no_contact_of_the_other(doors: Doors) -> None:
    await doors.employ("Wanda", "supervisor", lines=(VICTIMS,))
    barred = await add_caller(doors.running.system, line=PERPETRATORS, danger="yes")
    await contacts.leave(doors.running.system, barred.actor, barred.contact_id, quick=True)  # an alarm, too
    assert barred.contact_id in (await board(doors)).text
    for path in ("/board", "/board/now"):
        assert barred.contact_id not in (await board(doors, "Wanda", path)).text
    behind, absent = [
        await board(doors, "Wanda", f"/board/contacts/{each}") for each in (barred.contact_id, new_id())
    ]
    assert (behind.status, behind.text) == (absent.status, absent.text)
    assert behind.status == 404
    for what, fields in (
        ("pick-up", {}),
        ("offer", {"staff": doors.people["Anna"].id}),
        ("take-over", {"holder": doors.people["Anna"].id, "reason": "x"}),
    ):
        answers = [
            await decide(doors, each, what, "Wanda", **fields) for each in (barred.contact_id, new_id())
        ]
        assert {(each.status, each.text) for each in answers} == {(404, absent.text)}


async def test_a_decision_that_comes_too_late_is_told_kindly_with_the_page_as_it_is_now(doors: Doors) -> None:
    caller, anna = await doors.caller(), doors.people["Anna"]
    await assignments.pick_up(doors.running.system, anna.actor, caller.contact_id)
    late = await decide(doors, caller.contact_id, "pick-up")
    assert late.status == 409
    assert "Tej rozmowy nie ma już w kolejce" in late.text
    assert "Prowadzi Anna Testowa" in late.text
    assert "Przejmij rozmowę" in late.text


async def test_decisions_lead_where_one_goes_on(doors: Doors) -> None:
    await presence.seen(doors.running.system, doors.people["Beata"].actor)
    first, second = await doors.caller(), await doors.caller()
    picked = await decide(doors, first.contact_id, "pick-up")
    assert (picked.status, picked.headers["Location"]) == (303, f"/console?open={first.contact_id}")
    offered = await decide(doors, second.contact_id, "offer", staff=doors.people["Beata"].id)
    assert offered.status in (303, 409)  # Beata may have an offer of another test
    handed = await decide(
        doors, first.contact_id, "hand-over",
        holder=doors.people["Filip"].id, staff=doors.people["Beata"].id, reason="Umówione.",
    )  # fmt: skip
    assert (handed.status, handed.headers["Location"]) == (303, "/board")
    words = await doors.ask("GET", f"/chat/{TRUST}/contact", headers=bearer(first))
    assert words.json["entries"][-1]["text"].startswith("Rozmowę prowadzi teraz: Beata.")
    missing = await decide(doors, first.contact_id, "hand-over", holder=doors.people["Beata"].id)
    assert missing.status == 400


async def test_without_an_engine_every_board_says_so(doors: Doors) -> None:
    """These doors have none: only a web process lives, and what led once has been silent for a while."""
    doors.running.clock.advance(seconds=20)
    assert "Przydzielanie rozmów nie działa" in (await board(doors)).text


@pytest.mark.parametrize("who", ["Anna", "Halina", "Igor"])
async def test_the_board_is_for_supervisors(doors: Doors, who: str) -> None:
    assert (await board(doors, who)).status == 403
    async with doors.http.ws_connect(
        doors.ours + "/board/socket", headers={**doors.as_staff("Filip"), "Origin": doors.ours}
    ) as socket:
        assert (await socket.receive()).type is WSMsgType.TEXT


async def test_the_socket_brings_the_new_picture_at_most_four_times_a_second(doors: Doors) -> None:
    headers = {**doors.as_staff("Filip"), "Origin": doors.ours}
    async with doors.http.ws_connect(doors.ours + "/board/socket", headers=headers) as socket:
        await socket.receive_json(timeout=60)
        caller = await doors.caller()
        while caller.contact_id not in json.dumps(await socket.receive_json(timeout=60)):
            pass

        async def chatter() -> None:
            for _ in range(30):
                await doors.caller()

        task = asyncio.create_task(chatter())  # noqa: TID251
        started, frames = time.monotonic(), 0
        async with asyncio.timeout(60):
            while (took := time.monotonic() - started) < 2 or frames < 2:
                with suppress(TimeoutError):
                    await socket.receive_json(timeout=0.5)
                    frames += 1
        await task
        assert frames <= took * 4 + 2


async def test_the_board_shows_whose_turn_it_is(doors: Doors) -> None:
    system = doors.running.system
    for number in range(2):
        caller = await doors.caller()
        async with system.transaction(OPERATOR) as tx:
            home = await claims.open_step(tx, caller.contact_id, "tier:2")
            if number:
                await claims.open_step(tx, caller.contact_id, "end")
            elif home is not None:
                await claims.answer_step(tx, home, doors.people["Beata"].id)
    text = (await board(doors)).text
    assert "przejmuje Beata Testowa, od" in text
    assert "nie ma już kogo wezwać, od" in text


async def test_while_the_database_is_away_the_board_keeps_its_picture_and_says_so(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {**doors.as_staff("Filip"), "Origin": doors.ours}
    async with doors.http.ws_connect(doors.ours + "/board/socket", headers=headers) as socket:
        assert "html" in await socket.receive_json(timeout=60)

        async def away(*_: object) -> None:
            raise Unavailable

        with monkeypatch.context() as patch:
            patch.setattr(views, "board_view", away)
            frame = {}
            while "trouble" not in frame:
                frame = await socket.receive_json(timeout=60)
            assert frame == {"trouble": "database"}
            # And again: by that the page knows that its line lives.
            assert await socket.receive_json(timeout=60) == frame
        assert "html" in await socket.receive_json(timeout=60)


async def test_a_supervisor_reads_who_was_asked_why_and_who_was_not(doors: Doors) -> None:
    offer = await doors.offer("Anna")
    async with doors.running.system.transaction(OPERATOR) as tx:
        why = {"rule": "rest", "tier": 1, "passed": {doors.people["Beata"].id: "load"}}
        await tx.connection.execute(update(offers).where(offers.c.id == offer.id).values(why=why))
    page = (await board(doors, path=f"/board/contacts/{offer.contact_id}")).text
    told = page[page.index('id="offered"') :]
    for words in ("Beata", "dzwoni", "Najdłużej bez rozmowy.", "Anna", "więcej rozmów"):
        assert words in told
