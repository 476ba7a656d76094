"""Each route by which anything changes answers what its page sends; a new one needs a scene in the round."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.web.conftest import BOTH, opened_on
from tests.web.doors import Doors
from tests.web.rounds import go_round, patterns, settings_for


@pytest.fixture(params=BOTH)
async def doors(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Doors]:
    async with opened_on(request, tmp_path, settings_for) as doors:
        yield doors


async def test_every_route_that_changes_anything_answers_its_page(doors: Doors) -> None:
    assert await go_round(doors) == patterns().keys()
