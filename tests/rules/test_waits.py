"""The wait that a caller is told: a basis, whoever left counts, and never less than was waited."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from hotline.rules.waits import BASIS, STEPS, Wait, minutes, usual


def waits(*lasted: float, answered: bool = True) -> list[Wait]:
    return [Wait(timedelta(minutes=each), answered) for each in lasted]


def test_a_number_needs_a_basis() -> None:
    few = waits(*[4] * (BASIS - 1))
    assert minutes(few, timedelta()) is None
    assert minutes([*few, *waits(4, answered=False)], timedelta()) is None
    assert minutes([*few, *waits(4)], timedelta()) == 5


def test_whoever_left_or_waits_still_waited_at_least_so_long() -> None:
    answered = waits(*[3] * BASIS)
    assert usual(answered) == timedelta(minutes=3)
    left = [*answered, *waits(*[2] * 4, answered=False)]
    assert usual(left) == timedelta(minutes=3)
    long = [*waits(*[3] * BASIS, 40), *waits(*[30] * 12, answered=False)]
    assert usual(long) == timedelta(minutes=40)
    assert (
        usual([*waits(*[3] * BASIS), *waits(*[30] * 12, answered=False)]) is None
    )  # half have had no answer yet


def test_nobody_is_told_less_than_they_have_waited() -> None:
    found = waits(*[9] * BASIS)
    assert minutes(found, timedelta(minutes=2)) == 10
    assert minutes(found, timedelta(minutes=9)) is None


def test_what_takes_longer_than_an_hour_has_no_number() -> None:
    assert minutes(waits(*[61] * BASIS), timedelta()) is None


@given(st.lists(st.tuples(st.integers(0, 5000), st.booleans()), max_size=40), st.integers(0, 5000))
def test_what_is_said_is_rounded_up_and_true_of_half(found: list[tuple[int, bool]], waited: int) -> None:
    seen = [Wait(timedelta(seconds=lasted), answered) for lasted, answered in found]
    told = minutes(seen, timedelta(seconds=waited))
    if told is not None:
        assert told in STEPS
        assert sum(each.answered for each in seen) >= BASIS
        within = [each for each in seen if each.answered and each.lasted <= timedelta(minutes=told)]
        known_longer = [each for each in seen if each.lasted > timedelta(minutes=told)]
        assert len(within) >= len(known_longer)
