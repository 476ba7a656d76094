"""Ready sentences of a talk over HTTP: in its language, filled in, and why one of them cannot be chosen."""

from typing import Any

from aiohttp import ClientSession

from tests.factories import Running, add_person, talk
from tests.web.test_console import ask, sign_in
from tests.web.test_console import client as client  # noqa: PLC0414

HOURS = 6  # of Anna's duty, from 10:00 on


async def sentences(client: ClientSession, contact_id: str, language: str = "pl") -> dict[str, Any]:
    status, body = await ask(client, f"/console/contacts/{contact_id}/replies?lang={language}")
    assert status == 200
    return {**body, "replies": {each["id"]: each for each in body["replies"]}}


async def test_sentences_are_filled_in_for_this_talk(client: ClientSession, running: Running) -> None:
    anna = await add_person(running.system, "Anna", hours=HOURS)
    caller = await talk(running.system, anna)
    await sign_in(client, running, anna)
    body = await sentences(client, caller.contact_id)
    found = body["replies"]
    assert (body["language"], body["language_label"]) == ("pl", "polski")
    assert found["hello"]["text"].startswith(f"Tu Anna, {running.system.centre.short_name_pl}.")
    assert found["our_phone"]["text"] == "Numer telefonu tej linii: 195 13."
    assert found["call_112"]["text"].startswith("Proszę zadzwonić pod 112.")
    assert found["until"]["text"].startswith("Mój dyżur trwa do 16:00.")
    assert all(each["meaning"] is None for each in found.values())
    # the shelter's address is told by nobody, so this one cannot be chosen, and says why
    assert found["our_address"]["text"] == "Nasz adres: …."
    assert found["our_address"]["missing"] == "Tu nie do użycia, bo brakuje: adres, który wolno podać"
    assert [name for name, each in found.items() if each["missing"]] == ["our_address"]
    topics = list(dict.fromkeys(each["topic"] for each in found.values()))
    assert topics[0] == "Początek"
    assert topics[-1] == "Zakończenie"


async def test_they_are_in_the_callers_language_with_their_meaning_in_the_readers(
    client: ClientSession, running: Running
) -> None:
    anna = await add_person(running.system, "Anna")
    caller = await talk(running.system, anna, language="uk")
    await sign_in(client, running, anna)
    body = await sentences(client, caller.contact_id)
    assert (body["language"], body["language_label"]) == ("uk", "ukraiński")
    assert body["replies"]["here"]["text"] == "Я тут. Пишіть у своєму темпі."
    assert body["replies"]["here"]["meaning"] == "Jestem tutaj. Proszę pisać we własnym tempie."
    assert "…" not in body["replies"]["hello"]["meaning"]
    assert (await sentences(client, caller.contact_id, "uk"))["replies"]["here"]["meaning"] is None


async def test_after_the_shift_its_end_is_not_told(client: ClientSession, running: Running) -> None:
    anna = await add_person(running.system, "Anna", hours=1)
    caller = await talk(running.system, anna)
    await sign_in(client, running, anna)
    assert (await sentences(client, caller.contact_id))["replies"]["until"]["missing"] is None
    running.clock.advance(hours=1)
    until = (await sentences(client, caller.contact_id))["replies"]["until"]
    assert until["missing"] == "Tu nie do użycia, bo brakuje: koniec dyżuru na tej linii"
