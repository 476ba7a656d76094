"""The staff door over HTTP: who gets in, what a stranger's contact answers, what cannot be read."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar

from hotline.ids import new_id
from tests.factories import Person, Running, add_person, talk


@pytest.fixture
async def client(running: Running) -> AsyncIterator[ClientSession]:
    """A browser as HTTP sees it: cookies, our origin, Polish."""
    headers = {"Origin": running.url, "Accept-Language": "pl"}
    async with ClientSession(running.url, headers=headers, cookie_jar=CookieJar(unsafe=True)) as session:
        yield session


@pytest.fixture
async def anna(running: Running) -> Person:
    return await add_person(running.system, "Anna")


async def sign_in(client: ClientSession, running: Running, person: Person) -> None:
    path = await running.sign_in_path(person.id)
    async with client.get(path) as page:
        assert page.status == 200
    async with client.post(path, allow_redirects=False) as answer:
        assert answer.status == 303
        assert answer.headers["Location"] == "/console"


async def ask(client: ClientSession, path: str) -> tuple[int, Any]:
    async with client.get(path) as answer:
        return answer.status, await answer.json()


async def tell(client: ClientSession, path: str, body: object) -> tuple[int, Any]:
    async with client.post(path, json=body) as answer:
        return answer.status, await answer.json()


async def test_without_a_session_nothing_is_shown(client: ClientSession) -> None:
    for path in ("/console", "/cases"):
        async with client.get(path, headers={"Accept": "text/html"}, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/sign-in")
    status, body = await ask(client, "/console/state")
    assert (status, body["error"]["code"]) == (401, "not_signed_in")


async def test_a_link_works_once_and_looking_at_it_does_not_use_it(
    client: ClientSession, running: Running, anna: Person
) -> None:
    path = await running.sign_in_path(anna.id)
    for _ in range(2):
        async with client.get(path) as page:
            assert page.status == 200
    async with client.post(path, allow_redirects=False) as first:
        assert first.status == 303
        cookie = first.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
    async with client.post(path, allow_redirects=False) as second:
        assert second.status == 401
        assert "poprosić o nowy link" in await second.text()


async def test_signing_out_ends_the_session(client: ClientSession, running: Running, anna: Person) -> None:
    await sign_in(client, running, anna)
    assert (await ask(client, "/console/state"))[0] == 200
    async with client.post("/sign-out", allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/sign-in"
    assert (await ask(client, "/console/state"))[0] == 401


async def test_another_persons_contact_does_not_exist_for_me(
    client: ClientSession, running: Running, anna: Person
) -> None:
    beata = await add_person(running.system, "Beata")
    caller = await talk(running.system, beata, text="Tylko dla Beaty")
    await sign_in(client, running, anna)
    for contact_id in (caller.contact_id, new_id()):
        contact = f"/console/contacts/{contact_id}"
        for path in (f"{contact}/entries", f"{contact}/card", f"{contact}/case"):
            status, body = await ask(client, path)
            assert (status, body["error"]["code"]) == (404, "not_found")
        words = {"id": "12345678", "text": "Dzień dobry"}
        for what in ("messages", "notes"):
            assert (await tell(client, f"{contact}/{what}", words))[0] == 404
        assert (await tell(client, f"{contact}/end", {"reason": "completed"}))[0] == 404
        assert (await tell(client, f"{contact}/summary", {}))[0] == 404


async def test_what_cannot_be_read_is_refused_in_polish(
    client: ClientSession, running: Running, anna: Person
) -> None:
    caller = await talk(running.system, anna)
    await sign_in(client, running, anna)
    contact = f"/console/contacts/{caller.contact_id}"
    refused = (
        ("/console/availability", {"intent": "asleep"}),
        ("/console/contacts", {"line": "city_trust_19513"}),
        (f"{contact}/messages", {"id": "short", "text": "a"}),
        (f"{contact}/notes", {"id": "12345678"}),
        (f"{contact}/end", {"reason": "bored"}),
        (f"{contact}/summary", ["a"]),
        (f"{contact}/summary", {"reporter_role": 1}),
        (f"{contact}/summary", {"colour": "red"}),
    )
    for path, body in refused:
        status, answer = await tell(client, path, body)
        assert (status, answer["error"]["code"]) == (400, "malformed"), path
        assert answer["error"]["sentence"].startswith("Nie udało się odczytać")
    assert (await ask(client, f"{contact}/entries?after=-1"))[0] == 400


async def test_a_repeated_message_is_stored_once(
    client: ClientSession, running: Running, anna: Person
) -> None:
    caller = await talk(running.system, anna)
    await sign_in(client, running, anna)
    contact = f"/console/contacts/{caller.contact_id}"
    words = {"id": "abcdefgh1234", "text": "Jestem tutaj."}
    first, second = [await tell(client, f"{contact}/messages", words) for _ in range(2)]
    assert first == second
    _, shown = await ask(client, f"{contact}/entries?after=0")
    assert [entry["text"] for entry in shown["entries"]].count("Jestem tutaj.") == 1
    assert shown["head"]["own"] is True


async def test_other_sites_cannot_post(client: ClientSession, running: Running, anna: Person) -> None:
    await sign_in(client, running, anna)
    foreign = {"Origin": "https://example.org"}
    async with client.post("/console/availability", json={"intent": "off"}, headers=foreign) as answer:
        assert answer.status == 403
    async with client.post("/sign-out", headers=foreign) as answer:
        assert answer.status == 403


async def test_sounds_and_notices_are_chosen_on_the_own_page_and_reach_the_console(
    client: ClientSession, running: Running, anna: Person
) -> None:
    await sign_in(client, running, anna)
    _, body = await ask(client, "/console/state")
    usual = {"offers": True, "words": True, "volume": "normal", "notices": False, "typing": True}
    assert body["me"]["signals"] == usual
    async with client.post("/account/signals", data={"words": "yes", "volume": "low"}) as page:
        assert "Zapisano." in await page.text()
        shown = await page.text()
    assert 'name="offers" value="yes">' in shown
    assert 'name="words" value="yes" checked>' in shown
    assert 'value="low" checked>' in shown
    async with client.get("/console") as page:
        assert '"volume": "low"' in await page.text()
    async with client.post("/account/signals", data={"volume": "deafening"}) as refused:
        assert refused.status == 400
    _, body = await ask(client, "/console/state")
    assert body["me"]["signals"] == {
        "offers": False,
        "words": True,
        "volume": "low",
        "notices": False,
        "typing": False,
    }
