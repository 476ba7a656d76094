"""A week that is planned and published, and who is then on duty."""

from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from hotline.actions import planning
from hotline.rules.access import OPERATOR, Actor
from hotline.rules.civil_time import WEEKDAYS
from hotline.rules.duty import OnDuty, Pattern, Rotation, Shift
from hotline.store.tables import shifts
from hotline.system import System
from tests.factories import TRUST, add_person

MONDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 29)
LEADER = Actor("staff", "leader", roles=frozenset({"supervisor"}))
HOUR = timedelta(hours=1)


async def two(system: System) -> tuple[str, str]:
    """Anna and Beata, without a shift."""
    anna, beata = [await add_person(system, name, hours=None) for name in ("Anna", "Beata")]
    return anna.id, beata.id


def around_the_clock(*groups: tuple[str | None, ...], line: str = TRUST, seats: int = 1) -> list[Pattern]:
    """Three shifts a day from Monday on; the groups take turns."""
    return [
        Pattern(
            "", line, frozenset(WEEKDAYS), start * 60, start * 60 + 480, Rotation(groups), MONDAY, seats=seats
        )
        for start in (6, 14, 22)
    ]


async def planned(system: System, *groups: tuple[str | None, ...], line: str = TRUST, seats: int = 1) -> str:
    """A published week by those patterns; the version's id."""
    for pattern in around_the_clock(*groups, line=line, seats=seats):
        await planning.add_pattern(system, OPERATOR, pattern)
    version = await planning.draft(system, OPERATOR, line, MONDAY, SUNDAY)
    await planning.publish(system, OPERATOR, version)
    return version


async def at_home(system: System, *people: tuple[int, str], line: str = TRUST) -> None:
    """(tier, who) from now on for eight hours: backup at home, coordinator."""
    start = system.clock.now()
    version = await planning.draft(system, OPERATOR, line, MONDAY, SUNDAY)
    for seat, (tier, staff_id) in enumerate(people, 1):
        shift = Shift("", "", staff_id, start, start + 8 * HOUR, seat=seat, tier=tier)
        await planning.plan_shift(system, OPERATOR, version, shift)
    await planning.publish(system, OPERATOR, version)


async def on_duty(system: System, at: datetime | None = None, line: str = TRUST) -> set[str]:
    async with system.read() as tx:
        answer = (await tx.board()).answer(line, at or tx.now)
    return {each.staff_id for each in answer.people} if isinstance(answer, OnDuty) else set()


async def in_force(system: System) -> int:
    async with system.read() as tx:
        counted = select(func.count()).where(shifts.c.in_force)
        return int((await tx.connection.execute(counted)).scalar_one())
