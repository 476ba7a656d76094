"""Somebody blocks the bot: staff see it, nothing is tried any more; let in again, words arrive again."""

import pytest

from hotline.actions import messages
from hotline.store import views
from hotline.store.views import ContactHead, Entry
from hotline.system import System
from hotline.web.console_json import entry_text
from tests import factories
from tests.bots.bot_api import BotApi
from tests.bots.doors import Door, contact_rows, entries, until
from tests.bots.test_delivery import answered, human, reply_becomes

ANNA, BEATA = 111_222_333, 444_555_666


async def head(system: System, contact_id: str) -> ContactHead:
    async with system.read() as tx:
        found = await views.contact_head(tx, contact_id)
    assert found is not None
    return found


async def reply_of(system: System, contact_id: str, client_id: str) -> Entry:
    (found,) = [each for each in await entries(system, contact_id) if each.id == client_id]
    return found


async def told(system: System, contact_id: str) -> list[str]:
    """What staff read about reachability, in order."""
    found = [each for each in await entries(system, contact_id) if each.kind == "state"]
    return [
        each.data["to"]
        for each in found
        if entry_text(each, system.centre, "pl") and "reach" in each.data["to"]
    ]


async def test_blocked_is_seen_and_tried_no_more(system: System, api: BotApi, door: Door) -> None:
    person = await factories.add_person(system, "Dorota")
    await door.open()
    blocked = await answered(system, door, ANNA, person)
    reached = await answered(system, door, BEATA, person)
    await until(lambda: len(api.texts(ANNA)) >= 4)
    api.blocked_by.add(ANNA)
    for number in (1, 2, 3):
        await messages.reply(system, person.actor, blocked, f"reply-{number}", f"odpowiedź {number}")
    await reply_becomes(system, blocked, "failed")
    await messages.reply(system, person.actor, reached, "reply-1", "odpowiedź")
    await until(lambda: human(api, BEATA) == ["odpowiedź"])
    await messages.reply(system, person.actor, blocked, "reply-4", "o jeszcze")
    await reply_becomes(system, blocked, "failed", "reply-4")
    assert {(await reply_of(system, blocked, f"reply-{n}")).delivery_reason for n in (1, 2, 3, 4)} == {
        "blocked"
    }
    tried = [each["text"] for each in api.calls("sendMessage", ANNA) if each.get("failed")]
    assert tried == ["odpowiedź 1"]
    seen = await head(system, blocked)
    assert seen.unreachable_at is not None
    assert views.caller_away(seen, system.clock.now())
    assert (await head(system, reached)).unreachable_at is None
    assert await told(system, blocked) == ["unreachable"]


@pytest.mark.parametrize("how", ["membership", "word"])
async def test_let_in_again_words_arrive_again(system: System, api: BotApi, door: Door, how: str) -> None:
    person = await factories.add_person(system, "Dorota")
    await door.open()
    contact_id = await answered(system, door, ANNA, person)
    await until(lambda: len(api.texts(ANNA)) >= 4)
    api.blocked_by.add(ANNA)
    for _ in range(2):
        await door.bring(api.membership(ANNA, "kicked"))
    assert (await head(system, contact_id)).unreachable_at is not None
    await messages.reply(system, person.actor, contact_id, "reply-1", "odpowiedź do nikogo")
    await reply_becomes(system, contact_id, "failed")
    api.blocked_by.clear()
    await door.bring(api.membership(ANNA, "member") if how == "membership" else api.message(ANNA, "jestem"))
    assert (await head(system, contact_id)).unreachable_at is None
    await messages.reply(system, person.actor, contact_id, "reply-2", "odpowiedź")
    await until(lambda: human(api, ANNA) == ["odpowiedź"])
    assert await told(system, contact_id) == ["unreachable", "reachable"]


@pytest.mark.parametrize("system", ["sqlite"], indirect=True)
async def test_strangers_who_block_the_bot_leave_no_trace(system: System, api: BotApi, door: Door) -> None:
    await door.open()
    await door.bring(api.membership(ANNA, "kicked"))
    await door.bring(api.membership(ANNA, "member"))
    assert await contact_rows(system) == []
    assert api.calls("sendMessage") == []
