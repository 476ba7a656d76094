"""Nobody on shift answers: backup and coordinator are called at home by Telegram, and the caller is told the truth."""

from sqlalchemy import select

from hotline.actions import staff_notices
from hotline.rules.access import Actor
from hotline.store import tables
from tests.bots.bot_api import BotApi, bot_api
from tests.flows.people import eventually
from tests.flows.phones import Phone
from tests.flows.town import Town
from tests.rosters import at_home

BEATA, FILIP = 222_333_444, 222_333_555
CALL = "Ktoś czeka: "


async def with_phone(town: Town, api: BotApi, name: str, chat: int) -> tuple[str, Phone]:
    """Somebody at home who has linked their Telegram."""
    staff_id, phone = await town.hires(name), Phone(api, chat)
    code = await staff_notices.issue_code(town.system, Actor("staff", staff_id), staff_id)
    await phone.writes(f"/start {code}")
    await phone.reads("Powiadomienia są włączone.")
    return staff_id, phone


async def rings(town: Town, *wanted: str) -> None:
    """Wait until exactly these alarms are on the board."""
    query = select(tables.alarms.c.kind).where(
        tables.alarms.c.ended_at.is_(None), tables.alarms.c.thing_kind == "contact"
    )

    async def seen() -> bool:
        async with town.system.read() as tx:
            return set((await tx.connection.execute(query)).scalars()) == set(wanted)

    await eventually(seen, f"the alarms {wanted}")


async def test_nobody_on_shift_then_backup_then_coordinator_then_the_truth(town: Town) -> None:
    await town.begins("2026-11-23T22:00:00+01:00")
    async with bot_api(town.clock.now) as api, town.bot_running(api, staffs=True):
        beata, beatas = await with_phone(town, api, "Beata", BEATA)
        filip, filips = await with_phone(town, api, "Filip", FILIP)
        await at_home(town.system, (2, beata), (3, filip))
        caller = town.caller()
        await caller.writes_first("Czy ktoś tam jest?", danger="no")
        await beatas.reads(CALL)
        await town.passes(seconds=179)
        assert not any(CALL in text for text in api.texts(FILIP))
        await town.passes(seconds=1)
        await filips.reads(CALL)
        await rings(town, "rung_silent")
        await town.passes(minutes=5)
        told = await caller.reads("Nikt teraz nie odpowiada. Wiadomość czeka i zachowuje miejsce.")
        assert "Zagrożenie życia: 112. Rozmowa całą dobę: 800 70 2222" in told["text"]
        await rings(town, "rung_silent", "ladder_end")

        await filips.presses(api.buttons(FILIP)[0])
        await filips.reads("Proszę otworzyć konsolę w ciągu 5 minut")
        at_the_console = await town.comes_in(filip, "Filip")
        contact = await at_the_console.answers_next()
        await caller.reads("Tu dyżur: Filip.")
        await rings(town)
        await beatas.presses(api.buttons(BEATA)[0])
        await beatas.reads("To już nieaktualne")
        await at_the_console.reads(contact, "Czy ktoś tam jest?")
    assert [verb for verb, _ in await town.record(contact)].count("ladder.climb") == 3
    assert sum(CALL in text for chat in (BEATA, FILIP) for text in api.texts(chat)) == 2
    caller.saw_each_entry_once_in_order()
    assert await town.offered_to(contact) == [filip]
