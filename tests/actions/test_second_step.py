"""Codes of an app: set up, asked for, each good once, also for twenty who try it at the same instant."""

import pytest
from pyotp import TOTP

from hotline.actions import account, invitations, second_step, signing_in, staff
from hotline.actions.signing_in import Entrance, SignedIn
from hotline.errors import CodeWrong, LinkGone, NotAllowed, NotSignedIn, SignInFailed
from hotline.rules.access import OPERATOR
from hotline.system import System
from tests.factories import TRUST, MovableClock
from tests.store.races import at_once

PASSWORD = "trzy zielone rowery"


async def hired(system: System, login: str, *roles: str) -> SignedIn:
    """Somebody who has just accepted an invitation."""
    newcomer = staff.Newcomer(login, login.title(), login.title(), roles, [TRUST])
    _, link = await invitations.invite(system, OPERATOR, newcomer)
    return await signing_in.signed_in(system, await invitations.accept(system, link, PASSWORD))


async def set_up(system: System, me: SignedIn) -> TOTP:
    """Their app, from which codes come."""
    await second_step.begin(system, me.actor, None)
    pending = await second_step.setting_up(system, me.actor)
    assert pending is not None
    app = TOTP(pending.secret)
    await second_step.prove(system, me.actor, app.at(system.clock.now()))
    return app


async def enter(system: System, login: str = "filip") -> Entrance:
    return await signing_in.sign_in_with_password(system, login, PASSWORD)


async def test_who_leads_has_only_their_account_until_codes_are_set_up(system: System) -> None:
    filip, anna = await hired(system, "filip", "supervisor"), await hired(system, "anna", "counsellor")
    assert (filip.confined, anna.confined) == (True, False)
    session = (await enter(system)).session
    assert (await signing_in.signed_in(system, session)).confined
    await set_up(system, filip)
    assert not (await signing_in.signed_in(system, session)).confined
    link = await staff.issue_link(system, OPERATOR, anna.actor.id)
    await staff.change(system, OPERATOR, anna.actor.id, promoted(anna))
    by_link = await signing_in.signed_in(system, await signing_in.sign_in_with_link(system, link))
    assert not by_link.confined  # the operator's shell may do more than any role
    assert (await signing_in.signed_in(system, (await enter(system, "anna")).session)).confined


def promoted(person: SignedIn) -> staff.Changes:
    return staff.Changes(person.actor.name, "A.", ("counsellor", "supervisor"), (TRUST,), ("pl",), (), 2)


async def test_the_code_is_asked_for_and_what_proves_the_app_signs_nobody_in(
    system: System, clock: MovableClock
) -> None:
    app = await set_up(system, await hired(system, "filip", "supervisor"))
    entrance = await enter(system)
    assert not entrance.session
    step = entrance.second_step
    with pytest.raises(CodeWrong):
        await signing_in.sign_in_with_code(system, step, app.at(clock.now()))  # it proved the app already
    clock.advance(seconds=30)
    code = app.at(clock.now())
    session = await signing_in.sign_in_with_code(system, step, f" {code[:3]} {code[3:]} ")
    assert (await signing_in.actor_of(system, session)).name == "Filip"
    with pytest.raises(LinkGone):
        await signing_in.sign_in_with_code(system, step, code)


async def test_a_code_works_once_also_in_twenty_tries_at_once(system: System, clock: MovableClock) -> None:
    app = await set_up(system, await hired(system, "filip", "supervisor"))
    clock.advance(minutes=1)
    steps = [(await enter(system)).second_step for _ in range(4)]
    code = app.at(clock.now())
    answers = await at_once(lambda n: signing_in.sign_in_with_code(system, steps[n % 4], code))
    assert len([each for each in answers if isinstance(each, str)]) == 1, answers


async def test_a_telephone_may_be_a_step_off_and_no_more(system: System, clock: MovableClock) -> None:
    app = await set_up(system, await hired(system, "filip", "supervisor"))
    clock.advance(minutes=5)
    step = (await enter(system)).second_step
    for off in (-60, 60):
        with pytest.raises(CodeWrong):
            await signing_in.sign_in_with_code(system, step, app.at(int(clock.now().timestamp()) + off))
    await signing_in.sign_in_with_code(system, step, app.at(int(clock.now().timestamp()) - 30))
    step = (await enter(system)).second_step
    await signing_in.sign_in_with_code(system, step, app.at(int(clock.now().timestamp()) + 30))
    step = (await enter(system)).second_step
    with pytest.raises(CodeWrong):  # an earlier step than one that was used
        await signing_in.sign_in_with_code(system, step, app.at(clock.now()))


async def test_five_minutes_lie_between_password_and_code(system: System, clock: MovableClock) -> None:
    app = await set_up(system, await hired(system, "filip", "supervisor"))
    step = (await enter(system)).second_step
    clock.advance(minutes=5, seconds=1)
    with pytest.raises(LinkGone):
        await signing_in.sign_in_with_code(system, step, app.at(clock.now()))


async def test_switching_off_and_a_new_telephone_need_the_password(system: System) -> None:
    filip, anna = await hired(system, "filip", "supervisor"), await hired(system, "anna", "counsellor")
    first = await set_up(system, anna)
    await set_up(system, filip)
    with pytest.raises(SignInFailed):
        await second_step.begin(system, anna.actor, "some other password")
    await second_step.begin(system, anna.actor, PASSWORD)
    pending = await second_step.setting_up(system, anna.actor)
    assert pending is not None
    assert pending.secret != first.secret
    with pytest.raises(CodeWrong):
        await second_step.prove(system, anna.actor, first.at(system.clock.now()))
    with pytest.raises(SignInFailed):
        await second_step.switch_off(system, anna.actor, "some other password")
    await second_step.switch_off(system, anna.actor, PASSWORD)
    assert (await enter(system, "anna")).session
    with pytest.raises(NotAllowed):
        await second_step.switch_off(system, filip.actor, PASSWORD)


async def test_a_new_password_ends_the_other_sessions(system: System) -> None:
    anna = await hired(system, "anna", "counsellor")
    session, other = [(await enter(system, "anna")).session for _ in range(2)]
    me = await signing_in.signed_in(system, session)
    with pytest.raises(SignInFailed):
        await account.set_password(system, me, "some other password", "cztery mokre parasole")
    await account.set_password(system, me, PASSWORD, "cztery mokre parasole")
    assert (await signing_in.actor_of(system, session)).id == anna.actor.id
    with pytest.raises(NotSignedIn):
        await signing_in.actor_of(system, other)
    with pytest.raises(SignInFailed):
        await enter(system, "anna")
