"""Somebody leaves, or loses a role: nothing of theirs stays open, and nobody they talked with is lost."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hotline.actions import (
    contacts,
    invitations,
    leaving,
    messages,
    offers,
    roster,
    signing_in,
    staff,
    summaries,
)
from hotline.errors import HotlineError, LastAdministrator, NotFound, NotSignedIn, SignInFailed, StaffUnknown
from hotline.ids import new_id
from hotline.rules.access import OPERATOR
from hotline.store import plans, queries, views
from hotline.store.tables import assignments
from hotline.store.tables import offers as offer_rows
from hotline.system import System
from tests.factories import TRUST, VICTIMS, MovableClock, Person, add_caller, add_person, offer_to, talk
from tests.store.races import at_once, count


async def head(system: System, contact_id: str) -> views.ContactHead:
    async with system.read() as tx:
        found = await views.contact_head(tx, contact_id)
    assert found is not None
    return found


async def key(system: System, contact_id: str) -> tuple[object, ...]:
    async with system.read() as tx:
        row = await queries.contact(tx, contact_id)
    assert row is not None
    return row.queue, row.queue_class, row.queue_at


async def test_the_conversation_waits_again_in_its_old_place_and_the_caller_is_told(
    system: System, clock: MovableClock
) -> None:
    anna = await add_person(system, "Anna")
    caller = await talk(system, anna)
    before = await key(system, caller.contact_id)
    clock.advance(minutes=7)
    later = await add_caller(system)
    await leaving.leave(system, OPERATOR, anna.id)
    assert (await head(system, caller.contact_id)).state == "waiting"
    assert await key(system, caller.contact_id) == before
    async with system.read() as tx:
        waiting = await queries.waiting(tx)
        entries = await views.entries_after(tx, caller.contact_id, 0, "caller")
    assert [each.id for each in waiting] == [caller.contact_id, later.contact_id]
    assert [each.data["text"] for each in entries if each.kind == "system"][-1] == "counsellor_lost"
    assert await count(system, select(assignments).where(assignments.c.until_at.is_(None))) == 0
    with pytest.raises(HotlineError):
        await messages.reply(system, anna.actor, caller.contact_id, new_id(), "Jestem jeszcze.")
    await messages.receive(system, caller.actor, caller.contact_id, new_id(), "Dobrze, czekam.")
    beata = await add_person(system, "Beata")
    offer = await offer_to(system, caller.contact_id, beata.id)
    assert offer is not None
    assert await offers.accept(system, beata.actor, offer.id, offer.token) == caller.contact_id


async def test_offers_shifts_sessions_links_and_the_password_end(system: System, clock: MovableClock) -> None:
    anna = await add_person(system, "Anna")
    tomorrow = clock.now() + timedelta(days=1)
    await roster.add_shift(system, OPERATOR, TRUST, anna.id, tomorrow, tomorrow + timedelta(hours=8))
    session, link = await signed_in(system, anna), await staff.issue_link(system, OPERATOR, anna.id)
    caller = await add_caller(system)
    assert await offer_to(system, caller.contact_id, anna.id) is not None
    await leaving.leave(system, OPERATOR, anna.id)
    assert await count(system, select(offer_rows).where(offer_rows.c.state == "pending")) == 0
    with pytest.raises(NotSignedIn):
        await signing_in.actor_of(system, session)
    with pytest.raises(SignInFailed):
        await signing_in.sign_in_with_link(system, link)
    async with system.read() as tx:
        assert await plans.shifts_in_force(tx, (clock.now(), tomorrow + timedelta(days=1))) == []
        assert [each.staff_id for each in await views.vacant_shifts(tx)] == [anna.id, anna.id]
        assert not (await views.attended(tx, [TRUST])).on_duty
    with pytest.raises(StaffUnknown):
        await leaving.leave(system, OPERATOR, anna.id)


async def signed_in(system: System, person: Person) -> str:
    return await signing_in.sign_in_with_link(system, await staff.issue_link(system, OPERATOR, person.id))


async def test_what_is_owed_is_listed_and_what_came_by_hand_is_owed(system: System) -> None:
    anna = await add_person(system, "Anna")
    caller = await talk(system, anna)
    await contacts.end(system, anna.actor, caller.contact_id, "completed")
    await leaving.leave(system, OPERATOR, anna.id)
    async with system.read() as tx:
        owed = await views.owed_by_the_gone(tx)
    assert [(each.staff_id, each.line) for each in owed] == [(anna.id, TRUST)]
    filip = await add_person(system, "Filip", (), ("supervisor",), hours=None)
    beata = await add_person(system, "Beata")
    with pytest.raises(NotFound):
        await summaries.adopt(system, beata.actor, caller.contact_id)
    answers = await at_once(lambda _: summaries.adopt(system, filip.actor, caller.contact_id))
    assert answers.count(None) == 1
    async with system.read() as tx:
        assert await views.owed_by_the_gone(tx) == []
        assert [each.state for each in (await views.console(tx, system.centre, filip.actor)).mine] == [
            "wrap_up"
        ]


async def test_whoever_accepts_while_leaving_either_has_it_and_loses_it_or_never_had_it(
    system: System,
) -> None:
    anna = await add_person(system, "Anna", text_limit=30)
    made = [await talk(system, anna) for _ in range(7)]
    last = await add_caller(system)
    offer = await offer_to(system, last.contact_id, anna.id)
    assert offer is not None
    offer_id, token = offer.id, offer.token

    async def act(number: int) -> None:
        if number == 3:
            await leaving.leave(system, OPERATOR, anna.id)
        else:
            await offers.accept(system, anna.actor, offer_id, token)

    await at_once(act, 6)
    async with system.read() as tx:
        person = await views.person(tx, anna.id)
    if person is not None and person.active:  # an accept came in between: the second try tells no lie
        await leaving.leave(system, OPERATOR, anna.id)
    assert {(await head(system, caller.contact_id)).state for caller in (*made, last)} == {"waiting"}


async def test_the_last_administrator_stays_and_of_two_one(system: System) -> None:
    igor = await add_person(system, "Igor", (), ("administrator",), hours=None)
    with pytest.raises(LastAdministrator):
        await leaving.leave(system, igor.actor, igor.id)
    ola = await add_person(system, "Ola", (), ("administrator",), hours=None)
    pair = [(igor, ola), (ola, igor)]
    await at_once(lambda n: leaving.leave(system, pair[n % 2][0].actor, pair[n % 2][1].id))
    async with system.read() as tx:
        assert len(await queries.administrators(tx)) == 1


async def test_losing_the_role_or_the_line_has_effect_at_once(system: System) -> None:
    anna = await add_person(system, "Anna", (TRUST, VICTIMS))
    caller = await talk(system, anna)
    one_line = staff.Changes("Anna", "Anna", ("counsellor",), (TRUST,), ("pl",), (), 2)
    await staff.change(system, OPERATOR, anna.id, one_line)
    async with system.read() as tx:
        assert [each.line for each in await views.vacant_shifts(tx)] == [VICTIMS]
    assert (await head(system, caller.contact_id)).state == "active"
    no_role = staff.Changes("Anna", "Anna", ("caseworker",), (TRUST,), ("pl",), (), 2)
    session = await signed_in(system, anna)
    await staff.change(system, OPERATOR, anna.id, no_role)
    assert (await head(system, caller.contact_id)).state == "waiting"
    actor = await signing_in.actor_of(system, session)
    assert actor.roles == {"caseworker"}


async def test_a_volunteer_answers_and_sums_up_and_opens_nothing(system: System) -> None:
    anna = await add_person(system, "Anna")
    volunteer = staff.Changes(
        "Anna", "Anna", ("counsellor", "supervisor"), (TRUST,), ("pl",), ("restricted",), 2
    )
    await staff.change(system, OPERATOR, anna.id, volunteer)
    actor = await signing_in.actor_of(system, await signed_in(system, anna))
    mine, others = await talk(system, anna), await add_caller(system)
    await messages.reply(system, actor, mine.contact_id, new_id(), "Jestem.")
    await contacts.look(system, actor, mine.contact_id, "Skarga.")
    with pytest.raises(NotFound):
        await contacts.look(system, actor, others.contact_id, "Skarga.")


async def test_who_left_comes_back_by_invitation_with_the_roles_they_had(system: System) -> None:
    anna = await add_person(system, "Anna")
    await leaving.leave(system, OPERATOR, anna.id)
    link = await invitations.invite_again(system, OPERATOR, anna.id)
    session = await invitations.accept(system, link, "trzy zielone rowery")
    assert (await signing_in.actor_of(system, session)).roles == {"counsellor"}
