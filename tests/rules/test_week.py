"""Some hours of the simulated week; `python -m tests.torture.week --long` goes through whole ones."""

import pytest

from tests.rules.week.bugs import BUGS
from tests.rules.week.house import House
from tests.torture import week

HOURS = House(0.9, days=0.125, rough=True)


def test_hours_in_which_everything_goes_wrong_and_equal_people_on_a_calm_day() -> None:
    assert week.run(HOURS).came > 50
    shares = [who.taken for who in week.run(House(0.8, days=0.25, equal=True)).people.values()]
    assert min(shares) > 3


@pytest.mark.parametrize("name", ["P1 rings one console", "first come by id", "the deadline never ends"])
def test_a_mistake_in_the_rules_is_missed(name: str) -> None:
    broken = week.what_misses(name, [HOURS])
    assert broken is not None
    assert broken.startswith(BUGS[name].missed_by)
