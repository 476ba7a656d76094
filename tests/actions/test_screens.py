"""A locked screen: by hand, by nobody being there, and back with the password; its person stays at work meanwhile."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hotline.actions import passwords, presence, screens, sessions, signing_in, staff
from hotline.actions.signing_in import SignedIn
from hotline.actions.throttle import Place
from hotline.errors import NotFound, NotSignedIn, PasswordWrong, TooSoon
from hotline.rules.access import OPERATOR, Actor
from hotline.store import staffing
from hotline.store.tables import audit
from hotline.system import System
from tests.factories import MovableClock, Person, add_caller, add_person, offer_to, talk
from tests.store.races import at_once

WRONG, PASSWORD = "coś innego niż hasło", "trzy zielone rowery"
HERE = Place("198.51.100.0/24", "the browser at work")


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause between strangers would add up to minutes."""
    monkeypatch.setattr(passwords, "STRANGERS_SECONDS", 0.0)


@pytest.fixture
async def anna(system: System) -> Person:
    """On duty for eight hours, with a password."""
    person = await add_person(system, "Anna")
    hashed = await passwords.hashed(PASSWORD, "anna")
    async with system.transaction(OPERATOR) as tx:
        await staffing.change(tx, person.id, password_hash=hashed)
    return person


async def entered(system: System, place: Place = HERE) -> str:
    return (await signing_in.sign_in_with_password(system, "anna", PASSWORD, place)).session


async def me(system: System, session: str, *, opening: bool = False) -> SignedIn:
    return await signing_in.signed_in(system, session, opening=opening)


async def verbs(system: System, actor: Actor) -> list[tuple[str, dict[str, object]]]:
    query = select(audit).where(audit.c.actor_id == actor.id, audit.c.verb.like("screens.%"))
    async with system.read() as tx:
        return [(row.verb, row.coded) for row in await tx.connection.execute(query.order_by(audit.c.id))]


async def test_one_locks_and_the_password_unlocks_and_both_are_on_record(
    system: System, anna: Person
) -> None:
    session = await entered(system)
    other = await entered(system, Place(HERE.network, "the telephone"))
    await screens.lock(system, await me(system, session), "hand")
    await screens.lock(system, await me(system, session), "idle")  # it is
    locked = await me(system, session)
    assert (locked.locked, locked.has_password) == (True, True)
    assert not (await me(system, other)).locked
    with pytest.raises(PasswordWrong):
        await screens.unlock(system, locked, WRONG, HERE)
    assert (await me(system, session)).locked
    await screens.unlock(system, locked, PASSWORD, HERE)
    assert not (await me(system, session)).locked
    assert await verbs(system, anna.actor) == [
        ("screens.lock", {"how": "hand"}),
        ("screens.refuse", {}),
        ("screens.unlock", {}),
    ]


async def test_wrong_passwords_make_pauses_that_end(
    system: System, anna: Person, clock: MovableClock
) -> None:
    """As at signing in, and counted with it; where she signed in before, strangers' tries hold nobody up."""
    session = await entered(system)
    await screens.lock(system, await me(system, session), "hand")
    locked = await me(system, session)
    for _ in range(5):
        with pytest.raises(PasswordWrong):
            await screens.unlock(system, locked, WRONG, HERE)
    with pytest.raises(TooSoon) as told:
        await screens.unlock(system, locked, PASSWORD, HERE)
    with pytest.raises(TooSoon):
        await signing_in.sign_in_with_password(system, "anna", PASSWORD, HERE)
    clock.advance(seconds=int(told.value.params["seconds"]))
    await screens.unlock(system, locked, PASSWORD, HERE)
    assert not (await me(system, session)).locked
    assert [verb for verb, _ in await verbs(system, anna.actor)].count("screens.refuse") == 5


async def test_twenty_tries_at_once_are_counted_one_by_one(system: System, anna: Person) -> None:
    session = await entered(system)
    await screens.lock(system, await me(system, session), "hand")
    locked = await me(system, session)
    answers = await at_once(lambda _: screens.unlock(system, locked, WRONG, HERE))
    assert sum(isinstance(each, PasswordWrong) for each in answers) <= 5
    assert (await me(system, session)).locked


async def test_who_is_behind_a_locked_screen_is_still_on_duty_and_asked(system: System, anna: Person) -> None:
    session = await entered(system)
    ongoing = await talk(system, anna)
    await screens.lock(system, await me(system, session), "idle")
    await presence.consoles_seen(system, {anna.id})
    caller = await add_caller(system, "Ktoś dobija się do drzwi.", danger="yes")
    assert await offer_to(system, caller.contact_id, anna.id) is not None
    assert ongoing.contact_id != caller.contact_id


async def test_the_night_shift_stays_signed_in_behind_the_lock(
    system: System, anna: Person, clock: MovableClock
) -> None:
    session = await entered(system)
    await screens.lock(system, await me(system, session), "idle")
    clock.advance(hours=7)
    locked = await me(system, session)
    assert locked.locked
    await screens.unlock(system, locked, PASSWORD, HERE)
    assert not (await me(system, session)).locked


async def test_off_duty_a_locked_screen_is_signed_out_although_its_page_is_open(
    system: System, clock: MovableClock
) -> None:
    boss = await add_person(system, "Filip", (), ("supervisor",), hours=None)
    session = await signing_in.sign_in_with_link(system, await staff.issue_link(system, OPERATOR, boss.id))
    for _ in range(4):  # its line asks now and then, and keeps it open while somebody is there
        clock.advance(minutes=10)
        assert not (await me(system, session)).locked
    await screens.lock(system, await me(system, session), "idle")
    for _ in range(3):
        clock.advance(minutes=9, seconds=59)
        assert (await me(system, session)).locked
    clock.advance(minutes=1)
    with pytest.raises(NotSignedIn):
        await me(system, session)


async def test_a_page_that_is_opened_after_nobody_was_there_is_locked(
    system: System, anna: Person, clock: MovableClock
) -> None:
    """Whoever closed it has locked it, too: the cookie alone opens nothing at a desk that somebody has left."""
    after = system.centre.screen.lock_after
    session = await entered(system)
    clock.advance(seconds=(after - timedelta(seconds=1)).total_seconds())
    assert not (await me(system, session, opening=True)).locked
    clock.advance(seconds=after.total_seconds())
    assert not (await me(system, session)).locked  # a page that was open all the time, its line back
    clock.advance(seconds=after.total_seconds())
    assert (await me(system, session, opening=True)).locked
    assert (await me(system, session)).locked
    assert await verbs(system, anna.actor) == [("screens.lock", {"how": "away"})]


async def test_without_a_password_a_new_link_is_the_way_back(system: System) -> None:
    beata = await add_person(system, "Beata")
    session = await signing_in.sign_in_with_link(system, await staff.issue_link(system, OPERATOR, beata.id))
    await screens.lock(system, await me(system, session), "hand")
    locked = await me(system, session)
    assert not locked.has_password
    for words in ("", PASSWORD):
        with pytest.raises(PasswordWrong):
            await screens.unlock(system, locked, words, HERE)
    again = await signing_in.sign_in_with_link(system, await staff.issue_link(system, OPERATOR, beata.id))
    assert not (await me(system, again)).locked


async def test_nobody_locks_or_unlocks_for_somebody_else(system: System, anna: Person) -> None:
    session = await entered(system)
    mine = await me(system, session)
    foreign = SignedIn(Actor("caller", "x"), 0, mine.session_id, "link", False, False, True)
    for doing in (screens.lock(system, foreign, "hand"), screens.unlock(system, foreign, PASSWORD, HERE)):
        with pytest.raises(NotFound):
            await doing
    assert not (await me(system, session)).locked


async def test_a_session_that_was_ended_meanwhile_is_not_unlocked(system: System, anna: Person) -> None:
    session = await entered(system)
    await screens.lock(system, await me(system, session), "hand")
    locked = await me(system, session)
    await sessions.end_all(system, OPERATOR, anna.id)
    await screens.unlock(system, locked, PASSWORD, HERE)
    with pytest.raises(NotSignedIn):
        await me(system, session)


async def test_a_session_ends_an_hour_after_the_shift_but_in_no_talk(
    system: System, anna: Person, clock: MovableClock
) -> None:
    session = await entered(system)
    clock.advance(hours=8, minutes=50)
    await me(system, session)  # busy all the time
    clock.advance(minutes=20)
    with pytest.raises(NotSignedIn):
        await me(system, session)
    later = await entered(system)  # whoever comes back signs in anew
    clock.advance(minutes=29)
    assert (await me(system, later)).actor.id == anna.id


async def test_nobody_is_signed_out_of_a_talk(system: System, anna: Person, clock: MovableClock) -> None:
    session = await entered(system)
    await talk(system, anna)
    clock.advance(hours=8, minutes=50)
    await me(system, session)
    clock.advance(minutes=20)
    assert (await me(system, session)).actor.id == anna.id


async def test_many_sessions_looked_up_at_once_are_what_each_is_alone(
    system: System, anna: Person, clock: MovableClock
) -> None:
    beata = await add_person(system, "Beata", hours=None)
    by_link = await signing_in.sign_in_with_link(system, await staff.issue_link(system, OPERATOR, beata.id))
    clock.advance(minutes=31)  # Beata is not on duty, and her page has been silent for so long
    here, gone, locked = [await entered(system) for _ in range(3)]
    await signing_in.sign_out(system, gone)
    await screens.lock(system, await me(system, locked), "hand")
    secrets = [here, gone, locked, by_link, "nobody's"]
    found = await signing_in.look_up(system, secrets)
    assert list(found) == secrets
    assert [secret for secret, each in found.items() if each is None] == [gone, by_link, "nobody's"]
    for secret in (here, locked):
        assert await signing_in.entered(system, found[secret]) == await me(system, secret)
    assert [(await me(system, each)).locked for each in (here, locked)] == [False, True]
    with pytest.raises(NotSignedIn):
        await signing_in.entered(system, found[by_link])
