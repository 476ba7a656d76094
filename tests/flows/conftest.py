"""The town of a story: every story is told twice, in a house that is one process and in one that is several."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests import factories, servers
from tests.conftest import HouseTemplate
from tests.flows.houses import Apart, Embedded, House, apart_of
from tests.flows.nursery import Nursery, nursery_of
from tests.flows.processes import Street, street_of
from tests.flows.town import Town, town_of


@pytest.fixture(scope="session")
async def nursery() -> AsyncIterator[Nursery]:
    async with nursery_of() as made:
        yield made


@pytest.fixture(scope="session")
async def apart(
    house_template: HouseTemplate, nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Apart]:
    """The one of the run, with a Redis of its own: others count who listens at theirs."""
    folder = tmp_path_factory.mktemp("apart")
    main, keys = await house_template.copy()
    with servers.redis_server() as redis:
        given = {"database_url": main, "keys_url": keys, "redis_url": redis.url}
        async with apart_of(factories.settings_in(folder / "data", **given), nursery, folder) as made:
            yield made
    await house_template.drop(main, keys)


@pytest.fixture(
    params=["embedded", pytest.param("apart", marks=[pytest.mark.postgres, pytest.mark.redis])],
)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    if request.param == "embedded":
        return Embedded(factories.settings_in(tmp_path))
    apart: Apart = request.getfixturevalue("apart")
    return apart


@pytest.fixture
async def town(house: House) -> AsyncIterator[Town]:
    async with town_of(house) as made:
        yield made


# -- processes with the clock of the day, of which some may die ---------------------------------------------


@pytest.fixture
def redis() -> Iterator[servers.RedisServer]:
    """One of this test's own: it may be stopped."""
    with servers.redis_server() as server:
        yield server


@pytest.fixture(scope="session")
def own_postgres() -> Iterator[servers.PostgresServer]:
    """One that may be restarted: nobody else's tests are on it."""
    with servers.postgres_server() as server:
        yield server


@pytest.fixture
async def street(
    house_template: HouseTemplate, redis: servers.RedisServer, nursery: Nursery, tmp_path: Path
) -> AsyncIterator[Street]:
    async with _street_on(house_template, redis, nursery, tmp_path) as made:
        yield made


@pytest.fixture
async def street_on_own_postgres(
    own_postgres: servers.PostgresServer, redis: servers.RedisServer, nursery: Nursery, tmp_path: Path
) -> AsyncIterator[Street]:
    async with _street_on(HouseTemplate(own_postgres), redis, nursery, tmp_path) as made:
        yield made


@asynccontextmanager
async def _street_on(
    template: HouseTemplate, redis: servers.RedisServer, nursery: Nursery, folder: Path
) -> AsyncIterator[Street]:
    main, keys = await template.copy()
    settings = factories.settings_in(folder / "data", database_url=main, keys_url=keys, redis_url=redis.url)
    async with street_of(settings, nursery, folder) as made:
        yield made
    await template.drop(main, keys)
