"""Updates that were put aside, in the operator's shell: which there are, try one again, discard one."""

import json

from aiogram.types import Update

from bots.telegram.api import open_bot
from bots.telegram.receive import Receiver
from bots.telegram.speaker import Speaker
from hotline.actions import parking
from hotline.errors import Malformed
from hotline.rules.access import OPERATOR
from hotline.rules.civil_time import local
from hotline.store import queries
from hotline.system import System


async def show(system: System) -> list[str]:
    """A line for each: id, when it was given up, after how many tries, why. What it says is never shown."""
    async with system.read() as tx:
        rows = await queries.parked_updates(tx)
    zone = system.centre.zone
    return [
        f"{row.id} {local(row.parked_at, zone):%Y-%m-%d %H:%M} tries {row.tries} {row.reason}" for row in rows
    ]


async def retry(system: System, row_id: str) -> None:
    """Take it as if it came now. What it had done already stays done once. Raises NotFound, or what it fails with."""
    key, payload = await parking.payload(system, OPERATOR, row_id)
    receiver = Receiver(system)
    update = Update.model_validate(json.loads(payload))
    if receiver.key_of(update.update_id) != key:
        raise Malformed(field="update")
    bot = open_bot(system.settings)
    try:
        outcome = await receiver.receive(update)
        await parking.take_out(system, OPERATOR, row_id, "taken")
        for answer in outcome.answers:
            await Speaker(bot).say(answer)
    finally:
        await bot.session.close()


async def discard(system: System, row_id: str) -> None:
    """Nothing of it is kept. Raises NotFound."""
    await parking.take_out(system, OPERATOR, row_id, "discarded")
