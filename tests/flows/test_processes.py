"""Several processes: two for the pages, the engine and one that stands by. Each may die, and so may Redis."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hotline.actions import contacts
from tests import factories, servers
from tests.bots.bot_api import TOKEN, bot_api
from tests.factories import TRUST
from tests.flows.nursery import REPO
from tests.flows.people import eventually
from tests.flows.processes import Street, environment, figures
from tests.flows.test_telegram import Phone

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]
POLLED = 2.5  # seconds: the hub's poll of 1.5 and a busy machine
REPLACED = 5.0  # seconds from the death of the engine to the next offer


async def test_caller_and_counsellor_at_different_processes_with_redis_and_without(
    street: Street, redis: servers.RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there, engine, _ = await street.opens()
    anna = await street.at_console(await street.hires("Anna"), "Anna", there)
    zofia = street.caller(here)
    await zofia.writes_first("Dzień dobry, czy ktoś jest?")
    contact = await anna.answers_next()
    await zofia.sees(state="active")
    began = time.monotonic()
    await anna.replies(contact, "Jestem.")
    await zofia.reads("Jestem.")
    poked = time.monotonic() - began
    await zofia.writes("Dobrze, że ktoś jest.")
    await anna.reads(contact, "Dobrze, że ktoś jest.")

    redis.process.terminate()
    redis.process.wait(10)
    for process in (here, there, engine):
        await process.says("redis away")
    polled = []
    for number in range(3):
        began = time.monotonic()
        await anna.replies(contact, f"Bez Redisa {number}.")
        await zofia.reads(f"Bez Redisa {number}.")
        await zofia.writes(f"Słychać {number}.")
        await anna.reads(contact, f"Słychać {number}.")
        polled.append((time.monotonic() - began) / 2)
    jan = street.caller(here)
    began = time.monotonic()
    await jan.writes_first("Czy jest tu ktoś jeszcze?")
    second = (await contacts.caller_of(street.system, jan.token)).id
    await street.offered(second)
    made = time.monotonic() - began
    assert await anna.answers_next() == second
    await jan.sees(state="active")

    monkeypatch.setattr(servers, "free_port", lambda: redis.port)
    with servers.redis_server() as again:

        async def all_hear() -> bool:
            return _listeners(again) >= 4

        await eventually(all_hear, "every process hears again")
        began = time.monotonic()
        await anna.replies(second, "I znowu od razu.")
        await jan.reads("I znowu od razu.")
        back = time.monotonic() - began
    figures(
        f"one way: poked {poked:.2f} s, polled {', '.join(f'{each:.2f}' for each in polled)} s, "
        f"poked again {back:.2f} s; first words to offer without Redis {made:.2f} s"
    )
    assert max(polled) < POLLED
    for caller in (zofia, jan):
        caller.saw_each_entry_once_in_order()
    anna.saw_each_entry_once_in_order(contact)
    assert zofia.words() == anna.words(contact)


def _listeners(server: servers.RedisServer) -> int:
    """How many processes hear the channel of pokes."""
    return int(server.command("PUBLISH hotline:pokes []").removeprefix(":"))


async def test_the_engine_dies_between_offer_and_accept_and_another_takes_over(street: Street) -> None:
    _, there, engine, standby = await street.opens()
    anna = await street.at_console(await street.hires("Anna"), "Anna", there)
    first, second = street.caller(there), street.caller(there)
    await first.writes_first("Pierwsza.")
    await second.writes_first("Druga.")
    offer = await anna.rings()
    killed = time.monotonic()
    assert await engine.ends(signal.SIGKILL) == -signal.SIGKILL
    contact = await anna.accepts(offer)
    await first.sees(state="active")
    await anna.replies(contact, "Jestem.")
    await first.reads("Jestem.")
    other = (await contacts.caller_of(street.system, second.token)).id
    await street.offered(other)
    took = time.monotonic() - killed
    figures(f"engine killed; the next offer after {took:.2f} s")
    assert took < REPLACED
    assert '"epoch": 2' in standby.log()
    assert await anna.answers_next() == other


async def test_an_engine_that_was_paused_comes_back_as_a_standby(street: Street) -> None:
    _, there, engine, standby = await street.opens()
    engine.tell(signal.SIGSTOP)
    paused = await standby.says("engine leads", REPLACED + 5)
    anna = await street.at_console(await street.hires("Anna"), "Anna", there)
    caller = street.caller(there)
    await caller.writes_first("Halo?")
    contact = await anna.answers_next()
    engine.tell(signal.SIGCONT)
    await engine.says("engine stands by")
    assert await standby.ends(signal.SIGTERM) == 0
    stopped = time.monotonic()
    await engine.says('"epoch": 3')
    figures(f"engine paused: replaced after {paused:.2f} s; stopped: {time.monotonic() - stopped:.2f} s")
    assert time.monotonic() - stopped < 2
    assert await engine.ends(signal.SIGTERM) == 0
    await anna.replies(contact, "Jestem, choć nikt już nie przydziela.")
    await caller.reads("Jestem, choć nikt już nie przydziela.")


async def test_a_web_process_dies_while_its_callers_wait(street: Street) -> None:
    here, there, _, _ = await street.opens()
    first, second = street.caller(here), street.caller(here)
    await first.writes_first("Byłam pierwsza.")
    await second.writes_first("Ja po niej.")
    await second.sees(position=2)
    contact = (await contacts.caller_of(street.system, first.token)).id
    assert await here.ends(signal.SIGKILL) == -signal.SIGKILL
    assert await first.gone() == 1006
    again, other = street.caller(there, first), street.caller(there, second)
    await again.resumes()
    await other.resumes()
    await again.sees(state="waiting", position=1)
    await other.sees(state="waiting", position=2)
    await again.writes("Jestem dalej.")
    anna = await street.at_console(await street.hires("Anna", talks=1), "Anna", there)
    assert await anna.answers_next() == contact
    await anna.reads(contact, "Jestem dalej.")
    await other.sees(position=1)
    again.saw_each_entry_once_in_order()
    assert again.words() == anna.words(contact) == ["Byłam pierwsza.", "Jestem dalej."]
    assert await there.ends(signal.SIGTERM) == 0


async def test_a_talk_between_the_bots_process_and_a_web_process(street: Street) -> None:
    _, there, _, _ = await street.opens()
    anna = await street.at_console(await street.hires("Anna", (TRUST,)), "Anna", there)
    async with bot_api(street.system.clock.now) as api:
        bot = await street.start("telegram", telegram_api=api.url, telegram_token=TOKEN)
        await bot.says("Running: telegram")
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
        bot = await street.start("telegram", telegram_api=api.url, telegram_token=TOKEN)
        await olena.reads("Jestem.")
        await anna.reads(contact, "Halo?")
        assert await bot.ends(signal.SIGTERM) == 0
    anna.saw_each_entry_once_in_order(contact)


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hotline", *arguments]
    return subprocess.run(
        command, env=variables, cwd=REPO, capture_output=True, text=True, timeout=60, check=False
    )


async def test_an_old_schema_stops_the_start_until_it_is_migrated(
    postgres_server: servers.PostgresServer, tmp_path: Path
) -> None:
    main, keys = await postgres_server.create(), await postgres_server.create()
    settings = factories.settings_in(
        tmp_path, database_url=main, keys_url=keys, redis_url="redis://127.0.0.1:1/0"
    )
    given = environment(settings)
    for part in ("serve", "web", "engine"):
        refused = run(part, **given)
        assert (refused.returncode, "hotline migrate" in refused.stderr) == (1, True), refused.stderr
    for _ in range(2):  # the second time there is nothing to do
        assert run("migrate", **given).returncode == 0
    checked = run("check", **given)
    assert checked.stdout.count("ok: reachable, newest schema") == 2, checked.stdout
    for url in (main, keys):
        await postgres_server.drop(url)


@pytest.mark.parametrize(
    ("part", "more", "missing"),
    [
        ("web", {}, "HOTLINE_DATABASE_URL: on SQLite there is one process only"),
        ("engine", {"HOTLINE_DATABASE_URL": "postgresql+asyncpg://nobody@127.0.0.1:1/x"}, "HOTLINE_KEYS_URL"),
        ("telegram", {}, "HOTLINE_TELEGRAM_TOKEN: is needed here"),
    ],
)
def test_what_several_processes_need_in_common(
    tmp_path: Path, part: str, more: dict[str, str], missing: str
) -> None:
    given = {key: text for key, text in environment(factories.settings_in(tmp_path)).items() if text}
    refused = run(part, **given | more)
    assert refused.returncode == 1
    assert missing in refused.stderr
