"""How the house stands in numbers: equal on both databases."""

from datetime import timedelta

from hotline.actions import arrivals
from hotline.store import views
from hotline.store.views import Figures
from hotline.system import LEASE, System
from tests.factories import PERPETRATORS, TRUST, VICTIMS, MovableClock, add_caller, add_person, leading, talk


async def figures(system: System) -> Figures:
    async with system.read() as tx:
        return await views.figures(tx, LEASE)


async def test_an_empty_house(system: System) -> None:
    empty = await figures(system)
    assert empty == Figures({}, {}, 0, 0, 0, {}, 0, timedelta(0))


async def test_who_waits_and_who_is_there(system: System, clock: MovableClock) -> None:
    anna = await add_person(system, "Anna", (VICTIMS,))
    await add_person(system, "Beata", (PERPETRATORS,), present=False)
    await add_person(system, "Celina", (VICTIMS,), hours=None)
    await talk(system, anna, line=VICTIMS)
    await add_caller(system, line=VICTIMS)
    clock.advance(minutes=5)
    await add_caller(system, line=VICTIMS, danger="yes")
    await add_caller(system, line=PERPETRATORS)
    victims, perpetrators = (
        queue.id for queue in map(system.centre.queue_of, (VICTIMS, PERPETRATORS)) if queue
    )
    found = await figures(system)
    assert found.waiting == {
        (victims, "P3"): 1,
        (victims, "P1"): 1,
        (perpetrators, "P3"): 1,
    }
    assert found.longest_wait == {victims: timedelta(minutes=5), perpetrators: timedelta(0)}
    assert found.talks == 1
    assert (found.on_duty, found.present) == (2, 0), "Anna's console has been silent for five minutes"


async def test_what_is_to_be_sent_to_telegram(system: System, clock: MovableClock) -> None:
    """Nobody sends here: the first answers of the house stay in the outbox."""
    await arrivals.start(
        system,
        arrivals.Arrival(TRUST, "telegram", "telegram:1", "1", "pl", text="Halo?", address="4500111222"),
    )
    clock.advance(seconds=90)
    count, age = (await figures(system)).outbox["telegram"]
    assert count >= 1
    assert age == timedelta(seconds=90)


async def test_the_lease(system: System, clock: MovableClock) -> None:
    await leading(system)
    assert (await figures(system)).engine_away == timedelta(0)
    clock.advance(seconds=20)
    found = await figures(system)
    assert (found.epoch, found.engine_away) == (1, timedelta(seconds=17))
