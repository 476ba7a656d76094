"""Whoever waits and writes faster than a hand does takes turns with all who do; nobody else waits for them."""

import asyncio

import pytest

from hotline.actions import presence
from hotline.rules import abuse
from hotline.web import body
from tests.factories import TRUST, VICTIMS, Caller, talk
from tests.web.doors import Answer, Doors, bearer, client_id

TURN = 1.5


async def send(doors: Doors, caller: Caller, text: str = "Halo?") -> Answer:
    words = {"id": client_id(), "text": text}
    answer = await doors.ask("POST", f"/chat/{TRUST}/messages", body=words, headers=bearer(caller))
    assert answer.status == 200
    return answer


async def test_who_waits_and_writes_in_haste_takes_turns(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, hasty, other, calm, answered = (
        await doors.caller(),
        await doors.caller(),
        await doors.caller(),
        await doors.caller(),
        await doors.talk(),
    )
    for each in (alone, hasty, other, answered):
        await send(doors, each)
    monkeypatch.setattr(abuse, "TURN", TURN)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await send(doors, alone)
    assert loop.time() - began < TURN  # nobody else does so
    held_up = [loop.create_task(send(doors, each)) for each in (hasty, other)]
    await send(doors, calm)
    await send(doors, answered)
    await send(doors, answered)
    await send(doors, hasty, "Nie chcę żyć.")
    assert not any(each.done() for each in held_up)
    await asyncio.gather(*held_up)
    assert loop.time() - began >= 2 * TURN  # one after the other


async def test_who_sends_far_too_much_waits_for_the_refusal(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "REFUSAL_SECONDS", TURN)
    caller, loop = await doors.caller(), asyncio.get_running_loop()
    began = loop.time()
    where, raw = f"/chat/{TRUST}/messages", b"x" * (body.LIMIT + 1)
    refused = loop.create_task(doors.ask("POST", where, raw=raw, headers=bearer(caller)))
    await send(doors, caller)
    assert not refused.done()
    assert (await refused).status == 413
    assert loop.time() - began >= TURN


async def test_a_page_that_comes_back_without_end_is_let_in_later(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(abuse, "HELLOS_MOST", 3)
    monkeypatch.setattr(abuse, "WORDS_PAUSE", TURN)
    flapping, other, loop = await doors.caller(), await doors.caller(), asyncio.get_running_loop()
    in_danger = await doors.caller(danger="yes")

    for _ in range(3):
        await comes(doors, flapping)
        await comes(doors, in_danger)
    late = loop.create_task(comes(doors, flapping))
    await comes(doors, other)
    await comes(doors, in_danger)
    assert not late.done()
    assert await late >= TURN


async def test_whose_turn_came_late_takes_turns_again(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    caller, other, loop = await doors.caller(), await doors.caller(), asyncio.get_running_loop()
    for each in (caller, other):
        await send(doors, each)
    monkeypatch.setattr(abuse, "TURN", TURN)
    began = loop.time()
    await asyncio.gather(send(doors, other), send(doors, caller))
    await send(doors, caller)  # in one go with the one before, as no hand does, though that began long ago
    assert loop.time() - began >= 2 * TURN


async def test_pages_that_open_at_once_take_turns(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abuse, "OPENING", TURN)
    await doors.employ("Celina", "counsellor", lines=(VICTIMS,))  # whom nobody of the others rings for
    celina, system, loop = doors.people["Celina"], doors.running.system, asyncio.get_running_loop()
    await presence.seen(system, celina.actor)
    answered = await talk(system, celina, line=VICTIMS)
    first, second, third = [await doors.caller() for _ in range(3)]
    in_danger = await doors.caller(danger="yes")
    assert await comes(doors, first) < TURN
    late = [loop.create_task(comes(doors, each)) for each in (second, third)]
    await comes(doors, in_danger)
    await comes(doors, answered)
    assert not any(each.done() for each in late)
    assert max(await asyncio.gather(*late)) >= 2 * TURN - 0.5  # since the first had its turn


async def comes(doors: Doors, caller: Caller) -> float:
    """Seconds until the page has its state."""
    began = asyncio.get_running_loop().time()
    async with doors.http.ws_connect(f"{doors.ours}/chat/{TRUST}/socket", origin=doors.ours) as page:
        await page.send_json({"token": caller.token, "after": 0})
        await page.receive_json()
    return asyncio.get_running_loop().time() - began
