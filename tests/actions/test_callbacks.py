"""Call-backs: out of the queue until due, back under the old key, tried a few times, and ended with an outcome."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from hotline.actions import arrivals, assignments, callbacks, conflicts, contacts, messages, offers, presence
from hotline.clockwork import Clockwork
from hotline.errors import NoLongerWaiting, OutcomeMissing, WrongState
from hotline.rules.callback import SafeTime, Wish
from hotline.store import attendance, queries, views
from hotline.store.tables import callbacks as rows
from hotline.store.tables import contacts as contact_rows
from hotline.system import System
from tests import factories
from tests.factories import MovableClock

TODAY = date(2026, 11, 23)
EVENING = Wish(SafeTime(TODAY, 18 * 60, 20 * 60), number="600 100 200", says="first_name", voicemail=True)
AT_SIX = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


async def row_of(system: System, contact_id: str) -> queries.ContactRow:
    async with system.read() as tx:
        row = await queries.contact(tx, contact_id)
    assert row is not None
    return row


async def in_queue(system: System) -> list[str]:
    async with system.read() as tx:
        return [each.id for each in await queries.waiting(tx)]


async def wish_of(system: System, contact_id: str) -> tuple[str | None, bool, int]:
    """The outcome, whether a number is still known, and the tries of the newest one."""
    async with system.read() as tx:
        query = select(rows).where(rows.c.contact_id == contact_id).order_by(rows.c.id.desc()).limit(1)
        row = (await tx.connection.execute(query)).one()
    return row.outcome, row.number_sealed is not None, row.tries


async def look(system: System) -> None:
    await Clockwork(system).look(await factories.leading(system))


async def accepted(system: System, person: factories.Person, contact_id: str) -> None:
    offer = await factories.offer_to(system, contact_id, person.id)
    assert offer is not None
    await offers.accept(system, person.actor, offer.id, offer.token)


async def test_who_asks_leaves_the_queue_and_comes_back_under_the_old_key(
    system: System, clock: MovableClock
) -> None:
    anna = await factories.add_person(system, "Anna", hours=12)
    first = await factories.add_caller(system)
    assert await callbacks.ask(system, first.actor, first.contact_id, EVENING) == AT_SIX
    later = await factories.add_caller(system)
    assert await in_queue(system) == [later.contact_id]
    assert await factories.offer_to(system, first.contact_id, anna.id) is None
    with pytest.raises(NoLongerWaiting):
        await assignments.pick_up(system, anna.actor, first.contact_id)
    clock.set(AT_SIX)
    assert await in_queue(system) == [first.contact_id, later.contact_id]


async def test_the_same_request_again_changes_nothing_and_another_replaces_it(
    system: System, clock: MovableClock
) -> None:
    anna = await factories.add_person(system, "Anna", hours=12)
    caller = await factories.add_caller(system)

    async def asked(wish: Wish, request: str) -> datetime:
        return await callbacks.ask(system, caller.actor, caller.contact_id, wish, request)

    async def stored() -> list[tuple[str, str | None]]:
        """Of each call-back how it is to be done and its outcome, oldest first."""
        async with system.read() as tx:
            found = await tx.connection.execute(select(rows).order_by(rows.c.id))
            return [(row.says, row.outcome) for row in found]

    async def told() -> int:
        async with system.read() as tx:
            return len(await views.entries_after(tx, caller.contact_id, 0, "staff"))

    assert not await callbacks.was_asked(system, caller.contact_id, "telegram/7")
    assert await asked(EVENING, "telegram/7") == AT_SIX
    before = await told()
    assert await callbacks.was_asked(system, caller.contact_id, "telegram/7")
    assert await asked(replace(EVENING, says="centre"), "telegram/7") == AT_SIX
    assert (await stored(), await told()) == ([("first_name", None)], before)
    await asked(replace(EVENING, says="centre"), "telegram/8")
    assert await stored() == [("first_name", "changed"), ("centre", None)]
    clock.set(AT_SIX)
    await presence.seen(system, anna.actor)
    await accepted(system, anna, caller.contact_id)
    await asked(EVENING, "telegram/8")  # it had been done, whatever has become of it
    with pytest.raises(WrongState):
        await asked(EVENING, "telegram/9")


async def test_not_reached_is_tried_again_later_and_the_third_time_ends_it(
    system: System, clock: MovableClock
) -> None:
    anna = await factories.add_person(system, "Anna", hours=12)
    caller = await factories.add_caller(system)
    wish = replace(EVENING, safe=SafeTime(TODAY, 8 * 60, 20 * 60))
    await callbacks.ask(system, caller.actor, caller.contact_id, wish)
    for tries in (1, 2):
        due_at = (await row_of(system, caller.contact_id)).due_at
        clock.set(due_at)
        await presence.seen(system, anna.actor)
        await accepted(system, anna, caller.contact_id)
        with pytest.raises(OutcomeMissing):
            await contacts.end(system, anna.actor, caller.contact_id, "completed")
        await callbacks.settle(system, anna.actor, caller.contact_id, "not_reached")
        assert await wish_of(system, caller.contact_id) == (None, True, tries)
        assert (await row_of(system, caller.contact_id)).due_at >= due_at + timedelta(hours=2)
        assert await in_queue(system) == []
    clock.set((await row_of(system, caller.contact_id)).due_at)
    await presence.seen(system, anna.actor)
    await accepted(system, anna, caller.contact_id)
    await callbacks.settle(system, anna.actor, caller.contact_id, "not_reached")
    row = await row_of(system, caller.contact_id)
    assert (row.state, row.end_reason) == ("closed", "unreachable")
    assert await wish_of(system, caller.contact_id) == ("not_reached", False, 2)


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        ("reached", "active", None),
        ("wrong_number", "closed", "wrong_number"),
        ("asked_not", "closed", "caller_left"),
    ],
)
async def test_an_outcome_erases_the_number(
    system: System, clock: MovableClock, outcome: str, state: str, reason: str | None
) -> None:
    anna = await factories.add_person(system, "Anna", hours=12)
    caller = await factories.add_caller(system)
    await callbacks.ask(system, caller.actor, caller.contact_id, EVENING)
    clock.set(AT_SIX)
    await presence.seen(system, anna.actor)
    await accepted(system, anna, caller.contact_id)
    await callbacks.settle(system, anna.actor, caller.contact_id, outcome)
    row = await row_of(system, caller.contact_id)
    assert (row.state, row.end_reason) == (state, reason)
    assert await wish_of(system, caller.contact_id) == (outcome, False, 0)
    with pytest.raises(WrongState if state == "active" else Exception):
        await callbacks.settle(system, anna.actor, caller.contact_id, outcome)


async def test_what_was_not_taken_in_its_safe_time_is_put_off_rings_and_expires(
    system: System, clock: MovableClock
) -> None:
    caller = await factories.add_caller(system)
    await callbacks.ask(system, caller.actor, caller.contact_id, EVENING)
    clock.set(AT_SIX + timedelta(hours=2))
    await look(system)
    assert (await row_of(system, caller.contact_id)).due_at == AT_SIX + timedelta(days=1)
    clock.set(factories.MONDAY + timedelta(hours=67))
    await look(system)
    async with system.read() as tx:
        assert await attendance.ringing(tx, "callback_ends") == {caller.contact_id}
    clock.set(factories.MONDAY + timedelta(hours=72))
    await look(system)
    row = await row_of(system, caller.contact_id)
    assert (row.state, row.end_reason) == ("closed", "callback_expired")
    assert await wish_of(system, caller.contact_id) == ("expired", False, 0)


async def test_danger_waits_for_no_later_time(system: System) -> None:
    calm, words, danger = [await factories.add_caller(system) for _ in range(3)]
    for caller in (calm, words, danger):
        await callbacks.ask(system, caller.actor, caller.contact_id, EVENING)
    await messages.receive(system, words.actor, words.contact_id, "m1-abcdefgh", "Wzięłam tabletki.")
    await contacts.answer(system, danger.actor, danger.contact_id, "danger", "yes")
    await callbacks.ask(system, danger.actor, danger.contact_id, EVENING)
    assert await in_queue(system) == [danger.contact_id, words.contact_id]
    await callbacks.return_to_queue(system, calm.actor, calm.contact_id)
    assert await in_queue(system) == [danger.contact_id, words.contact_id, calm.contact_id]


async def test_a_request_out_of_hours_is_a_contact_of_its_own(system: System, clock: MovableClock) -> None:
    arrival = arrivals.Arrival(
        line=factories.PERPETRATORS, channel="web", origin="web:request", client_id="request-1", language="pl",
        token="t" * 43, wish=EVENING,
    )  # fmt: skip
    started = await arrivals.start(system, arrival)
    assert (await arrivals.start(system, arrival)).contact_id == started.contact_id
    assert (await row_of(system, started.contact_id)).due_at >= AT_SIX
    assert await in_queue(system) == []


async def test_what_is_agreed_after_a_talk_is_a_new_contact_linked_to_it(
    system: System, clock: MovableClock
) -> None:
    anna = await factories.add_person(system, "Anna", hours=12)
    caller = await factories.talk(system, anna)
    with pytest.raises(WrongState):
        await callbacks.agree(system, anna.actor, caller.contact_id, "agreed-1", EVENING)
    await contacts.end(system, anna.actor, caller.contact_id, "completed")
    beata = await factories.add_person(system, "Beata", hours=12)
    filip = await factories.add_person(system, "Filip", (), ("supervisor",), hours=None)
    await conflicts.mark(system, filip.actor, "contact", caller.contact_id, beata.id, "Sąsiadka.")
    new = await callbacks.agree(system, anna.actor, caller.contact_id, "agreed-1", EVENING)
    assert await callbacks.agree(system, anna.actor, caller.contact_id, "agreed-1", EVENING) == new
    async with system.read() as tx:
        query = select(rows.c.from_contact_id).where(rows.c.contact_id == new)
        assert (await tx.connection.execute(query)).scalar_one() == caller.contact_id
        count = await tx.connection.execute(select(contact_rows.c.id))
        assert len(count.all()) == 2
    assert (await row_of(system, new)).channel == "phone"
    clock.set(AT_SIX)
    assert await in_queue(system) == [new]
    await presence.seen(system, beata.actor)
    assert await factories.offer_to(system, new, beata.id) is None
