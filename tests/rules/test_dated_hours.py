"""Hours that change on a local day, and lines that keep another's: true at every minute around the change."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hotline.errors import CentreInvalid
from hotline.rules.centre_checks import keeps_own_hours
from hotline.rules.opening import Closed, Open, Opening, Unknown, next_change, next_start, opening
from tests.rules.small_centre import EVERY_DAY, centre, line, warsaw, window
from tests.rules.test_opening import NIGHT, hours, open_minutes, starts_of_spans

ALWAYS = {"always": True}
UNSTATED = {"hours_status": "unstated"}


def dated(base: dict[str, Any], **since: Any) -> dict[str, Any]:
    return {**base, "since": since}


def rule(*windows: Any, **keys: Any) -> dict[str, Any]:
    return {"hours": list(windows), **keys}


def answers(own: Any, *at: str) -> list[Opening]:
    return [opening(own, "l", warsaw(each)) for each in at]


def test_a_night_begun_under_former_hours_runs_to_its_end() -> None:
    own = centre(dated(line("l", NIGHT), **{"2026-12-02": rule(window("08:00", "16:00"))}))
    eve, early, gap, day, evening = answers(
        own,
        "2026-12-01 23:00", "2026-12-02 05:59", "2026-12-02 06:00", "2026-12-02 08:00", "2026-12-02 23:00",
    )  # fmt: skip
    assert eve == early == Open(warsaw("2026-12-02 06:00").astimezone(UTC))
    assert gap == Closed(warsaw("2026-12-02 08:00"))
    assert day == Open(warsaw("2026-12-02 16:00"))
    assert evening == Closed(warsaw("2026-12-03 08:00"))


def test_the_night_before_new_night_hours_is_not_theirs() -> None:
    own = centre(dated(line("l", window("08:00", "16:00")), **{"2026-12-02": rule(NIGHT)}))
    assert answers(own, "2026-12-02 01:00") == [Closed(warsaw("2026-12-02 22:00"))]


def test_always_until_a_day_and_always_from_a_day() -> None:
    ends = centre(dated(line("l", **ALWAYS), **{"2026-12-02": rule(window("08:00", "16:00"))}))
    assert answers(ends, "2026-11-30 12:00", "2026-12-02 00:00") == [
        Open(warsaw("2026-12-02 00:00")),
        Closed(warsaw("2026-12-02 08:00")),
    ]
    begins = centre(dated(line("l", window("08:00", "16:00")), **{"2026-12-02": ALWAYS}))
    assert answers(begins, "2026-12-01 20:00", "2026-12-02 00:00", "2026-12-24 12:00") == [
        Closed(warsaw("2026-12-02 00:00")),
        Open(None),
        Open(None),
    ]


def test_hours_that_become_known_and_unknown_again() -> None:
    known = {"2026-12-02": rule(window("08:00", "16:00")), "2026-12-04": UNSTATED}
    own = centre(dated(line("l", **UNSTATED), **known))
    before, closed, last, after = answers(
        own, "2026-12-01 12:00", "2026-12-02 07:00", "2026-12-03 20:00", "2026-12-04 00:00"
    )
    assert (before, after) == (Unknown(), Unknown())
    assert closed == Closed(warsaw("2026-12-02 08:00"))
    assert last == Closed(None)
    assert next_change(own, own.line("l"), warsaw("2026-12-01 12:00")) == warsaw("2026-12-02 00:00")
    assert next_change(own, own.line("l"), warsaw("2026-12-03 20:00")) == warsaw("2026-12-04 00:00")
    assert next_change(own, own.line("l"), warsaw("2026-12-05 20:00")) is None


def test_holidays_follow_the_policy_of_their_day() -> None:
    own = centre(
        dated(
            line("l", window("08:00", "16:00")),
            **{"2026-12-25": rule(window("08:00", "16:00", EVERY_DAY), on_public_holiday="open")},
        )
    )
    eve, christmas = answers(own, "2026-12-24 12:00", "2026-12-25 12:00")
    assert eve == Closed(warsaw("2026-12-25 08:00"), assumed=True)
    assert isinstance(christmas, Open)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(hours, min_size=1, max_size=3),
    st.lists(hours, min_size=1, max_size=3),
    st.sampled_from(["open", "closed"]),
    starts_of_spans,
    st.integers(1, 7),
    st.integers(1440, 1440 * 6),
)
@example([NIGHT], [NIGHT], "open", date(2026, 10, 20), 5, 1440 * 5)
@example([window("00:00", "24:00", EVERY_DAY)], [NIGHT], "closed", date(2027, 3, 24), 4, 1440 * 4)
def test_a_change_of_hours_agrees_with_a_walk_over_real_minutes(
    former: list[Any], new: list[Any], policy: str, first: date, after: int, minute: int
) -> None:
    day = (first + timedelta(days=after)).isoformat()
    changed = {day: rule(*new, on_public_holiday=policy)}
    own = centre(dated(line("l", *former, on_public_holiday=policy), **changed))
    minutes = open_minutes(own, first)
    at = datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(minutes=minute)
    answer = opening(own, "l", at)
    assert isinstance(answer, Open) == (at in minutes)
    change = at
    while (change in minutes) == (at in minutes) and change < at + timedelta(days=7):
        change += timedelta(minutes=1)
    if change < at + timedelta(days=7):
        assert change == (answer.until if isinstance(answer, Open) else next_start(own, own.line("l"), at))
        assert next_change(own, own.line("l"), at) == change


# -- the same as another line ----------------------------------------------------------------------------


def test_a_line_keeps_the_hours_and_holidays_of_another_over_its_changes() -> None:
    keeper = line("l", same_as="m")
    other = dated(line("m", same_as="n"), **{"2026-12-02": rule(window("10:00", "12:00"))})
    own = centre(keeper, other, line("n", window("08:00", "16:00"), on_public_holiday="open"))
    first, second = answers(own, "2026-12-01 09:00", "2026-12-02 09:00")
    assert first == Open(warsaw("2026-12-01 16:00"))
    assert second == Closed(warsaw("2026-12-02 10:00"))
    for hour in range(96):
        at = warsaw("2026-12-01 00:30") + timedelta(hours=hour)
        assert opening(own, "l", at) == opening(own, "m", at)


def test_unknown_stays_unknown_for_who_keeps_it() -> None:
    own = centre(line("l", same_as="m"), line("m", **UNSTATED))
    assert answers(own, "2026-12-01 09:00") == [Unknown()]


def test_a_closure_touches_the_line_it_names_and_not_who_keeps_its_hours() -> None:
    closure = {"id": "c", "from": "2026-12-01", "to": "2026-12-01", "lines": ["m"], "reason_pl": "remont"}
    own = centre(line("l", same_as="m"), line("m", window("08:00", "16:00")), closure=[closure])
    at = warsaw("2026-12-01 09:00")
    assert isinstance(opening(own, "l", at), Open)
    assert isinstance(opening(own, "m", at), Closed)


def test_circles_and_strangers_are_refused_whenever_they_begin() -> None:
    for lines, told in (
        ([line("l", same_as="l")], "l → l"),
        ([line("l", same_as="m"), line("m", same_as="l")], "l → m → l"),
        (
            [line("l", same_as="m"), dated(line("m", **ALWAYS), **{"2027-01-01": {"same_as": "l"}})],
            "l → m → l",
        ),
        ([line("l", same_as="x")], 'no line is called "x"'),
    ):
        with pytest.raises(CentreInvalid) as caught:
            centre(*lines)
        assert told in str(caught.value.params["reason"])


def test_a_circle_is_seen_before_it_is_closed() -> None:
    later = dated(line("n", **ALWAYS), **{"2027-01-01": {"same_as": "l"}})
    own = centre(line("l", window("08:00", "16:00")), line("m", same_as="l"), later)
    mine = own.line("l")
    assert keeps_own_hours(own, mine, "", date(2026, 12, 1))
    assert not keeps_own_hours(own, mine, "l", date(2026, 12, 1))
    assert not keeps_own_hours(own, mine, "m", date(2026, 12, 1))
    assert not keeps_own_hours(own, mine, "n", date(2026, 12, 1))
    assert keeps_own_hours(own, own.line("m"), "n", date(2026, 12, 1))


def test_a_line_may_not_close_for_a_day_on_which_it_is_always_open() -> None:
    closure = {"id": "c", "from": "2026-12-01", "to": "2026-12-03", "lines": ["l"], "reason_pl": "remont"}
    until = {"2026-12-04": rule(window("08:00", "16:00"))}
    with pytest.raises(CentreInvalid, match="no hours that could be closed"):
        centre(dated(line("l", **ALWAYS), **until), closure=[closure])
    reaching = {**closure, "to": "2026-12-04"}
    own = centre(dated(line("l", **ALWAYS), **until), closure=[reaching])
    assert answers(own, "2026-12-03 12:00", "2026-12-04 12:00") == [
        Open(warsaw("2026-12-04 00:00")),
        Closed(warsaw("2026-12-07 08:00")),
    ]
