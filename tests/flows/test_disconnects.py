"""The counsellor's console dies in the middle of a night's talk, and nobody is left alone with it."""

from tests.actions.test_disconnects import STEP
from tests.attention import ByHand
from tests.factories import TRUST
from tests.flows.town import Town

NIGHT = ("2026-11-23T22:00:00+01:00", "2026-11-24T06:00:00+01:00")


async def test_another_goes_on_where_a_dead_console_left_off(town: Town) -> None:
    await town.begins("2026-11-24T02:50:00+01:00", engine=False)
    clock = ByHand(town.system)
    anna = await town.counsellor("Anna", (TRUST,), NIGHT)
    caller = town.caller()
    await caller.writes_first("Nie mogę spać, boję się wracać do domu.")
    await clock.looks()
    contact = await anna.answers_next()
    await anna.replies(contact, "Jestem. Co się stało?")
    beata = await town.counsellor("Beata", (TRUST,), NIGHT)

    async def passes(seconds: float) -> None:
        for _ in range(round(seconds / STEP)):
            await town.passes(seconds=STEP)
            await clock.looks()

    await anna.cut()
    await passes(60)
    await anna.opens_console()  # a tunnel
    await passes(60)
    assert (await town.head(contact)).holder_id == anna.id

    await anna.cut()
    await caller.writes("Halo, czy jest tam ktoś?")
    await passes(120)
    await caller.reads("nie trzeba opowiadać od początku")
    assert await beata.answers_next() == contact
    assert beata.words(contact)[-1] == "Halo, czy jest tam ktoś?"
    await beata.replies(contact, "Jestem, teraz Beata. Proszę pisać.")
    await caller.reads("teraz Beata")

    await anna.opens_console()
    assert (await anna.send(contact, "Już wracam!")).status == 404
    console = await anna.looks()
    assert console["mine"] == []
    assert "Beata" in console["passed_on"][0]
    caller.saw_each_entry_once_in_order()
    assert [who for who, _, _ in await town.held_by(contact)] == [anna.id, beata.id]
