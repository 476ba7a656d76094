"""The hours of a line swept over a span: at every instant what `opening` says, whatever changes on whichever day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from hotline.rules.opening import Closed, Open, next_change, opening, stretches
from tests.rules.small_centre import EVERY_DAY, centre, line, warsaw, window
from tests.rules.test_dated_hours import ALWAYS, UNSTATED, dated, rule
from tests.rules.test_opening import NIGHT, hours

POLICIES = ["open", "closed", "assume_closed", "unstated"]
FIRSTS = [date(2026, 10, 20), date(2026, 12, 20), date(2027, 3, 24), date(2027, 5, 1)]
some = st.lists(hours, min_size=1, max_size=2)
policies = st.sampled_from(POLICIES)


def kind(answer: object) -> str:
    return {Open: "open", Closed: "closed"}.get(type(answer), "unknown")


@settings(max_examples=25, deadline=None)
@given(
    some,
    policies,
    st.sampled_from(FIRSTS),
    st.integers(0, 8),
    st.none() | st.just(ALWAYS) | st.just(UNSTATED) | some,
)
@example([window("00:00", "24:00", EVERY_DAY)], "open", date(2026, 12, 20), 3, [NIGHT])
def test_swept_hours_are_what_opening_says(
    former: list[Any], policy: str, first: date, after: int, later: Any
) -> None:
    changed = rule(*later, on_public_holiday=policy) if isinstance(later, list) else later
    own_line = line("m", *former, on_public_holiday=policy)
    if later is not None:
        own_line = dated(own_line, **{(first + timedelta(days=after)).isoformat(): changed})
    shut = {"id": "c", "from": first, "to": first, "lines": ["m"], "reason_pl": "remont"}
    own = centre(line("l", same_as="m"), own_line, closure=[] if later in (ALWAYS, UNSTATED) else [shut])
    start = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(hours=5)
    end = start + timedelta(days=12)
    found = stretches(own, "l", start, end)
    assert found[0].start == start
    for number, each in enumerate(found):
        until = found[number + 1].start if number + 1 < len(found) else end
        assert each.start < until
        for when in (each.start, each.start + (until - each.start) / 2, until - timedelta(seconds=1)):
            assert kind(opening(own, "l", when)) == each.kind
        change = next_change(own, own.line("l"), each.start)
        assert change == until if until < end else change is None or change >= end


def test_a_line_that_never_closes_is_one_stretch_and_one_that_stops_is_two() -> None:
    own = centre(line("l", **ALWAYS), dated(line("m", **ALWAYS), **{"2026-12-02": UNSTATED}))
    start, end = warsaw("2026-12-01 00:00"), warsaw("2027-12-01 00:00")
    assert [each.kind for each in stretches(own, "l", start, end)] == ["open"]
    assert [each.kind for each in stretches(own, "m", start, end)] == ["open", "unknown"]
