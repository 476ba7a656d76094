"""Where a campaign with processes takes place: servers and a street of this release, in a folder of its own."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import factories, servers
from tests.bots.bot_api import BotApi, bot_api
from tests.conftest import HouseTemplate
from tests.flows.nursery import Nursery, nursery_of
from tests.flows.processes import Street, street_of


@dataclass(frozen=True)
class Ground:
    folder: Path
    postgres: servers.PostgresServer
    redis: servers.RedisServer
    nursery: Nursery
    street: Street
    api: BotApi  # Telegram's, for whoever starts a bot


@asynccontextmanager
async def ground_of(**given: Any) -> AsyncIterator[Ground]:
    """No process of ours is started yet; `given` are settings."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(servers.postgres_server())
        redis = stack.enter_context(servers.redis_server())
        main, keys = await HouseTemplate(postgres).copy()
        given |= {"database_url": main, "keys_url": keys, "redis_url": redis.url}
        settings = factories.settings_in(folder / "data", **given)
        nursery = await stack.enter_async_context(nursery_of())
        street = await stack.enter_async_context(street_of(settings, nursery, folder))
        api = await stack.enter_async_context(bot_api(street.system.clock.now))
        yield Ground(folder, postgres, redis, nursery, street, api)
