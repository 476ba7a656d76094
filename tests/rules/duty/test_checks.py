"""What is refused before it is saved, and with which error."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from hotline.errors import (
    DemandInvalid,
    DoubleBooked,
    HotlineError,
    OverrideInvalid,
    PatternInvalid,
    RosterFrozen,
    RotationEmpty,
    SeatTaken,
    ShiftInvalid,
    SkillExpired,
    SpanInvalid,
)
from hotline.rules.duty import Roster, Rotation, checks
from hotline.rules.duty.demand import Demand, DemandWindow, Need
from hotline.rules.duty.expansion import expand
from hotline.rules.duty.gaps import Gap
from tests.rules.duty.small import EVERY, WARSAW, at, away, change, rota, shift

DAY = ("2026-12-04 08:00", "2026-12-04 16:00")
GOOD = rota("p", 480, 960, ("a",), (None,))
WINDOW = DemandWindow(EVERY, 480, 960)
DEMAND = Demand("d", "day", windows=(WINDOW,), needs=(Need("children"),))


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"rotation": Rotation(())}, RotationEmpty),
        ({"rotation": Rotation(((None,), ()))}, RotationEmpty),
        ({"end": 480}, PatternInvalid),
        ({"end": 300}, PatternInvalid),
        ({"start": 1440, "end": 1500}, PatternInvalid),
        ({"end": 480 + 1441}, PatternInvalid),
        ({"days": frozenset()}, PatternInvalid),
        ({"every_weeks": 0}, PatternInvalid),
        ({"last": date(2026, 9, 30)}, PatternInvalid),
        ({"rotation": Rotation((("a", "b"),))}, PatternInvalid),
        ({"rotation": Rotation((("a", "a"),)), "seats": 2}, PatternInvalid),
    ],
)
def test_patterns(wrong: dict[str, Any], error: type[HotlineError]) -> None:
    checks.pattern(GOOD)
    with pytest.raises(error):
        checks.pattern(replace(GOOD, **wrong))


def test_shifts_end_after_they_start_and_within_a_day() -> None:
    for wrong in (DAY[::-1], (DAY[0], DAY[0]), (DAY[0], "2026-12-05 09:01")):
        with pytest.raises(ShiftInvalid):
            checks.shifts([shift("a", *wrong)], WARSAW)


def test_a_seat_holds_one_and_a_person_sits_once() -> None:
    one = shift("a", *DAY)
    overlapping = ("2026-12-04 15:59", "2026-12-04 18:00")
    with pytest.raises(SeatTaken):
        checks.shifts([shift("b", *overlapping), one], WARSAW)
    with pytest.raises(DoubleBooked):
        checks.shifts([one, shift("a", *overlapping, line="late")], WARSAW)
    checks.shifts([one, shift("b", *overlapping, seat=2)], WARSAW)
    checks.shifts([one, shift("b", "2026-12-04 16:00", "2026-12-04 18:00")], WARSAW)
    checks.shifts([one, shift("a", *overlapping, line="late", exclusive=False)], WARSAW)
    contained = [shift("a", *DAY), shift("b", "2026-12-04 09:00", "2026-12-04 10:00", seat=2)]
    with pytest.raises(SeatTaken):
        checks.shifts([*contained, shift("c", "2026-12-04 15:00", "2026-12-04 15:30")], WARSAW)


def test_a_hand_over_in_the_repeated_hour_overlaps_and_is_none_the_worse() -> None:
    span = at("2026-10-24 00:00"), at("2026-10-27 00:00")
    rows = [
        each
        for start, end, who in ((0, 150, "a"), (150, 480, "b"))
        for each in expand(rota(who, start, end, (who,)), (), WARSAW, *span).shifts
    ]
    checks.shifts(rows, WARSAW)
    early = [
        replace(each, starts_at=each.starts_at - timedelta(minutes=1)) if each.staff_id == "b" else each
        for each in rows
    ]
    with pytest.raises(SeatTaken):
        checks.shifts(early, WARSAW)


def test_papers_that_lapse_are_refused_and_a_skill_nobody_has_is_a_gap() -> None:
    start, end = (at(each) for each in DAY)
    missing = Gap("day", "SKILL", start, end, "children")
    checks.papers([missing, replace(missing, kind="EMPTY")])
    with pytest.raises(SkillExpired) as lapsed:
        checks.papers([missing, replace(missing, kind="EXPIRED")])
    assert lapsed.value.params == {"skill": "children"}


def refused(check: Callable[[Any], None], wrong: object, error: type[HotlineError]) -> None:
    with pytest.raises(error):
        check(wrong)


def test_overrides_and_absences() -> None:
    checks.override(change(1, "REPLACE", "a", *DAY, "b"))
    refused(checks.override, change(1, "ADD", "a", *DAY[::-1]), SpanInvalid)
    refused(checks.override, change(1, "REPLACE", "a", *DAY), OverrideInvalid)
    refused(checks.override, change(1, "REPLACE", "a", *DAY, "a"), OverrideInvalid)
    refused(checks.override, change(1, "ADD", "a", *DAY, "b"), OverrideInvalid)
    checks.absence(away("a", *DAY))
    refused(checks.absence, away("a", *DAY[::-1]), SpanInvalid)


@pytest.mark.parametrize(
    "wrong",
    [
        {"people": 0},
        {"people": -1, "backups": 2},
        {"windows": (replace(WINDOW, end=480),)},
        {"windows": (replace(WINDOW, days=frozenset()),)},
        {"needs": (Need(),)},
        {"needs": (Need("children", count=0),)},
        {"first": date(2026, 12, 2), "last": date(2026, 12, 1)},
    ],
)
def test_demand(wrong: dict[str, Any]) -> None:
    checks.demand(DEMAND)
    refused(checks.demand, replace(DEMAND, **wrong), DemandInvalid)


def test_a_published_roster_never_changes() -> None:
    draft = Roster("r", "night", date(2026, 12, 1), date(2026, 12, 31), 1)
    checks.may_change(draft)
    checks.may_change(replace(draft, status="proposed"))
    refused(checks.may_change, replace(draft, status="published"), RosterFrozen)
    refused(checks.may_change, replace(draft, status="superseded"), RosterFrozen)
