"""Who attends the duty that is planned: the first five minutes, silence in mid-shift, leaving, and who is called."""

from datetime import datetime, timedelta

from hotline.rules.duty import Board, Plan, Shift, build
from hotline.rules.duty.attendance import Console, Missing, changes, missing, next_rungs
from hotline.rules.duty.people import DutyFact
from tests.factories import VICTIMS, instant
from tests.rules.test_duty import demo

TEN = instant("2026-11-23T22:00")
SIX = instant("2026-11-24T06:00")


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def seat(who: str, start: datetime = TEN, end: datetime = SIX, tier: int = 1, number: int = 1) -> Shift:
    return Shift(f"{who}{number}", VICTIMS, who, start, end, number, tier)


def board(*shifts: Shift) -> Board:
    return build(demo, Plan.of(shifts), TEN - timedelta(days=2), TEN + timedelta(days=2))


NIGHT = board(seat("anna"), seat("beata", tier=2, number=2), seat("celina", tier=3, number=3))


def alive(at: datetime, intent: str = "available") -> dict[str, Console]:
    return {"anna": Console(at, intent)}


def test_nobody_is_missing_before_five_minutes_and_backups_are_at_home_anyway() -> None:
    long_ago = alive(TEN - timedelta(days=1))
    assert missing(NIGHT, long_ago, TEN + minutes(4.99)) == ()
    assert missing(NIGHT, long_ago, TEN + minutes(5)) == (Missing("anna", VICTIMS),)
    assert missing(NIGHT, {}, TEN + minutes(5)) == (Missing("anna", VICTIMS),)
    assert missing(NIGHT, long_ago, SIX) == ()


def test_five_minutes_of_silence_in_mid_shift_and_no_less() -> None:
    seen = TEN + timedelta(hours=3)
    assert missing(NIGHT, alive(seen), seen + minutes(4.99)) == ()
    assert missing(NIGHT, alive(seen), seen + minutes(5)) == (Missing("anna", VICTIMS),)


def test_a_shift_right_after_ones_own_gives_no_new_five_minutes() -> None:
    two = board(seat("anna", end=TEN + timedelta(hours=1)), seat("anna", TEN + timedelta(hours=1), number=2))
    at = TEN + timedelta(hours=1, minutes=1)
    assert missing(two, alive(at - minutes(6)), at) == (Missing("anna", VICTIMS),)


def test_the_next_rungs_are_backup_and_coordinator() -> None:
    assert next_rungs(NIGHT, VICTIMS, TEN) == {"beata", "celina"}
    assert next_rungs(NIGHT, VICTIMS, SIX) == frozenset()


def test_duty_is_taken_up_and_left_once() -> None:
    key = ("anna", VICTIMS)

    def noted(
        seen: datetime, at: datetime, since: datetime | None = None, intent: str = "available"
    ) -> list[DutyFact]:
        return changes(NIGHT, alive(seen, intent), {} if since is None else {key: since}, at, "console")

    assert noted(TEN, TEN) == [DutyFact("anna", VICTIMS, TEN, "in", "console")]
    assert noted(TEN, TEN, TEN) == []
    assert noted(TEN, TEN, intent="off") == []
    assert noted(TEN - minutes(1), TEN) == [], "a console that is silent takes up nothing"
    quiet = TEN + minutes(30)
    assert noted(quiet, quiet + minutes(4), TEN) == []
    assert noted(quiet, quiet + minutes(5), TEN) == [DutyFact("anna", VICTIMS, quiet, "out", "engine")]
    assert noted(quiet, quiet, TEN, "off") == [DutyFact("anna", VICTIMS, quiet, "out", "console")]
    assert noted(SIX + minutes(9), SIX + minutes(9), TEN) == [DutyFact("anna", VICTIMS, SIX, "out", "engine")]
