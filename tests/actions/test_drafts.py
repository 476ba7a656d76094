"""Drafts: given up whole, mended in one piece, and what keeps them from being published."""

import pytest
from sqlalchemy import func, select

from hotline.actions import abilities, planning
from hotline.errors import LineNotServed, NotFound, RosterFrozen, SkillExpired
from hotline.rules.access import OPERATOR
from hotline.rules.civil_time import resolve
from hotline.rules.duty import Shift
from hotline.rules.duty.demand import Demand, Need
from hotline.store import views
from hotline.store.tables import audit, rosters, shifts
from hotline.system import System
from tests.factories import PERPETRATORS, TRUST, add_person
from tests.rosters import LEADER, MONDAY, SUNDAY, around_the_clock, in_force, planned, two


async def drafted(system: System, *groups: tuple[str, ...]) -> tuple[str, list[Shift]]:
    """A week that is not published, and what it plans."""
    for pattern in around_the_clock(*groups):
        await planning.add_pattern(system, OPERATOR, pattern)
    version = await planning.draft(system, OPERATOR, TRUST, MONDAY, SUNDAY)
    return version, await plan(system, version)


async def plan(system: System, version: str) -> list[Shift]:
    async with system.read() as tx:
        return await views.roster.version_shifts(tx, version)


async def test_a_draft_goes_with_all_it_plans_and_a_published_version_stays(system: System) -> None:
    anna, beata = await two(system)
    published = await planned(system, (anna,))
    version, _ = await drafted(system, (beata,))
    await planning.propose(system, OPERATOR, version)
    await planning.discard(system, LEADER, version)
    with pytest.raises(NotFound):
        await planning.discard(system, LEADER, version)
    with pytest.raises(RosterFrozen):
        await planning.discard(system, LEADER, published)
    assert await in_force(system) == 21
    async with system.read() as tx:
        left = (await tx.connection.execute(select(rosters.c.id))).scalars().all()
        rows = (await tx.connection.execute(select(func.count()).select_from(shifts))).scalar_one()
        found = await tx.connection.execute(select(audit).where(audit.c.verb == "roster.discard"))
        (said,) = found.all()
    assert (left, rows) == ([published], 21)
    assert (said.thing_id, said.actor_id) == (version, LEADER.id)
    assert said.coded == {"line": TRUST, "version": 2, "shifts": 42}


async def test_somebody_else_sits_there_or_everything_is_as_before(system: System) -> None:
    anna, beata = await two(system)
    cezary = (await add_person(system, "Cezary", lines=(PERPETRATORS,), hours=None)).id
    version, before = await drafted(system, (anna,))
    first = before[0]
    with pytest.raises(LineNotServed):  # refused after the former shift was taken out
        await planning.reseat_shift(system, LEADER, first.id, cezary)
    assert await plan(system, version) == before
    await planning.reseat_shift(system, LEADER, first.id, beata)
    now = (await plan(system, version))[0]
    assert (now.staff_id, now.starts_at, now.ends_at, now.seat) == (
        beata, first.starts_at, first.ends_at, first.seat,
    )  # fmt: skip
    with pytest.raises(NotFound):
        await planning.reseat_shift(system, LEADER, first.id, anna)
    await planning.publish(system, OPERATOR, version)
    with pytest.raises(RosterFrozen):
        await planning.reseat_shift(system, LEADER, now.id, anna)


async def test_papers_that_lapse_before_the_shift_ends_keep_a_version_from_being_published(
    system: System,
) -> None:
    anna, _ = await two(system)
    await planning.add_demand(system, LEADER, Demand("", TRUST, needs=(Need("children"),)))
    lapses = resolve(SUNDAY, 12 * 60, system.centre.zone, "start")
    await abilities.set_skill(system, LEADER, anna, "children", lapses)
    version, _ = await drafted(system, (anna,))
    preview = await planning.preview_publish(system, LEADER, version)
    assert [gap.start for gap in preview.opened if gap.kind == "EXPIRED"] == [lapses]
    with pytest.raises(SkillExpired):
        await planning.publish(system, LEADER, version, confirmed=True)
    assert await in_force(system) == 0
    await abilities.remove_skill(
        system, LEADER, anna, "children"
    )  # missing altogether: told, and better than nobody
    preview = await planning.preview_publish(system, LEADER, version)
    assert {gap.kind for gap in preview.opened} >= {"SKILL"}
    await planning.publish(system, LEADER, version)
    assert await in_force(system) == 21
