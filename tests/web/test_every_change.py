"""Each route by which anything changes answers what its page sends; a new one needs a scene in the round."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import HouseTemplate
from tests.web.conftest import opened
from tests.web.doors import Doors
from tests.web.rounds import go_round, patterns, settings_for


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def doors(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Doors]:
    """One on each database."""
    folder = tmp_path_factory.mktemp("house")
    if request.param == "sqlite":
        async with opened(settings_for(folder)) as doors:
            yield doors
        return
    template: HouseTemplate = request.getfixturevalue("house_template")
    main, keys = await template.copy()
    async with opened(settings_for(folder, database_url=main, keys_url=keys)) as doors:
        yield doors
    await template.drop(main, keys)


async def test_every_route_that_changes_anything_answers_its_page(doors: Doors) -> None:
    assert await go_round(doors) == patterns().keys()
