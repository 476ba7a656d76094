"""The town of a story: on SQLite, and on PostgreSQL too where a story says `BOTH`."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests import factories
from tests.conftest import HouseTemplate
from tests.flows.town import Town, town_of


@pytest.fixture
async def town(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    if getattr(request, "param", "sqlite") == "sqlite":
        async with town_of(factories.settings_in(tmp_path)) as made:
            yield made
        return
    template: HouseTemplate = request.getfixturevalue("house_template")
    main, keys = await template.copy()
    async with town_of(factories.settings_in(tmp_path, database_url=main, keys_url=keys)) as made:
        yield made
    await template.drop(main, keys)
