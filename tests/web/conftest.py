"""Houses that the tests of one file share: nothing they do to one contact shows in another."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hotline.config import Settings
from hotline.web import body, sign_in
from tests import factories
from tests.conftest import HouseTemplate
from tests.factories import MovableClock
from tests.web.doors import Doors, doors_of


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Doors]:
    """A house whose engine is at rest, so that offers are made by the tests alone; its refusals are quick."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sign_in, "REFUSAL_SECONDS", (0.0, 0.01))
        patch.setattr(body, "REFUSAL_SECONDS", 0.01)
        async with (
            factories.running_house(settings, MovableClock(), engine=False) as running,
            doors_of(running) as doors,
        ):
            yield doors


@pytest.fixture(scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    async with opened(factories.settings_in(tmp_path_factory.mktemp("house"))) as doors:
        yield doors


BOTH = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))


@pytest.fixture(scope="module", params=BOTH)
async def both_doors(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Doors]:
    """One on each database: what one stores the other may refuse."""
    async with opened_on(request, tmp_path_factory.mktemp("house"), factories.settings_in) as doors:
        yield doors


@asynccontextmanager
async def opened_on(
    request: pytest.FixtureRequest, folder: Path, settings: Callable[..., Settings]
) -> AsyncIterator[Doors]:
    """On the database that the fixture's parameter names, with these settings."""
    if request.param == "sqlite":
        async with opened(settings(folder)) as doors:
            yield doors
        return
    template: HouseTemplate = request.getfixturevalue("house_template")
    main, keys = await template.copy()
    async with opened(settings(folder, database_url=main, keys_url=keys)) as doors:
        yield doors
    await template.drop(main, keys)
