"""The bot is killed: Telegram keeps what callers write meanwhile, the house keeps what counsellors write."""

import signal

import pytest

from tests.bots.bot_api import bot_api
from tests.flows.phones import Phone
from tests.flows.processes import Street

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]


async def test_the_bot_is_killed_in_the_middle_of_a_talk(street: Street) -> None:
    _, there, _, _ = await street.opens()
    anna = await street.counsellor("Anna", there)
    async with bot_api(street.system.clock.now) as api:
        bot = await street.bot(api)
        olena = Phone(api, 5_000_111_222)
        await olena.writes("/start")
        await olena.writes("Nie wiem, od czego zacząć.")
        contact = await anna.answers_next()
        await olena.reads("Tu dyżur: Anna.")
        await anna.replies(contact, "Słucham.")
        await olena.reads("Słucham.")
        await olena.writes("Jest ktoś?")
        await anna.reads(contact, "Jest ktoś?")
        assert await bot.ends(signal.SIGKILL) == -signal.SIGKILL
        await anna.replies(contact, "Jestem.")
        await api.put(api.message(olena.chat, "Halo?"))
        bot = await street.bot(api)
        await olena.reads("Jestem.")
        await anna.reads(contact, "Halo?")
        assert await bot.ends(signal.SIGTERM) == 0
    anna.saw_each_entry_once_in_order(contact)
