"""The check of a shift: which one is due, what it asks of which lines, how it stands, and for how long it rings."""

from datetime import datetime, timedelta

import pytest

from hotline import centres
from hotline.errors import CentreInvalid
from hotline.rules import shift_checks
from hotline.rules.centre_duty import ASKED, MEASURED
from hotline.rules.duty.answers import Seated
from hotline.rules.duty.board import Worked
from hotline.rules.duty.plan import Shift as Planned
from hotline.rules.shift_checks import Due, Saved, Shift
from hotline.texts import LANGUAGES, texts
from tests.factories import TRUST, instant
from tests.rules.small_centre import centre, line, window

NIGHT = (instant("2026-11-23T22:00"), instant("2026-11-24T06:00"))
MINUTE = timedelta(minutes=1)


def works(start: datetime, end: datetime, where: str = TRUST, tier: int = 1) -> Worked:
    shift = Planned("s", where, "anna", start, end, tier=tier)
    return Worked(start, end, where, Seated("anna", tier, shift, frozenset()))


def phase(worked: list[Worked], at: datetime) -> str | None:
    found = shift_checks.due(worked, at)
    return found.phase if found else None


def test_it_is_due_from_half_an_hour_before_and_turns_to_the_end_half_an_hour_before_that() -> None:
    start, end = NIGHT
    night = [works(start, end)]
    for at, expected in (
        (start - 31 * MINUTE, None),
        (start - 30 * MINUTE, "start"),
        (end - 31 * MINUTE, "start"),
        (end - 30 * MINUTE, "end"),
        (end + 29 * MINUTE, "end"),
        (end + 30 * MINUTE, None),
    ):
        assert phase(night, at) == expected, at
    short = [works(start, start + 20 * MINUTE)]
    assert [phase(short, start + minutes * MINUTE) for minutes in (9, 10)] == ["start", "end"]


def test_lines_at_once_and_shifts_that_follow_are_one_shift_and_a_backup_at_home_has_none() -> None:
    start, end = NIGHT
    worked = [works(start, end), works(start, end, "second"), works(end, end + 2 * 60 * MINUTE)]
    assert shift_checks.shifts(reversed(worked)) == [
        Shift(start, end + 2 * 60 * MINUTE, frozenset({TRUST, "second"}))
    ]
    assert phase(worked, end) == "start"
    assert phase([works(start, end, tier=2)], start) is None


def test_the_shift_that_begins_comes_before_the_one_that_is_over() -> None:
    start, end = NIGHT
    worked = [works(start, end), works(end + 20 * MINUTE, end + 500 * MINUTE)]
    found = shift_checks.due(worked, end)
    assert found is not None
    assert (found.phase, found.shift.start) == ("start", end + 20 * MINUTE)


def test_the_items_are_those_of_the_ways_by_which_callers_come() -> None:
    shipped = centres.load("kielce")

    def asked(at: str, *lines: str, bot: bool = True) -> list[str]:
        due = Due(Shift(*NIGHT, frozenset(lines)), at, *NIGHT)  # type: ignore[arg-type]
        return [item.id for item in shift_checks.items(shipped, due, bot=bot)]

    phone = ["phone_on", "phone_test", "greeting", "number_shown"]
    assert asked("start", TRUST) == [*phone, "console", "chat", "bot"]
    assert asked("start", TRUST, bot=False) == [*phone, "console", "chat"]
    assert asked("end", TRUST) == ["announcement", "announcement_test", "talks"]
    own = {
        "id": "keys",
        "at": "start",
        "channels": ["phone"],
        "label": {"pl": "Klucze", "uk": "Ключі", "en": "Keys"},
    }
    small = centre(line("a", window("08:00", "16:00")), shift_check=[own])
    by_phone = Due(Shift(*NIGHT, frozenset({"a"})), "start", *NIGHT)
    assert [item.id for item in shift_checks.items(small, by_phone, bot=True)] == [*phone, "keys"]
    with pytest.raises(CentreInvalid, match="label"):
        centre(line("a", window("08:00", "16:00")), shift_check=[{**own, "label": {"pl": "Klucze"}}])


def test_every_item_of_the_program_has_words() -> None:
    for item in (*ASKED, *MEASURED):
        assert set(texts()[f"check.item.{item}"]) == set(LANGUAGES)


def saved(due: Due, at: datetime, complete: bool = True, **results: str) -> Saved:
    return Saved(
        "1",
        due.phase,
        at,
        due.shift.end,
        {item: {"result": each} for item, each in results.items()},
        complete,
    )


def test_it_stands_open_then_late_until_everything_is_answered_and_failed_if_something_does_not_work() -> (
    None
):
    start, end = NIGHT
    due = shift_checks.due([works(start, end)], start)
    assert due is not None
    for now, done, expected in (
        (start + 14 * MINUTE, None, "open"),
        (start + 15 * MINUTE, None, "late"),
        (start + 15 * MINUTE, saved(due, start, complete=False, phone_on="ok"), "late"),
        (start + 15 * MINUTE, saved(due, start, phone_on="ok", chat="note"), "done"),
        (start + 15 * MINUTE, saved(due, start, complete=False, phone_on="bad"), "failed"),
        (start + 15 * MINUTE, saved(due, start - 31 * MINUTE, phone_on="ok"), "late"),  # of a shift before
    ):
        assert shift_checks.state(due, done, now) == expected, (now, done)
    ending = shift_checks.due([works(start, end)], end - MINUTE)
    assert ending is not None
    assert shift_checks.state(ending, saved(due, end - 31 * MINUTE, phone_on="ok"), end - MINUTE) == "open"
    assert shift_checks.state(ending, None, end) == "late"


def test_what_failed_rings_to_the_end_of_the_shift_and_what_failed_at_the_end_two_hours_more() -> None:
    start, end = NIGHT
    opening, ending = [shift_checks.due([works(start, end)], at) for at in (start, end)]
    assert opening is not None
    assert ending is not None
    first, last = saved(opening, start, phone_on="bad"), saved(ending, end, announcement="bad")
    assert shift_checks.rings(first, end - MINUTE)
    assert not shift_checks.rings(first, end)
    assert shift_checks.rings(last, end + 119 * MINUTE)
    assert not shift_checks.rings(last, end + 120 * MINUTE)
    assert not shift_checks.rings(saved(opening, start, phone_on="ok"), start)
