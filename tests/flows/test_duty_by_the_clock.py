"""The shift begins at 22:00 and nobody's console is alive at 22:05: the alarm rings, and the past is known."""

from sqlalchemy import select

from hotline.actions import roster
from hotline.rules.access import OPERATOR
from hotline.rules.alarms import DUTY_MISSED
from hotline.rules.duty import Override
from hotline.store import tables, views
from tests.factories import TRUST
from tests.flows.people import eventually
from tests.flows.town import Town, instant

NIGHT = ("2026-11-23T22:00:00+01:00", "2026-11-24T06:00:00+01:00")
EVENING = ("2026-11-23T21:50:00+01:00", "2026-11-23T22:00:00+01:00")  # or she were missed while she comes in


async def rang(town: Town) -> list[tuple[str, bool]]:
    """(about whom, is over) of every alarm for somebody missing."""
    query = (
        select(tables.alarms).where(tables.alarms.c.kind == DUTY_MISSED).order_by(tables.alarms.c.raised_at)
    )
    async with town.system.read() as tx:
        return [(row.thing_id, row.ended_at is not None) for row in await tx.connection.execute(query)]


async def rings(town: Town, *wanted: tuple[str, bool]) -> None:
    async def seen() -> bool:
        return await rang(town) == list(wanted)

    await eventually(seen, f"the alarms {wanted}")


async def were_there(town: Town, moment: str) -> tuple[set[str], set[str]]:
    """(who was on duty, who was missing)"""
    async with town.system.read() as tx:
        then = await views.roster.recalled(tx, tx.centre, TRUST, instant(moment))
    return set(then.people), set(then.missing)


async def test_nobody_takes_up_the_night(town: Town) -> None:
    await town.begins("2026-11-23T21:50:00+01:00")
    anna = await town.counsellor("Anna", (TRUST,), EVENING)
    beata = await town.hires("Beata", (TRUST,), NIGHT)
    for moment in (
        "21:54:00",
        "21:58:00",
        "22:02:00",
        "22:04:59",
    ):  # Anna gives a sign within every five minutes
        await town.it_is(f"2026-11-23T{moment}+01:00")
    assert await rang(town) == []
    await town.it_is("2026-11-23T22:05:00+01:00")
    await rings(town, (beata, False))
    assert await rang(town) == [(beata, False)], "Anna's shift is over: nobody misses her"

    start, end = map(instant, NIGHT)
    steps_in = Override(0, TRUST, "REPLACE", beata, start, end, by=anna.id, reason="need")
    await roster.change(town.system, OPERATOR, steps_in)
    await rings(town, (beata, True))
    await town.passes(minutes=2)

    async def anna_is_on_duty() -> bool:
        return (await were_there(town, "2026-11-23T22:06:59+01:00"))[0] == {anna.id}

    await eventually(anna_is_on_duty, "Anna on duty")
    assert await were_there(town, "2026-11-23T22:04:00+01:00") == (set(), {beata})
    assert await were_there(town, "2026-11-23T21:55:00+01:00") == ({anna.id}, set())
