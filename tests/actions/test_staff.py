"""People: signing in, sessions and their ends, availability, shifts, the wall in the roster."""

from datetime import timedelta

import pytest

from hotline.actions import presence, roster, signing_in, staff
from hotline.errors import (
    AlreadyExists,
    LineNotServed,
    Malformed,
    NotAllowed,
    NotFound,
    NotSignedIn,
    PasswordWeak,
    ShiftInvalid,
    SignInFailed,
    StaffUnknown,
    WallBreach,
)
from hotline.rules.access import OPERATOR
from hotline.store import queries, views
from hotline.system import System
from tests.factories import PERPETRATORS, TRUST, VICTIMS, MovableClock, add_person

PASSWORD = "trzy zielone rowery"


async def test_a_link_signs_in_once(system: System, clock: MovableClock) -> None:
    anna = await add_person(system, "Anna")
    link = await staff.issue_link(system, OPERATOR, anna.id)
    session = await signing_in.sign_in_with_link(system, link)
    assert (await signing_in.actor_of(system, session)).id == anna.id
    with pytest.raises(SignInFailed):
        await signing_in.sign_in_with_link(system, link)
    late = await staff.issue_link(system, OPERATOR, anna.id)
    clock.advance(hours=13)
    with pytest.raises(SignInFailed):
        await signing_in.sign_in_with_link(system, late)


async def test_a_password_signs_in_and_a_wrong_one_says_nothing(system: System) -> None:
    newcomer = staff.Newcomer("ewa", "Ewa", "Ewa", ["counsellor"], [TRUST], password=PASSWORD)
    await staff.add(system, OPERATOR, newcomer)
    session = (await signing_in.sign_in_with_password(system, "ewa", PASSWORD)).session
    assert (await signing_in.actor_of(system, session)).name == "Ewa"
    for login, password in (("ewa", "something else"), ("nobody", PASSWORD), ("ewa", "")):
        with pytest.raises(SignInFailed):
            await signing_in.sign_in_with_password(system, login, password)
    with pytest.raises(AlreadyExists):
        await staff.add(system, OPERATOR, newcomer)
    with pytest.raises(PasswordWeak):
        await staff.add(
            system, OPERATOR, staff.Newcomer("iza", "Iza", "Iza", ["counsellor"], password="short")
        )


async def test_sessions_end_off_duty_and_last_through_a_night_shift(
    system: System, clock: MovableClock
) -> None:
    anna = await add_person(system, "Anna", hours=9)
    off = await add_person(system, "Off", hours=None)
    sessions = [
        await signing_in.sign_in_with_link(system, await staff.issue_link(system, OPERATOR, person.id))
        for person in (anna, off)
    ]
    clock.advance(minutes=31)
    assert (await signing_in.actor_of(system, sessions[0])).id == anna.id
    with pytest.raises(NotSignedIn):
        await signing_in.actor_of(system, sessions[1])
    clock.advance(hours=9, minutes=20)  # 51 minutes after the shift
    assert (await signing_in.actor_of(system, sessions[0])).id == anna.id
    clock.advance(minutes=41)
    with pytest.raises(NotSignedIn):
        await signing_in.actor_of(system, sessions[0])


async def test_signing_out_is_at_once(system: System) -> None:
    anna = await add_person(system, "Anna")
    session = await signing_in.sign_in_with_link(system, await staff.issue_link(system, OPERATOR, anna.id))
    await signing_in.sign_out(system, session)
    with pytest.raises(NotSignedIn):
        await signing_in.actor_of(system, session)


async def test_a_break_ends_by_itself(system: System, clock: MovableClock) -> None:
    anna = await add_person(system, "Anna")
    await presence.set_intent(system, anna.actor, "break", 10)
    async with system.read() as tx:
        assert (await queries.people(tx, anna.id))[0].intent == "break"
    clock.advance(minutes=10)
    async with system.read() as tx:
        assert (await queries.people(tx, anna.id))[0].intent == "available"
    with pytest.raises(Malformed):
        await presence.set_intent(system, anna.actor, "asleep")


async def test_the_roster_refuses_what_cannot_be(system: System, clock: MovableClock) -> None:
    anna = await add_person(system, "Anna", lines=(VICTIMS,), hours=None)
    now = clock.now()
    day = timedelta(hours=8)
    shift_id = await roster.add_shift(system, OPERATOR, VICTIMS, anna.id, now, now + day)
    with pytest.raises(AlreadyExists):
        await roster.add_shift(system, OPERATOR, VICTIMS, anna.id, now, now + day)
    with pytest.raises(WallBreach):
        await roster.add_shift(system, OPERATOR, PERPETRATORS, anna.id, now, now + day)
    with pytest.raises(LineNotServed):
        await roster.add_shift(system, OPERATOR, TRUST, anna.id, now, now + day)
    with pytest.raises(StaffUnknown):
        await roster.add_shift(system, OPERATOR, VICTIMS, "nobody", now, now + day)
    for end in (now, now - day, now + 4 * day):
        with pytest.raises(ShiftInvalid):
            await roster.add_shift(system, OPERATOR, VICTIMS, anna.id, now, end)
    with pytest.raises(NotAllowed):
        await roster.add_shift(system, anna.actor, VICTIMS, anna.id, now + day, now + 2 * day)
    await roster.remove_shift(system, OPERATOR, shift_id)
    with pytest.raises(NotFound):
        await roster.remove_shift(system, OPERATOR, shift_id)


async def test_nobody_serves_both_sides(system: System) -> None:
    with pytest.raises(WallBreach):
        await add_person(system, "Obie", lines=(VICTIMS, PERPETRATORS))


async def test_the_console_shows_until_when_over_adjoining_shifts(
    system: System, clock: MovableClock
) -> None:
    anna = await add_person(system, "Anna", hours=2)
    middle, end = clock.now() + timedelta(hours=2), clock.now() + timedelta(hours=6)
    await roster.add_shift(system, OPERATOR, TRUST, anna.id, middle, end)
    async with system.read() as tx:
        view = await views.console(tx, system.centre, anna.actor)
    assert [(duty.line, duty.until) for duty in view.me.duties] == [(TRUST, end)]
