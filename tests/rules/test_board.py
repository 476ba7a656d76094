"""The board's words for people and lines, and where the roster leaves an open line alone."""

from datetime import UTC, datetime, timedelta

import pytest

from hotline import centres
from hotline.rules import board
from hotline.rules.alarms import LADDER_END, RUNG_SILENT
from hotline.rules.assignment import Person
from hotline.rules.centre import Centre
from hotline.rules.duty import Plan, Shift, build
from hotline.rules.duty.asking import Emptiness, next_empty
from hotline.rules.opening import Closed, Open, Unknown
from hotline.store.views import AlarmNow
from tests.factories import TRUST, instant

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def person(*, seen: float | None = 1, intent: str = "available", load: int = 0, owes: bool = False) -> Person:
    return Person(
        id="anna",
        duty_lines=frozenset({TRUST}),
        lines=frozenset({TRUST}),
        intent=intent,
        seen_at=None if seen is None else NOW - timedelta(seconds=seen),
        load=load,
        limit=2,
        owes_summary=owes,
        freed_at=None,
    )


@pytest.mark.parametrize(
    ("who", "state"),
    [
        (person(), "available"),
        (person(seen=None, load=1), "silent"),
        (person(seen=26), "silent"),
        (person(intent="off", load=1), "off"),
        (person(intent="break", owes=True), "break"),
        (person(load=2, owes=True), "talking"),
        (person(owes=True), "wrap_up"),
    ],
)
def test_a_person_in_one_word(who: Person, state: str) -> None:
    assert board.person_state(who, NOW) == state


def test_only_an_open_line_can_lack_somebody() -> None:
    for answer in (Closed(None), Unknown()):
        assert board.line_trouble(answer, [], NOW) is None
    is_open = Open(None)
    assert board.line_trouble(is_open, [], NOW) == "nobody_on_duty"
    assert board.line_trouble(is_open, [person(seen=60)], NOW) == "nobody_present"
    assert board.line_trouble(is_open, [person(intent="off"), person(seen=60)], NOW) == "nobody_taking"
    assert board.line_trouble(is_open, [person(intent="off"), person()], NOW) is None


def test_the_engine_is_missed_after_fifteen_seconds_without_a_renewal() -> None:
    life = timedelta(seconds=3)
    assert board.engine_gone(None, life, NOW)
    assert not board.engine_gone(NOW - timedelta(seconds=12), life, NOW)
    assert board.engine_gone(NOW - timedelta(seconds=12.1), life, NOW)


def next_gap(
    centre: Centre, shifts: list[Shift], line: str, at: datetime, until: datetime
) -> Emptiness | None:
    return next_empty(build(centre, Plan.of(shifts), at, until + timedelta(days=9)), line, at, until)


def test_the_next_gap_is_where_an_open_line_is_left_alone() -> None:
    centre = centres.load("kielce", [centres.DEMO])
    at, until = instant("2026-11-23T10:00"), instant("2026-11-25T10:00")

    def shift(who: str, start: str, end: str) -> Shift:
        return Shift(f"{who}{start}", TRUST, who, instant(start), instant(end))

    day = shift("anna", "2026-11-23T06:00", "2026-11-23T14:00")
    evening = shift("beata", "2026-11-23T14:00", "2026-11-23T22:00")
    morning = shift("anna", "2026-11-24T06:00", "2026-11-26T06:00")
    found = next_gap(centre, [day, evening, morning], TRUST, at, until)
    assert found == Emptiness(instant("2026-11-23T22:00"), instant("2026-11-24T06:00"))
    assert next_gap(centre, [evening, morning], TRUST, at, until) == Emptiness(
        at, instant("2026-11-23T14:00")
    )
    night = shift("celina", "2026-11-23T21:30", "2026-11-24T06:00")
    assert next_gap(centre, [day, evening, night, morning], TRUST, at, until) is None


def test_a_line_that_is_closed_or_never_said_has_no_gap() -> None:
    centre = centres.load("kielce", [centres.DEMO])
    at = instant("2026-11-28T10:00")  # a Saturday
    assert next_gap(centre, [], "social_support", at, at + timedelta(days=9)) is None
    monday = instant("2026-11-30T08:00")
    found = next_gap(centre, [], "sow_perpetrators", at, at + timedelta(days=9))
    assert found is not None
    assert found.starts_at == monday


def test_ten_callers_whom_nobody_is_left_to_take_are_one_piece_of_news_per_line() -> None:
    def rings(kind: str, contact: str, line: str = "trust", seen_by: str | None = None) -> AlarmNow:
        return AlarmNow(f"{kind}-{contact}", kind, contact, contact, None, line, NOW, seen_by)

    alarms = [
        rings(RUNG_SILENT, "a"), rings(LADDER_END, "a"), rings(RUNG_SILENT, "b"), rings(LADDER_END, "c"),
        rings(LADDER_END, "d", "other"), rings(LADDER_END, "e", seen_by="Halina"), rings(LADDER_END, "f"),
    ]  # fmt: skip
    shown = [(each.id, more) for each, more in board.told_apart(alarms)]
    assert shown == [
        ("ladder_end-a", 2), ("rung_silent-b", 0), ("ladder_end-d", 0), ("ladder_end-e", 0),
    ]  # fmt: skip
