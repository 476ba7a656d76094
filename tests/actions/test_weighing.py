"""Edits are weighed before anybody's writing waits, and again where somebody was faster; what ends is weighed, too."""

import asyncio
import threading
from datetime import timedelta
from typing import Any

import pytest

from hotline.actions import absences, planning, roster, weighing
from hotline.errors import GapWouldOpen, NotFound, WrongState
from hotline.rules.access import Actor
from hotline.rules.duty import Override
from hotline.rules.duty.demand import Demand
from hotline.rules.duty.preview import Preview, preview
from hotline.store import views
from hotline.system import System
from tests.factories import TRUST, MovableClock
from tests.rosters import HOUR, LEADER, MONDAY, on_duty, planned, two


async def test_another_edit_passes_while_one_is_weighed_and_what_it_changed_is_seen(
    system: System, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, beata = await two(system)
    await planned(system, (anna, beata), seats=2)
    start = clock.now() + HOUR
    goes = {
        who: Override(0, TRUST, "REMOVE", who, start, start + HOUR, reason="other") for who in (anna, beata)
    }
    begun, resumed, weighed = threading.Event(), threading.Event(), []

    def slow(*given: Any) -> Preview:
        weighed.append(given)
        if len(weighed) == 1:
            begun.set()
            assert resumed.wait(20)
        return preview(*given)

    monkeypatch.setattr(weighing, "preview", slow)

    async def overtaken() -> str:
        return await roster.change(system, LEADER, goes[anna])

    async def faster() -> str:
        await asyncio.to_thread(begun.wait, 20)
        try:
            return await asyncio.wait_for(roster.change(system, LEADER, goes[beata]), 10)
        finally:
            resumed.set()

    late, early = await asyncio.gather(overtaken(), faster(), return_exceptions=True)
    assert isinstance(early, str)
    assert isinstance(late, GapWouldOpen)  # it was weighed while Beata was there
    assert await on_duty(system, start) == {anna}
    assert len(weighed) == 3  # each once, and the one that was overtaken again


async def test_the_end_of_a_need_is_asked_about_where_one_person_is_needed_again(
    system: System, clock: MovableClock
) -> None:
    need = await planning.add_demand(system, LEADER, Demand("", TRUST, people=0, backups=1, first=MONDAY))
    found = await planning.preview_end_demand(system, LEADER, need, MONDAY)
    assert [(gap.kind, gap.line) for gap in found.asks_again] == [("EMPTY", TRUST)]
    assert {gap.kind for gap in found.closed} == {"TIER2"}
    with pytest.raises(GapWouldOpen):
        await planning.end_demand(system, LEADER, need, MONDAY)
    await planning.end_demand(system, LEADER, need, MONDAY, confirmed=True)
    with pytest.raises(NotFound):
        await planning.end_demand(system, LEADER, need, MONDAY, confirmed=True)
    async with system.read() as tx:
        tomorrow = tx.now + timedelta(days=1)
        gaps = await views.roster.gaps(tx, system.centre, tomorrow, tomorrow + HOUR)
    assert "EMPTY" in {gap.kind for gap in gaps if gap.line == TRUST}


async def test_an_absence_taken_back_says_what_it_closes_and_breaks(
    system: System, clock: MovableClock
) -> None:
    anna, _ = await two(system)
    await planned(system, (anna,))
    myself = Actor("staff", anna, roles=frozenset({"counsellor"}))
    span = (clock.now() + HOUR, clock.now() + 9 * HOUR)
    away = await absences.note_absence(system, LEADER, anna, "leave", *span, approved=True, confirmed=True)
    found = await absences.preview_withdraw(system, myself, away)
    assert [(gap.kind, gap.span) for gap in found.closed if gap.kind == "EMPTY"] == [("EMPTY", span)]
    assert await on_duty(system, span[0]) == set()
    await absences.withdraw_absence(system, myself, away)
    assert await on_duty(system, span[0]) == {anna}
    with pytest.raises(WrongState):
        await absences.preview_withdraw(system, myself, away)
