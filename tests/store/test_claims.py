"""Every claim twenty times at once, on both databases: one wins, the others are told so, nothing is half done."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from hotline.actions import assignments as assigning
from hotline.actions import cases, offers, presence, roster
from hotline.errors import AlreadyExists, OfferGone
from hotline.ids import new_id
from hotline.rules.access import OPERATOR
from hotline.rules.assignment import Proposal
from hotline.store import claims, queries, sign_ins
from hotline.store.journal import Line
from hotline.store.tables import (
    assignments,
    case_contacts,
    case_notes,
    contacts,
    entries,
    sign_in_links,
    threads,
)
from hotline.store.tables import cases as case_rows
from hotline.store.tables import offers as offer_rows
from hotline.store.tables import shifts as shift_rows
from hotline.system import System, Transaction
from tests.factories import (
    TRUST,
    MovableClock,
    Person,
    add_caller,
    add_person,
    leading,
    offer_to,
    pending,
    read_offer,
    talk,
)
from tests.store.races import (
    RUNNERS,
    add_contacts,
    add_staff,
    at_once,
    contact_values,
    count,
    one_value,
    race,
)

CASE = {
    "subject": "M. K.",
    "reach": "telefon siostry",
    "reason": "lęk przed powrotem do domu",
    "first_visit": "2026-11-24T10:00",
    "privacy_given": "yes",
    "conflict_checked": "yes",
}


def winner(answers: Sequence[object]) -> int:
    """The number of the only one that got something."""
    (number,) = [number for number, answer in enumerate(answers) if answer]
    return number


# -- contacts --------------------------------------------------------------------------------------


async def test_one_approach_is_one_contact(system: System) -> None:
    rows = [contact_values(system, number, origin="web:the same") for number in range(RUNNERS)]
    made = await race(system, lambda tx, number: claims.add_contact(tx, rows[number]))
    assert await one_value(system, select(contacts.c.id)) == rows[winner(made)]["id"]
    assert await one_value(system, select(threads.c.contact_id)) == rows[winner(made)]["id"]


async def test_one_caller_has_one_open_contact_and_may_come_back_later(system: System) -> None:
    rows = [contact_values(system, number, caller_blind="b" * 64) for number in range(RUNNERS + 1)]
    made = await race(system, lambda tx, number: claims.add_contact(tx, rows[number]))
    contact_id = await one_value(system, select(contacts.c.id))
    assert contact_id == rows[winner(made)]["id"]
    async with system.transaction(OPERATOR) as tx:
        assert await claims.move(tx, contact_id, "waiting", "closed")
        assert await claims.add_contact(tx, rows[RUNNERS])


async def test_numbers_are_consecutive_and_none_is_given_twice(system: System) -> None:
    numbers = await race(system, lambda tx, _: claims.next_number(tx, "contact 2026"))
    assert sorted(numbers) == list(range(1, RUNNERS + 1))


async def test_a_number_of_a_failed_transaction_is_given_again(system: System) -> None:
    async def fail() -> None:
        async with system.transaction(OPERATOR) as tx:
            assert await claims.next_number(tx, "case 2026") == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with system.transaction(OPERATOR) as tx:
        assert await claims.next_number(tx, "case 2026") == 1


async def test_a_waiting_contact_is_taken_by_one_person(system: System) -> None:
    (contact_id,) = await add_contacts(system, 1)
    people = await add_staff(system, RUNNERS)
    taken = await race(system, lambda tx, number: claims.take(tx, contact_id, people[number], "accept"))
    holder = people[winner(taken)]
    assert await one_value(system, select(contacts.c.holder_id)) == holder
    assert await one_value(system, select(assignments.c.staff_id)) == holder


async def test_a_contact_moves_on_once(system: System) -> None:
    (contact_id,) = await add_contacts(system, 1, state="active")
    reasons = [f"reason {number}" for number in range(RUNNERS)]
    moved = await race(
        system,
        lambda tx, number: claims.move(tx, contact_id, "active", "wrap_up", end_reason=reasons[number]),
    )
    assert await one_value(system, select(contacts.c.end_reason)) == reasons[winner(moved)]


async def test_entries_appended_at_once_have_consecutive_numbers(system: System) -> None:
    (contact_id,) = await add_contacts(system, 1)

    async def append(tx: Transaction, number: int) -> int:
        await claims.lock_contact(tx, contact_id)
        (receipt,) = await claims.append_to(tx, Line(contact_id, f"id-{number}", "system", "system"))
        return receipt.seq

    assert sorted(await race(system, append)) == list(range(1, RUNNERS + 1))
    assert await one_value(system, select(threads.c.last_seq)) == RUNNERS


# -- offers ----------------------------------------------------------------------------------------


async def test_one_contact_is_offered_to_one_of_twenty_people(system: System, clock: MovableClock) -> None:
    (contact_id,) = await add_contacts(system, 1)
    people = await add_staff(system, RUNNERS)
    deadline = clock.now() + timedelta(seconds=30)
    made = await race(system, lambda tx, number: claims.make_offer(tx, contact_id, people[number], deadline))
    assert await one_value(system, select(offer_rows.c.staff_id)) == people[winner(made)]


async def test_one_person_is_offered_one_of_twenty_contacts(system: System, clock: MovableClock) -> None:
    waiting = await add_contacts(system, RUNNERS)
    (person,) = await add_staff(system, 1)
    deadline = clock.now() + timedelta(seconds=30)
    made = await race(system, lambda tx, number: claims.make_offer(tx, waiting[number], person, deadline))
    assert await one_value(system, select(offer_rows.c.contact_id)) == waiting[winner(made)]


async def one_offer(system: System) -> tuple[str, str]:
    """(id, contact) of a pending offer of thirty seconds."""
    (contact_id,) = await add_contacts(system, 1)
    (person,) = await add_staff(system, 1)
    async with system.transaction(OPERATOR) as tx:
        offer_id = await claims.make_offer(tx, contact_id, person, tx.now + timedelta(seconds=30))
    assert offer_id is not None
    return offer_id, contact_id


async def test_an_offer_ends_in_one_way(system: System) -> None:
    offer_id, contact_id = await one_offer(system)
    ways = ("accepted", "declined", "expired", "withdrawn")

    async def close(tx: Transaction, number: int) -> bool:
        way = ways[number % len(ways)]
        if way == "withdrawn":
            return bool(await claims.withdraw_offers(tx, contact_id, "danger"))
        return await claims.close_offer(tx, offer_id, way)

    closed = await race(system, close)
    state = await one_value(system, select(offer_rows.c.state))
    assert state == ways[winner(closed) % len(ways)]


async def test_who_is_late_or_has_another_token_does_not_accept(system: System, clock: MovableClock) -> None:
    offer_id, _ = await one_offer(system)
    offer = await read_offer(system, offer_id)
    async with system.transaction(OPERATOR) as tx:
        assert not await claims.close_offer(
            tx, offer_id, "accepted", token="another", staff_id=offer.staff_id
        )
        assert not await claims.close_offer(tx, offer_id, "accepted", token=offer.token, staff_id=new_id())
    clock.advance(seconds=30)
    async with system.transaction(OPERATOR) as tx:
        assert not await claims.close_offer(tx, offer_id, "accepted", token=offer.token)
        assert await claims.close_offer(tx, offer_id, "expired")


async def test_accepting_against_declining_and_the_clock_leaves_one_story(
    system: System, clock: MovableClock
) -> None:
    """Either the contact is answered, or it waits on and nobody holds it."""
    anna = await add_person(system, "Anna")
    caller = await add_caller(system)
    offer = await offer_to(system, caller.contact_id, anna.id)
    assert offer is not None
    async with system.read() as tx:
        (live,) = await queries.pending_offers(tx)
    stale = queries.LiveOffer(live.id, live.contact_id, live.staff_id, live.queue, live.made_at, clock.now())

    async def attempt(number: int) -> object:
        if number % 3 == 0:
            return await offers.accept(system, anna.actor, offer.id, offer.token)
        if number % 3 == 1:
            await offers.decline(system, anna.actor, offer.id, offer.token)
            return None
        return await offers.end_stale(system, await leading(system), stale)

    answers = await at_once(attempt)
    assert {type(each) for each in answers if isinstance(each, BaseException)} <= {OfferGone}
    state = await one_value(system, select(offer_rows.c.state))
    async with system.read() as tx:
        row = await queries.contact(tx, caller.contact_id)
    assert row is not None
    answered = state == "accepted"
    assert (row.state, row.holder_id) == (("active", anna.id) if answered else ("waiting", None))
    live_assignments = await count(system, select(assignments).where(assignments.c.until_at.is_(None)))
    assert live_assignments == int(answered)


async def test_load_never_exceeds_the_limit(system: System) -> None:
    """Twenty contacts, one person with room for two: offers and acceptances in every order."""
    anna = await add_person(system, "Anna", text_limit=2)
    waiting = [(await add_caller(system)).contact_id for _ in range(RUNNERS)]
    loads: list[int] = []
    engine = await leading(system)

    async def offer_and_accept(number: int) -> str | None:
        offer_id = await offers.make(system, engine, Proposal(waiting[number], anna.id))
        if offer_id is not None:
            offer = await read_offer(system, offer_id)
            await offers.accept(system, anna.actor, offer.id, offer.token)
        async with system.read() as tx:
            loads.append((await queries.people(tx, anna.id))[0].load)
        return offer_id

    for _ in range(2):
        await presence.seen(system, anna.actor)  # so many arrivals may take longer than she may be silent
        answers = await at_once(offer_and_accept)
        assert not [each for each in answers if isinstance(each, BaseException)]
    assert loads[-1] == max(loads) == 2
    assert await pending(system) == []


async def test_two_who_are_handed_each_others_talks_do_not_wait_for_one_another(system: System) -> None:
    """Ten talks go one way while ten go the other: all of them change hands, and nobody is told to try again."""
    lead = await add_person(system, "Filip", (), ("supervisor",), hours=None)
    anna, beata = [await add_person(system, name, text_limit=RUNNERS) for name in ("Anna", "Beata")]
    pairs = [(anna, beata), (beata, anna)] * (RUNNERS // 2)
    talks = [await talk(system, holder) for holder, _ in pairs]

    async def hand_over(number: int) -> None:
        holder, other = pairs[number]
        contact_id = talks[number].contact_id
        await assigning.hand_over(
            system, lead.actor, contact_id, holder.id, other.id, "Zamiana.", overrule=True
        )

    assert await at_once(hand_over) == [None] * RUNNERS
    holders = {}
    async with system.read() as tx:
        for each in talks:
            row = await queries.contact(tx, each.contact_id)
            assert row is not None
            holders[each.contact_id] = row.holder_id
    assert holders == {each.contact_id: to.id for each, (_, to) in zip(talks, pairs, strict=True)}


async def test_offers_made_at_once_are_one_per_person_and_contact(system: System) -> None:
    people = [await add_person(system, name) for name in ("Anna", "Beata", "Celina")]
    waiting = [(await add_caller(system)).contact_id for _ in range(5)]
    pairs = [Proposal(contact_id, person.id) for contact_id in waiting for person in people]
    engine = await leading(system)
    await at_once(lambda number: offers.make(system, engine, pairs[number]), len(pairs))
    made = await pending(system)
    assert len(made) == len({each.staff_id for each in made}) == len({each.contact_id for each in made}) == 3


# -- signing in, shifts, cases ---------------------------------------------------------------------


async def test_a_sign_in_link_works_once(system: System, clock: MovableClock) -> None:
    (person,) = await add_staff(system, 1)
    async with system.transaction(OPERATOR) as tx:
        await sign_ins.add_link(tx, "h" * 64, person, "sign_in", clock.now() + timedelta(hours=1))
        await sign_ins.add_link(tx, "o" * 64, person, "sign_in", clock.now())
        await sign_ins.add_link(tx, "i" * 64, person, "invitation", clock.now() + timedelta(hours=1))
    used = await race(system, lambda tx, _: claims.use_link(tx, "h" * 64, "sign_in"))
    assert [each.staff_id for each in used if each] == [person]
    async with system.transaction(OPERATOR) as tx:
        for secret in ("o", "u", "i"):  # too old, unknown, for something else
            assert await claims.use_link(tx, secret * 64, "sign_in") is None
    assert await count(system, select(sign_in_links).where(sign_in_links.c.used_at.is_not(None))) == 1


async def test_a_shift_is_planned_once(system: System, clock: MovableClock) -> None:
    anna = await add_person(system, "Anna", hours=None)
    start = clock.now()
    answers = await at_once(
        lambda _: roster.add_shift(system, OPERATOR, TRUST, anna.id, start, start + timedelta(hours=8))
    )
    made = [each for each in answers if isinstance(each, str)]
    assert made == [await one_value(system, select(shift_rows.c.id))]
    assert {type(each) for each in answers if not isinstance(each, str)} == {AlreadyExists}


async def in_a_case(system: System) -> tuple[Person, Person, str]:
    """(counsellor, caseworker, contact) with the conversation going on."""
    anna = await add_person(system, "Anna")
    worker = await add_person(system, "Halina", lines=(), roles=("caseworker",))
    return anna, worker, (await talk(system, anna)).contact_id


async def test_a_contact_belongs_to_one_case(system: System) -> None:
    anna, worker, contact_id = await in_a_case(system)
    values = {**CASE, "worker": worker.id}
    answers = await at_once(lambda _: cases.open_case(system, anna.actor, contact_id, values))
    made = [each for each in answers if isinstance(each, str)]
    assert made == [await one_value(system, select(case_contacts.c.case_id))]
    assert made == [await one_value(system, select(case_rows.c.id))]
    assert {type(each) for each in answers if not isinstance(each, str)} == {AlreadyExists}


async def test_a_note_sent_twenty_times_is_there_once(system: System) -> None:
    anna, worker, contact_id = await in_a_case(system)
    case_id = await cases.open_case(system, anna.actor, contact_id, {**CASE, "worker": worker.id})
    answers = await at_once(lambda _: cases.note(system, worker.actor, case_id, "note-0001", "Rozmowa."))
    assert set(answers) == {
        await one_value(system, select(case_notes.c.id))
    }  # each is told of what is stored


# -- delivery --------------------------------------------------------------------------------------


async def outbox(system: System, each: int, threads_of: int) -> list[tuple[str, int]]:
    """(contact, seq) of so many undelivered entries in so many Telegram contacts."""
    ids = await add_contacts(system, threads_of, channel="telegram")
    now = system.clock.now()
    keys = [(contact_id, seq) for contact_id in ids for seq in range(1, each + 1)]
    row = {"kind": "message", "author": "staff", "at": now, "data": {}, "delivery": "pending"}
    rows = [
        {
            **row,
            "contact_id": contact_id,
            "seq": seq,
            "id": f"e{seq}",
            "delivery_tries": 0,
            "delivery_at": now,
        }
        for contact_id, seq in keys
    ]
    async with system.transaction(OPERATOR) as tx:
        await tx.connection.execute(insert(entries), rows)
        await tx.connection.execute(update(threads).values(last_seq=each))
    return keys


async def told(system: System) -> dict[tuple[str, int], dict[str, str | None]]:
    """What the entries say of the delivery of others: (contact, number) -> state and reason."""
    query = select(entries).where(entries.c.kind == "delivery")
    async with system.read() as tx:
        rows = (await tx.connection.execute(query)).all()
    found = {(row.contact_id, row.ref_seq): row.data for row in rows}
    assert len(found) == len(rows)
    return found


async def test_each_entry_is_claimed_once_and_in_order(system: System, clock: MovableClock) -> None:
    keys = await outbox(system, each=3, threads_of=5)
    claimed: list[tuple[str, int]] = []
    until = clock.now() + timedelta(minutes=1)
    for turn in range(1, 4):
        rows = [
            row
            for row in await race(system, lambda tx, _: claims.claim_delivery(tx, "telegram", until))
            if row is not None
        ]
        assert {row.seq for row in rows} == {turn}  # only the oldest of each contact may go
        claimed += [(row.contact_id, row.seq) for row in rows]
        async with system.transaction(OPERATOR) as tx:
            for row in rows:
                await claims.settle_delivery(tx, row.contact_id, row.seq, "sent", tx.now)
    assert sorted(claimed) == sorted(keys)
    assert await told(system) == {key: {"state": "sent", "reason": None} for key in keys}


async def test_what_became_of_words_is_told_once_and_only_when_it_is_certain(
    system: System, clock: MovableClock
) -> None:
    ((contact_id, first), (_, second)) = await outbox(system, each=2, threads_of=1)

    async def settle(state: str, reason: str | None = None) -> None:
        async with system.transaction(OPERATOR) as tx:
            await claims.settle_delivery(tx, contact_id, first, state, tx.now, reason=reason)

    async with system.transaction(OPERATOR) as tx:
        await claims.claim_delivery(tx, "telegram", tx.now + timedelta(minutes=1))
    await settle("pending")
    assert await told(system) == {}
    async with system.transaction(OPERATOR) as tx:
        await claims.claim_delivery(tx, "telegram", tx.now + timedelta(minutes=1))
    await settle("failed", "refused")
    await settle("sent")  # by a process that had been thought dead
    assert await told(system) == {(contact_id, first): {"state": "failed", "reason": "refused"}}
    async with system.transaction(OPERATOR) as tx:
        await claims.lock_contact(tx, contact_id)
        await claims.give_up_delivery(tx, contact_id, "blocked")
    assert (await told(system))[contact_id, second] == {"state": "failed", "reason": "blocked"}


async def test_what_was_claimed_by_a_dead_process_is_claimed_again(
    system: System, clock: MovableClock
) -> None:
    await outbox(system, each=1, threads_of=1)

    async def claim() -> int | None:
        async with system.transaction(OPERATOR) as tx:
            row = await claims.claim_delivery(tx, "telegram", tx.now + timedelta(minutes=1))
            return None if row is None else int(row.delivery_tries)

    assert [await claim(), await claim()] == [1, None]
    clock.advance(minutes=1)
    assert await claim() == 2


async def test_another_channel_has_nothing_to_deliver(system: System) -> None:
    await outbox(system, each=1, threads_of=1)
    async with system.transaction(OPERATOR) as tx:
        assert await claims.claim_delivery(tx, "signal", tx.now) is None


async def test_delivering_at_once_repeats_nothing_and_loses_nothing(
    system: System, clock: MovableClock
) -> None:
    """Twenty deliverers without any order between them, until nothing is due."""
    keys = await outbox(system, each=4, threads_of=6)
    sent: list[tuple[str, int]] = []

    async def deliver(_: int) -> None:
        while len(sent) < len(keys):
            async with system.transaction(OPERATOR) as tx:
                row = await claims.claim_delivery(tx, "telegram", tx.now + timedelta(minutes=1))
            if row is None:
                await asyncio.sleep(0)
                continue
            sent.append((row.contact_id, row.seq))
            async with system.transaction(OPERATOR) as tx:
                await claims.settle_delivery(tx, row.contact_id, row.seq, "sent", tx.now)

    async with asyncio.timeout(30):
        assert await at_once(deliver, 8) == [None] * 8
    assert sorted(sent) == sorted(keys)
    for contact_id in {contact for contact, _ in keys}:
        assert [seq for contact, seq in sent if contact == contact_id] == [1, 2, 3, 4]
    async with system.transaction(OPERATOR) as tx:
        late = update(entries).values(delivery="pending", delivery_at=clock.now() + timedelta(hours=1))
        await tx.connection.execute(late)
        assert await claims.claim_delivery(tx, "telegram", tx.now) is None
