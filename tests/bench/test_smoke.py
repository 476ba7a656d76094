"""Each measurement runs and measures something; whether a goal is met is asked of a machine that does nothing else."""

import pytest

from tests.bench import login, routing


@pytest.mark.slow
async def test_the_flood_of_sign_ins_reaches_the_passwords_and_the_chat_goes_on() -> None:
    found = await login.measure(rounds=1, seconds=5)
    print(login.report(found))
    assert len(found.quiet) > login.CALLERS
    assert len(found.flood) > login.CALLERS
    assert found.sign_ins["401"] > 0  # as far as the passwords
    assert found.sign_ins["429"] > 0  # and more than they take
    assert login.percentile(found.flood, 50) < 1000  # argon2 on the loop would make it six seconds
    assert login.percentile(found.flood, 99) < 5000  # and nine; a machine may pause for one


def test_the_rule_is_measured_at_every_size() -> None:
    found = routing.measure_rule(repeats=1)
    print(routing.report(found))
    assert found.passes.keys() == set(routing.SIZES)
    assert (
        found.passes[routing.SIZES[-1]] < 1000
    )  # a look at everybody for every contact would take many seconds


@pytest.mark.slow
async def test_offers_reach_the_screens_of_a_house_in_which_others_wait() -> None:
    found = await routing.measure_house(levels=(3,), arrivals=3, counsellors=4)
    print(routing.report(found))
    assert len(found.offers[3]) == 3
    assert max(found.offers[3]) < 5000
