"""Quarantine: taken and kept, offered to nobody, looked at by a supervisor, over by itself; danger always passes."""

import secrets
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from hotline.actions import abuse, arrivals, callbacks, contacts, messages, offers
from hotline.errors import NotFound, WrongState
from hotline.rules.abuse import SLOWED, UNREVIEWED
from hotline.rules.access import CHANNEL, OPERATOR
from hotline.rules.callback import SafeTime, Wish
from hotline.store import queries
from hotline.store.tables import audit, entries
from hotline.store.tables import callbacks as callback_rows
from hotline.store.tables import contacts as contact_rows
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
        await messages.receive(system, CHANNEL, contact_id, "m1-abcdefgh", "Jeszcze tu jestem.")
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
    await contacts.stop(system, CHANNEL, again, "stop-1")
    danger = await writes(system, danger="yes")
    assert await in_queue(system) == [danger]


async def test_lifted_it_lets_the_caller_into_the_queue(system: System) -> None:
    contact_id, quarantine_id, filip = await held(system)
    await abuse.review(system, filip.actor, quarantine_id, "lifted")
    assert await in_queue(system) == [contact_id]
    await contacts.stop(system, CHANNEL, contact_id, "stop-1")
    again = await writes(system)
    assert await in_queue(system) == [again]


async def test_the_slow_lane_is_a_wait_with_a_sentence_and_never_for_danger(
    system: System, clock: MovableClock
) -> None:
    slow = await writes(system, slow=True)
    assert (await in_queue(system), await told(system, slow)) == ([], ["slow_lane"])
    clock.advance(seconds=SLOWED.total_seconds())
    assert await in_queue(system) == [slow]
    await contacts.stop(system, CHANNEL, slow, "stop-1")
    danger = await writes(system, slow=True, danger="yes")
    assert await in_queue(system) == [danger]


async def test_danger_in_hand_is_not_put_aside(system: System) -> None:
    anna = await factories.add_person(system, "Anna")
    caller = await factories.talk(system, anna, danger="yes")
    with pytest.raises(WrongState):
        await abuse.quarantine(system, anna.actor, caller.contact_id, "prank")


async def test_nobody_lets_themselves_out(system: System, clock: MovableClock) -> None:
    """Neither by "I wait here after all" nor by asking to be called back sooner."""
    contact_id, _, _ = await held(system)
    await callbacks.return_to_queue(system, CHANNEL, contact_id)
    assert await in_queue(system) == []
    soon = Wish(SafeTime(factories.MONDAY.date()), way="telegram")
    assert await callbacks.ask(system, CHANNEL, contact_id, soon) >= clock.now() + UNREVIEWED
    await callbacks.return_to_queue(system, CHANNEL, contact_id)
    assert await in_queue(system) == []
    clock.advance(hours=24)
    assert await in_queue(system) == [contact_id]


async def test_nor_out_of_the_slow_lane(system: System) -> None:
    slow = await writes(system, slow=True)
    await callbacks.return_to_queue(system, CHANNEL, slow)
    assert await in_queue(system) == []


async def test_lifted_a_call_back_keeps_its_safe_time(system: System, clock: MovableClock) -> None:
    contact_id, quarantine_id, filip = await held(system)
    evening = Wish(SafeTime(factories.MONDAY.date(), 18 * 60, 20 * 60), way="telegram")
    tomorrow = await callbacks.ask(system, CHANNEL, contact_id, evening)
    await abuse.review(system, filip.actor, quarantine_id, "lifted")
    assert await in_queue(system) == []
    async with system.read() as tx:
        row = await queries.contact(tx, contact_id)
    assert row is not None
    assert row.due_at == tomorrow - timedelta(days=1)


async def test_confirmed_it_forgets_how_to_call_back(system: System) -> None:
    contact_id, quarantine_id, filip = await held(system)
    await callbacks.ask(
        system, CHANNEL, contact_id, Wish(SafeTime(factories.MONDAY.date()), number="600 100 200")
    )
    await abuse.review(system, filip.actor, quarantine_id, "confirmed")
    async with system.read() as tx:
        left = (await tx.connection.execute(select(callback_rows))).one()
    assert (left.outcome, left.number_sealed) == ("withdrawn", None)


async def test_nobody_reviews_across_the_wall(system: System) -> None:
    _, quarantine_id, _ = await held(system)
    other = await factories.add_person(
        system, "Wanda", (factories.PERPETRATORS,), ("supervisor",), hours=None
    )
    async with system.transaction(OPERATOR) as tx:
        on_the_other_side = contact_rows.update().values(line=factories.VICTIMS)
        await tx.connection.execute(on_the_other_side)
    with pytest.raises(NotFound):
        await abuse.review(system, other.actor, quarantine_id, "lifted")
