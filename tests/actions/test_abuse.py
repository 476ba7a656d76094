"""Quarantine: taken and kept, offered to nobody, looked at by a supervisor, over by itself; danger always passes."""

import secrets

import pytest
from sqlalchemy import func, select

from hotline.actions import abuse, arrivals, contacts, messages, offers
from hotline.errors import NotFound, WrongState
from hotline.rules.abuse import SLOWED
from hotline.store import queries
from hotline.store.tables import audit, entries
from hotline.store.tables import quarantines as rows
from hotline.system import System
from tests import factories
from tests.factories import MovableClock

CHAT = "4711"


async def writes(system: System, **more: object) -> str:
    """Somebody writes from one and the same chat; the contact's id."""
    key = secrets.token_hex(6)
    arrival = arrivals.Arrival(
        line=factories.TRUST, channel="telegram", origin=f"tg:{key}", client_id=f"tg:{key}", language="pl",
        text="Halo.", address=CHAT, **more,  # type: ignore[arg-type]
    )  # fmt: skip
    return (await arrivals.start(system, arrival)).contact_id


async def in_queue(system: System) -> list[str]:
    async with system.read() as tx:
        return [each.id for each in await queries.waiting(tx)]


async def told(system: System, contact_id: str) -> list[str]:
    async with system.read() as tx:
        query = select(entries.c.data).where(entries.c.contact_id == contact_id, entries.c.kind == "system")
        return [row.data["text"] for row in await tx.connection.execute(query)]


async def held(system: System) -> tuple[str, str, factories.Person]:
    """A contact in quarantine, the quarantine, and the supervisor."""
    anna = await factories.add_person(system, "Anna")
    filip = await factories.add_person(system, "Filip", (), ("supervisor",), hours=None)
    contact_id = await writes(system)
    offer = await factories.offer_to(system, contact_id, anna.id)
    assert offer is not None
    await offers.accept(system, anna.actor, offer.id, offer.token)
    await abuse.quarantine(system, anna.actor, contact_id, "threats")
    with pytest.raises(NotFound):
        await abuse.quarantine(system, anna.actor, contact_id, "threats")
    async with system.read() as tx:
        quarantine_id = (await tx.connection.execute(select(rows.c.id))).scalar_one()
    return contact_id, quarantine_id, filip


async def test_it_is_kept_and_offered_to_nobody_until_it_ends_by_itself(
    system: System, clock: MovableClock
) -> None:
    contact_id, quarantine_id, filip = await held(system)
    assert await in_queue(system) == []
    async with factories.journal_running(system):
        await messages.receive(system, arrivals.CHANNEL, contact_id, "m1-abcdefgh", "Jeszcze tu jestem.")
    assert await in_queue(system) == []
    assert (await told(system, contact_id)).count("quarantined") == 1
    clock.advance(hours=24)
    assert await in_queue(system) == [contact_id]
    with pytest.raises(NotFound):
        await abuse.review(system, filip.actor, quarantine_id, "confirmed")


async def test_confirmed_it_closes_what_it_holds_and_holds_what_comes_for_days(
    system: System, clock: MovableClock
) -> None:
    contact_id, quarantine_id, filip = await held(system)
    await abuse.review(system, filip.actor, quarantine_id, "confirmed", days=7)
    with pytest.raises(NotFound):
        await abuse.review(system, filip.actor, quarantine_id, "lifted")
    async with system.read() as tx:
        row = await queries.contact(tx, contact_id)
        verbs = select(func.count()).where(audit.c.thing_id == contact_id, audit.c.verb.like("abuse.%"))
        assert (await tx.connection.execute(verbs)).scalar_one() == 2
    assert row is not None
    assert (row.state, row.end_reason) == ("closed", "abusive_closed")
    clock.advance(days=6)
    again = await writes(system)
    assert await in_queue(system) == []
    assert await told(system, again) == ["quarantined"]
    await contacts.stop(system, arrivals.CHANNEL, again, "stop-1")
    danger = await writes(system, danger="yes")
    assert await in_queue(system) == [danger]


async def test_lifted_it_lets_the_caller_into_the_queue(system: System) -> None:
    contact_id, quarantine_id, filip = await held(system)
    await abuse.review(system, filip.actor, quarantine_id, "lifted")
    assert await in_queue(system) == [contact_id]
    await contacts.stop(system, arrivals.CHANNEL, contact_id, "stop-1")
    again = await writes(system)
    assert await in_queue(system) == [again]


async def test_the_slow_lane_is_a_wait_with_a_sentence_and_never_for_danger(
    system: System, clock: MovableClock
) -> None:
    slow = await writes(system, slow=True)
    assert (await in_queue(system), await told(system, slow)) == ([], ["slow_lane"])
    clock.advance(seconds=SLOWED.total_seconds())
    assert await in_queue(system) == [slow]
    await contacts.stop(system, arrivals.CHANNEL, slow, "stop-1")
    danger = await writes(system, slow=True, danger="yes")
    assert await in_queue(system) == [danger]


async def test_danger_in_hand_is_not_put_aside(system: System) -> None:
    anna = await factories.add_person(system, "Anna")
    caller = await factories.talk(system, anna, danger="yes")
    with pytest.raises(WrongState):
        await abuse.quarantine(system, anna.actor, caller.contact_id, "prank")
