"""The core of routing, searched state by state; and each of the seven guards, taken out of it, is missed at once."""

from collections.abc import Callable
from typing import Any

import pytest

from hotline.rules import assignment, dispatch, routing
from hotline.rules.contact import P1
from tests.rules.routing_world import Broken, House, Search

HOUSES = {
    "danger comes": House(("P3", P1)),
    "both ordinary": House(("P3", "P3")),
    "the wall": House(("P3", "P3"), walled=True),
    "both in danger": House((P1, P1)),
}


@pytest.mark.parametrize("house", HOUSES.values(), ids=HOUSES)
def test_whatever_happens_no_rule_breaks_and_everybody_reaches_a_good_end(
    house: House, request: pytest.FixtureRequest
) -> None:
    assert Search(house).run(request.config.getoption("--mischief")) > 1_000


Without = Callable[[pytest.MonkeyPatch], None]


def blind_to(*gates: str) -> Without:
    """The commit no longer asks these."""

    def take_out(patch: pytest.MonkeyPatch) -> None:
        def obstacles(*given: Any) -> tuple[str, ...]:
            return tuple(each for each in assignment.obstacles(*given) if each not in gates)

        patch.setattr(routing, "obstacles", obstacles)

    return take_out


def answering(guard: str, answer: object) -> Without:
    """The core's own guard always answers the same."""
    return lambda patch: patch.setattr(routing, guard, lambda *_: answer)


def no_token(patch: pytest.MonkeyPatch) -> None:
    answering("fits", True)(patch)
    answering("stands", True)(patch)


def no_next_rung(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(routing, "with_next_rung", lambda contact, *_: contact)
    patch.setattr(dispatch, "opened", lambda contact, *_: contact)


@pytest.mark.parametrize(
    ("without", "found"),
    [
        pytest.param(no_token, "S6: accepted without a live token", id="the token at accept"),
        pytest.param(blind_to("off_duty"), "S3: offered to who is not there", id="duty at commit"),
        pytest.param(blind_to("full"), "S4: offered over capacity", id="load at commit"),
        pytest.param(answering("overdue", False), "L3: an offer outlives", id="requeue on timeout"),
        pytest.param(answering("fallen", None), "S3: an offer stands", id="withdrawal at the shift's end"),
        pytest.param(answering("comes_after", False), "S5: ordinary before urgent", id="urgent first"),
        pytest.param(no_next_rung, "L1: somebody waits", id="overflow"),
    ],
)
def test_none_of_the_seven_guards_can_be_left_out(
    without: Without, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch)
    with pytest.raises(Broken, match=found):
        Search(HOUSES["danger comes"]).run(mischief=1)
