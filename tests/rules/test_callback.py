"""Safe times of call-backs: when one may call, through closed hours and the night the clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hotline.errors import NoSuchTime, PhoneWrong, SafeTimeWrong
from hotline.rules.callback import SafeTime, check, due, is_safe, phone

WARSAW = ZoneInfo("Europe/Warsaw")
MONDAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)  # 12:00 in Warsaw
LIFE = timedelta(hours=72)
EVENING = SafeTime(MONDAY, 18 * 60, 20 * 60)


def always(at: datetime) -> datetime:
    return at


def test_it_is_due_when_it_is_safe_and_on_the_next_day_when_today_is_over() -> None:
    assert due(EVENING, NOON, NOON + LIFE, WARSAW, always) == NOON + timedelta(hours=6)
    late = NOON + timedelta(hours=7)
    assert due(EVENING, late, NOON + LIFE, WARSAW, always) == late
    assert due(EVENING, NOON + timedelta(hours=8), NOON + LIFE, WARSAW, always) == NOON + timedelta(hours=30)
    assert due(EVENING, NOON + timedelta(hours=56), NOON + LIFE, WARSAW, always) is None


def test_of_safe_times_the_first_with_an_open_line_and_the_first_of_all_where_none_is_open() -> None:
    opens = NOON + timedelta(hours=31)  # Tuesday 19:00
    assert due(EVENING, NOON, NOON + LIFE, WARSAW, lambda at: max(at, opens)) == opens
    assert due(EVENING, NOON, NOON + LIFE, WARSAW, lambda _: None) == NOON + timedelta(hours=6)


def test_outside_the_safe_time_nobody_calls() -> None:
    assert not is_safe(EVENING, NOON, WARSAW)
    assert is_safe(EVENING, NOON + timedelta(hours=6), WARSAW)
    assert not is_safe(EVENING, NOON + timedelta(hours=8), WARSAW)


def test_half_past_two_does_not_exist_on_easter_night_and_half_past_three_is_offered() -> None:
    night = datetime(2027, 3, 28, 0, 55, tzinfo=UTC)
    with pytest.raises(NoSuchTime) as refused:
        check(SafeTime(date(2027, 3, 28), 150, 240), night, LIFE, WARSAW)
    assert refused.value.params == {"time": "03:30"}


@pytest.mark.parametrize(
    "safe",
    [
        SafeTime(MONDAY, 18 * 60, 18 * 60 + 29),
        SafeTime(MONDAY, 20 * 60, 18 * 60),
        SafeTime(MONDAY - timedelta(days=1)),
        SafeTime(MONDAY + timedelta(days=4)),
        SafeTime(MONDAY, -30, 60),
        SafeTime(MONDAY, 0, 1500),
        SafeTime(date.min),
        SafeTime(date.max),
    ],
)
def test_a_safe_time_that_cannot_be_kept_is_refused(safe: SafeTime) -> None:
    with pytest.raises(SafeTimeWrong):
        check(safe, NOON, LIFE, WARSAW)


def test_numbers_are_kept_as_they_are_dialled() -> None:
    assert phone("+48 600-100 200") == phone("0048600100200") == phone("600 100 200") == "600100200"
    assert phone("00380 44 123 45 67") == "+380441234567"
    for wrong in ("", "112", "60010020", "0600100200", "600100200x", "١٢٣٤٥٦٧٨٩", "+0123456789"):
        with pytest.raises(PhoneWrong):
            phone(wrong)
