"""A locked screen from outside: no route of the staff answers it, its line says only that somebody waits."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

import pytest

from hotline.actions import messages, passwords, screens, signing_in
from hotline.ids import new_id
from hotline.live import hub
from hotline.live.bus import LocalBus
from hotline.rules.access import OPERATOR
from hotline.store import staffing
from hotline.texts import say
from hotline.web.routes import CALLER, EVERYONE, ROUTES, Route
from hotline.web.session import UNDER_LOCK
from tests import factories
from tests.factories import TRUST, talk
from tests.web.conftest import opened as house
from tests.web.doors import CASE, Answer, Doors, client_id, filled, looks_never
from tests.web.scenes import Scene, scene_at, valid
from tests.web.test_sockets import frame, frames_until
from tests.web.test_sockets import opened as line

STAFF_ROUTES = [route for route in ROUTES if route.who not in (EVERYONE, CALLER)]
PAGE = {"Accept": "text/html"}
FORM = {**PAGE, "Content-Type": "application/x-www-form-urlencoded"}
PASSWORD = "trzy zielone rowery"
WORDS = "Słowa, których nikt obok nie przeczyta."


@pytest.fixture(scope="module")
async def locked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """A house in which Anna, who talks and has a case opened, and Filip, who leads, have left their desks."""
    async with house(factories.settings_in(tmp_path_factory.mktemp("house"))) as doors:
        scene = await scene_at(doors)
        await messages.receive(
            doors.running.system, scene.caller.actor, scene.caller.contact_id, new_id(), WORDS
        )
        for who in ("Anna", "Filip"):
            await give_password(doors, who)
            await lock(doors, who)
        yield scene


async def give_password(doors: Doors, who: str) -> None:
    hashed = await passwords.hashed(PASSWORD, who.lower())
    async with doors.running.system.transaction(OPERATOR) as tx:
        await staffing.change(tx, doors.people[who].id, password_hash=hashed)


async def lock(doors: Doors, who: str) -> None:
    me = await signing_in.signed_in(doors.running.system, doors.secrets[who])
    await screens.lock(doors.running.system, me, "hand")


async def send(doors: Doors, who: str, path: str, **fields: str) -> Answer:
    """A form, as a browser without a script sends it."""
    return await doors.ask(
        "POST", path, raw=urlencode(fields).encode(), headers={**doors.as_staff(who), **FORM}
    )


def name(route: Route) -> str:
    return f"{route.method} {re.sub(r':[^/]*', '', route.path)}"


# -- the census ----------------------------------------------------------------------------------------------


def test_what_a_locked_screen_may_ask_for_is_in_the_table() -> None:
    assert {route.path for route in STAFF_ROUTES} > UNDER_LOCK


@pytest.mark.parametrize("route", [each for each in STAFF_ROUTES if each.path not in UNDER_LOCK], ids=name)
async def test_no_route_shows_or_takes_anything_while_the_screen_is_locked(
    locked: Scene, route: Route
) -> None:
    doors, contact = locked.doors, locked.caller.contact_id
    before = await doors.state_of(contact)
    path = filled(route.path, contact, locked.case)
    for who in ("Anna", "Filip"):
        body = valid(route.path, locked) if route.method == "POST" else None
        told = await doors.ask(route.method, path, body=body, headers=doors.as_staff(who))
        assert (told.status, told.json["locked"], told.code) == (423, True, "screen_locked"), who
        page = await doors.ask(route.method, path, headers={**doors.as_staff(who), **PAGE})
        assert page.status == 423
        assert say("staff.lock.title", "pl") in page.text
        for secret in (WORDS, contact, TRUST, CASE["subject"], locked.case):
            assert secret not in page.text.replace(path, ""), secret
            assert secret not in told.text, secret
    assert await doors.state_of(contact) == before


async def test_the_state_of_a_locked_screen_is_that_somebody_waits(locked: Scene) -> None:
    doors = locked.doors
    anna = await doors.ask("GET", "/screen", headers=doors.as_staff("Anna"))
    assert (anna.status, anna.json["locked"], anna.json["person"]) == (200, True, doors.people["Anna"].id)
    assert anna.json["waits"]["offer"] is None
    open_one = await doors.ask("GET", "/screen", headers=doors.as_staff("Beata"))
    assert (open_one.json["locked"], open_one.json["waits"]) == (False, None)


# -- the way back --------------------------------------------------------------------------------------------


async def test_by_hand_and_back_without_a_script(doors: Doors) -> None:
    await doors.employ("Danuta", "counsellor")
    await give_password(doors, "Danuta")
    went = await send(doors, "Danuta", "/screen/lock")
    assert (went.status, went.headers["Location"]) == (303, "/console")
    page = await doors.ask("GET", "/account?lang=uk", headers={**doors.as_staff("Danuta"), **PAGE})
    assert page.status == 423
    assert 'name="back" value="/account?lang=uk"' in page.text
    wrong = await send(doors, "Danuta", "/screen/unlock", password="x", back="/account?lang=uk")
    assert wrong.status == 401
    assert say("error.password_wrong", "pl") in wrong.text
    assert 'name="back" value="/account?lang=uk"' in wrong.text
    assert (await doors.ask("GET", "/account", headers=doors.as_staff("Danuta"))).status == 423
    right = await send(doors, "Danuta", "/screen/unlock", password=PASSWORD, back="/account?lang=uk")
    assert (right.status, right.headers["Location"]) == (303, "/account?lang=uk")
    assert (await doors.ask("GET", "/account", headers=doors.as_staff("Danuta"))).status == 200


@pytest.mark.parametrize(
    "back", ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nX: y"]
)
async def test_the_way_back_leads_nowhere_else(doors: Doors, back: str) -> None:
    await give_password(doors, "Beata")
    answer = await send(doors, "Beata", "/screen/unlock", password=PASSWORD, back=back)
    assert (answer.status, answer.headers["Location"]) == (303, "/console")


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"how": "never"}', b'{"password": 5}', b'{"password": null, "x": 1}']
)
async def test_what_cannot_be_read_locks_and_opens_nothing(doors: Doors, body: bytes) -> None:
    for path in ("/screen/lock", "/screen/unlock"):
        answer = await doors.ask("POST", path, raw=body, headers=doors.as_staff("Anna"))
        assert (answer.status, answer.code) == (400, "malformed")
    assert not (await doors.ask("GET", "/screen", headers=doors.as_staff("Anna"))).json["locked"]


async def test_a_foreign_page_locks_nobody(doors: Doors) -> None:
    answer = await doors.ask(
        "POST",
        "/screen/lock",
        body={"how": "hand"},
        headers=doors.as_staff("Anna"),
        origin="https://evil.example",
    )
    assert answer.status == 403
    assert not (await doors.ask("GET", "/screen", headers=doors.as_staff("Anna"))).json["locked"]


async def test_who_has_no_password_is_told_so_and_may_leave(doors: Doors) -> None:
    await doors.employ("Emil", "counsellor")
    await lock(doors, "Emil")
    page = await doors.ask("GET", "/console", headers={**doors.as_staff("Emil"), **PAGE})
    assert say("staff.lock.no_password", "pl") in page.text
    assert 'type="password"' not in page.text
    door = await doors.ask("GET", "/sign-in", headers={**doors.as_staff("Emil"), **PAGE})
    assert door.status == 200
    out = await send(doors, "Emil", "/sign-out")
    assert (out.status, out.headers["Location"]) == (303, "/sign-in")


# -- the line ------------------------------------------------------------------------------------------------


def bare(said: Mapping[str, object], doors: Doors, *secrets: str) -> None:
    """A frame with nothing in it that tells who, where or what."""
    assert said.keys() == {"locked"}
    names = [person.actor.name for person in doors.people.values()]
    for secret in (*secrets, *names, TRUST, "Telefon", "K/2026"):
        assert secret not in json.dumps(said, ensure_ascii=False), secret


async def test_a_locked_console_hears_that_somebody_waits_and_goes_on_where_it_was(tmp_path: Path) -> None:
    async with house(factories.settings_in(tmp_path)) as doors:
        system, mine = doors.running.system, await doors.talk()
        await give_password(doors, "Anna")
        async with line(doors, "/console/socket", doors.as_staff("Anna")) as page:
            await frames_until(page, lambda each: "console" in each)
            await page.send_json({"watch": mine.contact_id, "after": 0})
            seen = (await frames_until(page, lambda each: bool(each.get("entries"))))[-1]
            after = seen["entries"][-1]["seq"]
            await lock(doors, "Anna")
            said = (await frames_until(page, lambda each: "locked" in each))[-1]
            bare(said, doors, WORDS)
            count = said["locked"]["said"]

            await messages.receive(system, mine.actor, mine.contact_id, new_id(), WORDS)
            said = (await frames_until(page, lambda each: each["locked"]["said"] > count))[-1]
            bare(said, doors, WORDS)
            offer = await doors.offer("Anna")
            said = (await frames_until(page, lambda each: each["locked"]["offer"] is not None))[-1]
            bare(said, doors, offer.token)
            danger = await doors.caller(text="On tu jest.", danger="yes")
            said = (await frames_until(page, lambda each: bool(each["locked"]["dangers"])))[-1]
            assert said["locked"]["dangers"] == [{"key": danger.contact_id, "what": "waits"}]
            bare(said, doors, "On tu jest.")

            reply = {"contact": mine.contact_id, "id": client_id(), "text": "Jestem."}
            await page.send_json({"reply": reply})
            refused = (await frames_until(page, lambda each: "refused" in each))[-1]["refused"]
            assert (refused["status"], refused["code"]) == (423, "screen_locked")
            await page.send_json(
                {"shown": {"contact": mine.contact_id, "seq": 10**6}}
            )  # nobody reads it here

            me = await signing_in.signed_in(system, doors.secrets["Anna"])
            await screens.unlock(system, me, PASSWORD, signing_in.NOWHERE)
            frames = await frames_until(page, lambda each: "console" in each)
            (talk,) = [each for each in frames if each.get("contact") == mine.contact_id]
            assert [each["text"] for each in talk["entries"]] == [WORDS]
            assert talk["entries"][0]["seq"] > after
            assert frames[-1]["console"]["offer"]["token"] == offer.token
            await page.send_json({"reply": reply})  # the words that waited
            await frames_until(page, lambda each: "ack" in each)


async def test_whoever_has_unlocked_speaks_although_nobody_told_the_line(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks_never(monkeypatch)
    system = doors.running.system
    await doors.employ("Celina", "counsellor")
    await give_password(doors, "Celina")
    mine = await talk(system, doors.people["Celina"])
    await lock(doors, "Celina")
    async with line(doors, "/console/socket", doors.as_staff("Celina")) as page:
        await frames_until(page, lambda each: "locked" in each)
        monkeypatch.setattr(LocalBus, "publish", lambda *_: None)
        monkeypatch.setattr(hub, "POLL_SECONDS", 3600)
        me = await signing_in.signed_in(system, doors.secrets["Celina"])
        await screens.unlock(system, me, PASSWORD, signing_in.NOWHERE)
        await page.send_json({"reply": {"contact": mine.contact_id, "id": client_id(), "text": "Jestem."}})
        await frames_until(page, lambda each: "ack" in each)


async def test_a_locked_board_has_no_picture(doors: Doors) -> None:
    await doors.employ("Grażyna", "supervisor", lines=())
    async with line(doors, "/board/socket", doors.as_staff("Grażyna")) as page:
        assert "html" in await frame(page)
        await lock(doors, "Grażyna")
        await frames_until(page, lambda each: each == {"locked": True})
    async with line(doors, "/board/socket", doors.as_staff("Grażyna")) as page:
        assert await frame(page) == {"locked": True}
