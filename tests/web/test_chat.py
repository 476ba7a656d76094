"""The caller's JSON: what cannot be read is refused, a repeat changes nothing, a dead secret opens nothing."""

import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from yarl import URL

from hotline.actions import contacts, messages
from hotline.errors import Unavailable
from hotline.ids import new_id
from hotline.rules.access import Actor
from hotline.store import views
from hotline.store.queries import ContactRow
from hotline.system import System
from hotline.web import known
from tests.factories import TRUST, Running, add_caller, add_person


@pytest.fixture
async def http(running: Running) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Origin": running.url, "Accept": "application/json"}
    async with aiohttp.ClientSession(f"{running.url}/chat/{TRUST}/", headers=headers) as session:
        yield session


def first(**more: Any) -> dict[str, Any]:
    """A first message with a secret of its own."""
    own = {"token": secrets.token_urlsafe(32), "id": secrets.token_urlsafe(12)}
    return {**own, "text": "Dzień dobry.", "language": "pl", **more}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_repeated_start_is_the_same_contact(http: aiohttp.ClientSession, running: Running) -> None:
    await add_person(running.system, "Anna")
    body = first()
    answers = []
    for _ in range(2):
        async with http.post("contacts", json=body) as response:
            assert response.status == 201
            answers.append(await response.json())
    assert answers[0]["entries"] == answers[1]["entries"]
    (entry,) = answers[0]["entries"]
    assert (entry["id"], entry["who"], entry["text"], entry["time"]) == (
        body["id"],
        "me",
        "Dzień dobry.",
        "10:00",
    )
    assert answers[0]["state"]["position"] == 1
    assert answers[0]["state"]["open"] is True
    assert answers[0]["state"]["duty"] is True


async def test_nobody_is_promised_who_is_on_duty_and_not_there(
    http: aiohttp.ClientSession, running: Running
) -> None:
    """By the roster it is Anna's turn; her console has been silent for minutes."""
    await add_person(running.system, "Anna")
    async with http.get(f"{running.url}/chat/{TRUST}") as page:
        assert "Odpowie dyżurny specjalista." in await page.text()
    running.clock.advance(minutes=3)
    async with http.get(f"{running.url}/chat/{TRUST}") as page:
        assert "nikogo nie ma przy czacie" in await page.text()
    for said, sentence in (
        ({}, "nikogo nie ma przy czacie"),
        ({"danger": "yes"}, "Nikt jeszcze nie odebrał"),
    ):
        async with http.post("contacts", json=first(**said)) as response:
            state = (await response.json())["state"]
            assert sentence in state["sentence"]
            assert "112" in state["sentence"]
            assert state["duty"] is True


async def test_a_revoked_secret_opens_nothing_not_even_by_repeating(
    http: aiohttp.ClientSession, running: Running
) -> None:
    body = first()
    async with http.post("contacts", json=body) as response:
        assert response.status == 201
    async with http.post("leave", json={"quick": True}, headers=bearer(body["token"])) as response:
        assert response.status == 200
        assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    for ask in (
        http.post("contacts", json=body),
        http.get("contact", headers=bearer(body["token"])),
        http.post("messages", json={"id": "abcdefgh1", "text": "x"}, headers=bearer(body["token"])),
    ):
        async with ask as response:
            assert response.status == 401
            assert "Dzień dobry." not in await response.text()


# -- words of a caller who is known --------------------------------------------------------------------------


@dataclass
class Known:
    """A caller who has just written; `looks` are those that were made for them since."""

    token: str
    contact_id: str
    looks: list[str]


@pytest.fixture
async def caller(http: aiohttp.ClientSession, running: Running, monkeypatch: pytest.MonkeyPatch) -> Known:
    body, looks = first(), list[str]()
    async with http.post("contacts", json=body) as response:
        assert response.status == 201
    token = body["token"]
    assert await say(http, token, "Halo?") == 200
    contact_id = (await contacts.caller_of(running.system, token)).id
    look = contacts.caller

    async def counted(system: System, given: str) -> ContactRow:
        looks.append(given)
        return await look(system, given)

    monkeypatch.setattr(contacts, "caller", counted)
    running.clock.advance(seconds=2)  # the next is no word in haste
    return Known(token, contact_id, looks)


async def say(http: aiohttp.ClientSession, token: str, text: str) -> int:
    words = {"id": new_id(), "text": text}
    async with http.post("messages", json=words, headers=bearer(token)) as response:
        return response.status


async def said(running: Running, contact_id: str) -> list[str | None]:
    async with running.system.read() as tx:
        entries = await views.entries_after(tx, contact_id, 0, "staff")
    return [each.text for each in entries if each.kind == "message"]


async def test_the_next_word_is_stored_without_another_look(
    http: aiohttp.ClientSession, running: Running, caller: Known
) -> None:
    assert await say(http, caller.token, "Nie wiem, co robić.") == 200
    assert caller.looks == []
    assert await said(running, caller.contact_id) == ["Dzień dobry.", "Halo?", "Nie wiem, co robić."]


@pytest.mark.parametrize("words", ["Jestem.", "Nie chcę żyć."])
async def test_a_known_secret_that_died_since_opens_nothing(
    http: aiohttp.ClientSession, running: Running, caller: Known, words: str
) -> None:
    actor = Actor("caller", caller.contact_id)
    await contacts.leave(running.system, actor, caller.contact_id, quick=True)
    assert await say(http, caller.token, words) == 401
    assert caller.looks == [caller.token]
    assert await said(running, caller.contact_id) == ["Dzień dobry.", "Halo?"]


async def test_a_known_secret_lives_no_longer_without_a_sign(
    http: aiohttp.ClientSession, running: Running, caller: Known
) -> None:
    running.clock.advance(minutes=16)
    assert await say(http, caller.token, "Jestem.") == 401
    assert await said(running, caller.contact_id) == ["Dzień dobry.", "Halo?"]


@pytest.mark.parametrize("words", ["Jestem.", "Nie chcę żyć."])
async def test_what_was_known_wrongly_is_looked_up_and_stored_where_it_belongs(
    http: aiohttp.ClientSession,
    running: Running,
    caller: Known,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = await add_caller(running.system)
    monkeypatch.setattr(known.Known, "of", lambda *_: other.contact_id)
    assert await say(http, caller.token, words) == 200
    assert (await said(running, caller.contact_id))[-1] == words
    assert len(await said(running, other.contact_id)) == 1


async def test_while_nothing_can_be_stored_nobody_is_looked_up(
    http: aiohttp.ClientSession, running: Running, caller: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise Unavailable

    monkeypatch.setattr(messages, "receive", away)
    assert await say(http, caller.token, "Jestem.") == 503
    assert caller.looks == []


@pytest.mark.parametrize(("danger", "state"), [("no", "closed"), ("yes", "waiting")])
async def test_whoever_writes_may_end_it_and_danger_stays_open(
    http: aiohttp.ClientSession, running: Running, danger: str, state: str
) -> None:
    body = first(danger=danger)
    async with http.post("contacts", json=body):
        caller = await contacts.caller_of(running.system, body["token"])
    statuses = []
    for _ in range(2):
        async with http.post("end", json={"id": "end-of-it"}, headers=bearer(body["token"])) as response:
            statuses.append(response.status)
    assert statuses == [200, 401]
    async with running.system.read() as tx:
        head = await views.contact_head(tx, caller.id)
    assert head is not None
    assert head.state == state
    assert head.caller_left_at is not None


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "malformed"),
        (b"{", "malformed"),
        (b"[]", "malformed"),
        (b'{"id": "abcdefgh"}', "malformed"),
        (b'{"id": "abcdefgh", "text": 1}', "malformed"),
        (b'{"id": "abcdefgh", "text": "x", "admin": true}', "malformed"),
        (b'{"id": "short", "text": "x"}', "malformed"),
        (b'{"id": "abc\\u0000efgh", "text": "x"}', "malformed"),
        (b'{"id": "abcdefgh", "text": "\\ud800"}', "malformed"),
        (b'{"id": "abcdefgh", "text": "\xff"}', "malformed"),
        (b'{"id": "abcdefgh", "text": "  \\n "}', "text_empty"),
        (b'{"id": "abcdefgh", "text": "a\\u0000b"}', "text_malformed"),
        (json.dumps({"id": "abcdefgh", "text": "ż" * 4001}).encode(), "text_too_long"),
        (b'{"id": "abcdefgh", "text": "' + b"x" * 70_000 + b'"}', "body_too_large"),
    ],
)
async def test_what_cannot_be_read_is_refused(
    http: aiohttp.ClientSession, running: Running, raw: bytes, code: str
) -> None:
    caller = await add_caller(running.system)
    headers = {**bearer(caller.token), "Content-Type": "application/json"}
    async with http.post("messages?lang=en", data=raw, headers=headers) as response:
        assert 400 <= response.status < 500
        error = (await response.json())["error"]
    assert error["code"] == code
    assert error["sentence"]
    texts = [
        entry["text"] for entry in (await frame(http, caller.token))["entries"] if entry["kind"] == "message"
    ]
    assert texts == ["Dzień dobry, potrzebuję rozmowy."]


async def frame(http: aiohttp.ClientSession, token: str) -> dict[str, Any]:
    async with http.get("contact", headers=bearer(token)) as response:
        assert response.status == 200
        answer: dict[str, Any] = await response.json()
        return answer


async def test_the_longest_text_fits_whatever_its_letters(
    http: aiohttp.ClientSession, running: Running
) -> None:
    caller = await add_caller(running.system)
    text = "\U0001f49a" * 4000
    async with http.post(
        "messages", json={"id": "abcdefgh", "text": text}, headers=bearer(caller.token)
    ) as response:
        assert response.status == 200
    assert (await frame(http, caller.token))["entries"][-1]["text"] == text


async def test_a_form_of_another_kind_is_not_json(http: aiohttp.ClientSession, running: Running) -> None:
    caller = await add_caller(running.system)
    async with http.post(
        "messages", data='{"id":"abcdefgh","text":"x"}', headers=bearer(caller.token)
    ) as response:
        assert response.status == 400


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic eA==", "Bearer " + "x" * 43])
async def test_without_a_secret_nothing_opens(
    http: aiohttp.ClientSession, running: Running, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    async with http.get("contact", headers=headers) as response:
        assert response.status == 401


@pytest.mark.parametrize("after", ["-1", "x", "1e3", "9" * 40, "٣"])
async def test_a_cursor_is_a_number(http: aiohttp.ClientSession, running: Running, after: str) -> None:
    caller = await add_caller(running.system)
    async with http.get("contact", params={"after": after}, headers=bearer(caller.token)) as response:
        assert response.status == 400


async def test_a_cursor_skips_what_was_seen(http: aiohttp.ClientSession, running: Running) -> None:
    caller = await add_caller(running.system)
    seen = await frame(http, caller.token)
    async with http.get(
        "contact", params={"after": seen["cursor"]}, headers=bearer(caller.token)
    ) as response:
        answer = await response.json()
    assert (answer["entries"], answer["cursor"], answer["more"]) == ([], seen["cursor"], False)


async def test_a_closed_line_says_when_it_opens(running: Running) -> None:
    running.clock.advance(hours=12)  # Monday 22:00 in Kielce
    async with aiohttp.ClientSession(headers={"Origin": running.url}) as session:
        async with session.post(f"{running.url}/chat/sow_victims_day/contacts", json=first()) as response:
            assert response.status == 409
            error = (await response.json())["error"]
        assert (error["code"], error["next_open"]) == ("line_closed", "2026-11-24T07:00:00+00:00")
        body = first(danger="yes")
        async with session.post(f"{running.url}/chat/sow_victims_day/contacts", json=body) as response:
            assert response.status == 201
            answer = await response.json()
    assert answer["state"]["priority_danger"] is True
    assert answer["state"]["position"] is None


async def test_answers_only_raise(http: aiohttp.ClientSession, running: Running) -> None:
    caller = await add_caller(running.system, danger="yes")
    async with http.post(
        "answers", json={"question": "danger", "value": "no"}, headers=bearer(caller.token)
    ) as response:
        assert response.status == 200
    assert (await frame(http, caller.token))["state"]["priority_danger"] is True
    assert await contacts.caller_of(running.system, caller.token) == caller.actor


async def test_pages_are_never_stored_and_files_for_ever(running: Running) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{running.url}/chat/{TRUST}") as response:
            assert response.headers["Cache-Control"] == "no-store"
            assert "'unsafe" not in response.headers["Content-Security-Policy"]
            page = await response.text()
        address = page.split('href="', 1)[1].split('"', 1)[0]
        async with session.get(running.url + address) as response:
            assert "immutable" in response.headers["Cache-Control"]
        old = address.replace(address.split("/")[2], "0" * 12)
        async with session.get(running.url + old) as response:
            assert response.headers["Cache-Control"] == "no-store"
        for path in ("/static/" + "0" * 12 + "/..%2frender.py", "/static/" + "0" * 12 + "/css/none.css"):
            async with session.get(URL(running.url + path, encoded=True)) as response:
                assert response.status == 404


@pytest.mark.parametrize(
    ("asked", "header", "language"),
    [
        ("", "", "pl"),
        ("", "de, en;q=0.4, uk;q=0.7", "uk"),
        ("", "en-GB,en;q=0.9,pl;q=0.8", "en"),
        ("", "en;q=0, ;;, q=x", "pl"),
        ("uk", "en", "uk"),
        ("ru", "", "pl"),
    ],
)
async def test_the_page_speaks_the_readers_language(
    running: Running, asked: str, header: str, language: str
) -> None:
    async with aiohttp.ClientSession() as session:
        headers = {"Accept-Language": header}
        async with session.get(
            f"{running.url}/chat/{TRUST}", params={"lang": asked}, headers=headers
        ) as response:
            assert f'<html lang="{language}">' in await response.text()


async def test_only_ones_own_last_words_are_corrected(http: aiohttp.ClientSession, running: Running) -> None:
    caller = await add_caller(running.system)
    (first,) = [each["seq"] for each in (await frame(http, caller.token))["entries"] if each["who"] == "me"]
    said = {"id": "abcdefgh1", "text": "Ulica Leśna 5."}
    async with http.post("messages", json=said, headers=bearer(caller.token)) as response:
        last = (await response.json())["seq"]
    for turn, (ref, status) in enumerate([(first, 400), (last + 1, 400), (last, 200)]):
        body = {"id": f"correction{turn}", "ref": ref, "text": "Ulica Leśna 15."}
        async with http.post("corrections", json=body, headers=bearer(caller.token)) as response:
            assert response.status == status
    said_now = [each["text"] for each in (await frame(http, caller.token))["entries"] if each["who"] == "me"]
    assert said_now[1] == "Ulica Leśna 15."
