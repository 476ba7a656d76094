"""What a person hears and sees when somebody writes: their own choice, on both databases."""

import pytest

from hotline.actions import account
from hotline.errors import Malformed, NotAllowed
from hotline.live import topics
from hotline.rules.access import CHANNEL
from hotline.rules.signals import Signals, signals
from hotline.store import queries, views
from hotline.system import System
from tests.factories import add_person


async def test_what_somebody_chose_is_theirs_and_their_consoles_hear_of_it(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, beata = await add_person(system, "Anna"), await add_person(system, "Beata")
    told: set[str] = set()
    monkeypatch.setattr(system.bus, "publish", told.update)
    chosen = Signals(offers=False, words=True, volume="high", notices=True)
    await account.set_signals(system, anna.actor, chosen)
    assert topics.staff(anna.id) in told
    async with system.read() as tx:
        assert (await views.console(tx, system.centre, anna.actor)).me.signals == chosen
        assert (await views.console(tx, system.centre, beata.actor)).me.signals == Signals()
        person = await views.person(tx, anna.id)
    assert person is not None
    assert person.signals == chosen


async def test_what_cannot_be_chosen_changes_nothing(system: System) -> None:
    anna = await add_person(system, "Anna")
    with pytest.raises(Malformed):
        await account.set_signals(system, anna.actor, Signals(volume="deafening"))
    with pytest.raises(NotAllowed):
        await account.set_signals(system, CHANNEL, Signals())
    async with system.read() as tx:
        row = await queries.staff_row(tx, anna.id)
    assert row is not None
    assert row.signals is None


def test_what_another_release_stored_is_read_as_far_as_it_is_known() -> None:
    assert signals(None) == Signals()
    assert signals({"words": False, "colour": "green"}) == Signals(words=False)
