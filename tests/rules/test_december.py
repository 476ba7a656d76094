"""December 2026 in Kielce, quarter by quarter, against the hours of the founding document copied out by hand.

Nothing of ours helps to find the expected answer: no calendar, no zone, no window. The document says Monday to
Friday for three lines, the whole day for two and nothing for seven; holidays are 24, 25 and 26 December 2026
and 1 January 2027. Poland is an hour ahead of UTC all through the month.
"""

from datetime import UTC, date, datetime, timedelta

import pytest

from hotline import centres
from hotline.rules.opening import Closed, Open, Opening, Unknown, opening

kielce = centres.load("kielce")

DAY_SHIFT = {
    "Mon": "08:00-18:00",
    "Tue": "08:00-18:00",
    "Wed": "08:00-18:00",
    "Thu": "08:00-18:00",
    "Fri": "08:00-18:00",
    "Sat": "",
    "Sun": "",
    "holiday": "",
}
OFFICE = {
    "Mon": "08:00-16:00",
    "Tue": "08:00-16:00",
    "Wed": "08:00-16:00",
    "Thu": "08:00-16:00",
    "Fri": "08:00-16:00",
    "Sat": "",
    "Sun": "",
    "holiday": "",
}
ROUND_THE_CLOCK = "always"
NOT_STATED = "unknown"

DOCUMENT: dict[str, dict[str, str] | str] = {
    "sow_victims_day": DAY_SHIFT,
    "sow_victims_24h": ROUND_THE_CLOCK,
    "city_trust_19513": ROUND_THE_CLOCK,
    "sow_perpetrators": OFFICE,
    "family_trust": DAY_SHIFT,
    "social_support": NOT_STATED,
    "family_prevention_1": NOT_STATED,
    "family_prevention_2": NOT_STATED,
    "kis": NOT_STATED,
    "homeless_mielczarskiego_1": NOT_STATED,
    "homeless_mielczarskiego_2": NOT_STATED,
    "homeless_zniwna": NOT_STATED,
}

# 1 December 2026 is a Tuesday; the table runs on to the first opening of 2027.
CALENDAR = """
01 Tue  02 Wed  03 Thu  04 Fri  05 Sat  06 Sun
07 Mon  08 Tue  09 Wed  10 Thu  11 Fri  12 Sat  13 Sun
14 Mon  15 Tue  16 Wed  17 Thu  18 Fri  19 Sat  20 Sun
21 Mon  22 Tue  23 Wed  24 holiday  25 holiday  26 holiday  27 Sun
28 Mon  29 Tue  30 Wed  31 Thu
"""
JANUARY = "01 holiday  02 Sat  03 Sun  04 Mon"

QUARTER = timedelta(minutes=15)
AHEAD = timedelta(hours=1)  # Central European Time


def days() -> list[tuple[date, str]]:
    written = [(2026, 12, CALENDAR.split()), (2027, 1, JANUARY.split())]
    return [
        (date(year, month, int(number)), name)
        for year, month, words in written
        for number, name in zip(words[::2], words[1::2], strict=True)
    ]


def spans(hours: dict[str, str]) -> list[tuple[datetime, datetime]]:
    """The (opening, closing) instants in UTC, in order."""
    found = []
    for day, name in days():
        if hours[name]:
            edges = [datetime.fromisoformat(f"{day} {time}+01:00") for time in hours[name].split("-")]
            found.append((edges[0].astimezone(UTC), edges[1].astimezone(UTC)))
    return found


def expected(hours: dict[str, str] | str, at: datetime) -> tuple[str, datetime | None]:
    """(open, closed or unknown, when that ends)"""
    if isinstance(hours, str):
        return ("open", None) if hours == ROUND_THE_CLOCK else ("unknown", None)
    for start, end in spans(hours):
        if at < start:
            return "closed", start
        if at < end:
            return "open", end
    raise AssertionError("the table ends too early")


def answered(answer: Opening) -> tuple[str, datetime | None]:
    match answer:
        case Open(until=until):
            return "open", until
        case Closed(next_open=next_open):
            return "closed", next_open
        case Unknown():
            return "unknown", None


def test_the_table_names_every_line_and_every_day() -> None:
    assert DOCUMENT.keys() == kielce.lines.keys()
    assert [day for day, _ in days()] == [date(2026, 12, 1) + timedelta(days=each) for each in range(35)]
    assert all(name in ("holiday", f"{day:%a}") for day, name in days())


@pytest.mark.parametrize("line_id", DOCUMENT)
def test_every_quarter_of_an_hour_of_december(line_id: str) -> None:
    midnight = datetime(2026, 12, 1, tzinfo=UTC) - AHEAD
    line, hours = kielce.line(line_id), DOCUMENT[line_id]
    wrong = []
    for quarter in range(31 * 24 * 4):
        at = midnight + quarter * QUARTER
        told = answered(opening(kielce, line, at))
        if told != expected(hours, at):
            wrong.append((at + AHEAD, told))
    assert wrong == []
