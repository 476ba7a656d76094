"""A bad network: sockets are cut while people write, pages come back, taps are repeated."""

import asyncio
from collections.abc import Coroutine

import pytest

from tests.factories import TRUST
from tests.flows.people import Answer, WebCaller, new_id
from tests.flows.staff import Counsellor
from tests.flows.town import Town

MORNING = ("2026-11-23T06:00:00+01:00", "2026-11-23T14:00:00+01:00")


async def _talk(town: Town) -> tuple[WebCaller, Counsellor, str]:
    await town.begins("2026-11-23T10:00:00+01:00")
    anna = await town.counsellor("Anna", (TRUST,), MORNING)
    caller = town.caller()
    await caller.writes_first("Jadę tunelem, może mnie rozłączyć.")
    return caller, anna, await anna.answers_next()


async def test_every_message_comes_once_and_in_order_however_often_the_socket_is_cut(town: Town) -> None:
    caller, anna, contact = await _talk(town)
    hers = [f"Odpowiedź {n}." for n in range(30)]
    his = [f"Słowo {n}." for n in range(30)]

    async def she_replies() -> None:
        for text in hers:
            await anna.replies(contact, text)

    async def he_writes() -> None:
        for text in his:
            await caller.writes(text)

    async def the_network_fails() -> None:
        for turn in range(5):
            await caller.reads(hers[turn * 6])  # in the middle of the stream, wherever it is
            await caller.cut()
            await caller.resumes()
            await anna.reads(contact, his[turn * 6])
            await anna.cut()
            await anna.opens_console()
            await anna.opens(contact)

    async with asyncio.TaskGroup() as all_at_once:
        for part in (she_replies, he_writes, the_network_fails):
            all_at_once.create_task(part())
    for text in (hers[-1], his[-1]):
        await caller.reads(text)
        await anna.reads(contact, text)
    caller.saw_each_entry_once_in_order()
    anna.saw_each_entry_once_in_order(contact)
    assert caller.words() == anna.words(contact)
    assert [text for text in caller.words() if text in hers] == hers
    assert [text for text in caller.words() if text in his] == his


async def test_what_was_said_while_the_page_was_away_is_there_when_it_is_back(town: Town) -> None:
    caller, anna, contact = await _talk(town)
    await caller.reads("Tu dyżur: Anna.")
    await caller.cut()
    for n in range(5):
        await anna.replies(contact, f"Poczekam {n}.")
    await caller.writes("Piszę bez gniazda.")
    await town.passes(minutes=5)
    await caller.resumes()
    await caller.reads("Piszę bez gniazda.")
    assert caller.words() == [
        "Jadę tunelem, może mnie rozłączyć.", *(f"Poczekam {n}." for n in range(5)), "Piszę bez gniazda."
    ]  # fmt: skip
    caller.saw_each_entry_once_in_order()


@pytest.mark.parametrize("side", ["caller", "counsellor"])
async def test_one_message_sent_five_times_is_one_message(town: Town, side: str) -> None:
    caller, anna, contact = await _talk(town)
    tap = new_id()

    def send() -> Coroutine[None, None, Answer]:
        return caller.send("Raz.", tap) if side == "caller" else anna.send(contact, "Raz.", tap)

    answers = await asyncio.gather(*(send() for _ in range(5)))
    assert len({answer.ok()["seq"] for answer in answers}) == 1
    await caller.writes("Dwa.")
    await caller.reads("Dwa.")
    await anna.reads(contact, "Dwa.")
    assert caller.words()[1:] == anna.words(contact)[1:] == ["Raz.", "Dwa."]


async def test_a_first_message_sent_five_times_is_one_contact(town: Town) -> None:
    await town.begins("2026-11-23T10:00:00+01:00")
    anna = await town.counsellor("Anna", (TRUST,), MORNING, talks=4)
    caller = town.caller()
    first = new_id()
    body = {"token": caller.token, "id": first, "language": "pl", "text": "Czy to doszło?"}
    path = f"/chat/{TRUST}/contacts"
    answers = await asyncio.gather(*(caller.ask("POST", path, body) for _ in range(5)))
    assert all(answer.ok()["state"]["state"] == "waiting" for answer in answers)
    contact = await anna.answers_next()
    pane = await anna.until(lambda: anna.console["mine"] and anna.console, "the desk")
    assert ([row["contact_id"] for row in pane["mine"]], pane["queue"]) == ([contact], [])
    assert anna.words(contact) == ["Czy to doszło?"]


async def test_a_talk_longer_than_a_frame_comes_back_whole(town: Town) -> None:
    caller, anna, contact = await _talk(town)
    await caller.reads("Tu dyżur: Anna.")
    await caller.cut()
    await anna.cut()
    texts = [f"Wiersz {n}." for n in range(220)]
    for start in range(0, len(texts), 55):
        await asyncio.gather(*(caller.writes(text) for text in texts[start : start + 55]))
    await caller.writes("Ostatni wiersz.")
    await caller.resumes()
    await caller.reads("Ostatni wiersz.")
    await anna.opens_console()
    await anna.opens(contact)
    await anna.reads(contact, "Ostatni wiersz.")
    assert caller.words() == anna.words(contact)
    assert set(texts) < set(caller.words())
    caller.saw_each_entry_once_in_order()
    anna.saw_each_entry_once_in_order(contact)
