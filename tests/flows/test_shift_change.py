"""22:00 on a Monday: the shift changes in the middle of a talk and in the middle of an offer."""

import time

from tests.factories import VICTIMS
from tests.flows.people import WebCaller
from tests.flows.staff import CARD, Counsellor
from tests.flows.town import Town

AFTERNOON = ("2026-11-23T14:00:00+01:00", "2026-11-23T22:00:00+01:00")
NIGHT = ("2026-11-23T22:00:00+01:00", "2026-11-24T06:00:00+01:00")
WORDS = "Mąż znowu wyzywa mnie od rana, dzieci śpią. Nie bije, ale boję się wracać do pokoju."


async def _evening(town: Town) -> tuple[Counsellor, Counsellor, WebCaller, str]:
    """21:55: Anna is in a talk; Beata has her console open and waits for ten o'clock."""
    await town.begins("2026-11-23T21:55:00+01:00")
    anna = await town.counsellor("Anna", (VICTIMS,), AFTERNOON, talks=4)
    beata = await town.counsellor("Beata", (VICTIMS,), NIGHT)
    caller = town.caller(VICTIMS)
    await caller.writes_first(WORDS, danger="no")
    contact = await anna.answers_next()
    assert (await town.head(contact)).priority == "P3"
    return anna, beata, caller, contact


async def test_the_talk_stays_and_the_open_offer_goes_to_the_next_shift(town: Town) -> None:
    anna, beata, caller, contact = await _evening(town)
    await anna.raises(contact, "P2", "Boi się wrócić do pokoju, mąż jest w domu.")

    await town.it_is("2026-11-23T21:59:50+01:00")
    other = town.caller(VICTIMS)
    await other.writes_first("Dzień dobry, jestem pierwszy raz.")
    offer = await anna.rings()
    await town.it_is("2026-11-23T21:59:59+01:00")
    assert (await anna.looks())["offer"]["id"] == offer["id"]
    assert (await beata.looks())["offer"] is None

    town.clock.set(town.clock.now().replace(minute=0, second=0, hour=21))  # 22:00:00 in Kielce
    since = time.monotonic()
    hers = await beata.rings()
    moved_after = time.monotonic() - since
    assert hers["contact_id"] == offer["contact_id"]
    assert moved_after < 2.5, "promised within a second; a busy machine adds to it"
    await anna.until(lambda: anna.console["offer"] is None, "an empty offer card")

    late = await anna.tries_to_accept(offer)
    status, code = late.refusal()
    assert (status, code in ("not_on_duty", "offer_gone")) == (409, True)
    assert await beata.accepts(hers) == await town.contact_of(other)
    await other.sees(state="active", sentence="Rozmowa z dyżurem: Beata.")

    await town.it_is("2026-11-23T22:05:00+01:00")
    await caller.writes("Jeszcze jestem.")
    await anna.reads(contact, "Jeszcze jestem.")
    await anna.replies(contact, "Ja też, zostaję z panią.")
    await caller.reads("Ja też, zostaję z panią.")
    await caller.sees(state="active", sentence="Rozmowa z dyżurem: Anna.")

    await town.it_is("2026-11-23T22:30:00+01:00")
    await anna.ends(contact)
    (await anna.sums_up(contact, **CARD)).ok()
    head = await town.head(contact)
    assert (head.state, head.priority_initial, head.priority, head.holder_id) == (
        "closed",
        "P3",
        "P2",
        anna.id,
    )
    assert [who for who, _, _ in await town.held_by(contact)] == [anna.id]
    assert head.ended_at is not None
    assert (head.ended_at - head.arrived_at).total_seconds() == 35 * 60


async def test_a_second_before_ten_it_is_anna_and_from_ten_on_it_is_beata(town: Town) -> None:
    anna, beata, _, _ = await _evening(town)
    await town.it_is("2026-11-23T21:59:59+01:00")
    before = town.caller(VICTIMS)
    await before.writes_first("O dziewiątej pięćdziesiąt dziewięć i pięćdziesiąt dziewięć sekund.")
    assert await anna.answers_next() == await town.contact_of(before)

    await town.it_is("2026-11-23T22:00:00+01:00")
    assert not (await anna.looks())["me"]["on_duty"]
    assert (await beata.looks())["me"]["on_duty"]
    at_ten = town.caller(VICTIMS)
    await at_ten.writes_first("O dziesiątej.")
    assert await beata.answers_next() == await town.contact_of(at_ten)
    await town.it_is("2026-11-23T22:05:00+01:00")
    after = town.caller(VICTIMS)
    await after.writes_first("Pięć po.")
    contact = await beata.answers_next()
    assert await town.offered_to(contact) == [beata.id]
    assert await town.offered_to(await town.contact_of(at_ten)) == [beata.id]
