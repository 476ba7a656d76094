"""Each measurement runs and measures something; whether a goal is met is asked of a machine that does nothing else."""

import pytest

from tests.bench import login


@pytest.mark.slow
async def test_the_flood_of_sign_ins_reaches_the_passwords_and_the_chat_goes_on() -> None:
    found = await login.measure(rounds=1, seconds=5)
    print(login.report(found))
    assert len(found.quiet) > login.CALLERS
    assert len(found.flood) > login.CALLERS
    assert found.sign_ins["401"] > 0  # as far as the passwords
    assert found.sign_ins["429"] > 0  # and more than they take
    assert login.percentile(found.flood, 99) < 1000  # argon2 on the loop would make it seconds
