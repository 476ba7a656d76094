"""`hotline duty` as an operator sees it: who, next, gaps, and why; and the fortnight the demo plans."""

import argparse
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from hotline import app, demo, duty_commands
from hotline.actions import absences, planning, roster
from hotline.config import Settings
from hotline.rules.access import OPERATOR
from hotline.rules.civil_time import WEEKDAYS
from hotline.rules.duty import Override, Pattern, Rotation
from hotline.store import views
from tests.factories import TRUST, MovableClock, add_person, instant, settings_in

MONDAY = date(2026, 11, 23)


async def asked(settings: Settings, capsys: pytest.CaptureFixture[str], what: str, at: str = "") -> list[str]:
    chosen = argparse.Namespace(
        what=what, line=TRUST, at=datetime.fromisoformat(at) if at else None, days=2, login=None
    )
    assert await duty_commands.duty(settings, chosen) == 0
    return capsys.readouterr().out.splitlines()


async def test_why_somebody_is_on_duty_and_somebody_else_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_in(tmp_path)
    async with app.open_system(settings, MovableClock(frozen=True)) as system:
        anna, beata, celina = [
            (await add_person(system, name, hours=None)).id for name in ("Anna", "Beata", "Celina")
        ]
        rotation = Rotation(((anna, celina), (beata, None)))
        pattern = Pattern("", TRUST, frozenset(WEEKDAYS), 6 * 60, 22 * 60, rotation, MONDAY, seats=2)
        pattern_id = await planning.add_pattern(system, OPERATOR, pattern)
        version = await planning.draft(system, OPERATOR, TRUST, MONDAY, MONDAY + timedelta(days=1))
        await planning.publish(system, OPERATOR, version)
        start, end = instant("2026-11-23T12:00"), instant("2026-11-23T14:00")
        change = Override(0, TRUST, "REPLACE", anna, start, end, by=beata, reason="swap")
        await roster.change(system, OPERATOR, change)
        await absences.note_absence(
            system, OPERATOR, celina, "leave", start, end, approved=True, confirmed=True
        )
    noon = await asked(settings, capsys, "explain", "2026-11-23T12:00")
    assert noon == [
        "ON DUTY: Beata Testowa (until 2026-11-23 22:00); the same until 2026-11-23 14:00",
        (
            "  Beata Testowa: tier 1, seat 1, 2026-11-23 06:00 – 2026-11-23 22:00, "
            f"pattern {pattern_id}, turn 0 on 2026-11-23, roster {version}; "
            "change 1 REPLACE Anna Testowa by Beata Testowa (swap)"
        ),
        "  not Anna Testowa: change 1 REPLACE Anna Testowa by Beata Testowa (swap)",
        "  not Celina Testowa: absent (leave) until 2026-11-23 14:00",
    ]
    (following,) = await asked(settings, capsys, "next", "2026-11-23T12:00")
    assert following.startswith("2026-11-23 14:00  ON DUTY: Anna Testowa")
    who = "\n".join(await asked(settings, capsys, "who", "2026-11-24T12:00"))
    assert "turn" not in who
    assert "Beata Testowa" in who


async def test_the_demo_plans_a_fortnight_with_somebody_now_and_a_gap_ahead(tmp_path: Path) -> None:
    settings = demo.settings_for(settings_in(tmp_path))
    clock = MovableClock(frozen=True)
    async with app.open_system(settings, clock) as system:
        await demo.prepare(system)
        clock.advance(hours=3)
        await demo.prepare(system)  # started again
        async with system.read() as tx:
            board = await tx.board()
            now = board.answer(TRUST, tx.now)
            gaps = await views.roster.gaps(tx, system.centre, tx.now, tx.now + timedelta(days=7))
            everybody = {person.id for person in await views.people(tx) if TRUST in person.lines}
    assert {each.staff_id for each in now.people} == everybody  # type: ignore[union-attr]
    empty = [gap for gap in gaps if (gap.line, gap.kind) == (TRUST, "EMPTY")]
    assert 0 < len(empty) <= 2
