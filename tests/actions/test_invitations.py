"""Invitations, and recovery on the word of two people: each link once, each only for whom it is."""

import pytest
from sqlalchemy import select

from hotline.actions import invitations, sessions, signing_in, staff
from hotline.errors import (
    AnotherMustConfirm,
    LastAdministrator,
    LinkGone,
    NotFound,
    NotSignedIn,
    PasswordWeak,
    SignInFailed,
    WrongState,
)
from hotline.rules.access import OPERATOR
from hotline.rules.passwords import weakness
from hotline.store import queries
from hotline.store.tables import audit
from hotline.system import System
from tests.factories import TRUST, MovableClock, Person, add_person
from tests.store.races import at_once

PASSWORD = "trzy zielone rowery"
ANNA = staff.Newcomer("anna", "Anna Kowalska", "Anna", ["counsellor"], [TRUST])


async def led(system: System) -> tuple[Person, Person, Person]:
    """Two supervisors and an administrator."""
    filip = await add_person(system, "Filip", (), ("supervisor",), hours=None)
    grazyna = await add_person(system, "Grażyna", (), ("supervisor",), hours=None)
    return filip, grazyna, await add_person(system, "Igor", (), ("administrator",), hours=None)


async def verbs(system: System) -> list[tuple[str, str]]:
    async with system.read() as tx:
        rows = await tx.connection.execute(select(audit.c.actor_id, audit.c.verb).order_by(audit.c.id))
        return [(row.actor_id, row.verb) for row in rows]


async def test_an_invitation_sets_a_password_once(system: System) -> None:
    anna, link = await invitations.invite(system, OPERATOR, ANNA)
    assert (await invitations.invited(system, link)).name == "Anna Kowalska"
    with pytest.raises(PasswordWeak):
        await invitations.accept(system, link, "short")
    answers = await at_once(lambda _: invitations.accept(system, link, PASSWORD))
    taken = [each for each in answers if isinstance(each, str)]
    assert len(taken) == 1
    assert (await signing_in.actor_of(system, taken[0])).id == anna
    assert (await signing_in.sign_in_with_password(system, "anna", PASSWORD)).session
    with pytest.raises(LinkGone):
        await invitations.invited(system, link)
    with pytest.raises(WrongState):  # who has a password needs two people's word
        await invitations.invite_again(system, OPERATOR, anna)


async def test_a_day_old_or_replaced_invitation_is_gone(system: System, clock: MovableClock) -> None:
    anna, first = await invitations.invite(system, OPERATOR, ANNA)
    second = await invitations.invite_again(system, OPERATOR, anna)
    with pytest.raises(LinkGone):
        await invitations.accept(system, first, PASSWORD)
    with pytest.raises(SignInFailed):  # it is no sign-in link
        await signing_in.sign_in_with_link(system, second)
    clock.advance(hours=24, seconds=1)
    with pytest.raises(LinkGone):
        await invitations.accept(system, second, PASSWORD)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("krótkie", "short"),
        ("x" * 201, "long"),
        ("moje-Anna-konto-2026", "login"),
        ("aaaaaaaaabbbb", "plain"),
        ("Password1234", "common"),
        ("zaq12wsx2026", "common"),
        (PASSWORD, None),
        ("polska jesień i rowery", None),
    ],
)
def test_what_anybody_would_try_first_is_refused(password: str, why: str | None) -> None:
    assert weakness(password, "anna") == why


async def test_two_people_restore_access_and_all_that_was_before_ends(system: System) -> None:
    filip, grazyna, igor = await led(system)
    anna, link = await invitations.invite(system, OPERATOR, ANNA)
    old = await invitations.accept(system, link, PASSWORD)
    with pytest.raises(AnotherMustConfirm):
        await invitations.confirm_recovery(system, filip.actor, anna)
    await invitations.ask_recovery(system, filip.actor, anna)
    with pytest.raises(AnotherMustConfirm):
        await invitations.confirm_recovery(system, filip.actor, anna)
    link = await invitations.confirm_recovery(system, igor.actor, anna)
    with pytest.raises(AnotherMustConfirm):
        await invitations.confirm_recovery(system, grazyna.actor, anna)
    assert (await signing_in.actor_of(system, old)).id == anna  # nobody is shut out by a link alone
    await invitations.accept(system, link, "cztery mokre parasole")
    with pytest.raises(NotSignedIn):
        await signing_in.actor_of(system, old)
    with pytest.raises(SignInFailed):
        await signing_in.sign_in_with_password(system, "anna", PASSWORD)
    told = [each for each in await verbs(system) if "recovery" in each[1]]
    assert told == [(filip.id, "recovery.ask"), (igor.id, "recovery.confirm"), (anna, "recovery.accept")]


async def test_nobody_restores_their_own_access(system: System) -> None:
    filip, grazyna, _ = await led(system)
    for ask in (invitations.ask_recovery, invitations.confirm_recovery):
        with pytest.raises(NotFound):
            await ask(system, filip.actor, filip.id)
    anna = await add_person(system, "Anna")
    with pytest.raises(NotFound):
        await invitations.ask_recovery(system, anna.actor, grazyna.id)


async def test_a_request_runs_out_and_of_twenty_who_confirm_one_gets_the_link(
    system: System, clock: MovableClock
) -> None:
    filip, grazyna, _ = await led(system)
    anna, link = await invitations.invite(system, OPERATOR, ANNA)
    await invitations.accept(system, link, PASSWORD)
    await invitations.ask_recovery(system, filip.actor, anna)
    clock.advance(hours=25)
    with pytest.raises(AnotherMustConfirm):
        await invitations.confirm_recovery(system, grazyna.actor, anna)
    await invitations.ask_recovery(system, filip.actor, anna)
    answers = await at_once(lambda _: invitations.confirm_recovery(system, grazyna.actor, anna))
    assert len([each for each in answers if isinstance(each, str)]) == 1


async def test_sessions_are_ended_by_oneself_and_by_an_administrator(system: System) -> None:
    filip, _, igor = await led(system)
    anna = await add_person(system, "Anna")
    opened = [
        await signing_in.sign_in_with_link(system, await staff.issue_link(system, OPERATOR, anna.id))
        for _ in range(3)
    ]
    here = await signing_in.signed_in(system, opened[0])
    there = await signing_in.signed_in(system, opened[1])
    assert there.session_id is not None
    with pytest.raises(NotFound):
        await sessions.end_one(system, filip.actor, anna.id, there.session_id)
    with pytest.raises(NotFound):
        await sessions.end_one(system, igor.actor, filip.id, there.session_id)
    await sessions.end_one(system, igor.actor, anna.id, there.session_id)
    assert await sessions.end_all(system, anna.actor, anna.id, keep=here.session_id) == 1
    assert (await signing_in.actor_of(system, opened[0])).id == anna.id
    for secret in opened[1:]:
        with pytest.raises(NotSignedIn):
            await signing_in.actor_of(system, secret)


async def test_two_administrators_cannot_take_the_role_from_each_other(system: System) -> None:
    igor = await add_person(system, "Igor", (), ("administrator",), hours=None)
    ola = await add_person(system, "Ola", (), ("administrator",), hours=None)
    less = staff.Changes("Ktoś", "K.", ("supervisor",), (), ("pl",), (), 2)
    pairs = [(igor, ola), (ola, igor)]

    async def demote(number: int) -> None:
        by, whom = pairs[number % 2]
        await staff.change(system, by.actor, whom.id, less)

    answers = await at_once(demote)
    assert LastAdministrator in {type(each) for each in answers}
    async with system.read() as tx:
        assert len(await queries.administrators(tx)) == 1
