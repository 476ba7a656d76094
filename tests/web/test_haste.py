"""Whoever waits and writes faster than a hand does takes turns with all who do; nobody else waits for them."""

import asyncio

import pytest

from hotline.rules import abuse
from tests.factories import TRUST, Caller
from tests.web.doors import Answer, Doors, bearer, client_id

TURN = 1.5


async def send(doors: Doors, caller: Caller, text: str = "Halo?") -> Answer:
    body = {"id": client_id(), "text": text}
    answer = await doors.ask("POST", f"/chat/{TRUST}/messages", body=body, headers=bearer(caller))
    assert answer.status == 200
    return answer


async def test_who_waits_and_writes_in_haste_takes_turns(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty, other, calm, answered = (
        await doors.caller(),
        await doors.caller(),
        await doors.caller(),
        await doors.talk(),
    )
    for each in (hasty, other, answered):
        await send(doors, each)
    monkeypatch.setattr(abuse, "TURN", TURN)
    loop = asyncio.get_running_loop()
    began = loop.time()
    held_up = [loop.create_task(send(doors, each)) for each in (hasty, other)]
    await send(doors, calm)
    await send(doors, answered)
    await send(doors, answered)
    await send(doors, hasty, "Nie chcę żyć.")
    assert not any(each.done() for each in held_up)
    await asyncio.gather(*held_up)
    assert loop.time() - began >= 2 * TURN  # one after the other
