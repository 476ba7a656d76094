"""PostgreSQL is restarted, in order or in the midst of everything, while people write."""

import asyncio
import signal
import time
from pathlib import Path

import pytest

from hotline import app
from hotline.actions import messages
from hotline.errors import Unavailable
from hotline.store import db, views
from tests import factories, servers
from tests.bots.bot_api import bot_api
from tests.conftest import HouseTemplate
from tests.flows.phones import Phone
from tests.flows.processes import Street, figures
from tests.flows.talks import talks_of

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]
MODES = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
RECOVERED = 8.0  # seconds after the return of the database; two, when the machine has nothing else to do


@pytest.mark.parametrize("mode", MODES)
async def test_postgres_restarts_in_the_middle_of_talks(
    street_on_own_postgres: Street, own_postgres: servers.PostgresServer, mode: str
) -> None:
    street = street_on_own_postgres
    here, there, engine, standby = await street.opens()
    talks = await talks_of(street, 3, here, there)
    async with bot_api(street.system.clock.now) as api:
        bot = await street.bot(api)
        olena = Phone(api, 5_000_111_222)
        await olena.writes("Przed przerwą.")
        beata = await street.counsellor("Beata", here)
        contact = await beata.answers_next()
        async with talks.going_on():
            await talks.more(3)
            await asyncio.to_thread(own_postgres.stop, MODES[mode])
            await talks.trouble()
            assert '"ready": false' in (await street.caller(here).ask("GET", "/readyz")).text
            await api.put(api.message(olena.chat, "W czasie przerwy."))
            await asyncio.to_thread(own_postgres.start)
            began = time.monotonic()
            late = street.caller(there)
            await late.writes_first("Po przerwie.")
            written = time.monotonic() - began
            await olena.all_taken()
            taken = time.monotonic() - began
            await street.offered(await street.contact_of(late))
            offered = time.monotonic() - began
            await talks.more(3)
        await beata.opens_console()
        await beata.opens(contact)
        await beata.reads(contact, "W czasie przerwy.")
    assert beata.words(contact) == ["Przed przerwą.", "W czasie przerwy."]
    assert talks.refused.keys() == {(503, "unavailable")}, talks.refused
    figures(
        f"PostgreSQL restarted ({mode}): {talks.acknowledged} messages, {talks.refused.total()} sends refused and "
        f"repeated; after its return somebody's first words were stored in {written:.2f} s, the bot's update in "
        f"{taken:.2f} s, an offer was made in {offered:.2f} s"
    )
    assert max(written, taken, offered) < RECOVERED
    for process in (here, there, engine, standby, bot):
        assert process.alive
        assert '"level": "error"' not in process.log()


async def test_a_postgres_that_fell_silent_ends_no_message_in_a_long_wait(
    own_postgres: servers.PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "COMMAND_SECONDS", 1.0)
    main, keys = await HouseTemplate(own_postgres).copy()
    settings = factories.settings_in(tmp_path, database_url=main, keys_url=keys)
    async with app.open_system(settings) as system, factories.journal_running(system):
        caller = await factories.add_caller(system)
        with own_postgres.frozen():
            began = time.monotonic()
            with pytest.raises(Unavailable):
                await messages.receive(system, caller.actor, caller.contact_id, "message-1", "Halo?")
            refused = time.monotonic() - began
        receipt = await messages.receive(system, caller.actor, caller.contact_id, "message-1", "Halo?")
        figures(f"PostgreSQL silent: refused after {refused:.2f} s with a limit of one second")
        assert refused < 10
        async with system.read() as tx:
            entries = await views.entries_after(tx, caller.contact_id, 0, "staff")
    assert [entry.seq for entry in entries if entry.text == "Halo?"] == [receipt.seq]
    await own_postgres.drop(main)
    await own_postgres.drop(keys)
