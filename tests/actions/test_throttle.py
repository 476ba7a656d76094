"""Tries at signing in: strangers wait ever longer, the night shift gets in, and after a day nothing is known."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from hotline.actions import passwords, signing_in, staff
from hotline.actions.throttle import Place
from hotline.engine import Engine
from hotline.errors import HotlineError, SignInBusy, SignInFailed, TooSoon
from hotline.rules.access import OPERATOR
from hotline.rules.throttle import NETWORK, PAIR, pause
from hotline.store.tables import sign_in_places, sign_in_tries
from hotline.system import System
from tests.factories import TRUST, MovableClock
from tests.store.races import at_once, count

WRONG = "coś innego niż hasło"
PASSWORD = "trzy zielone rowery"
HOME = Place("198.51.100.0/24", "the browser at home")
ELSEWHERE = Place("203.0.113.0/24", "a browser elsewhere")


async def attempt(system: System, place: Place, password: str = WRONG, login: str = "anna") -> str:
    """What happened: in, wrong, or wait."""
    try:
        await signing_in.sign_in_with_password(system, login, password, place)
    except SignInFailed:
        return "wrong"
    except TooSoon:
        return "wait"
    return "in"


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left is counted and hashed as ever; only the pause between strangers would add up to minutes."""
    monkeypatch.setattr(passwords, "STRANGERS_SECONDS", 0.0)


@pytest.fixture
async def anna(system: System) -> str:
    newcomer = staff.Newcomer("anna", "Anna", "Anna", ["counsellor"], [TRUST], password=PASSWORD)
    return await staff.add(system, OPERATOR, newcomer)


def test_pauses_double_up_to_a_limit() -> None:
    seconds = [pause(PAIR, tries).total_seconds() for tries in (1, 4, 5, 6, 7, 14, 10_000)]
    assert seconds == [0, 0, 1, 2, 4, 300, 300]
    assert pause(NETWORK, 10_000) == timedelta(minutes=1)


async def test_the_night_shift_gets_in_whatever_others_try_elsewhere(
    system: System, anna: str, clock: MovableClock
) -> None:
    """Somebody tries Anna's account all evening, from many networks; at 22:00 she comes to work."""
    assert await attempt(system, HOME, PASSWORD) == "in"
    for number in range(40):
        stranger = Place(f"203.0.{number % 4}.0/24", "")
        await attempt(system, stranger)
    assert await attempt(system, Place("203.0.1.0/24")) == "wait"
    assert await attempt(system, HOME, PASSWORD) == "in"
    # at work, in a network that somebody else has worn out, with the browser she used before
    for _ in range(60):
        await attempt(system, ELSEWHERE, login="beata")
        clock.advance(seconds=2)
    at_work = Place(ELSEWHERE.network, HOME.browser)
    assert await attempt(system, at_work, PASSWORD) == "in"


async def test_even_beside_somebody_who_tries_her_account_in_her_own_network(
    system: System, anna: str
) -> None:
    assert await attempt(system, HOME, PASSWORD) == "in"
    tried = [await attempt(system, Place(HOME.network, "his telephone")) for _ in range(8)]
    assert tried == ["wrong"] * 5 + ["wait"] * 3
    assert await attempt(system, HOME, PASSWORD) == "in"


async def test_pauses_end_and_say_how_long_they_are(system: System, anna: str, clock: MovableClock) -> None:
    for _ in range(5):
        assert await attempt(system, ELSEWHERE) == "wrong"
    with pytest.raises(TooSoon) as told:
        await signing_in.sign_in_with_password(system, "anna", PASSWORD, ELSEWHERE)
    assert told.value.params == {"seconds": 1}
    clock.advance(seconds=1)
    assert await attempt(system, ELSEWHERE) == "wrong"
    assert await attempt(system, ELSEWHERE, PASSWORD) == "wait"
    clock.advance(seconds=2)
    assert await attempt(system, ELSEWHERE, PASSWORD) == "in"
    assert [await attempt(system, ELSEWHERE) for _ in range(5)] == ["wrong"] * 5  # forgiven


async def test_a_network_as_a_whole_is_slowed_whatever_logins_it_tries(system: System, anna: str) -> None:
    tried = [await attempt(system, ELSEWHERE, login=f"login{number}") for number in range(35)]
    assert tried == ["wrong"] * 30 + ["wait"] * 5
    assert await attempt(system, Place("192.0.2.0/24"), PASSWORD) == "in"


async def test_twenty_at_once_are_counted_one_by_one(system: System, anna: str) -> None:
    """Nobody gets more tries by sending them together."""
    answers = await at_once(lambda _: attempt(system, ELSEWHERE))
    assert answers.count("wrong") <= 5
    assert answers.count("in") == 0


async def test_after_a_day_no_network_is_known(system: System, anna: str, clock: MovableClock) -> None:
    await attempt(system, HOME, PASSWORD)
    await attempt(system, ELSEWHERE)
    rows = select(sign_in_places.c.kind)
    async with system.read() as tx:
        stored = [*(await tx.connection.execute(select(sign_in_tries.c.key))).scalars()]
        stored += (await tx.connection.execute(select(sign_in_places.c.blind))).scalars()
    assert not any("100" in each and "." in each for each in stored)
    clock.advance(hours=24, seconds=1)
    await Engine(system).step()
    assert await count(system, select(sign_in_tries)) == 0
    assert await count(system, rows.where(sign_in_places.c.kind == "network")) == 0
    assert await count(system, rows.where(sign_in_places.c.kind == "browser")) == 1


async def test_strangers_cannot_take_the_seats_of_those_who_were_here_before(
    system: System, anna: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood fills its own queue; what does not fit is refused at once and not counted."""
    monkeypatch.setattr(
        passwords, "STRANGERS_SECONDS", 0.3
    )  # the flood comes quicker, however busy the machine
    assert await attempt(system, HOME, PASSWORD) == "in"

    async def strange(number: int) -> None:
        await signing_in.sign_in_with_password(system, f"l{number}", "x", Place(f"10.0.{number}.0/24"))

    async with asyncio.TaskGroup() as flood:

        async def one(number: int) -> HotlineError:
            with pytest.raises(HotlineError) as refused:
                await strange(number)
            return refused.value

        tasks = [flood.create_task(one(number)) for number in range(30)]
        await asyncio.sleep(0)
        assert await attempt(system, HOME, PASSWORD) == "in"
    kinds = [type(task.result()) for task in tasks]
    assert kinds.count(SignInFailed) >= passwords.QUEUE
    assert kinds.count(SignInBusy) >= 30 - 3 * passwords.QUEUE
    assert set(kinds) == {SignInFailed, SignInBusy}


async def test_strangers_in_the_queue_hold_up_somebody_known_by_one_at_most() -> None:
    """All take turns: whatever they write and hash, there is one of them at a time beside the chat."""
    turns: list[str] = []

    async def enters(name: str, *, known: bool) -> None:
        async with passwords.seat(known=known):
            assert not turns or turns[-1].endswith("out"), "two at once"
            turns.append(f"{name} in")
            await asyncio.sleep(0.01)
            turns.append(f"{name} out")

    async with asyncio.TaskGroup() as tasks:
        for _ in range(passwords.QUEUE):
            tasks.create_task(enters("stranger", known=False))
        while not turns:  # noqa: ASYNC110  the first of them has begun
            await asyncio.sleep(0.001)
        tasks.create_task(enters("anna", known=True))
    assert turns.index("anna in") == 2
    assert turns.count("stranger out") == passwords.QUEUE
