"""The engine stops, or the whole house does, in the middle of things: nothing is lost, nothing is answered twice."""

import pytest
from aiohttp import ClientError

from tests.factories import TRUST
from tests.flows.people import WebCaller, new_id
from tests.flows.staff import CARD, Counsellor
from tests.flows.town import Town

TEN = "2026-11-23T10:00:00+01:00"
MORNING = ("2026-11-23T06:00:00+01:00", "2026-11-23T14:00:00+01:00")


async def _callers(town: Town, *names: str) -> list[WebCaller]:
    """They write one after the other, a second apart."""
    found = []
    for name in names:
        caller = town.caller()
        await caller.writes_first(f"Tu {name}, czy ktoś jest?")
        await town.passes(seconds=1)
        found.append(caller)
    return found


async def _answers(town: Town, anna: Counsellor, caller: WebCaller) -> None:
    """The next offer is for this caller; Anna talks and is free again."""
    contact = await anna.answers_next()
    assert contact == await town.contact_of(caller)
    await caller.sees(state="active")
    await anna.ends(contact)
    (await anna.sums_up(contact, **CARD)).ok()


async def test_an_offer_can_be_accepted_while_the_engine_is_stopped(town: Town) -> None:
    await town.begins(TEN, engine=False)
    anna = await town.counsellor("Anna", (TRUST,), MORNING, talks=1)
    async with town.engine_running():
        first, second = await _callers(town, "Zofia", "Jan")
        offer = await anna.rings()
    third = (await _callers(town, "Maria"))[0]
    await town.passes(seconds=5)
    contact = await anna.accepts(offer)
    assert contact == await town.contact_of(first)
    await first.sees(state="active", sentence="Rozmowa z dyżurem: Anna.")
    await anna.replies(contact, "Jestem.")
    await first.reads("Jestem.")
    await second.sees(position=1)
    await third.sees(position=2)
    await anna.ends(contact)
    (await anna.sums_up(contact, **CARD)).ok()
    assert (await anna.looks())["offer"] is None

    async with town.engine_running():
        await _answers(town, anna, second)
        await _answers(town, anna, third)


async def test_an_offer_that_ran_out_meanwhile_moves_on_when_the_engine_is_back(town: Town) -> None:
    await town.begins(TEN, engine=False)
    anna = await town.counsellor("Anna", (TRUST,), MORNING)
    beata = await town.counsellor("Beata", (TRUST,), MORNING)
    async with town.engine_running():
        (first,) = await _callers(town, "Zofia")
        contact = await town.contact_of(first)
        await anna.until(lambda: anna.console["queue"] and anna.console["queue"][0]["offered"], "an offer")
    missed, other = (anna, beata) if (await anna.looks())["offer"] else (beata, anna)
    offer = await missed.rings()
    await town.passes(seconds=40)
    (second,) = await _callers(town, "Jan")
    assert (await missed.tries_to_accept(offer)).refusal() == (409, "offer_gone")
    await first.sees(state="waiting", position=1)
    await second.sees(state="waiting", position=2)

    async with town.engine_running():
        assert (await other.rings())["contact_id"] == contact, "she was first and stays first"
        await missed.is_there()
        again = await missed.rings(not_for=contact)
        assert again["contact_id"] == await town.contact_of(second)
        assert await other.answers_next() == contact
        assert await missed.accepts(again) == await town.contact_of(second)
    assert await town.offered_to(contact) == [missed.id, other.id]
    assert len(await town.held_by(contact)) == 1


async def test_the_whole_house_stops_and_starts_in_the_middle_of_a_talk(town: Town) -> None:
    await town.begins(TEN)
    anna = await town.counsellor("Anna", (TRUST,), MORNING, talks=1)
    talking, waiting = await _callers(town, "Zofia", "Jan")
    contact = await anna.answers_next()
    await anna.replies(contact, "Słucham.")
    await talking.reads("Słucham.")
    await talking.writes("Mówię po raz pierwszy.")
    await anna.reads(contact, "Mówię po raz pierwszy.")

    await town.shuts()
    assert await talking.gone() == 1001
    assert await anna.gone() == 1001
    lost = new_id()
    with pytest.raises(ClientError):
        await talking.send("Halo?", lost)
    await town.opens()

    assert (await talking.send("Halo?", lost)).status == 200
    await anna.opens_console()
    await anna.opens(contact)
    await anna.reads(contact, "Halo?")
    await anna.replies(contact, "Jestem, to była krótka przerwa.")
    await talking.resumes()
    await waiting.resumes()
    await talking.reads("Jestem, to była krótka przerwa.")
    await anna.reads(contact, "Jestem, to była krótka przerwa.")
    said = [
        "Tu Zofia, czy ktoś jest?",
        "Słucham.",
        "Mówię po raz pierwszy.",
        "Halo?",
        "Jestem, to była krótka przerwa.",
    ]
    assert talking.words() == anna.words(contact) == said
    talking.saw_each_entry_once_in_order()
    anna.saw_each_entry_once_in_order(contact)
    await waiting.sees(state="waiting", position=1)
    await anna.ends(contact)
    (await anna.sums_up(contact, **CARD)).ok()
    await _answers(town, anna, waiting)
    assert [who for who, _, _ in await town.held_by(contact)] == [anna.id]


async def test_a_house_that_stops_with_an_open_offer_still_honours_it(town: Town) -> None:
    await town.begins(TEN)
    anna = await town.counsellor("Anna", (TRUST,), MORNING)
    (caller,) = await _callers(town, "Zofia")
    offer = await anna.rings()
    await town.shuts()
    await town.opens()
    assert (await anna.tries_to_accept(offer)).ok()["contact"] == await town.contact_of(caller)
    await caller.resumes()
    await caller.sees(state="active")
    caller.saw_each_entry_once_in_order()
