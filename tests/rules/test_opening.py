"""When lines are open: the shipped centre at known instants, random hours against real minutes."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hotline import centres
from hotline.rules.centre import Centre
from hotline.rules.opening import Closed, Open, Opening, Unknown, next_change, next_start, opening
from tests.rules.small_centre import EVERY_DAY, WARSAW, WEEKDAYS, centre, line, warsaw, window

kielce = centres.load("kielce")
START = datetime(2025, 1, 1, tzinfo=UTC)


# -- Kielce, as its document says ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line_id", "at", "answer"),
    [
        ("sow_perpetrators", "2026-12-04 15:58", Open(warsaw("2026-12-04 16:00"))),
        ("sow_perpetrators", "2026-12-04 16:00", Closed(warsaw("2026-12-07 08:00"))),
        ("sow_perpetrators", "2026-12-04 16:03", Closed(warsaw("2026-12-07 08:00"))),
        ("sow_perpetrators", "2026-12-07 07:59", Closed(warsaw("2026-12-07 08:00"))),
        ("sow_perpetrators", "2026-12-07 08:00", Open(warsaw("2026-12-07 16:00"))),
        ("sow_victims_day", "2026-12-24 12:00", Closed(warsaw("2026-12-28 08:00"), assumed=True)),
        ("sow_perpetrators", "2026-12-24 12:00", Closed(warsaw("2026-12-28 08:00"), assumed=True)),
        ("family_trust", "2026-12-24 12:00", Closed(warsaw("2026-12-28 08:00"), assumed=True)),
        # the evening before: closed by its stated hours, but when it opens next is assumed
        ("family_trust", "2026-12-23 18:00", Closed(warsaw("2026-12-28 08:00"), assumed=True)),
        ("family_trust", "2026-12-23 17:59", Open(warsaw("2026-12-23 18:00"))),
        # Monday after Easter; the clocks changed on Sunday
        ("family_trust", "2027-03-26 18:00", Closed(warsaw("2027-03-30 08:00"), assumed=True)),
        # All Saints on a Sunday changes nothing for a weekday line
        ("family_trust", "2026-10-30 18:00", Closed(warsaw("2026-11-02 08:00"))),
        ("city_trust_19513", "2026-12-24 23:30", Open(None)),
        ("city_trust_19513", "2027-03-28 02:30", Open(None)),
        ("sow_victims_24h", "2026-12-25 04:00", Open(None)),
        ("kis", "2026-12-07 10:00", Unknown()),
        ("family_prevention_1", "2026-12-24 10:00", Unknown()),
        ("homeless_zniwna", "2026-12-06 03:00", Unknown()),
    ],
)
def test_kielce(line_id: str, at: str, answer: Opening) -> None:
    assert opening(kielce, line_id, warsaw(at)) == answer


def test_a_second_before_and_at_the_edge() -> None:
    closing = warsaw("2026-12-04 16:00")
    assert isinstance(opening(kielce, "sow_perpetrators", closing - timedelta(microseconds=1)), Open)
    assert isinstance(opening(kielce, "sow_perpetrators", closing), Closed)


@given(st.integers(0, 6 * 365 * 1440).map(lambda minute: START + timedelta(minutes=minute)))
def test_a_line_round_the_clock_never_closes_and_an_unstated_one_is_never_closed(at: datetime) -> None:
    for each in kielce.lines.values():
        answer = opening(kielce, each, at)
        assert isinstance(answer, Open) or not each.always
        assert isinstance(answer, Unknown) == (each.hours_status == "unstated")
        assert answer == opening(kielce, each, at.astimezone(WARSAW))


@pytest.mark.parametrize("year", range(2025, 2032))
def test_weekday_lines_are_closed_on_every_statutory_holiday_unless_told_to_stay_open(year: int) -> None:
    policies = ["open", "closed", "assume_closed"]
    own = centre(*(line(name, window("08:00", "18:00"), on_public_holiday=name) for name in policies))
    for day in own.calendar.holidays(year):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=WARSAW)
        assert isinstance(opening(own, "open", noon), Open) == (day.weekday() < 5)
        shut = opening(own, "closed", noon)
        assumed = opening(own, "assume_closed", noon)
        assert isinstance(shut, Closed)
        assert not shut.assumed
        assert assumed == Closed(shut.next_open, assumed=True)


# -- policies, exceptions, long reaches ------------------------------------------------------------


def test_holidays_with_hours_of_their_own() -> None:
    own = centre(
        line(
            "l",
            window("08:00", "18:00"),
            on_public_holiday="own",
            holiday_hours=[{"from": "10:00", "to": "12:00"}],
        )
    )
    assert opening(own, "l", warsaw("2026-12-24 10:30")) == Open(warsaw("2026-12-24 12:00"))
    assert opening(own, "l", warsaw("2026-12-24 12:00")) == Closed(warsaw("2026-12-25 10:00"))


def test_holidays_nobody_spoke_about_are_unknown_and_not_closed() -> None:
    own = centre(line("l", window("08:00", "18:00"), on_public_holiday="unstated"))
    it = own.line("l")
    assert opening(own, "l", warsaw("2026-12-24 12:00")) == Unknown()
    assert next_change(own, it, warsaw("2026-12-24 12:00")) == warsaw("2026-12-27 00:00")
    assert opening(own, "l", warsaw("2026-12-23 20:00")) == Closed(warsaw("2026-12-28 08:00"))
    assert next_change(own, it, warsaw("2026-12-23 20:00")) == warsaw("2026-12-24 00:00")
    # a night that began before the holiday is stated
    night = centre(line("l", window("20:00", "02:00", EVERY_DAY), on_public_holiday="unstated"))
    assert opening(night, "l", warsaw("2026-12-24 01:00")) == Open(warsaw("2026-12-24 02:00"))
    assert opening(night, "l", warsaw("2026-12-24 02:00")) == Unknown()


def test_hours_that_are_themselves_assumed() -> None:
    own = centre(line("l", window("08:00", "18:00"), hours_status="assumed"))
    assert opening(own, "l", warsaw("2026-12-04 12:00")) == Open(warsaw("2026-12-04 18:00"), assumed=True)
    assert opening(own, "l", warsaw("2026-12-04 20:00")) == Closed(warsaw("2026-12-07 08:00"), assumed=True)


def test_windows_that_touch_or_overlap_close_once() -> None:
    own = centre(
        line(
            "l",
            window("08:00", "12:00"),
            window("12:00", "16:00"),
            window("15:00", "20:00"),
            window("09:00", "10:00"),
        )
    )
    assert opening(own, "l", warsaw("2026-12-04 09:30")) == Open(warsaw("2026-12-04 20:00"))


def test_round_the_clock_by_windows_never_closes_and_weekdays_close_on_saturday() -> None:
    own = centre(
        line("always", window("00:00", "24:00", EVERY_DAY), on_public_holiday="open"),
        line("week", window("00:00", "24:00"), on_public_holiday="open"),
        line("shut", window("00:00", "24:00", EVERY_DAY), on_public_holiday="closed"),
    )
    assert opening(own, "always", warsaw("2026-12-04 12:00")) == Open(None)
    assert opening(own, "week", warsaw("2026-11-30 12:00")) == Open(warsaw("2026-12-05 00:00"))
    # 78 days from one holiday to the next
    assert opening(own, "shut", warsaw("2026-08-16 00:00")) == Open(warsaw("2026-11-01 00:00"))


def extra(extra_id: str, day: date, start: str, end: str) -> dict[str, Any]:
    return {"id": extra_id, "day": day, "from": start, "to": end, "lines": ["l"], "reason_pl": "odpracowanie"}


def closure(first: date, last: date, **what: list[str]) -> dict[str, Any]:
    return {"id": "bridge", "from": first, "to": last, "reason_pl": "za 15 sierpnia", **what}


def test_closures_and_extra_openings() -> None:
    own = centre(
        line("l", window("08:00", "18:00")),
        line("other", window("08:00", "18:00")),
        line("night", always=True),
        closure=[closure(date(2026, 11, 12), date(2026, 11, 13), units=["u"])],
        extra_opening=[
            extra("sat", date(2026, 11, 14), "09:00", "13:00"),
            extra("hol", date(2026, 11, 11), "09:00", "10:00"),
        ],
    )
    assert opening(own, "l", warsaw("2026-11-11 09:30")) == Open(warsaw("2026-11-11 10:00"))
    assert opening(own, "l", warsaw("2026-11-12 12:00")) == Closed(warsaw("2026-11-14 09:00"))
    assert opening(own, "l", warsaw("2026-11-14 10:00")) == Open(warsaw("2026-11-14 13:00"))
    assert opening(own, "other", warsaw("2026-11-12 12:00")) == Closed(warsaw("2026-11-16 08:00"))
    assert opening(own, "night", warsaw("2026-11-12 12:00")) == Open(None)


def test_a_long_closure_has_no_next_opening_in_sight() -> None:
    shut = {
        "id": "c",
        "from": date(2026, 1, 1),
        "to": date(2026, 12, 31),
        "lines": ["l"],
        "reason_pl": "remont",
    }
    own = centre(line("l", window("08:00", "18:00")), closure=[shut])
    assert opening(own, "l", warsaw("2026-03-02 12:00")) == Closed(None, assumed=True)
    assert opening(own, "l", warsaw("2026-12-20 12:00")) == Closed(warsaw("2027-01-04 08:00"), assumed=True)
    assert next_change(own, own.line("l"), warsaw("2026-03-02 12:00")) is None


# -- against a walk over real minutes ----------------------------------------------------------------


@cache
def showing(zone_key: str, first: date, days: int) -> dict[datetime, tuple[datetime, datetime]]:
    """Each wall-clock minute with the first and last real minute that shows it."""
    assert zone_key == WARSAW.key
    found: dict[datetime, tuple[datetime, datetime]] = {}
    at = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(hours=3)
    for _ in range(days * 1440 + 360):
        wall = at.astimezone(WARSAW).replace(tzinfo=None, fold=0)
        found[wall] = (found.get(wall, (at, at))[0], at)
        at += timedelta(minutes=1)
    return found


SPAN = 16  # days


def open_minutes(own: Centre, first: date) -> set[datetime]:
    """Every real minute of SPAN days at which the one line `l` is open."""
    shown = showing(WARSAW.key, first, SPAN)
    order = sorted(shown)
    it = own.line("l")
    found: set[datetime] = set()
    for ahead in range(SPAN - 2):
        day = first + timedelta(days=ahead)
        begun = [it.since[since] for since in sorted(it.since) if since <= day]
        rule = begun[-1] if begun else it
        if rule.on_public_holiday == "closed" and day in own.calendar.holidays(day.year):
            continue
        for each in rule.hours:
            if EVERY_DAY[day.weekday()] not in each.days:
                continue
            midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001
            start, end = midnight + timedelta(minutes=each.start), midnight + timedelta(minutes=each.end)
            at = shown[start][0] if start in shown else shown[next(w for w in order if w > start)][0]
            until = shown[end][1] if end in shown else shown[next(w for w in order if w > end)][0]
            while at < until:
                found.add(at)
                at += timedelta(minutes=1)
    return found


quarter = st.integers(0, 95).map(lambda n: f"{n // 4:02}:{n % 4 * 15:02}")
quarter_end = st.integers(0, 96).map(lambda n: f"{n // 4:02}:{n % 4 * 15:02}")
hours = st.builds(
    window, quarter, quarter_end, st.lists(st.sampled_from(EVERY_DAY), min_size=1, unique=True)
).filter(lambda w: w["from"] != w["to"])
NIGHT = window("22:00", "06:00", EVERY_DAY)
HALF_PAST = window("02:15", "02:45", EVERY_DAY)
starts_of_spans = st.sampled_from(
    [date(2026, 10, 20), date(2027, 3, 24), date(2026, 12, 20), date(2026, 4, 28), date(2028, 2, 26)]
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(hours, min_size=1, max_size=4),
    st.sampled_from(["open", "closed"]),
    starts_of_spans,
    st.integers(1440, 1440 * 6),
)
@example([NIGHT], "closed", date(2026, 10, 20), 1440 * 5)
@example([NIGHT], "open", date(2027, 3, 24), 1440 * 4)
@example([HALF_PAST], "open", date(2026, 10, 20), 1440 * 5 + 30)
@example([HALF_PAST], "open", date(2027, 3, 24), 1440 * 4 + 60)
def test_opening_agrees_with_a_walk_over_real_minutes(
    windows: list[dict[str, Any]], policy: str, first: date, minute: int
) -> None:
    own = centre(line("l", *windows, on_public_holiday=policy))
    minutes = open_minutes(own, first)
    at = datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(minutes=minute)
    answer = opening(own, "l", at)
    assert isinstance(answer, Open) == (at in minutes)
    horizon = at + timedelta(days=8)
    change = at
    while (change in minutes) == (at in minutes) and change < horizon:
        change += timedelta(minutes=1)
    said = (
        answer.until if isinstance(answer, Open) else answer.next_open if isinstance(answer, Closed) else None
    )
    if change < horizon:
        assert said == change
    else:
        assert said is None or said >= horizon
    assert next_change(own, own.line("l"), at) == said
    if isinstance(answer, Closed):
        assert next_start(own, own.line("l"), at) == said


@given(
    st.permutations([window("08:00", "12:00"), window("11:00", "13:00"), window("22:00", "06:00", WEEKDAYS)])
)
def test_the_order_of_windows_changes_nothing(windows: list[dict[str, Any]]) -> None:
    sorted_own = centre(
        line("l", window("08:00", "12:00"), window("11:00", "13:00"), window("22:00", "06:00"))
    )
    own = centre(line("l", *windows))
    for hour in range(48):
        at = warsaw("2026-12-04 00:30") + timedelta(hours=hour)
        assert opening(own, "l", at) == opening(sorted_own, "l", at)
