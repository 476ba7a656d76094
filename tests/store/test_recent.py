"""What is at hand of a conversation is whole, or it is not used: a gap in it would be words that nobody sees."""

from datetime import UTC, datetime

from hotline.store.lines import Line, row_of
from hotline.store.recent import ENTRIES, KEPT_SECONDS, ROW, Recent, Rows

MORNING = datetime(2026, 11, 23, 9, tzinfo=UTC)


def rows(*numbers: int) -> Rows:
    lines = ((number, Line("talk", f"m{number}", "message", "caller")) for number in numbers)
    return [row_of(line, number, MORNING, outgoing=False) for number, line in lines]


def after(recent: Recent, seq: int) -> list[int]:
    return [row.seq for row in recent.after("talk", seq)]


def test_what_follows_a_number_and_nothing_before_it() -> None:
    recent = Recent()
    recent.keep("talk", 3, rows(4, 5))
    recent.keep("talk", 5, rows(6))
    assert (after(recent, 3), after(recent, 5), after(recent, 6)) == ([4, 5, 6], [6], [])
    assert after(recent, 2) == []  # the third is not known here


def test_where_another_process_wrote_there_is_no_hole() -> None:
    recent = Recent()
    recent.keep("talk", 0, rows(1, 2))
    recent.keep("talk", 3, rows(4))  # the third was written elsewhere
    assert after(recent, 2) == []
    assert after(recent, 3) == [4]


def test_what_is_read_again_is_there_once() -> None:
    recent = Recent()
    recent.keep("talk", 0, rows(1, 2))
    recent.keep("talk", 1, rows(2, 3))
    assert after(recent, 0) == [1, 2, 3]


def test_whoever_is_further_behind_than_what_is_kept_asks_the_database() -> None:
    recent = Recent()
    recent.keep("talk", 0, rows(*range(1, ENTRIES + 3)))
    assert after(recent, 1) == []
    assert after(recent, 2) == [*range(3, ENTRIES + 3)]


def test_what_was_told_is_remembered_beside_what_was_only_read() -> None:
    recent = Recent()
    recent.keep("talk", 0, rows(1))
    assert recent.told("talk") is None
    recent.keep("talk", 1, rows(2), told=True)
    recent.keep("talk", 2, rows(3))
    assert recent.told("talk") == 2


def test_what_is_doubted_is_not_used_until_it_is_read_again() -> None:
    recent = Recent()
    recent.keep("talk", 0, rows(1, 2), told=True)
    recent.doubt("talk")
    assert (after(recent, 0), recent.told("talk")) == ([], None)
    recent.keep("talk", 1, rows(2, 3), told=True)
    assert (after(recent, 1), recent.told("talk")) == ([2, 3], 3)
    recent.doubt("another")  # of which nothing is known


def test_an_entry_that_is_stored_and_not_here_makes_what_is_here_doubtful() -> None:
    recent = Recent()
    recent.keep("talk", 0, rows(1, 2), told=True)
    assert recent.is_told("talk", 2)
    assert recent.is_told("talk", 1)  # a look of a moment ago: there are newer ones here
    assert after(recent, 0) == [1, 2]
    assert not recent.is_told("talk", 3)
    assert after(recent, 0) == []
    assert recent.is_told("another", 1) is False


def test_what_is_just_being_stored_here_is_no_reason_to_doubt() -> None:
    """The rows have it a moment before this process knows. Once it does, what is stored beyond that was elsewhere."""
    recent = Recent()
    recent.keep("talk", 0, rows(1, 2), told=True)
    recent.under_way = {"talk", "new"}
    assert recent.is_told("talk", 2)
    assert recent.is_told("talk", 3) is None
    assert recent.is_told("new", 1) is None
    assert after(recent, 0) == [1, 2]
    recent.keep("talk", 2, rows(3), told=True)
    recent.under_way = ()
    assert recent.is_told("talk", 3)
    assert recent.is_told("talk", 4) is False
    assert after(recent, 0) == []


def test_whose_words_are_oldest_is_forgotten_first_when_it_grows_heavy() -> None:
    recent = Recent(weight=3 * ROW)
    recent.keep("talk", 0, rows(1, 2))
    recent.keep("other", 0, rows(1))
    assert after(recent, 0) == [1, 2]
    recent.keep("other", 5, rows(6, 7))  # in place of what was kept of it
    assert after(recent, 0) == []
    assert [row.seq for row in recent.after("other", 5)] == [6, 7]
    recent.keep("talk", 2, rows(3))
    assert [row.seq for row in recent.after("other", 5)] == [6, 7]


def test_of_whom_nothing_was_said_for_a_while_is_forgotten_when_others_speak() -> None:
    now = 0.0
    recent = Recent(clock=lambda: now)
    recent.keep("talk", 0, rows(1))
    now = KEPT_SECONDS
    recent.keep("another", 0, rows(1))
    assert after(recent, 0) == []
    recent.keep("talk", 1, rows(2))
    assert (after(recent, 0), after(recent, 1)) == ([], [2])
